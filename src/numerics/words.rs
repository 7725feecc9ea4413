//! Eight Xoshiro256++ generators side by side, started by Threefry on eight lanes at once.
//!
//! Lane ℓ yields exactly the words of `rand_xoshiro::Xoshiro256PlusPlus` started from `Key::state(particle, step, ℓ)`.
//! Integer arithmetic only, so the words are the same on every back end.

use super::lanes::Lanes;
use crate::random::{Key, PARITY, ROTATIONS, ROUNDS};

/// Generators side by side. A number of the definition of the streams, not of the processor.
pub(super) const LANES: usize = 8;

/// The joint state of the eight generators: word, then lane.
#[derive(Clone, Copy)]
pub(super) struct Xoshiro8<L>([L; 4]);

/// A state at rest in memory.
pub(super) type Stored = [[u64; LANES]; 4];

impl<L: Lanes> Xoshiro8<L> {
    /// Lane ℓ starts from `key.state(particle, step, ℓ)`.
    #[inline(always)]
    pub(super) fn start(key: Key, particle: u64, step: u64) -> Self {
        let splat = |word: u64| L::load([word; LANES]);
        let k = key.words();
        let schedule = [k[0], k[1], k[2], k[3], PARITY ^ k[0] ^ k[1] ^ k[2] ^ k[3]].map(splat);
        let mut x = [splat(particle), splat(step), L::load([0, 1, 2, 3, 4, 5, 6, 7]), splat(0)];
        for (word, key) in x.iter_mut().zip(schedule) {
            *word = word.add(key);
        }
        for round in 0..ROUNDS {
            let (r0, r1) = ROTATIONS[(round % 8) as usize];
            let (a, b) = if round % 2 == 0 { (1, 3) } else { (3, 1) };
            x[0] = x[0].add(x[a]);
            x[a] = x[a].rotate(r0).xor(x[0]);
            x[2] = x[2].add(x[b]);
            x[b] = x[b].rotate(r1).xor(x[2]);
            if round % 4 == 3 {
                let injection = u64::from(round / 4 + 1);
                for (i, word) in x.iter_mut().enumerate() {
                    *word = word.add(schedule[(i + injection as usize) % 5]);
                }
                x[3] = x[3].add(splat(injection));
            }
        }
        Self(x)
    }

    #[inline(always)]
    pub(super) fn load(state: &Stored) -> Self {
        Self(state.map(L::load))
    }

    #[inline(always)]
    pub(super) fn store(self) -> Stored {
        self.0.map(L::store)
    }

    /// The next word of every lane.
    #[inline(always)]
    pub(super) fn next(&mut self) -> [u64; LANES] {
        self.step().store()
    }

    #[inline(always)]
    fn step(&mut self) -> L {
        let [s0, s1, s2, s3] = self.0;
        let words = s0.add(s3).rotate(23).add(s0);
        let shifted = s1.shift(17);
        let s2 = s2.xor(s0);
        let s3 = s3.xor(s1);
        self.0 = [s0.xor(s3), s1.xor(s2), s2.xor(shifted), s3.rotate(45)];
        words
    }

    /// Passes over `count` words of every lane.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.step();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Backend;
    use crate::numerics::dispatch::{Task, run};
    use crate::random::{Purpose, from_state};
    use rand::Rng;

    struct Draw(Key, u64, u64);

    impl Task for Draw {
        type Output = Vec<[u64; LANES]>;
        fn run<L: Lanes>(self) -> Self::Output {
            let mut generators = Xoshiro8::<L>::start(self.0, self.1, self.2);
            (0..100).map(|_| generators.next()).collect()
        }
    }

    #[test]
    fn every_lane_is_the_scalar_generator_on_every_back_end() {
        let key = Key::new(11, Purpose::Brownian).tagged(5);
        for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
            for (particle, step) in [(0, 0), (3, 1_000_000), (u64::MAX, 1)] {
                let words = run(backend, Draw(key, particle, step));
                for lane in 0..LANES {
                    let mut scalar = from_state(key.state(particle, step, lane as u64));
                    for words in &words {
                        assert_eq!(words[lane], scalar.next_u64());
                    }
                }
            }
        }
    }
}
