//! Standard normals as a pure function of (key, particle, step, component).

use super::box_muller::{CHUNK, CHUNK_WORDS, next_chunk};
use super::dispatch::{Task, run};
use super::lanes::Lanes;
use super::words::{Stored, Xoshiro8};
use super::{Backend, Real};
use crate::random::Key;

/// From this many components a particle has a stream of its own for every step.
const OWN_STREAM_FROM: usize = 16;
/// Particles that share a stream below that, counted from particle 0 in aligned groups.
const GROUP_PARTICLES: u64 = 128;
/// Consecutive steps that share a stream below that, aligned likewise.
const GROUP_STEPS: u64 = 16;
/// Stream positions remembered: blocks of up to 512 particles touch at most 5 groups.
const REMEMBERED: usize = 8;

/// Draws the normals ξ of steps; remembers positions of shared streams so that consecutive steps are cheap.
///
/// The numbers depend on nothing but (key, particle, step, component, precision): not on which particles are asked for
/// together, in which order steps are asked for, or what was drawn before. Words are the same on every back end, normals
/// agree to 2 units in the last place between them; f32 normals use the upper halves of the words of the f64 ones.
///
/// With dim ≥ 16 weights a particle has one stream for every step. Below that, starting a stream would cost more
/// than drawing from it, so 128 particles (aligned) share one for 16 steps (aligned); asking for another step than the
/// next one costs up to 15 steps of words. Two sets of particles of one key must therefore have the same dim.
#[derive(Debug, Clone)]
pub struct NormalSource {
    backend: Backend,
    remembered: [Option<Position>; REMEMBERED],
}

/// Where in a shared stream the numbers of the next step begin.
#[derive(Debug, Clone, Copy)]
struct Position {
    key: Key,
    group: u64,
    dim: usize,
    next_step: u64,
    stream: Stored,
}

impl NormalSource {
    /// A source on `backend`. Panics if this processor lacks it.
    pub fn new(backend: Backend) -> Self {
        assert!(backend.is_available(), "this processor lacks the back end {backend}");
        Self { backend, remembered: [None; REMEMBERED] }
    }

    /// Standard normals of particles `first_particle..first_particle + count` at `step`, into `out[particle*dim + k]`.
    ///
    /// Panics unless `out` holds count × dim numbers. Allocates nothing.
    pub fn fill<T: Real>(
        &mut self,
        key: Key,
        first_particle: u64,
        count: usize,
        step: u64,
        dim: usize,
        out: &mut [T],
    ) {
        assert_eq!(out.len(), count * dim, "normals are count × dim");
        if count == 0 || dim == 0 {
            return;
        }
        if dim >= OWN_STREAM_FROM {
            run(self.backend, OwnStreams { key, first_particle, step, dim, out });
        } else {
            self.fill_grouped(key, first_particle, step, dim, out);
        }
    }

    fn fill_grouped<T: Real>(&mut self, key: Key, first: u64, step: u64, dim: usize, mut out: &mut [T]) {
        let mut particle = first;
        while !out.is_empty() {
            let group = particle / GROUP_PARTICLES;
            let skipped = (particle % GROUP_PARTICLES) as usize * dim;
            let taken = (GROUP_PARTICLES as usize * dim - skipped).min(out.len());
            let (now, later) = out.split_at_mut(taken);
            let slot = &mut self.remembered[group as usize % REMEMBERED];
            run(self.backend, SharedStream { key, group, step, dim, slot, skipped, out: now });
            particle = (group + 1) * GROUP_PARTICLES;
            out = later;
        }
    }
}

struct OwnStreams<'a, T> {
    key: Key,
    first_particle: u64,
    step: u64,
    dim: usize,
    out: &'a mut [T],
}

impl<T: Real> Task for OwnStreams<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (index, out) in self.out.chunks_exact_mut(self.dim).enumerate() {
            let mut stream = Xoshiro8::<L>::start(self.key, self.first_particle + index as u64, self.step);
            let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
            for chunk in chunks {
                next_chunk::<T, L>(&mut stream, chunk);
            }
            if !rest.is_empty() {
                let mut last = [T::default(); CHUNK];
                next_chunk::<T, L>(&mut stream, &mut last);
                rest.copy_from_slice(&last[..rest.len()]);
            }
        }
    }
}

struct SharedStream<'a, T> {
    key: Key,
    group: u64,
    step: u64,
    dim: usize,
    slot: &'a mut Option<Position>,
    /// Numbers of the group that stand before the first one asked for.
    skipped: usize,
    out: &'a mut [T],
}

impl<T> SharedStream<'_, T> {
    /// Words of each lane that one step of the group uses.
    fn words_a_step(&self) -> usize {
        GROUP_PARTICLES as usize * self.dim / CHUNK * CHUNK_WORDS
    }

    /// The stream at the beginning of the step: remembered, or made anew.
    #[inline(always)]
    fn stream<L: Lanes>(&self) -> Xoshiro8<L> {
        match *self.slot {
            Some(Position { key, group, dim, next_step, stream })
                if (key, group, dim, next_step) == (self.key, self.group, self.dim, self.step)
                    && !self.step.is_multiple_of(GROUP_STEPS) =>
            {
                Xoshiro8::load(&stream)
            }
            _ => {
                let mut stream = Xoshiro8::start(self.key, self.group, self.step / GROUP_STEPS);
                stream.skip((self.step % GROUP_STEPS) as usize * self.words_a_step());
                stream
            }
        }
    }
}

impl<T: Real> Task for SharedStream<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut stream = self.stream::<L>();
        let total_chunks = self.words_a_step() / CHUNK_WORDS;
        let first_chunk = self.skipped / CHUNK;
        stream.skip(first_chunk * CHUNK_WORDS);
        let mut done = first_chunk;
        let inside = self.skipped % CHUNK;
        let mut out = self.out;
        if inside > 0 {
            let mut whole = [T::default(); CHUNK];
            next_chunk::<T, L>(&mut stream, &mut whole);
            let taken = (CHUNK - inside).min(out.len());
            out[..taken].copy_from_slice(&whole[inside..inside + taken]);
            out = &mut out[taken..];
            done += 1;
        }
        let (chunks, rest) = out.as_chunks_mut::<CHUNK>();
        done += chunks.len();
        for chunk in chunks {
            next_chunk::<T, L>(&mut stream, chunk);
        }
        if !rest.is_empty() {
            let mut whole = [T::default(); CHUNK];
            next_chunk::<T, L>(&mut stream, &mut whole);
            rest.copy_from_slice(&whole[..rest.len()]);
            done += 1;
        }
        stream.skip((total_chunks - done) * CHUNK_WORDS);
        let Self { key, group, dim, .. } = self;
        *self.slot = Some(Position { key, group, dim, next_step: self.step + 1, stream: stream.store() });
    }
}

#[cfg(test)]
#[path = "noise_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "noise_pair_tests.rs"]
mod pair_tests;
