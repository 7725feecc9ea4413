//! Small whole numbers that multiply particles: signs of a wild bootstrap, labels of a permutation, counts of a bootstrap.

use super::Resampling;
use crate::random::{Key, Purpose};
use rand::RngExt;

/// Replicates are drawn in groups of this many, so that loops over them fill vector registers.
pub(super) const GROUP: usize = 16;

/// Parts of the `step` of a stream, so that the kinds share no random number.
const SIGNS: u64 = 0;
const LABELS: u64 = 1;
const COUNTS: u64 = 2;

/// One row of whole numbers a particle: column 0 is the observed one, columns 1… are replicates, then zeros up to a
/// multiple of [`GROUP`]. One byte each: 2 MiB for 4096 particles and 500 replicates.
pub(super) struct Multipliers {
    values: Vec<i8>,
    columns: usize,
    replicates: usize,
}

impl Multipliers {
    fn new(particles: usize, replicates: usize) -> Self {
        let columns = (1 + replicates).next_multiple_of(GROUP);
        Self { values: vec![0; particles * columns], columns, replicates }
    }

    /// Observed: all 1; replicates: independent signs.
    pub(super) fn signs(particles: usize, resampling: &Resampling) -> Self {
        let mut all = Self::new(particles, resampling.replicates);
        let key = key(resampling);
        for (i, row) in all.values.chunks_exact_mut(all.columns).enumerate() {
            let mut stream = key.stream(i as u64, SIGNS);
            row[0] = 1;
            for chunk in row[1..=resampling.replicates].chunks_mut(64) {
                let word: u64 = stream.random();
                for (k, sign) in chunk.iter_mut().enumerate() {
                    *sign = if word >> k & 1 == 1 { 1 } else { -1 };
                }
            }
        }
        all
    }

    /// Observed: `first` times 1, then `second` times −1; replicates: the same in random order.
    pub(super) fn labels(first: usize, second: usize, resampling: &Resampling) -> Self {
        let mut all = Self::new(first + second, resampling.replicates);
        let observed: Vec<i8> = [vec![1; first], vec![-1; second]].concat();
        let key = key(resampling);
        all.set(0, &observed);
        for replicate in 1..=resampling.replicates {
            let mut stream = key.stream(replicate as u64, LABELS);
            let mut labels = observed.clone();
            for at in (1..labels.len()).rev() {
                labels.swap(at, stream.random_range(0..=at));
            }
            all.set(replicate, &labels);
        }
        all
    }

    /// How often a bootstrap of each side draws each particle, negative for the second side; observed: once.
    pub(super) fn counts(first: usize, second: usize, resampling: &Resampling) -> Self {
        let mut all = Self::new(first + second, resampling.replicates);
        let observed: Vec<i8> = [vec![1; first], vec![-1; second]].concat();
        let key = key(resampling);
        all.set(0, &observed);
        for replicate in 1..=resampling.replicates {
            let mut stream = key.stream(replicate as u64, COUNTS);
            let mut counts = vec![0i8; first + second];
            for _ in 0..first {
                counts[stream.random_range(0..first)] += 1;
            }
            for _ in 0..second {
                counts[first + stream.random_range(0..second)] -= 1;
            }
            all.set(replicate, &counts);
        }
        all
    }

    fn set(&mut self, column: usize, numbers: &[i8]) {
        for (row, &number) in self.values.chunks_exact_mut(self.columns).zip(numbers) {
            row[column] = number;
        }
    }

    pub(super) fn particles(&self) -> usize {
        self.values.len() / self.columns
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// How many columns have a meaning: the observed one and the replicates.
    pub(super) fn used(&self) -> usize {
        1 + self.replicates
    }

    /// The numbers of one particle.
    pub(super) fn row(&self, particle: usize) -> &[i8] {
        &self.values[particle * self.columns..][..self.columns]
    }
}

fn key(resampling: &Resampling) -> Key {
    Key::new(resampling.seed, Purpose::Resample).tagged(resampling.tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESAMPLING: Resampling = Resampling { replicates: 200, seed: 3, tag: 1 };

    #[test]
    fn labels_keep_their_numbers_and_counts_add_up() {
        let (labels, counts) =
            (Multipliers::labels(7, 4, &RESAMPLING), Multipliers::counts(7, 4, &RESAMPLING));
        assert_eq!((labels.used(), labels.columns(), labels.particles()), (201, 208, 11));
        for column in 0..labels.used() {
            let number = |all: &Multipliers, rows: std::ops::Range<usize>| -> i32 {
                rows.map(|i| i32::from(all.row(i)[column])).sum()
            };
            assert_eq!(number(&labels, 0..11), 3);
            assert_eq!((number(&counts, 0..7), number(&counts, 7..11)), (7, -4));
        }
        assert!((0..11).all(|i| labels.row(i)[201..].iter().all(|&x| x == 0)));
    }

    /// 2200 fair signs: the sum has a standard deviation of 47; five of them are 235.
    #[test]
    fn signs_are_fair() {
        let signs = Multipliers::signs(11, &RESAMPLING);
        let drawn = (0..11).flat_map(|i| signs.row(i)[1..=200].to_vec());
        assert!(drawn.clone().all(|sign| sign.abs() == 1));
        assert!(drawn.map(i32::from).sum::<i32>().abs() < 235);
        assert!((0..11).all(|i| signs.row(i)[0] == 1));
    }
}
