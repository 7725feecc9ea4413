//! Which rows are for training and which for testing.

use rand::RngExt;

use super::{DataError, Dataset, Rows};
use crate::random::{Key, Purpose};

/// The two sides of a data set. Disjoint, and together all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Rows for training.
    pub train: Rows,
    /// Rows for testing; none where the fraction is 0.
    pub test: Rows,
    /// Rows of the data set in `train`, increasing.
    pub train_indices: Vec<usize>,
    /// Rows of the data set in `test`, increasing.
    pub test_indices: Vec<usize>,
}

impl Split {
    /// Takes round(`fraction`·n) rows (halves up), uniform among all subsets of that size, for testing; both sides keep the
    /// order of the data set. A pure function of n, `fraction`, `seed` and `draw`: another `draw` is an independent split of
    /// the same rows. Cost: a copy of the data.
    ///
    /// # Errors
    /// [`DataError::FractionOutOfRange`] unless 0 ≤ `fraction` < 1; [`DataError::SplitEmpty`] if `fraction` > 0 leaves a side
    /// without rows, or if the data set has none.
    pub fn of(dataset: &Dataset, fraction: f64, seed: u64, draw: u64) -> Result<Self, DataError> {
        if !(0.0..1.0).contains(&fraction) {
            return Err(DataError::FractionOutOfRange { fraction });
        }
        let rows = dataset.len();
        let test = (fraction * rows as f64).round() as usize;
        if test >= rows || (fraction > 0.0 && test == 0) {
            return Err(DataError::SplitEmpty { fraction, rows, test, train: rows.saturating_sub(test) });
        }
        let (train_indices, test_indices) = choose(rows, test, seed, draw);
        let side = |indices| Rows::select(&dataset.inputs, &dataset.labels, dataset.dim, indices);
        Ok(Self { train: side(&train_indices), test: side(&test_indices), train_indices, test_indices })
    }
}

/// The first `test` places of a Fisher–Yates shuffle are for testing; the rest of the shuffle would change nothing.
fn choose(rows: usize, test: usize, seed: u64, draw: u64) -> (Vec<usize>, Vec<usize>) {
    let mut stream = Key::new(seed, Purpose::Split).stream(draw, 0);
    let mut order: Vec<usize> = (0..rows).collect();
    for i in 0..test {
        order.swap(i, stream.random_range(i..rows));
    }
    let mut test_indices = order;
    let mut train_indices = test_indices.split_off(test);
    test_indices.sort_unstable();
    train_indices.sort_unstable();
    (train_indices, test_indices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::data::{LabelKind, assert_law};

    /// Row i holds (i, 10i), label i.
    fn counted(rows: usize) -> Dataset {
        let inputs = (0..rows).flat_map(|i| [i as f64, 10.0 * i as f64]).collect();
        let labels = (0..rows).map(|i| i as f64).collect();
        Dataset::drawn("sine", Rows { inputs, labels, dim: 2 }, LabelKind::Real, vec![])
    }

    #[test]
    fn the_sides_are_disjoint_complete_and_in_order() {
        for (rows, fraction, test) in
            [(10, 0.2, 2), (10, 0.25, 3), (2, 0.5, 1), (1000, 0.999, 999), (7, 0.0, 0)]
        {
            let data = counted(rows);
            let split = Split::of(&data, fraction, 4, 0).unwrap();
            assert_eq!((split.test.len(), split.train.len()), (test, rows - test));
            let mut all = [split.train_indices.clone(), split.test_indices.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..rows).collect::<Vec<_>>());
            for (side, indices) in [(&split.train, &split.train_indices), (&split.test, &split.test_indices)]
            {
                assert!(indices.is_sorted());
                for (k, &i) in indices.iter().enumerate() {
                    assert_eq!((side.labels[k], side.input(k)), (i as f64, &[i as f64, 10.0 * i as f64][..]));
                }
            }
        }
        assert_eq!(Split::of(&counted(7), 0.0, 4, 0).unwrap().train.inputs, counted(7).inputs);
    }

    #[test]
    fn the_seed_names_the_split() {
        let split = |seed| Split::of(&counted(100), 0.3, seed, 0).unwrap();
        assert_eq!(split(1), split(1));
        assert_ne!(split(1).test_indices, split(2).test_indices);
        let drawn = |draw| Split::of(&counted(100), 0.3, 1, draw).unwrap();
        assert_eq!(drawn(0), split(1));
        assert_ne!(drawn(1).test_indices, split(1).test_indices);
    }

    /// Finds a shuffle that never reaches a row, or never two of them together.
    #[test]
    fn all_subsets_are_equally_likely() {
        let (data, seeds) = (counted(10), 4000u64);
        let mut together = [[0.0; 10]; 10];
        for seed in 0..seeds {
            for &i in &Split::of(&data, 0.3, seed, 0).unwrap().test_indices {
                for &j in &Split::of(&data, 0.3, seed, 0).unwrap().test_indices {
                    together[i][j] += 1.0 / seeds as f64;
                }
            }
        }
        for (i, row) in together.iter().enumerate() {
            for (j, &share) in row.iter().enumerate() {
                let p: f64 = if i == j { 0.3 } else { 3.0 * 2.0 / 90.0 };
                assert_law(share, p, (p * (1.0 - p) / seeds as f64).sqrt(), 0.06);
            }
        }
    }

    #[test]
    fn fractions_that_leave_a_side_empty_are_refused() {
        let refusal = |rows, fraction| Split::of(&counted(rows), fraction, 1, 0).unwrap_err().to_string();
        for (fraction, shown) in [(1.0, "1"), (-0.1, "-0.1"), (f64::NAN, "NaN")] {
            assert_eq!(
                refusal(10, fraction),
                format!(
                    "problem.data.test_fraction = {shown}: must be at least 0 and below 1; 0.2 keeps every fifth row for \
                     testing"
                )
            );
        }
        let both = "both must have at least one; change the fraction or take more rows";
        assert_eq!(
            refusal(10, 0.01),
            format!(
                "problem.data.test_fraction = 0.01: of 10 rows 0 would be for testing and 10 for training; {both}"
            )
        );
        assert_eq!(
            refusal(1, 0.6),
            format!(
                "problem.data.test_fraction = 0.6: of 1 rows 1 would be for testing and 0 for training; {both}"
            )
        );
    }

    #[test]
    fn a_side_knows_whether_it_holds_both_labels() {
        let rows = |labels: Vec<f64>| Rows { inputs: labels.clone(), labels, dim: 1 };
        assert!(rows(vec![1.0, 1.0, -1.0]).has_two_labels());
        assert!(!rows(vec![1.0, 1.0]).has_two_labels() && !rows(vec![]).has_two_labels());
    }
}
