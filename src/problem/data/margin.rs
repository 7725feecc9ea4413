//! Two spherical caps: the synthetic classification data of the experiments of GJM.

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use statrs::function::beta::checked_beta_reg;

use super::spec::check_shape;
use super::{DataError, Dataset, FieldError, LabelKind, Rows};
use crate::random::{Key, Purpose};

/// The most normal numbers drawn in expectation: some ten seconds.
const MAX_NORMALS: f64 = 1e9;

/// x uniform on the unit sphere of ℝ^dim given |x_dim| > gap, y = sign(x_dim).
///
/// Rows of N(0, I) are normalised and kept if the last coordinate is above `gap` (label 1) or below −`gap` (label −1), until
/// `samples` rows are kept. Cost: `samples`·`dim` / [`Margin::acceptance`] normal numbers; a gap that asks for more than 10⁹
/// is refused. Source: Gopalakrishnan Jayakumar, Mukherjee et al. (GJM), section on experiments, with dim = 10, gap = 0.2.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margin {
    /// Rows kept, at least 2.
    pub samples: usize,
    /// Inputs of a row, at least 1; for 1 the rows are −1 and 1.
    pub dim: usize,
    /// In [0, 1).
    #[serde(default = "default_gap")]
    pub gap: f64,
}

fn default_gap() -> f64 {
    0.2
}

impl Margin {
    /// P(|x_dim| > gap) for x uniform on the unit sphere: x_dim² ~ Beta(1/2, (dim−1)/2). `dim` ≥ 1 and `gap` in [0, 1).
    pub fn acceptance(&self) -> f64 {
        acceptance(self.dim, self.gap)
    }

    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_shape(self.samples, 2, self.dim)?;
        if !(0.0..1.0).contains(&self.gap) {
            return Err(FieldError::new(
                "gap",
                self.gap,
                "at least 0 and below 1",
                "the source uses 0.2",
            ));
        }
        let numbers = self.samples as f64 * self.dim as f64;
        let acceptance = self.acceptance();
        if numbers / acceptance > MAX_NORMALS {
            let rule = format!(
                "small enough that samples·dim / P(|x_dim| > gap) is at most {MAX_NORMALS:e}: for dim = {} one draw in \
                 {:.3e} is kept",
                self.dim,
                1.0 / acceptance
            );
            let largest = largest_gap(self.dim, numbers / MAX_NORMALS);
            let remedy = format!("set gap to at most {largest}, or take fewer samples or a smaller dim");
            return Err(FieldError::new("gap", self.gap, rule, remedy));
        }
        Ok(())
    }

    pub(super) fn load(&self, seed: u64) -> Result<Dataset, DataError> {
        let mut stream = Key::new(seed, Purpose::Data).stream(0, 0);
        let mut rows = Rows {
            inputs: Vec::with_capacity(self.samples * self.dim),
            labels: Vec::new(),
            dim: self.dim,
        };
        let mut row = vec![0.0; self.dim];
        let mut drawn = 0u64;
        while rows.len() < self.samples {
            draw_unit(&mut stream, &mut row);
            drawn += 1;
            let last = row[self.dim - 1];
            // A gap of 0 drops exact zeros, which have no sign.
            if last.abs() > self.gap {
                rows.inputs.extend_from_slice(&row);
                rows.labels.push(last.signum());
            }
        }
        if !rows.has_two_labels() {
            return Err(DataError::OneClass {
                origin: "problem.data.kind = \"margin\"".into(),
                rows: rows.len(),
                label: rows.labels[0],
                remedy: "take more samples or another seed",
            });
        }
        let note = format!(
            "{} of {drawn} rows kept: |last coordinate| > {}",
            self.samples, self.gap
        );
        Ok(Dataset::drawn("margin", rows, LabelKind::Signs, vec![note]))
    }
}

/// Writes a uniform point of the unit sphere into `row`.
fn draw_unit(stream: &mut Xoshiro256PlusPlus, row: &mut [f64]) {
    loop {
        for x in row.iter_mut() {
            *x = StandardNormal.sample(stream);
        }
        let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        // Zero with probability below 1e-15, and only for dim = 1: such a point has no direction.
        if norm > 0.0 {
            row.iter_mut().for_each(|x| *x /= norm);
            return;
        }
    }
}

/// See [`Margin::acceptance`].
fn acceptance(dim: usize, gap: f64) -> f64 {
    if dim == 1 || gap == 0.0 {
        return 1.0;
    }
    // 1 − I_{gap²}(1/2, (dim−1)/2) = I_{1−gap²}((dim−1)/2, 1/2): no cancellation.
    let probability = checked_beta_reg((dim as f64 - 1.0) / 2.0, 0.5, (1.0 - gap) * (1.0 + gap));
    probability.unwrap_or(0.0)
}

/// The largest gap, rounded down to three decimals, whose acceptance is at least `least`.
fn largest_gap(dim: usize, least: f64) -> f64 {
    let (mut low, mut high) = (0u32, 1000u32);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if acceptance(dim, f64::from(middle) / 1000.0) >= least {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::from(low) / 1000.0
}
