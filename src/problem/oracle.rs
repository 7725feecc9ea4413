//! Risks that are expectations: a process draws fresh samples instead of rows.

use super::{Potential, Scratch};
use crate::numerics::NormalSource;
use crate::random::Key;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A population risk with fresh samples: L(w) = E ℓ(w; z) (+ a penalty), with z drawn by the oracle.
///
/// [`Potential::value_gradient`] is of L itself, so that curves show the population risk. A sample z is
/// [`sample_len`](Self::sample_len) numbers, inputs first, then the label. E of [`sample_gradient`](Self::sample_gradient) is ∇L
/// where the samples are those of L; a poisoned oracle may draw others, and says so.
pub trait Oracle: Potential {
    /// Numbers that one sample holds.
    fn sample_len(&self) -> usize;

    /// Fills `samples` (batch × [`sample_len`](Self::sample_len), one sample after another) for one particle at one step, from
    /// `fresh` alone. Allocates nothing.
    fn draw(&self, fresh: &mut Fresh<'_>, samples: &mut [f64]);

    /// (1/b) Σ_i ∇ℓ(w; z_i) (+ the penalty's gradient) of each particle of a block, each with its own b = `batch` samples.
    /// `weights`, `gradient`: particles one after another, D numbers each; `samples`: likewise, b × sample_len numbers each.
    /// Allocates nothing.
    fn sample_gradient(
        &self,
        weights: &[f64],
        samples: &[f64],
        batch: usize,
        gradient: &mut [f64],
        scratch: &mut Scratch,
    );

    /// An update that is no gradient but has a guarantee, where this oracle has one.
    fn provable(&self) -> Option<&dyn ProvableUpdate> {
        None
    }
}

/// A direction to step against that is no gradient and still leads near the reference point.
pub trait ProvableUpdate: Send + Sync {
    /// The direction of each particle of a block on its own b = `batch` samples, in the shapes of [`Oracle::sample_gradient`].
    /// Allocates nothing.
    fn direction(&self, weights: &[f64], samples: &[f64], batch: usize, out: &mut [f64]);
}

/// The random numbers of one particle at one step, a pure function of (key, particle, step) and of the order in which they
/// are asked for: every call begins a stream of its own.
pub struct Fresh<'a> {
    key: Key,
    particle: u64,
    step: u64,
    asked: u64,
    normals: &'a mut NormalSource,
}

impl<'a> Fresh<'a> {
    /// Those of `particle` at `step` under `key`; `normals` is room for the vectorised generator.
    pub fn new(key: Key, particle: u64, step: u64, normals: &'a mut NormalSource) -> Self {
        Self { key, particle, step, asked: 0, normals }
    }

    /// A key that no other call has.
    fn next_key(&mut self) -> Key {
        let key = self.key.tagged(self.asked);
        self.asked += 1;
        key
    }

    /// Fills `out` with standard normals, vectorised: the fast way to Gaussian inputs. Between back ends they agree to 2 units
    /// in the last place.
    pub fn normals(&mut self, out: &mut [f64]) {
        let (key, len) = (self.next_key(), out.len());
        self.normals.fill(key, self.particle, 1, self.step, len, out);
    }

    /// A stream for everything else, through the traits of `rand`.
    pub fn stream(&mut self) -> Xoshiro256PlusPlus {
        self.next_key().stream(self.particle, self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Backend;
    use crate::random::Purpose;
    use rand::RngExt;

    /// What a step is given does not depend on what was drawn before, and no two requests share a stream.
    #[test]
    fn fresh_numbers_are_a_function_of_particle_step_and_request() {
        let key = Key::new(5, Purpose::Fresh);
        for len in [3, 40] {
            let mut source = NormalSource::new(Backend::detect());
            let mut draw = |particle, step| {
                let mut fresh = Fresh::new(key, particle, step, &mut source);
                let mut numbers = vec![0.0; 2 * len];
                let (first, second) = numbers.split_at_mut(len);
                fresh.normals(first);
                fresh.normals(second);
                numbers.extend((0..3).map(|_| fresh.stream().random::<f64>()));
                numbers
            };
            let one = draw(4, 9);
            let others = [draw(4, 10), draw(5, 9)];
            assert_eq!(one, draw(4, 9));
            let mut all: Vec<u64> = one.iter().chain(others.iter().flatten()).map(|x| x.to_bits()).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), count, "{len} numbers a request");
        }
    }
}
