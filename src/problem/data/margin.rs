//! Two spherical caps: the synthetic classification data of the experiments of GJM.

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use statrs::function::beta::checked_beta_reg;

use super::spec::check_shape;
use super::{DataError, Dataset, FieldError, LabelKind, Rows};
use crate::random::{Key, Purpose};

/// The most normal numbers drawn in expectation: a few seconds.
const MAX_NORMALS: f64 = 1e9;

/// x uniform on the unit sphere of ℝ^dim given |x_dim| > gap, y = sign(x_dim).
///
/// Rows of N(0, I) are normalised and kept if the last coordinate is above `gap` (label 1) or below −`gap` (label −1), until
/// `samples` rows are kept. Cost: `samples`·`dim` / [`Margin::acceptance`] normal numbers; a gap that asks for more than 10⁹
/// is refused. Source: Gopalani, Jha, Mukherjee, arXiv 2309.09258, §5, with dim = 10, gap = 0.2.
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
            return Err(FieldError::new("gap", self.gap, "at least 0 and below 1", "the source uses 0.2"));
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
        let mut rows =
            Rows { inputs: Vec::with_capacity(self.samples * self.dim), labels: Vec::new(), dim: self.dim };
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
        let note = format!("{} of {drawn} rows kept: |last coordinate| > {}", self.samples, self.gap);
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
    let (half, rest) = (0.5, (dim as f64 - 1.0) / 2.0);
    let below = checked_beta_reg(half, rest, gap * gap).unwrap_or(1.0);
    if below < 0.5 {
        return 1.0 - below;
    }
    // The same by the law of 1 − x_dim²: without cancellation where little is kept.
    checked_beta_reg(rest, half, (1.0 - gap) * (1.0 + gap)).unwrap_or(0.0)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::data::assert_law;

    fn margin(samples: usize, dim: usize, gap: f64) -> Margin {
        Margin { samples, dim, gap }
    }

    #[test]
    fn rows_have_norm_one_and_keep_the_gap() {
        for (dim, gap) in [(1, 0.2), (2, 0.9), (10, 0.2), (10, 0.0), (300, 0.1)] {
            let data = margin(400, dim, gap).load(5).unwrap();
            assert_eq!((data.len(), data.inputs.len()), (400, 400 * dim));
            for (x, &y) in data.inputs.chunks_exact(dim).zip(&data.labels) {
                let norm = x.iter().map(|x| x * x).sum::<f64>().sqrt();
                assert!((norm - 1.0).abs() < 1e-14, "{norm}");
                assert!(y * x[dim - 1] > gap && y.abs() == 1.0, "{y}, {x:?}");
            }
            assert!(data.check_classification().is_ok());
        }
    }

    /// Circle: 1 − (2/π) arcsin g. Sphere in three dimensions: 1 − g (Archimedes). Five: 1 − (3g − g³)/2.
    #[test]
    fn the_acceptance_is_that_of_the_known_spheres() {
        for gap in [0.0f64, 1e-9, 0.2, 0.5, 0.999] {
            let exact = [
                (1, 1.0),
                (2, 1.0 - 2.0 / std::f64::consts::PI * gap.asin()),
                (3, 1.0 - gap),
                (5, 1.0 - (3.0 * gap - gap.powi(3)) / 2.0),
            ];
            for (dim, want) in exact {
                let got = margin(2, dim, gap).acceptance();
                assert!(
                    (got - want).abs() < 1e-10 * want + 1e-13,
                    "dim {dim}, gap {gap}: {got}, expected {want}"
                );
            }
        }
    }

    /// The draws are negative binomial, and x_dim² is Beta(1/2, (dim−1)/2) above gap². Finds a gap on x_dim² or on one side
    /// only, rows that are not uniform on the sphere, and unequal classes.
    #[test]
    fn kept_rows_follow_the_law_of_the_sphere_beyond_the_gap() {
        let (samples, dim, gap) = (40_000, 10, 0.2);
        let data = margin(samples, dim, gap).load(6).unwrap();
        let (m, d, p) = (samples as f64, dim as f64, acceptance(dim, gap));
        let drawn: f64 = data.notes[0].split_whitespace().nth(2).unwrap().parse().unwrap();
        assert_law(m / drawn, p, p * ((1.0 - p) / m).sqrt(), 0.02);

        // E[u²; u² > g²] = P(Beta(3/2, (d−1)/2) > g²)/d.
        let square_above = checked_beta_reg((d - 1.0) / 2.0, 1.5, 1.0 - gap * gap).unwrap() / d;
        let mean_square = square_above / p;
        let column = |j: usize| data.inputs.iter().skip(j).step_by(dim);
        let moments = |j: usize| {
            let mean = column(j).map(|x| x * x).sum::<f64>() / m;
            (mean, column(j).map(|x| (x * x - mean).powi(2)).sum::<f64>().sqrt() / m)
        };
        let (last, std_err) = moments(9);
        assert_law(last, mean_square, std_err, 0.02);
        for j in 0..9 {
            let (mean, std_err) = moments(j);
            assert_law(mean, (1.0 - mean_square) / 9.0, std_err, 0.01);
            assert_law(column(j).sum::<f64>() / m, 0.0, (mean / m).sqrt(), 0.02);
        }
        assert_law(data.labels.iter().sum::<f64>() / m, 0.0, m.sqrt().recip(), 0.05);
    }

    #[test]
    fn the_seed_names_the_data() {
        let spec = margin(50, 4, 0.3);
        let data = spec.load(1).unwrap();
        assert_eq!(data, spec.load(1).unwrap());
        assert_ne!(data.inputs, spec.load(2).unwrap().inputs);
        assert_eq!(data.inputs[..80], margin(20, 4, 0.3).load(1).unwrap().inputs[..]);
    }

    #[test]
    fn a_draw_of_one_class_is_refused() {
        let refused: Vec<String> =
            (0..64).filter_map(|seed| margin(2, 3, 0.2).load(seed).err()).map(|e| e.to_string()).collect();
        // Half of the seeds, ± 5 standard errors of 4 each.
        assert!((12..=52).contains(&refused.len()), "{}", refused.len());
        let message = |label| {
            format!(
                "problem.data.kind = \"margin\": all 2 labels are {label}; a classification needs rows of both classes; take \
                 more samples or another seed"
            )
        };
        assert!(refused.contains(&message("1")) && refused.contains(&message("-1")));
        assert!(refused.iter().all(|text| *text == message("1") || *text == message("-1")));
    }

    #[test]
    fn impossible_and_hopeless_values_are_refused() {
        let refusal = |samples, dim, gap| margin(samples, dim, gap).validate().unwrap_err().to_string();
        assert_eq!(
            refusal(1, 10, 0.2),
            "problem.data.samples = 1: must be at least 2; some thousands are usual"
        );
        assert_eq!(
            refusal(10, 0, 0.2),
            "problem.data.dim = 0: must be at least 1; set the number of inputs of a row"
        );
        assert_eq!(
            refusal(1 << 29, 2, 0.2),
            "problem.data.samples = 536870912: must be at most 268435456 for dim = 2 (2^29 numbers in all); take fewer \
             samples or a smaller dim"
        );
        for (gap, shown) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN")] {
            assert_eq!(
                refusal(10, 3, gap),
                format!("problem.data.gap = {shown}: must be at least 0 and below 1; the source uses 0.2")
            );
        }
        let message = refusal(1000, 784, 0.2);
        let (rule, remedy) = message.rsplit_once("; ").unwrap();
        assert_eq!(
            rule,
            "problem.data.gap = 0.2: must be small enough that samples·dim / P(|x_dim| > gap) is at most 1e9: for dim = 784 \
             one draw in 6.300e7 is kept"
        );
        assert_eq!(remedy, "set gap to at most 0.119, or take fewer samples or a smaller dim");
    }

    /// The remedy works: the gap it names is accepted, and the next thousandth is not.
    #[test]
    fn the_gap_that_the_remedy_names_is_the_largest_accepted() {
        for (samples, dim) in [(1000, 784), (100_000, 100), (2, 100_000)] {
            let largest = largest_gap(dim, samples as f64 * dim as f64 / MAX_NORMALS);
            assert!(margin(samples, dim, largest).validate().is_ok());
            assert!(margin(samples, dim, largest + 0.001).validate().is_err());
        }
    }
}
