//! Data sets (x_i, y_i): read from files or drawn from a law, split into train and test, measured.
//!
//! One file a kind. A new kind is its own file, one line here, one variant of [`DataSpec`] and its match arms.

pub mod csv;
mod dataset;
mod error;
mod facts;
pub mod idx;
pub mod independent_inputs;
pub mod linear;
pub mod margin;
pub mod sine;
mod source;
mod spec;
mod split;
pub mod teacher;

pub use dataset::{Dataset, LabelKind, NonSignLabel, Rows, SourceFile};
pub use error::{DataError, FieldError};
pub use facts::DataFacts;
pub use spec::DataSpec;
pub use split::Split;

/// The most numbers a data set's inputs may hold: 2²⁹ float64 are 4 GiB.
pub const MAX_NUMBERS: u64 = 1 << 29;
/// The most bytes a data file may have, and the most pixels an IDX file may declare: 4 GiB.
pub const MAX_FILE_BYTES: u64 = 1 << 32;

/// Within five standard errors, and five standard errors are below the error that the check is there to find. A correct
/// program fails one such check in about two million.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_law(got: f64, want: f64, std_err: f64, detect: f64) {
    assert!(5.0 * std_err < detect, "no power: 5 s.e. = {} >= {detect}", 5.0 * std_err);
    assert!((got - want).abs() < 5.0 * std_err, "{got}, expected {want} ± {std_err}");
}
