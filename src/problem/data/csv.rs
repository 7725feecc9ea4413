//! Rows of numbers in a CSV file, the last column the label.

mod header;

use std::path::{Path, PathBuf};

use ::csv::{ByteRecord, ReaderBuilder, Trim};
use serde::{Deserialize, Serialize};

pub use self::header::Header;

use super::source::{GZIP_MAGIC, Source};
use super::spec::check_path;
use super::{DataError, Dataset, FieldError, LabelKind, MAX_NUMBERS, NonSignLabel};

/// Larger numbers are typing errors, and their squares would leave the finite numbers.
const MAX_SIZE: f64 = 1e100;
const REMEDY: &str = "name a CSV file of numbers, the label in the last column, with problem.data.path";

/// A file of comma-separated numbers: every column but the last is an input, the last is the label.
///
/// Labels that are all −1 or 1 are signs; all 0 or 1 become −1 and 1 (noted in the record); any others are real.
/// Empty lines are skipped; a byte order mark, CRLF, quotes and blanks around numbers are accepted; comments are not.
/// Cost: the file in memory, then its numbers as float64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file, relative to the study's folder.
    pub path: PathBuf,
    /// Whether the first line names the columns.
    #[serde(default)]
    pub header: Header,
}

impl Csv {
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_path("path", &self.path)
    }

    pub(super) fn load(&self, base: &Path) -> Result<Dataset, DataError> {
        let source = Source::read(base, &self.path, "path", REMEDY)?;
        let table = parse(&source, self.header, MAX_NUMBERS)?;
        let mut dataset = table.into_dataset(&source.path);
        dataset.sources = vec![source.describe(&self.path)];
        Ok(dataset)
    }
}

/// The numbers of a file.
#[derive(Debug, Default)]
struct Table {
    inputs: Vec<f64>,
    labels: Vec<f64>,
    dim: usize,
    signs: SignCheck,
    header_taken: bool,
}

/// Follows which of the two sets of signs the labels still fit.
#[derive(Debug, Default)]
struct SignCheck {
    other_than_plus_minus: bool,
    other_than_zero_one: bool,
    /// Line and label at which neither fitted any more.
    first_offence: Option<(u64, f64)>,
}

impl SignCheck {
    fn add(&mut self, line: u64, label: f64) {
        self.other_than_plus_minus |= label.abs() != 1.0;
        self.other_than_zero_one |= label != 0.0 && label != 1.0;
        if self.other_than_plus_minus && self.other_than_zero_one && self.first_offence.is_none() {
            self.first_offence = Some((line, label));
        }
    }
}

impl Table {
    /// The data set, without its sources; `file` is what errors about its labels name.
    fn into_dataset(self, file: &Path) -> Dataset {
        let Self { inputs, mut labels, dim, signs, header_taken } = self;
        let mut notes = Vec::new();
        if header_taken {
            notes.push("first line of the file taken as a header".into());
        }
        let label_kind = if signs.first_offence.is_some() { LabelKind::Real } else { LabelKind::Signs };
        if label_kind == LabelKind::Signs && signs.other_than_plus_minus {
            labels.iter_mut().for_each(|label| *label = 2.0 * *label - 1.0);
            notes.push("labels 0 and 1 mapped to -1 and 1".into());
        }
        let first_non_sign_label = signs.first_offence.map(|(line, value)| NonSignLabel {
            file: file.display().to_string(),
            line,
            value,
        });
        Dataset {
            inputs,
            labels,
            dim,
            label_kind,
            kind: "csv",
            sources: Vec::new(),
            notes,
            first_non_sign_label,
        }
    }
}

