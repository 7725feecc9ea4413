//! Which rows are for training and which for testing.

use rand::RngExt;

use super::{DataError, Dataset, Rows};
use crate::random::{Key, Purpose};

/// The two sides of a data set. Disjoint, and together all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    pub train: Rows,
    pub test: Rows,
    /// Rows of the data set in `train`, increasing.
    pub train_indices: Vec<usize>,
    /// Rows of the data set in `test`, increasing.
    pub test_indices: Vec<usize>,
}

impl Split {
    /// Takes round(`fraction`·n) rows (halves up), uniform among all subsets of that size, for testing; both sides keep the
    /// order of the data set. A pure function of n, `fraction` and `seed`. Cost: a copy of the data.
    ///
    /// # Errors
    /// [`DataError::FractionOutOfRange`] unless 0 ≤ `fraction` < 1; [`DataError::SplitEmpty`] if `fraction` > 0 leaves a side
    /// without rows, or if the data set has none.
    pub fn of(dataset: &Dataset, fraction: f64, seed: u64) -> Result<Self, DataError> {
        if !(0.0..1.0).contains(&fraction) {
            return Err(DataError::FractionOutOfRange { fraction });
        }
        let rows = dataset.len();
        let test = (fraction * rows as f64).round() as usize;
        if test >= rows || (fraction > 0.0 && test == 0) {
            return Err(DataError::SplitEmpty {
                fraction,
                rows,
                test,
                train: rows.saturating_sub(test),
            });
        }
        let (train_indices, test_indices) = choose(rows, test, seed);
        let side = |indices| Rows::select(&dataset.inputs, &dataset.labels, dataset.dim, indices);
        Ok(Self {
            train: side(&train_indices),
            test: side(&test_indices),
            train_indices,
            test_indices,
        })
    }
}

/// The first `test` places of a Fisher–Yates shuffle are for testing; the rest of the shuffle would change nothing.
fn choose(rows: usize, test: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut stream = Key::new(seed, Purpose::Split).stream(0, 0);
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
