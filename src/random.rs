//! Every random number is a pure function of (seed, purpose, particle, step).
//!
//! A *stream* is a `rand_xoshiro::Xoshiro256PlusPlus` whose 256-bit state is the output of the block cipher Threefry-4x64
//! (Salmon, Moraes, Dror, Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011, §3.2) at the counter
//! (particle, step, lane, 0) under the key (seed, purpose, tag, 0). For one key the cipher is a bijection of 256-bit words,
//! so two streams of one seed and purpose never start in the same state; and since the states are spread over a period of
//! 2²⁵⁶ − 1 by a cipher, the chance that any two of 10¹⁵ streams of 10⁶ words overlap is below 10⁻⁴⁰.
//! Nothing depends on threads, on vector width or on the order in which streams are asked for.

#![forbid(unsafe_code)]

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

/// What a random number is for. Streams of different purposes share nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum Purpose {
    /// The Brownian path of a particle.
    Brownian = 1,
    /// Minibatches drawn with replacement, or without within one batch.
    Batch = 2,
    /// The order of an epoch; `step` is the epoch's number.
    Epoch = 3,
    /// The common start of all processes, W₀ of a particle.
    Start = 4,
    /// The data set itself (`particle` and `step` are 0).
    Data = 5,
    /// Which rows are kept for testing.
    Split = 6,
    /// The fixed outer layer a.
    Outer = 7,
    /// Starting points of a search for the minimum.
    Minimum = 8,
    /// Chains that sample the Gibbs measure: proposals and acceptances.
    Reference = 9,
    /// Resampling: bootstraps, wild bootstraps and permutations.
    Resample = 10,
    /// Random directions and random subsets in an analysis.
    Direction = 11,
    /// The path of the data rows: a normal for each, whose sum over weighted gradients is the noise of minibatches.
    Sample = 12,
    /// Fresh samples of a population risk; a step's requests are told apart by tags.
    Fresh = 13,
}

/// Names one family of streams: a study's seed and a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    seed: u64,
    purpose: u64,
    tag: u64,
}

/// Rounds of Threefry: the authors report no failure in BigCrush from 12 rounds on; this is one more.
pub(crate) const ROUNDS: u32 = 13;
/// Rotation distances of Threefry-4x64 (Salmon et al. 2011, table 3), one pair a round, repeating after 8.
pub(crate) const ROTATIONS: [(u32, u32); 8] =
    [(14, 16), (52, 57), (23, 40), (5, 37), (25, 33), (46, 12), (58, 22), (32, 32)];
/// Parity word of the Threefish key schedule.
pub(crate) const PARITY: u64 = 0x1BD1_1BDA_A9FC_1A22;

impl Key {
    /// The family of streams of `seed` for `purpose`.
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        Self { seed, purpose: purpose as u64, tag: 0 }
    }

    /// The same purpose, told apart by `tag` (for example Brownian paths of different finest steps); 0 is the family itself.
    pub fn tagged(self, tag: u64) -> Self {
        Self { tag, ..self }
    }

    /// The key words of the cipher, for its vectorised form.
    pub(crate) fn words(self) -> [u64; 4] {
        [self.seed, self.purpose, self.tag, 0]
    }

    /// The 256-bit state of stream `lane` of (particle, step): what a [`Xoshiro256PlusPlus`] starts from.
    pub fn state(self, particle: u64, step: u64, lane: u64) -> [u64; 4] {
        threefry(ROUNDS, [self.seed, self.purpose, self.tag, 0], [particle, step, lane, 0])
    }

    /// The stream of (particle, step) for code that draws a few numbers through the traits of `rand`; it is lane 0.
    pub fn stream(self, particle: u64, step: u64) -> Xoshiro256PlusPlus {
        from_state(self.state(particle, step, 0))
    }
}

/// The generator whose state is `state`.
pub fn from_state(state: [u64; 4]) -> Xoshiro256PlusPlus {
    let mut seed = [0u8; 32];
    for (bytes, word) in seed.chunks_exact_mut(8).zip(state) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Xoshiro256PlusPlus::from_seed(seed)
}

/// Threefry-4x64 with `rounds` rounds: encrypts `counter` under `key`.
#[inline]
fn threefry(rounds: u32, key: [u64; 4], counter: [u64; 4]) -> [u64; 4] {
    let schedule = [key[0], key[1], key[2], key[3], PARITY ^ key[0] ^ key[1] ^ key[2] ^ key[3]];
    let mut x = counter;
    for (word, k) in x.iter_mut().zip(schedule) {
        *word = word.wrapping_add(k);
    }
    for round in 0..rounds {
        let (r0, r1) = ROTATIONS[(round % 8) as usize];
        let (a, b) = if round % 2 == 0 { (1, 3) } else { (3, 1) };
        x[0] = x[0].wrapping_add(x[a]);
        x[a] = x[a].rotate_left(r0) ^ x[0];
        x[2] = x[2].wrapping_add(x[b]);
        x[b] = x[b].rotate_left(r1) ^ x[2];
        if round % 4 == 3 {
            let injection = u64::from(round / 4 + 1);
            for (i, word) in x.iter_mut().enumerate() {
                *word = word.wrapping_add(schedule[(i + injection as usize) % 5]);
            }
            x[3] = x[3].wrapping_add(injection);
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    /// Known answers of the Random123 distribution (Salmon et al. 2011) for key = counter = 0.
    #[test]
    fn threefry_gives_the_published_known_answers() {
        let zero = [0u64; 4];
        assert_eq!(
            threefry(13, zero, zero),
            [0x4071_fabe_e1dc_8e05, 0x02ed_3113_695c_9c62, 0x3973_11b5_b89f_9d49, 0xe212_92c3_2580_24bc]
        );
        assert_eq!(
            threefry(20, zero, zero),
            [0x0921_8ebd_e6c8_5537, 0x5594_1f52_66d8_6105, 0x4bd2_5e16_2824_34dc, 0xee29_ec84_6bd2_e40b]
        );
    }

    #[test]
    fn every_part_of_the_name_of_a_stream_changes_it() {
        let base = Key::new(1, Purpose::Brownian);
        let states = [
            base.state(0, 0, 0),
            base.state(1, 0, 0),
            base.state(0, 1, 0),
            base.state(0, 0, 1),
            base.tagged(1).state(0, 0, 0),
            Key::new(2, Purpose::Brownian).state(0, 0, 0),
            Key::new(1, Purpose::Batch).state(0, 0, 0),
        ];
        for (i, a) in states.iter().enumerate() {
            for b in &states[i + 1..] {
                assert!(a.iter().zip(b).all(|(x, y)| x != y));
            }
        }
        assert_eq!(base.tagged(0), base);
    }

    #[test]
    fn a_stream_is_xoshiro_started_from_the_state() {
        let key = Key::new(7, Purpose::Data);
        let (mut a, mut b) = (key.stream(3, 4), from_state(key.state(3, 4, 0)));
        for _ in 0..16 {
            assert_eq!(a.random::<u64>(), b.random::<u64>());
        }
    }
}
