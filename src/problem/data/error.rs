//! What can be wrong with a data set: one variant a condition, the remedy in the sentence.

use std::path::PathBuf;

use super::MAX_FILE_BYTES;

/// A key of `[problem.data]` whose value has the right type but cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("problem.data.{field} = {value}: must be {rule}; {remedy}")]
pub struct FieldError {
    /// The key inside `[problem.data]`, without a prefix.
    pub field: &'static str,
    /// The value as it stands, printed.
    pub value: String,
    /// What the value must be: ends the sentence "must be …".
    pub rule: String,
    /// What to do about it.
    pub remedy: String,
}

impl FieldError {
    pub(super) fn new(
        field: &'static str,
        value: impl ToString,
        rule: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { field, value: value.to_string(), rule: rule.into(), remedy: remedy.into() }
    }
}

/// Why a data set cannot be had. Bytes are counted from 0, lines and columns from 1.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error(transparent)]
    Field(#[from] FieldError),

    // Files of any kind.
    #[error("{}: no such file (problem.data.{field}); {remedy}; a path in a study is relative to the study file", path.display())]
    Missing { path: PathBuf, field: &'static str, remedy: &'static str },
    #[error("{}: not a regular file; problem.data.{field} must name a file, not a folder or a device", path.display())]
    NotAFile { path: PathBuf, field: &'static str },
    #[error("{}: cannot be read ({source}); check its permissions and the disk", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(
        "{}: {bytes} bytes; a data file may have at most {MAX_FILE_BYTES}; keep fewer rows in the file", path.display()
    )]
    FileTooLarge { path: PathBuf, bytes: u64 },
    #[error(
        "{}: {rows} rows of {dim} inputs are more than the {limit} numbers a data set may hold; keep fewer rows in the file",
        path.display()
    )]
    TooManyNumbers { path: PathBuf, rows: u64, dim: u64, limit: u64 },

    // IDX files.
    #[error(
        "{}: ends at byte {present}, inside the header of {needed} bytes; fetch the file again or name the right one",
        path.display()
    )]
    IdxHeaderTruncated { path: PathBuf, present: u64, needed: u64 },
    #[error(
        "{}: byte 0: magic number {found:#010x}; must be {expected:#010x} (IDX {holds}); images start with 0x00000803 \
         and labels with 0x00000801, so check that problem.data.images and problem.data.labels are not swapped and that \
         the file is plain IDX or gzip", path.display()
    )]
    IdxMagic { path: PathBuf, found: u32, expected: u32, holds: &'static str },
    #[error(
        "{}: bytes 4 to 15: {count} images of {height}×{width} pixels; each of the three sizes must be at least 1; name a \
         file that holds images", path.display()
    )]
    IdxEmptyImages { path: PathBuf, count: u32, height: u32, width: u32 },
    #[error(
        "{}: bytes 4 to 15: {count} images of {height}×{width} pixels are {declared} bytes; at most {MAX_FILE_BYTES} are \
         read; check that the header is right, or keep fewer images in the file", path.display()
    )]
    IdxTooLarge { path: PathBuf, count: u32, height: u32, width: u32, declared: u128 },
    #[error(
        "{}: ends at byte {present}; its header declares {declared} bytes; the file is cut short: fetch it again",
        path.display()
    )]
    IdxTooShort { path: PathBuf, present: u64, declared: u64 },
    #[error(
        "{}: goes on after byte {declared}, where its header says that it ends; the header and the data do not belong \
         together: fetch the file again", path.display()
    )]
    IdxTooLong { path: PathBuf, declared: u64 },
    #[error(
        "{}: byte {byte} of the file: the gzip data is damaged ({reason}); fetch the file again", path.display()
    )]
    GzipCorrupt { path: PathBuf, byte: u64, reason: String },
    #[error(
        "{}: ends at byte {bytes}, before its gzip data does; the file is cut short: fetch it again", path.display()
    )]
    GzipTruncated { path: PathBuf, bytes: u64 },
    #[error(
        "{}: {image_count} images, but {}: {label_count} labels; the counts must be equal: name the two files of one set",
        images.display(), labels.display()
    )]
    IdxCountsDiffer { images: PathBuf, image_count: u32, labels: PathBuf, label_count: u32 },
    #[error(
        "{}: none of its {count} labels is {class}; both of problem.data.classes must occur: it holds the classes {}",
        path.display(), list(present)
    )]
    IdxClassAbsent { path: PathBuf, class: u8, count: u32, present: Vec<u8> },

    // CSV files.
    #[error("{}: empty; a CSV file must hold at least one row of inputs and a label", path.display())]
    CsvEmpty { path: PathBuf },
    #[error(
        "{}: line {line}: nothing follows the header; a CSV file must hold at least one row of numbers (problem.data.header \
         = false reads the first line as one)", path.display()
    )]
    CsvHeaderOnly { path: PathBuf, line: u64 },
    #[error("{}: byte 0: gzip data; a CSV file must be plain text: unpack it first", path.display())]
    CsvCompressed { path: PathBuf },
    #[error(
        "{}: line {line}: one column; a row must hold at least one input and, last, the label; separate the columns by commas",
        path.display()
    )]
    CsvNoInputs { path: PathBuf, line: u64 },
    #[error(
        "{}: line {line}: columns: {found}; must be {expected}, as in line {first_line}; complete the row or remove it",
        path.display()
    )]
    CsvRagged { path: PathBuf, line: u64, found: usize, expected: usize, first_line: u64 },
    #[error("{}: line {line}, column {column}: \"{value}\"; must be a number; {remedy}", path.display())]
    CsvNotANumber { path: PathBuf, line: u64, column: usize, value: String, remedy: &'static str },
    #[error(
        "{}: line {line}, column {column}: {value}; must be a finite number of size at most 1e100; replace it or remove the row",
        path.display()
    )]
    CsvNotFinite { path: PathBuf, line: u64, column: usize, value: String },

    // Data as a whole.
    #[error(
        "{file}: line {line}: label {value}; the labels of a classification must all be -1 or 1, or all 0 or 1; correct the \
         file or set problem.loss = \"square\""
    )]
    LabelNotSign { file: String, line: u64, value: f64 },
    #[error(
        "problem.data.kind = \"{kind}\": its labels are real numbers; a classification needs labels -1 and 1; set \
         problem.loss = \"square\" or take another kind of data"
    )]
    LabelsReal { kind: &'static str },
    #[error("{origin}: all {rows} labels are {label}; a classification needs rows of both classes; {remedy}")]
    OneClass { origin: String, rows: usize, label: f64, remedy: &'static str },
    #[error(
        "problem.data.test_fraction = {fraction}: must be at least 0 and below 1; 0.2 keeps every fifth row for testing"
    )]
    FractionOutOfRange { fraction: f64 },
    #[error(
        "problem.data.test_fraction = {fraction}: of {rows} rows {test} would be for testing and {train} for training; both \
         must have at least one; change the fraction or take more rows"
    )]
    SplitEmpty { fraction: f64, rows: usize, test: usize, train: usize },
}

fn list(classes: &[u8]) -> String {
    let words: Vec<String> = classes.iter().map(u8::to_string).collect();
    words.join(", ")
}
