//! Eight Xoshiro256++ generators side by side, started by Threefry on eight lanes at once.
//!
//! Lane ℓ yields exactly the words of `rand_xoshiro::Xoshiro256PlusPlus` started from `Key::state(particle, step, ℓ)`.
//! Integer arithmetic only, so the words are the same on every back end. The loops over lanes have no branches and no
//! reductions: the compiler turns each into one or two vector instructions inside the functions of `dispatch`.

use crate::random::{Key, PARITY, ROTATIONS, ROUNDS};

/// Generators side by side. A number of the definition of the streams, not of the processor.
pub(super) const LANES: usize = 8;

type Lanes = [u64; LANES];

#[inline(always)]
fn lanewise(a: Lanes, b: Lanes, operation: impl Fn(u64, u64) -> u64) -> Lanes {
    let mut out = [0; LANES];
    for lane in 0..LANES {
        out[lane] = operation(a[lane], b[lane]);
    }
    out
}

#[inline(always)]
fn add(a: Lanes, b: Lanes) -> Lanes {
    lanewise(a, b, u64::wrapping_add)
}

#[inline(always)]
fn xor(a: Lanes, b: Lanes) -> Lanes {
    lanewise(a, b, |a, b| a ^ b)
}

#[inline(always)]
fn rotate(a: Lanes, distance: u32) -> Lanes {
    lanewise(a, a, |a, _| a.rotate_left(distance))
}

/// The joint state of the eight generators: word, then lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Xoshiro8([Lanes; 4]);

impl Xoshiro8 {
    /// Lane ℓ starts from `key.state(particle, step, ℓ)`.
    #[inline(always)]
    pub(super) fn start(key: Key, particle: u64, step: u64) -> Self {
        let k = key.words();
        let schedule = [k[0], k[1], k[2], k[3], PARITY ^ k[0] ^ k[1] ^ k[2] ^ k[3]].map(|word| [word; LANES]);
        let mut lane_numbers = [0; LANES];
        for (lane, number) in lane_numbers.iter_mut().enumerate() {
            *number = lane as u64;
        }
        let mut x = [[particle; LANES], [step; LANES], lane_numbers, [0; LANES]];
        for i in 0..4 {
            x[i] = add(x[i], schedule[i]);
        }
        for round in 0..ROUNDS {
            let (r0, r1) = ROTATIONS[(round % 8) as usize];
            let (a, b) = if round % 2 == 0 { (1, 3) } else { (3, 1) };
            x[0] = add(x[0], x[a]);
            x[a] = xor(rotate(x[a], r0), x[0]);
            x[2] = add(x[2], x[b]);
            x[b] = xor(rotate(x[b], r1), x[2]);
            if round % 4 == 3 {
                let injection = u64::from(round / 4 + 1);
                for (i, word) in x.iter_mut().enumerate() {
                    *word = add(*word, schedule[(i + injection as usize) % 5]);
                }
                x[3] = add(x[3], [injection; LANES]);
            }
        }
        Self(x)
    }

    /// The next word of every lane.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Lanes {
        let [s0, s1, s2, s3] = self.0;
        let words = add(rotate(add(s0, s3), 23), s0);
        let shifted = lanewise(s1, s1, |s, _| s << 17);
        let s2 = xor(s2, s0);
        let s3 = xor(s3, s1);
        self.0 = [xor(s0, s3), xor(s1, s2), xor(s2, shifted), rotate(s3, 45)];
        words
    }

    /// Passes over `count` words of every lane.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
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
        type Output = Vec<Lanes>;
        fn run<const FUSED: bool>(self) -> Self::Output {
            let mut generators = Xoshiro8::start(self.0, self.1, self.2);
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
