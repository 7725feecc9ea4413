//! Which rows a minibatch holds, as a pure function of (key, particle, step).

use crate::random::Key;
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// 32-bit random numbers, two of each word of a stream: the lower half, then the upper.
struct Halves {
    stream: Xoshiro256PlusPlus,
    left: Option<u32>,
}

impl Halves {
    fn new(key: Key, particle: u64, step: u64) -> Self {
        Self { stream: key.stream(particle, step), left: None }
    }

    #[inline]
    fn next(&mut self) -> u32 {
        if let Some(half) = self.left.take() {
            return half;
        }
        let word = self.stream.next_u64();
        self.left = Some((word >> 32) as u32);
        word as u32
    }

    /// An index below `bound` by multiply-high; a probability is off by a factor of at most 1 ± bound/2³².
    #[inline]
    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.next()) * u64::from(bound)) >> 32) as u32
    }
}

/// Minibatch with replacement: independent indices < `samples`, each nearly uniform (bias below samples/2³²).
pub fn fill_indices(key: Key, particle: u64, step: u64, samples: u32, out: &mut [u32]) {
    assert!(samples >= 1, "no rows to draw from");
    let mut halves = Halves::new(key, particle, step);
    for index in out {
        *index = halves.below(samples);
    }
}

/// Minibatch without replacement: distinct indices, every ordered choice equally likely (bias below n/2³² an index).
///
/// `identity` is the identity permutation of the n rows, used as scratch and restored: O(b), nothing allocated.
/// Partial shuffle of Fisher and Yates.
pub fn fill_without_replacement(key: Key, particle: u64, step: u64, identity: &mut [u32], out: &mut [u32]) {
    assert!(out.len() <= identity.len(), "a batch without replacement holds at most n rows");
    let n = identity.len() as u32;
    let mut halves = Halves::new(key, particle, step);
    for (i, partner) in out.iter_mut().enumerate() {
        *partner = i as u32 + halves.below(n - i as u32);
        identity.swap(i, *partner as usize);
    }
    // Place i is final after swap i, so undoing the swaps backwards meets every drawn index on the way.
    for (i, out) in out.iter_mut().enumerate().rev() {
        let drawn = identity[i];
        identity.swap(i, *out as usize);
        *out = drawn;
    }
}

/// The order of an epoch: a permutation of 0..n, n = `out.len()`; shuffle of Fisher and Yates.
pub fn fill_permutation(key: Key, particle: u64, epoch: u64, out: &mut [u32]) {
    let n = out.len() as u32;
    for (i, out) in out.iter_mut().enumerate() {
        *out = i as u32;
    }
    let mut halves = Halves::new(key, particle, epoch);
    for i in 0..n.saturating_sub(1) {
        out.swap(i as usize, (i + halves.below(n - i)) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    const KEY: fn(u64) -> Key = |seed| Key::new(seed, Purpose::Batch);

    /// Pearson's χ² of counts against equal probabilities, as a number of its own standard deviations.
    fn chi_square_excess(counts: &[u32]) -> f64 {
        let expected = counts.iter().sum::<u32>() as f64 / counts.len() as f64;
        let chi: f64 = counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
        let freedom = counts.len() as f64 - 1.0;
        (chi - freedom) / (2.0 * freedom).sqrt()
    }

    /// A correct program fails this for about one seed in 1200: P(χ²₉ > 30.2) = 4e-4 twice, P(χ²₁₁₉ > 196) = 1e-5 twice.
    #[test]
    fn every_choice_is_equally_likely() {
        let mut ordered = [0; 120];
        let mut shuffles = [0; 120];
        let (mut single, mut first) = ([0; 10], [0; 10]);
        let mut identity: Vec<u32> = (0..6).collect();
        for step in 0..60_000 {
            let mut batch = [0; 3];
            fill_without_replacement(KEY(1), 7, step, &mut identity, &mut batch);
            assert_eq!(identity, [0, 1, 2, 3, 4, 5]);
            let [a, b, c] = batch.map(|i| i as usize);
            assert!(a != b && b != c && a != c);
            let rank = a * 20 + (b - usize::from(b > a)) * 4 + (c - usize::from(c > a) - usize::from(c > b));
            ordered[rank] += 1;
            let mut order = [0; 5];
            fill_permutation(KEY(2), 7, step, &mut order);
            let rank = (0..5).fold(0, |rank, i| {
                rank * (5 - i) + order[i + 1..].iter().filter(|later| **later < order[i]).count()
            });
            shuffles[rank] += 1;
            let mut drawn = [0; 5];
            fill_indices(KEY(3), step, 0, 10, &mut drawn);
            first[drawn[0] as usize] += 1;
            drawn.iter().for_each(|i| single[*i as usize] += 1);
        }
        for counts in [&ordered[..], &shuffles, &single, &first] {
            assert!(chi_square_excess(counts) < 5.0);
        }
    }

    #[test]
    fn a_longer_batch_begins_like_a_shorter_one() {
        let (mut short, mut long) = ([0; 3], [0; 8]);
        fill_indices(KEY(1), 5, 6, 1000, &mut short);
        fill_indices(KEY(1), 5, 6, 1000, &mut long);
        assert_eq!(short, long[..3]);
        let mut identity: Vec<u32> = (0..8).collect();
        fill_without_replacement(KEY(1), 5, 6, &mut identity, &mut long);
        long.sort_unstable();
        assert_eq!(long.to_vec(), identity);
    }
}
