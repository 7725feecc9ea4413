//! The table `[problem.data]` of a study.

use std::path::Path;

use serde::Serialize;

use super::csv::Csv;
use super::idx::Idx;
use super::independent_inputs::IndependentInputs;
use super::linear::Linear;
use super::margin::Margin;
use super::sine::Sine;
use super::teacher::Teacher;
use super::{DataError, Dataset, FieldError, MAX_NUMBERS};

/// A data set as a study names it; written with the key `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DataSpec {
    /// Unit vectors outside a band around the equator.
    Margin(Margin),
    /// Two classes of IDX images.
    Idx(Idx),
    /// Numbers with the label last.
    Csv(Csv),
    /// A sine of the squared norm.
    Sine(Sine),
    /// Labels of a small net.
    Teacher(Teacher),
    /// Labels of a linear map.
    Linear(Linear),
    /// No more rows than inputs, linearly independent.
    IndependentInputs(IndependentInputs),
}

impl DataSpec {
    /// Every value of `kind`, in the order of the variants.
    pub const KINDS: &[&str] = &["margin", "idx", "csv", "sine", "teacher", "linear", "independent-inputs"];

    /// This one's value of `kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Margin(_) => "margin",
            Self::Idx(_) => "idx",
            Self::Csv(_) => "csv",
            Self::Sine(_) => "sine",
            Self::Teacher(_) => "teacher",
            Self::Linear(_) => "linear",
            Self::IndependentInputs(_) => "independent-inputs",
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
            Self::Linear(spec) => spec.validate(),
            Self::IndependentInputs(spec) => spec.validate(),
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
            Self::Linear(spec) => Ok(spec.load(seed)),
            Self::IndependentInputs(spec) => Ok(spec.load(seed)),
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
        return Err(FieldError::new("dim", dim, "at least 1", "set the number of inputs of a row"));
    }
    if samples as u128 * dim as u128 > u128::from(MAX_NUMBERS) {
        let rule = format!("at most {} for dim = {dim} (2^29 numbers in all)", MAX_NUMBERS / dim as u64);
        return Err(FieldError::new("samples", samples, rule, "take fewer samples or a smaller dim"));
    }
    Ok(())
}

/// The most multiplications that making a data set may take: a minute or two.
const MOST_WORK: f64 = 1e11;

/// The product of `factors`, each from the study, as a number of multiplications.
pub(super) fn check_work(field: &'static str, value: usize, factors: &[usize]) -> Result<(), FieldError> {
    let work: f64 = factors.iter().map(|&factor| factor as f64).product();
    if work <= MOST_WORK {
        return Ok(());
    }
    let rule =
        format!("so small that making the data takes at most {MOST_WORK:e} multiplications, not {work:.1e}");
    Err(FieldError::new(field, value, rule, "take fewer samples or a smaller size"))
}

/// A variance: finite and not negative.
pub(super) fn check_variance(field: &'static str, value: f64) -> Result<(), FieldError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(());
    }
    Err(FieldError::new(field, value, "a finite number, at least 0", "0 gives labels without noise"))
}

