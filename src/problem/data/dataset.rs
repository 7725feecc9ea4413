//! The data set itself, and rows of it.

use std::path::PathBuf;

use serde::Serialize;

use super::{DataError, DataFacts};

/// What the labels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelKind {
    /// Every label is −1 or 1.
    Signs,
    /// Any finite numbers.
    Real,
}

/// A file that a data set was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceFile {
    /// As the study names it.
    pub path: PathBuf,
    /// Size of the file as it lies on the disk (compressed, where it is).
    pub bytes: u64,
    /// SHA-256 of these bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// Where the labels of a file stopped being signs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NonSignLabel {
    /// The file, as the errors name it.
    pub file: String,
    /// Line of the first label after which neither {−1, 1} nor {0, 1} holds all labels so far; the first line is 1.
    pub line: u64,
    /// That label.
    pub value: f64,
}

/// n rows (x_i, y_i), x_i ∈ ℝ^dim.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// n × dim, row-major.
    pub inputs: Vec<f64>,
    /// n labels.
    pub labels: Vec<f64>,
    /// At least 1.
    pub dim: usize,
}

impl Rows {
    /// Number of rows n.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no row, as on the test side of a split with fraction 0.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// x_i. Panics unless i < n.
    pub fn input(&self, i: usize) -> &[f64] {
        &self.inputs[i * self.dim..(i + 1) * self.dim]
    }

    /// n, dim, B_x and μ_x of these rows; see [`DataFacts::of`].
    pub fn facts(&self) -> DataFacts {
        DataFacts::of(&self.inputs, self.dim)
    }

    /// The smallest eigenvalue of the n × n matrix of the x_i·x_k, with the error of its computation; NaN where the eigenproblem
    /// fails. Cost: n²·dim + n³.
    pub fn smallest_gram_eigenvalue(&self) -> f64 {
        self.gram_ends().map_or(f64::NAN, |[least, _]| least)
    }

    /// A number above 0 that the smallest eigenvalue of the matrix of the x_i·x_k is not below, whatever was rounded: the computed
    /// one less ε(dim·n + 10 n) λ_max. The products err by at most dim·ε tr, tr ≤ n λ_max, in norm; 10 n ε λ_max is generous for
    /// the eigenproblem. `None` where no such number is above 0: rows that are linearly dependent or nearly so, more rows than
    /// inputs, or numbers that are not finite. Cost: that of [`Self::smallest_gram_eigenvalue`]; none with more rows than inputs.
    pub fn certain_gram_eigenvalue(&self) -> Option<f64> {
        if self.is_empty() || self.len() > self.dim {
            return None;
        }
        let [least, largest] = self.gram_ends()?;
        let slack = f64::EPSILON * ((self.dim + 10) * self.len()) as f64 * largest;
        // NaN compares false.
        (least > slack).then_some(least - slack)
    }

    /// The smallest and the largest eigenvalue of the matrix of the x_i·x_k.
    fn gram_ends(&self) -> Option<[f64; 2]> {
        let product = |i: usize, k: usize| self.input(i).iter().zip(self.input(k)).map(|(a, b)| a * b).sum();
        let gram = faer::Mat::<f64>::from_fn(self.len(), self.len(), product);
        let values = gram.self_adjoint_eigenvalues(faer::Side::Lower).ok()?;
        Some([*values.first()?, *values.last()?])
    }

    /// Whether at least two different labels occur: a split may leave one side with a single class.
    pub fn has_two_labels(&self) -> bool {
        self.labels.iter().any(|&label| label != self.labels[0])
    }

    /// The rows `indices`, in that order.
    pub(super) fn select(inputs: &[f64], labels: &[f64], dim: usize, indices: &[usize]) -> Self {
        let mut rows = Self {
            inputs: Vec::with_capacity(indices.len() * dim),
            labels: Vec::with_capacity(indices.len()),
            dim,
        };
        for &i in indices {
            rows.inputs.extend_from_slice(&inputs[i * dim..(i + 1) * dim]);
            rows.labels.push(labels[i]);
        }
        rows
    }
}

/// A data set before it is split: n ≥ 1 rows and where they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// n × dim, row-major; all finite.
    pub inputs: Vec<f64>,
    /// n labels; all finite, −1 or 1 if `label_kind` is [`LabelKind::Signs`].
    pub labels: Vec<f64>,
    /// At least 1.
    pub dim: usize,
    /// What the labels are.
    pub label_kind: LabelKind,
    /// The kind's name in a study, "margin", "csv", …
    pub kind: &'static str,
    /// The files read; empty for data drawn from a law.
    pub sources: Vec<SourceFile>,
    /// What was done to the data, a sentence each, for the record.
    pub notes: Vec<String>,
    /// For a file with real labels: the label that made them so.
    pub first_non_sign_label: Option<NonSignLabel>,
}

impl Dataset {
    /// Data drawn from a law: no file behind it.
    pub(super) fn drawn(kind: &'static str, rows: Rows, label_kind: LabelKind, notes: Vec<String>) -> Self {
        let Rows { inputs, labels, dim } = rows;
        Self { inputs, labels, dim, label_kind, kind, sources: Vec::new(), notes, first_non_sign_label: None }
    }

    /// Number of rows n.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no row; never so for a data set that was loaded.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Refuses data that no classification (logistic loss, accuracy) can use.
    ///
    /// # Errors
    /// [`DataError::LabelNotSign`] or [`DataError::LabelsReal`] if a label is neither −1 nor 1, [`DataError::OneClass`] if
    /// all labels are equal.
    pub fn check_classification(&self) -> Result<(), DataError> {
        if let Some(NonSignLabel { file, line, value }) = self.first_non_sign_label.clone() {
            return Err(DataError::LabelNotSign { file, line, value });
        }
        if self.label_kind == LabelKind::Real {
            return Err(DataError::LabelsReal { kind: self.kind });
        }
        if self.labels.iter().all(|&label| label == self.labels[0]) {
            let origin = match self.sources.as_slice() {
                [] => format!("problem.data.kind = \"{}\"", self.kind),
                files => {
                    files.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>().join(", ")
                }
            };
            return Err(DataError::OneClass {
                origin,
                rows: self.len(),
                label: self.labels.first().copied().unwrap_or(f64::NAN),
                remedy: "add rows of the other class",
            });
        }
        Ok(())
    }
}
