//! Refuses data that do not fit into memory, before they are read or drawn.

use super::memory::{F64, size};
use super::rules::Rules;
use super::spec::DataSection;
use crate::error::Result;
use crate::machine::{MemoryLeft, memory_left};
use crate::problem::data::DataSpec;
use std::path::Path;

/// Rows are held twice while they are split.
const SPLIT: f64 = 2.0;
/// A number in a CSV file has at most about so many characters; shorter ones take more memory than is counted here.
const CHARACTERS: f64 = 24.0;

/// Refuses data that take more memory than is left: drawn ones by their shape, those of files by the bytes of the files, which are held as a
/// whole while they are read. Where it is not known what is left nothing is refused, and a missing file is left to its reader.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) at the key that sets the size.
pub fn require_data(data: &DataSection, rules: &Rules) -> Result<()> {
    require(data, memory_left(), rules)
}

fn require(data: &DataSection, left: Option<MemoryLeft>, rules: &Rules) -> Result<()> {
    let Some(left) = left else {
        return Ok(());
    };
    let asked = asked(data, rules.source.folder());
    if asked.bytes <= left.bytes as f64 {
        return Ok(());
    }
    let rule = format!(
        "such that {} fit into memory, and {} are {}",
        asked.what,
        size(left.bytes as f64),
        left.limit
    );
    Err(rules.invalid(&format!("problem.data.{}", asked.key), asked.value, rule, asked.remedy))
}

/// What data ask for.
struct Asked {
    key: &'static str,
    value: String,
    what: String,
    bytes: f64,
    remedy: &'static str,
}

fn asked(data: &DataSection, folder: &Path) -> Asked {
    let drawn = |samples: usize, dim: usize| {
        let bytes = samples as f64 * (dim as f64 + 1.0) * F64 * SPLIT;
        Asked {
            key: "samples",
            value: samples.to_string(),
            what: format!("rows of {dim} inputs, held twice while they are split, {} in all,", size(bytes)),
            bytes,
            remedy: "take fewer samples, or a machine with more memory",
        }
    };
    let file = |key: &'static str, path: &Path, times: f64, what: &str| {
        let bytes = std::fs::metadata(folder.join(path)).map_or(0, |metadata| metadata.len()) as f64;
        Asked {
            key,
            value: format!("{:?}", path.display().to_string()),
            what: format!(
                "the {} of the file and {what}, {} or more in all,",
                size(bytes),
                size(times * bytes)
            ),
            bytes: times * bytes,
            remedy: "keep fewer rows in the file, or take a machine with more memory",
        }
    };
    match &data.rows {
        DataSpec::Margin(spec) => drawn(spec.samples, spec.dim),
        DataSpec::Sine(spec) => drawn(spec.samples, spec.dim),
        DataSpec::Teacher(spec) => drawn(spec.samples, spec.dim),
        DataSpec::Linear(spec) => drawn(spec.samples, spec.dim),
        DataSpec::IndependentInputs(spec) => drawn(spec.samples, spec.dim),
        DataSpec::Csv(spec) => file(
            "path",
            &spec.path,
            1.0 + SPLIT * F64 / CHARACTERS,
            "its numbers, held twice while they are split",
        ),
        DataSpec::Idx(spec) => file("images", &spec.images, 1.0, "the rows that are kept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::MemoryLimit;
    use crate::study::source::Source;

    fn refusal(rows: DataSpec, folder: &Path, bytes: u64) -> Option<String> {
        let data = DataSection { rows, test_fraction: 0.0, split_draw: 0 };
        let source = Source::parse(&folder.join("study.toml"), "[problem.data]\nkind = 'csv'\n").unwrap();
        let left = Some(MemoryLeft { bytes, limit: MemoryLimit::Group });
        require(&data, left, &Rules { source: &source }).err().map(|error| error.to_string())
    }

    #[test]
    fn drawn_rows_and_files_are_counted_before_they_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let drawn = || DataSpec::Sine(toml::from_str("samples = 65536\ndim = 15").unwrap());
        assert_eq!(refusal(drawn(), folder.path(), 1 << 24), None);
        let message = refusal(drawn(), folder.path(), (1 << 24) - 1).unwrap();
        let want = "problem.data.samples = 65536: must be such that rows of 15 inputs, held twice while they are split, 16 MiB in \
                    all, fit into memory, and 16 MiB are left to this container or job; take fewer samples, or a machine with more \
                    memory";
        assert!(message.ends_with(want), "{message}");
        let csv = || DataSpec::Csv(toml::from_str("path = 'rows.csv'").unwrap());
        assert_eq!(
            refusal(csv(), folder.path(), 1),
            None,
            "a file that is not there is refused by its reader"
        );
        // A file without content that counts: 3 GiB that are nowhere on the disk.
        std::fs::File::create(folder.path().join("rows.csv")).unwrap().set_len(3 << 30).unwrap();
        assert_eq!(refusal(csv(), folder.path(), 6 << 30), None);
        let message = refusal(csv(), folder.path(), 4 << 30).unwrap();
        assert!(message.contains("the 3.0 GiB of the file"), "{message}");
    }
}