/// A path: not the empty string, which would name the study's folder.
pub(super) fn check_path(field: &'static str, path: &Path) -> Result<(), FieldError> {
    if path.as_os_str().is_empty() {
        return Err(FieldError::new(field, "\"\"", "a path", "name a file, relative to the study file"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn every_kind() -> Vec<DataSpec> {
        vec![
            DataSpec::Margin(toml::from_str("samples = 40\ndim = 3").unwrap()),
            DataSpec::Idx(toml::from_str("images = 'i'\nlabels = 'l'\nclasses = [2, 7]").unwrap()),
            DataSpec::Csv(toml::from_str("path = 'rows.csv'").unwrap()),
            DataSpec::Sine(toml::from_str("samples = 40").unwrap()),
            DataSpec::Teacher(toml::from_str("samples = 40").unwrap()),
            DataSpec::Linear(toml::from_str("samples = 40\ndim = 3").unwrap()),
            DataSpec::IndependentInputs(toml::from_str("samples = 40\ndim = 50").unwrap()),
        ]
    }

    #[test]
    fn kinds_are_named_alike_everywhere() {
        let kinds: Vec<_> = every_kind().iter().map(DataSpec::kind).collect();
        assert_eq!(kinds, DataSpec::KINDS);
        for spec in every_kind() {
            let first_line = toml::to_string(&spec).unwrap().lines().next().unwrap().to_string();
            assert_eq!(first_line, format!("kind = \"{}\"", spec.kind()));
        }
    }

    #[test]
    fn defaults_are_those_of_the_sources_and_are_written_out() {
        let written = |i: usize| toml::to_string(&every_kind()[i]).unwrap();
        assert_eq!(written(0), "kind = \"margin\"\nsamples = 40\ndim = 3\ngap = 0.2\n");
        assert_eq!(written(2), "kind = \"csv\"\npath = \"rows.csv\"\nheader = \"auto\"\n");
        assert_eq!(written(3), "kind = \"sine\"\nsamples = 40\ndim = 20\nnoise_variance = 0.25\n");
        assert_eq!(
            written(4),
            "kind = \"teacher\"\nsamples = 40\ndim = 20\nwidth = 5\nactivation = \"sigmoid\"\nbeta = 1.0\n\
             noise_variance = 0.01\n"
        );
        assert_eq!(
            written(5),
            "kind = \"linear\"\nsamples = 40\ndim = 3\nnoise_variance = 0.25\ncondition = 1.0\n"
        );
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Margin>("samples = 4\ndim = 3\ngaps = 0.1").is_err());
        assert!(toml::from_str::<Idx>("images = 'i'\nlabels = 'l'\nclasses = [2, 7]\nclass = 1").is_err());
        assert!(toml::from_str::<Csv>("path = 'a'\nlabel = 3").is_err());
        assert!(toml::from_str::<Sine>("samples = 4\nnoise = 1.0").is_err());
        assert!(toml::from_str::<Teacher>("samples = 4\nactivation = 'relu'").is_err());
    }

    #[test]
    fn loading_validates_first() {
        let empty = DataSpec::Csv(Csv { path: PathBuf::new(), header: Default::default() });
        let error = empty.load(Path::new("."), 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "problem.data.path = \"\": must be a path; name a file, relative to the study file"
        );
        assert!(matches!(error, DataError::Field(FieldError { field: "path", .. })));
    }

    #[test]
    fn data_drawn_from_a_law_need_no_folder() {
        for spec in every_kind() {
            let loaded = spec.load(Path::new("no such folder"), 9);
            match spec {
                DataSpec::Idx(_) | DataSpec::Csv(_) => {
                    assert!(matches!(loaded, Err(DataError::Missing { .. })));
                }
                _ => {
                    let data = loaded.unwrap();
                    assert_eq!((data.len(), data.kind, data.sources.len()), (40, spec.kind(), 0));
                }
            }
        }
    }

    /// A change here changes every published study: it needs a line "value-breaking" in the change log.
    #[test]
    fn seed_one_draws_the_golden_numbers() {
        let golden = [
            (0, [0.6430486916594755, 0.31118384268696625, -1.0]),
            (3, [0.6624248624519418, 0.04124221085275748, 0.9932950820079666]),
            (4, [0.9497637321930861, 0.45000415748740485, 0.45647654378524094]),
        ];
        for (i, numbers) in golden {
            let data = every_kind()[i].load(Path::new("."), 1).unwrap();
            for (got, want) in [data.inputs[0], data.inputs[1], data.labels[0]].into_iter().zip(numbers) {
                // The sine and the exponential of another platform may differ in the last bits.
                assert!((got - want).abs() < 1e-12, "{} {got:?}, expected {want:?}", data.kind);
            }
        }
    }
}
