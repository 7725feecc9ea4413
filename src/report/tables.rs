//! The CSV tables of a results folder.

use crate::error::{Error, Result};
use crate::problem::data::MAX_FILE_BYTES;
use crate::study::{PointRow, regular_file};
use serde::{Serialize, de::DeserializeOwned};
use std::path::Path;

/// The points as CSV: a column `point`, one a swept key and one a repeated key.
pub fn points(rows: &[PointRow]) -> Result<Vec<u8>> {
    let set =
        |row: &PointRow| -> Vec<(String, String)> { [row.settings.clone(), row.replicate.clone()].concat() };
    let first = rows.first().map(set).unwrap_or_default();
    let keys = first.iter().map(|s| s.0.as_str()).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    let write =
        |writer: &mut csv::Writer<Vec<u8>>, fields: Vec<&str>| writer.write_record(fields).map_err(broken);
    write(&mut writer, [vec!["point"], keys].concat())?;
    for row in rows {
        let number = row.point.to_string();
        let settings = set(row);
        let values = settings.iter().map(|s| s.1.as_str()).collect();
        write(&mut writer, [vec![number.as_str()], values].concat())?;
    }
    finish(writer)
}

/// Reads the rows of a table.
///
/// # Errors
/// [`Error::NoResults`] when a row is not one.
pub fn read<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let folder = || file.parent().unwrap_or(file).to_path_buf();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let wrong = |error: csv::Error| Error::NoResults { path: folder(), reason: format!("{name}: {error}") };
    let opened = regular_file(file, MAX_FILE_BYTES);
    let mut reader = csv::Reader::from_reader(opened.map_err(|error| wrong(error.into()))?);
    reader.deserialize().collect::<std::result::Result<Vec<T>, csv::Error>>().map_err(wrong)
}

/// Rows as CSV, the first line with the names of their columns.
pub fn table<T: Serialize>(rows: &[T]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(broken)?;
    }
    finish(writer)
}

fn finish(writer: csv::Writer<Vec<u8>>) -> Result<Vec<u8>> {
    writer.into_inner().map_err(|error| broken(error.into_error().into()))
}

/// Writing to memory fails only when memory does.
fn broken(error: csv::Error) -> Error {
    Error::Write { path: "table".into(), source: std::io::Error::other(error) }
}