/// Reads every row; at most `limit` inputs.
fn parse(source: &Source, header: Header, limit: u64) -> Result<Table, DataError> {
    let path = || source.path.clone();
    if source.bytes.starts_with(&GZIP_MAGIC) {
        return Err(DataError::CsvCompressed { path: path() });
    }
    // Ragged rows are let through by the reader: the error here is clearer.
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(Trim::All)
        .from_reader(source.bytes.as_slice());
    let mut record = ByteRecord::new();
    let mut table = Table::default();
    // Line and number of columns of the first record.
    let mut first = None;
    let mut lines = LineCounter { bytes: &source.bytes, counted: 0, line: 1 };
    loop {
        let more = reader.read_byte_record(&mut record);
        if !more.map_err(|error| DataError::Unreadable { path: path(), source: error.into() })? {
            break;
        }
        let line = lines.line_at(record.position().map_or(0, |position| position.byte() as usize));
        let (first_line, expected) = *first.get_or_insert((line, record.len()));
        if record.len() != expected {
            return Err(DataError::CsvRagged {
                path: path(),
                line,
                found: record.len(),
                expected,
                first_line,
            });
        }
        if line == first_line && takes_header(header, &record) {
            table.header_taken = true;
            continue;
        }
        add_row(&mut table, source, &record, line, line == first_line)?;
        let numbers = table.inputs.len() as u64;
        if numbers > limit {
            let (rows, dim) = (table.labels.len() as u64, table.dim as u64);
            return Err(DataError::TooManyNumbers { path: path(), rows, dim, limit });
        }
    }
    match first {
        None => Err(DataError::CsvEmpty { path: path() }),
        Some((line, _)) if table.labels.is_empty() => Err(DataError::CsvHeaderOnly { path: path(), line }),
        Some(_) => Ok(table),
    }
}

/// The line of a byte. The reader's own count stops before empty lines and the second half of CRLF.
struct LineCounter<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl LineCounter<'_> {
    /// The line where the record that starts at or after `byte` starts; `byte` never decreases.
    fn line_at(&mut self, byte: usize) -> u64 {
        while let Some(&here) = self.bytes.get(self.counted) {
            if self.counted >= byte && here != b'\r' && here != b'\n' {
                break;
            }
            let is_crlf = here == b'\r' && self.bytes.get(self.counted + 1) == Some(&b'\n');
            self.line += u64::from(here == b'\n' || (here == b'\r' && !is_crlf));
            self.counted += 1;
        }
        self.line
    }
}

fn takes_header(header: Header, record: &ByteRecord) -> bool {
    match header {
        Header::Present => true,
        Header::Absent => false,
        Header::Auto => {
            record.iter().any(|field| !field.is_empty()) && record.iter().all(|field| number(field).is_none())
        }
    }
}

fn add_row(
    table: &mut Table,
    source: &Source,
    record: &ByteRecord,
    line: u64,
    is_first: bool,
) -> Result<(), DataError> {
    let path = || source.path.clone();
    if record.len() < 2 {
        return Err(DataError::CsvNoInputs { path: path(), line });
    }
    table.dim = record.len() - 1;
    for (index, field) in record.iter().enumerate() {
        let column = index + 1;
        let Some(value) = number(field) else {
            let remedy = match is_first {
                true => "problem.data.header = true takes the first line as a header",
                false => "correct it or remove the row",
            };
            return Err(DataError::CsvNotANumber { path: path(), line, column, value: shown(field), remedy });
        };
        if value.is_nan() || value.abs() > MAX_SIZE {
            return Err(DataError::CsvNotFinite { path: path(), line, column, value: shown(field) });
        }
        if index < table.dim {
            table.inputs.push(value);
        } else {
            table.labels.push(value);
            table.signs.add(line, value);
        }
    }
    Ok(())
}

fn number(field: &[u8]) -> Option<f64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// A field as an error shows it: short, and without control characters.
fn shown(field: &[u8]) -> String {
    const LONGEST: usize = 40;
    // Four bytes are the longest character of UTF-8.
    let start = String::from_utf8_lossy(&field[..field.len().min(4 * LONGEST + 4)]).into_owned();
    let mut text: String = start.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if start.chars().count() > LONGEST {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
