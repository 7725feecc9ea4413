//! The table `[problem.data]` of a study.

use std::path::Path;

use serde::Serialize;

use super::csv::Csv;
use super::idx::Idx;
use super::margin::Margin;
use super::sine::Sine;
use super::teacher::Teacher;
use super::{DataError, Dataset, FieldError, MAX_NUMBERS};

/// A data set as a study names it; written with the key `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DataSpec {
    Margin(Margin),
    Idx(Idx),
    Csv(Csv),
    Sine(Sine),
    Teacher(Teacher),
}

impl DataSpec {
    /// Every value of `kind`, in the order of the variants.
    pub const KINDS: &[&str] = &["margin", "idx", "csv", "sine", "teacher"];

    /// This one's value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Margin(_) => "margin",
            Self::Idx(_) => "idx",
            Self::Csv(_) => "csv",
            Self::Sine(_) => "sine",
            Self::Teacher(_) => "teacher",
        }
    }

    /// Judges the values without reading or drawing anything.
    ///
    /// # Errors
    /// The first field, in the order of its struct, whose value cannot be.
    pub fn validate(&self) -> Result<(), FieldError> {
        match self {
            Self::Margin(spec) => spec.validate(),
            Self::Idx(spec) => spec.validate(),
            Self::Csv(spec) => spec.validate(),
            Self::Sine(spec) => spec.validate(),
            Self::Teacher(spec) => spec.validate(),
        }
    }

    /// The data set: a pure function of the fields, of `seed` (kinds drawn from a law) and of the files named (the others).
    /// Relative paths start at `base`, the folder of the study file.
    ///
    /// # Errors
    /// What [`Self::validate`] refuses and every condition of [`DataError`] that concerns the kind.
    pub fn load(&self, base: &Path, seed: u64) -> Result<Dataset, DataError> {
        self.validate()?;
        match self {
            Self::Margin(spec) => spec.load(seed),
            Self::Idx(spec) => spec.load(base),
            Self::Csv(spec) => spec.load(base),
            Self::Sine(spec) => Ok(spec.load(seed)),
            Self::Teacher(spec) => Ok(spec.load(seed)),
        }
    }
}

/// `samples` at least `least` and `dim` at least 1, together within the memory a data set may take.
pub(super) fn check_shape(samples: usize, least: usize, dim: usize) -> Result<(), FieldError> {
    if samples < least {
        return Err(FieldError::new(
            "samples",
            samples,
            format!("at least {least}"),
            "some thousands are usual",
        ));
    }
    if dim == 0 {
        return Err(FieldError::new(
            "dim",
            dim,
            "at least 1",
            "set the number of inputs of a row",
        ));
    }
    if samples as u128 * dim as u128 > u128::from(MAX_NUMBERS) {
        let rule = format!(
            "at most {} for dim = {dim} (2^29 numbers in all)",
            MAX_NUMBERS / dim as u64
        );
        return Err(FieldError::new(
            "samples",
            samples,
            rule,
            "take fewer samples or a smaller dim",
        ));
    }
    Ok(())
}

/// A variance: finite and not negative.
pub(super) fn check_variance(field: &'static str, value: f64) -> Result<(), FieldError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(FieldError::new(
        field,
        value,
        "a finite number, at least 0",
        "0 gives labels without noise",
    ))
}

/// A path: not the empty string, which would name the study's folder.
pub(super) fn check_path(field: &'static str, path: &Path) -> Result<(), FieldError> {
    if path.as_os_str().is_empty() {
        return Err(FieldError::new(
            field,
            "\"\"",
            "a path",
            "name a file, relative to the study file",
        ));
    }
    Ok(())
}
