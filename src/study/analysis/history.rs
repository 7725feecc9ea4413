//! What a run keeps for its analyses: the readings of particles at every time, and their weights at a few.

use super::noise::measured;
use crate::ensemble::Ensemble;
use crate::problem::{Quantity, Readings};
use crate::study::Clock;
use crate::study::plan::Plan;
use crate::study::scalars::{FIRST, first_particles};
use crate::study::share::Share;
use crate::study::spec::ProcessSpec;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Numbers kept of one function of one process at most: 16 MiB. Beyond it the first particles stand for all.
const MOST_NUMBERS: usize = 1 << 21;
/// Particles of a snapshot at most; fewer where D is large, for the pairs of a Stein discrepancy cost n² D.
const MOST_PARTICLES: usize = 4096;
const FEWEST_PARTICLES: usize = 256;
const MOST_WEIGHTS: usize = 1 << 22;
/// With up to this many weights these are followed too: the slowest mode is often odd in them and even in nothing.
const FEW_WEIGHTS: usize = 2;
/// Particles whose whole paths are kept.
const PATHS: usize = 16;
/// Times at which the noise of minibatches is measured.
const NOISE_TIMES: usize = 4;

/// A function of W whose readings are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Followed {
    /// A quantity.
    Quantity(Quantity),
    /// Weight number k in the order of the potential, of D ≤ 2.
    Weight(usize),
}

impl Followed {
    /// The name in tables.
    pub fn name(self) -> String {
        match self {
            Self::Quantity(quantity) => quantity.name().into(),
            Self::Weight(k) => format!("w[{k}]"),
        }
    }
}

/// The weights of the first particles of a process at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Steps made.
    pub step: u64,
    /// t.
    pub time: f64,
    /// Particles one after another, as in [`crate::dynamics::Block::weights`].
    #[serde(with = "crate::packed")]
    pub weights: Vec<f64>,
}

/// One process's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The number of the first particle at hand: 0, but for a share of the particles.
    first_particle: usize,
    /// How many particles are kept.
    pub particles: usize,
    /// For each function times × particles, one time after another.
    #[serde(with = "crate::packed::rows")]
    pub readings: Vec<Vec<f64>>,
    /// At the chosen times, earliest first.
    pub snapshots: Vec<Snapshot>,
    /// Of the first finite particles, where the noise of minibatches is measured.
    pub first: Vec<Snapshot>,
    /// Of the first particles at every time, where the noise is followed along paths.
    pub paths: Vec<Snapshot>,
}

/// What of a [`History`] changes as a run goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryState<'a> {
    times: Cow<'a, [f64]>,
    tracks: Cow<'a, [Track]>,
}

/// Readings and snapshots of all processes.
pub struct History {
    /// The functions that are followed.
    pub followed: Vec<Followed>,
    /// Observation times so far.
    pub times: Vec<f64>,
    /// A track a process.
    pub tracks: Vec<Track>,
    chosen: Vec<usize>,
    most: usize,
    /// The process whose noise is measured, and the numbers of the times.
    noise: Option<(usize, Vec<usize>)>,
    /// Whether the first particles are kept at every time.
    followed_paths: bool,
}

impl History {
    /// Room for `plan`, which asks for the analyses `gibbs`, `mixing`, `agreement` or `lojasiewicz`; `None` where it asks for none.
    /// Of `share` it keeps what the whole would keep of those particles.
    pub fn new(plan: &Plan, wanted: &[Quantity], share: Share) -> Option<Self> {
        let analysis = &plan.study.analysis;
        let followed_paths = analysis.lojasiewicz.is_some();
        if analysis.gibbs.is_none()
            && analysis.mixing.is_none()
            && analysis.agreement.is_none()
            && !followed_paths
        {
            return None;
        }
        let dim = plan.potential().dim();
        let mut followed: Vec<Followed> = wanted.iter().copied().map(Followed::Quantity).collect();
        if dim <= FEW_WEIGHTS {
            followed.extend((0..dim).map(Followed::Weight));
        }
        let times = plan.clock.observations.len();
        let most_read = (MOST_NUMBERS / times.max(1)).max(1);
        let track = |particles: Range<u64>| Track {
            first_particle: particles.start as usize,
            particles: (particles.end as usize).min(most_read).saturating_sub(particles.start as usize),
            readings: vec![Vec::new(); followed.len()],
            snapshots: Vec::new(),
            first: Vec::new(),
            paths: Vec::new(),
        };
        let tracks = share.ranges(plan).into_iter().map(track).collect();
        let compared = analysis.gibbs.is_some() || analysis.agreement.is_some();
        let snapshots = if compared { analysis.gibbs.unwrap_or_default().times } else { 0 };
        let most = (MOST_WEIGHTS / dim).clamp(FEWEST_PARTICLES, MOST_PARTICLES);
        let chosen = chosen_times(&plan.clock, snapshots);
        let noise = measured(plan).map(|number| (number, chosen_times(&plan.clock, NOISE_TIMES)));
        Some(Self { followed, times: Vec::new(), tracks, chosen, most, noise, followed_paths })
    }

    /// Bytes of everything that will have been kept by the end of a run of `plan`.
    pub fn bytes_at_end(&self, plan: &Plan) -> f64 {
        let (times, dim) = (plan.clock.observations.len(), plan.potential().dim());
        let paths = if self.followed_paths { PATHS * times } else { 0 };
        let of_track = |(track, process): (&Track, &ProcessSpec)| {
            let readings = times * track.particles * self.followed.len();
            let snapshots = self.chosen.len() * self.most.min(process.particles as usize);
            readings + (snapshots + paths + PATHS * NOISE_TIMES) * dim
        };
        let numbers: usize = self.tracks.iter().zip(&plan.study.process).map(of_track).sum();
        (numbers * size_of::<f64>()) as f64
    }

    /// Adds one observation time.
    pub fn record(
        &mut self,
        steps: &[u64],
        time: f64,
        ensembles: &[Ensemble<'_>],
        readings: &[Vec<Readings>],
    ) {
        let number = self.times.len();
        self.times.push(time);
        for (i, track) in self.tracks.iter_mut().enumerate() {
            let blocks = ensembles[i].blocks();
            let particles = || blocks.iter().flat_map(|block| block.weights.chunks_exact(block.dim));
            for (followed, kept) in self.followed.iter().zip(&mut track.readings) {
                match *followed {
                    Followed::Quantity(quantity) => {
                        kept.extend(readings[i].iter().take(track.particles).map(|r| r[quantity as usize]));
                    }
                    Followed::Weight(k) => kept.extend(particles().take(track.particles).map(|w| w[k])),
                }
            }
            if self.chosen.contains(&number) {
                let most = self.most.saturating_sub(track.first_particle);
                let weights = particles().take(most).flatten().copied().collect();
                track.snapshots.push(Snapshot { step: steps[i], time, weights });
            }
            if self.followed_paths {
                let most = PATHS.saturating_sub(track.first_particle);
                let weights = particles().take(most).flatten().copied().collect();
                track.paths.push(Snapshot { step: steps[i], time, weights });
            }
        }
        if let Some((i, _)) = self.noise.as_ref().filter(|(_, times)| times.contains(&number)) {
            let weights = first_particles(&ensembles[*i]);
            self.tracks[*i].first.push(Snapshot { step: steps[*i], time, weights });
        }
    }

    /// What a later run needs to go on from here.
    pub fn state(&self) -> HistoryState<'_> {
        HistoryState { times: Cow::Borrowed(&self.times), tracks: Cow::Borrowed(&self.tracks) }
    }

    /// Goes on where `state` stood; false, and nothing changed, when that is of another study.
    pub fn resume(&mut self, state: HistoryState<'_>) -> bool {
        let (times, functions) = (state.times.len(), self.followed.len());
        let fits = |(own, other): (&Track, &Track)| {
            (own.first_particle, own.particles) == (other.first_particle, other.particles)
                && other.readings.len() == functions
                && other.readings.iter().all(|row| row.len() == times * own.particles)
        };
        let fit =
            self.tracks.len() == state.tracks.len() && self.tracks.iter().zip(state.tracks.iter()).all(fits);
        if fit {
            (self.times, self.tracks) = (state.times.into_owned(), state.tracks.into_owned());
        }
        fit
    }

    /// The history of all particles from those of their shares, in order; `None` when they do not have the same times.
    pub fn join(mut self, shares: &[HistoryState<'_>], dim: usize) -> Option<Self> {
        let first = shares.first()?;
        let alike =
            |share: &HistoryState<'_>| share.times == first.times && share.tracks.len() == self.tracks.len();
        if !shares.iter().all(alike) {
            return None;
        }
        self.times = first.times.to_vec();
        for (i, track) in self.tracks.iter_mut().enumerate() {
            let parts: Vec<&Track> = shares.iter().map(|share| &share.tracks[i]).collect();
            for (k, row) in track.readings.iter_mut().enumerate() {
                for time in 0..self.times.len() {
                    for part in &parts {
                        let at = time * part.particles..(time + 1) * part.particles;
                        row.extend(part.readings.get(k)?.get(at)?);
                    }
                }
            }
            track.snapshots = joined(parts.iter().map(|part| part.snapshots.as_slice()), usize::MAX)?;
            track.first = joined(parts.iter().map(|part| part.first.as_slice()), FIRST * dim)?;
            track.paths = joined(parts.iter().map(|part| part.paths.as_slice()), usize::MAX)?;
        }
        Some(self)
    }
}

/// Snapshots of the same times side by side, `most` weights of each at most; `None` when there are more of one share than of another.
fn joined<'s>(shares: impl Iterator<Item = &'s [Snapshot]>, most: usize) -> Option<Vec<Snapshot>> {
    let shares: Vec<&[Snapshot]> = shares.collect();
    let first = shares.first()?;
    let at = |(number, snapshot): (usize, &Snapshot)| {
        let mut weights = Vec::new();
        for share in &shares {
            weights.extend(&share.get(number)?.weights);
        }
        weights.truncate(most);
        Some(Snapshot { step: snapshot.step, time: snapshot.time, weights })
    };
    first.iter().enumerate().map(at).collect()
}

/// The numbers of the observation times nearest to the horizon, half of it, a quarter, …; never the start.
fn chosen_times(clock: &Clock, count: usize) -> Vec<usize> {
    let times: Vec<f64> = clock.observations.iter().map(|o| o.time).collect();
    let mut chosen: Vec<usize> = (0..count)
        .map(|i| clock.end() * 0.5f64.powi(i as i32))
        .map(|wanted| {
            let distance = |k: &usize| (times[*k] - wanted).abs();
            (1..times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
        })
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}
