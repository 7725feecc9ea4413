//! The steps of one point: advance every process to the next observation time, observe, record. It can stop after any step and go
//! on later, and it can be cut into shares of the particles.

use super::analysis::History;
use super::keeper::Keeper;
use super::plan::Plan;
use super::recorder::Recorder;
use super::run::Progress;
use super::share::Share;
use super::state::{Identity, State};
use crate::dynamics::{Block, Process};
use crate::ensemble::{Ensemble, EnsembleState};
use crate::error::{Error, Result};
use crate::parallel::Threads;
use crate::problem::{FiniteSum, Readings};
use std::borrow::Cow;
use std::time::Instant;

/// The particles of a point, or of a share of it, with what is read from them so far.
pub struct Simulation<'p> {
    plan: &'p Plan,
    identity: Identity,
    point: usize,
    share: Share,
    /// The particles of each process.
    pub ensembles: Vec<Ensemble<'p>>,
    /// The curves.
    pub recorder: Recorder<'p>,
    /// What the analyses need.
    pub history: Option<History>,
    /// Seconds spent in the steps of each process.
    pub seconds: Vec<f64>,
    observed: usize,
}

impl<'p> Simulation<'p> {
    /// All particles of `share` at their start. `processes` are those of the plan.
    pub fn new(plan: &'p Plan, processes: &'p [Box<dyn Process + 'p>], point: usize, share: Share) -> Self {
        let ensembles = processes.iter().zip(share.ranges(plan));
        let ensembles = ensembles
            .map(|(process, range)| Ensemble::of(process.as_ref(), &plan.start, range, plan.study.seed))
            .collect();
        Self::with(plan, ensembles, point, share)
    }

    fn with(plan: &'p Plan, ensembles: Vec<Ensemble<'p>>, point: usize, share: Share) -> Self {
        let recorder = Recorder::new(plan, point, share);
        let history = History::new(plan, &recorder.wanted, share);
        let (seconds, identity) = (vec![0.0; ensembles.len()], Identity::of(plan));
        Self { plan, identity, point, share, ensembles, recorder, history, seconds, observed: 0 }
    }

    /// The simulation that stopped at `state`.
    ///
    /// # Errors
    /// The reason, when `state` is of another study, other data or another share.
    pub fn resumed(
        plan: &'p Plan,
        processes: &'p [Box<dyn Process + 'p>],
        point: usize,
        share: Share,
        state: State<'_>,
    ) -> std::result::Result<Self, String> {
        let mut own = Self::with(plan, Vec::new(), point, share);
        if let Some(change) = state.identity.change(&own.identity) {
            return Err(change);
        }
        if (state.point, state.share) != (point, share) {
            return Err(format!("it holds share {} of point {}", state.share, state.point));
        }
        let broken = || "its parts do not fit together".to_owned();
        let beyond = state.observed > plan.clock.observations.len();
        if state.ensembles.len() != processes.len() || state.seconds.len() != processes.len() || beyond {
            return Err(broken());
        }
        for ((process, range), state) in processes.iter().zip(share.ranges(plan)).zip(state.ensembles) {
            own.ensembles.push(Ensemble::resumed(process.as_ref(), state, range).ok_or_else(broken)?);
        }
        let fits = match (&mut own.history, state.history) {
            (None, None) => true,
            (Some(history), Some(state)) => history.resume(state),
            _ => false,
        };
        if !fits {
            return Err(broken());
        }
        own.recorder.recorded = state.recorded.into_owned();
        (own.seconds, own.observed) = (state.seconds.into_owned(), state.observed);
        Ok(own)
    }

    /// The simulation of all particles at the horizon, from its shares there, in order.
    ///
    /// # Errors
    /// The reason, when a share is of another study or has not come to the horizon, or the shares do not fit together.
    pub fn joined(
        plan: &'p Plan,
        processes: &'p [Box<dyn Process + 'p>],
        point: usize,
        mut shares: Vec<State<'_>>,
    ) -> std::result::Result<Self, String> {
        let mut own = Self::with(plan, Vec::new(), point, Share::WHOLE);
        let broken = || "the shares do not fit together".to_owned();
        for state in &shares {
            if let Some(change) = state.identity.change(&own.identity) {
                return Err(format!("share {}: {change}", state.share));
            }
            let whole = state.observed == plan.clock.observations.len();
            let of_processes =
                state.ensembles.len() == processes.len() && state.seconds.len() == processes.len();
            if state.point != point || !whole || !of_processes {
                return Err(format!("share {}: it has not come to the horizon", state.share));
            }
        }
        let mut parts: Vec<Vec<EnsembleState<'_>>> = processes.iter().map(|_| Vec::new()).collect();
        own.seconds = vec![0.0; processes.len()];
        for state in &mut shares {
            parts.iter_mut().zip(state.ensembles.drain(..)).for_each(|(parts, part)| parts.push(part));
            own.seconds.iter_mut().zip(state.seconds.iter()).for_each(|(sum, seconds)| *sum += seconds);
        }
        for ((process, range), parts) in processes.iter().zip(Share::WHOLE.ranges(plan)).zip(parts) {
            let state = EnsembleState::joined(parts).ok_or_else(broken)?;
            own.ensembles.push(Ensemble::resumed(process.as_ref(), state, range).ok_or_else(broken)?);
        }
        let recorded: Vec<_> = shares.iter().map(|state| state.recorded.borrowed()).collect();
        own.recorder = own.recorder.join(&recorded).ok_or_else(broken)?;
        if let Some(history) = own.history.take() {
            let parts: Option<Vec<_>> = shares.into_iter().map(|state| state.history).collect();
            let dim = plan.potential().dim();
            own.history = Some(parts.and_then(|parts| history.join(&parts, dim)).ok_or_else(broken)?);
        }
        own.observed = plan.clock.observations.len();
        Ok(own)
    }

    /// The time t that its first process has come to.
    pub fn time(&self) -> f64 {
        let first = self.ensembles.first();
        first.map_or(0.0, |ensemble| ensemble.step() as f64 * ensemble.process().step_length())
    }

    /// Where it stands.
    pub fn state(&self) -> State<'_> {
        State {
            identity: Cow::Borrowed(&self.identity),
            point: self.point,
            share: self.share,
            observed: self.observed,
            seconds: Cow::Borrowed(&self.seconds),
            ensembles: self.ensembles.iter().map(Ensemble::state).collect(),
            recorded: self.recorder.recorded.borrowed(),
            history: self.history.as_ref().map(History::state),
        }
    }

    /// Makes the steps that are left, and gives `keeper` the state from time to time.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when the keeper wants it to stop, and what the keeper cannot write. The state is then still whole.
    pub fn advance(
        &mut self,
        threads: &Threads,
        progress: &mut dyn Progress,
        keeper: &mut dyn Keeper,
    ) -> Result<()> {
        let plan = self.plan;
        let mut pace = Pace::new(plan, &self.ensembles);
        for observation in &plan.clock.observations[self.observed..] {
            for (i, &to) in observation.steps.iter().enumerate() {
                while self.ensembles[i].step() < to {
                    let started = Instant::now();
                    pace.piece(&mut self.ensembles[i], to, threads);
                    self.seconds[i] += started.elapsed().as_secs_f64();
                    progress.at(pace.fraction(&self.ensembles), pace.risk);
                    self.offer(keeper)?;
                }
            }
            let wanted = &self.recorder.wanted;
            let readings: Vec<Vec<Readings>> =
                self.ensembles.iter_mut().map(|ensemble| ensemble.observe(wanted, threads)).collect();
            pace.risk = self.recorder.record(&observation.steps, observation.time, &readings);
            if plan.repeated && observation.time == plan.clock.end() {
                self.recorder.keep(&readings);
            }
            if let Some(history) = &mut self.history {
                history.record(&observation.steps, observation.time, &self.ensembles, &readings);
            }
            self.observed += 1;
        }
        if keeper.due(true) { keeper.keep(&self.state()) } else { Ok(()) }
    }

    /// Keeps the state where it is time to, and stops where that is wanted.
    fn offer(&self, keeper: &mut dyn Keeper) -> Result<()> {
        let stop = keeper.stop();
        if stop || keeper.due(false) {
            keeper.keep(&self.state())?;
        }
        if !stop {
            return Ok(());
        }
        let time = self.time();
        Err(Error::Interrupted { point: self.point, time, end: self.plan.clock.end(), resume: String::new() })
    }
}

/// Advances in pieces short enough that the progress bar moves and that an interruption is heard. Their length follows from the
/// study, not from the clock on the wall, so that nothing in a run depends on how fast it goes.
struct Pace {
    costs: Vec<f64>,
    total: f64,
    risk: Option<f64>,
}

/// Rows times weights times particles in a piece: a fraction of a second.
const PIECE: f64 = 1e9;

impl Pace {
    fn new(plan: &Plan, ensembles: &[Ensemble<'_>]) -> Self {
        let costs: Vec<f64> = ensembles.iter().map(step_cost).collect();
        let last = plan.clock.observations.last();
        let total = costs.iter().enumerate().map(|(i, cost)| last.map_or(0.0, |o| o.steps[i] as f64) * cost);
        let total = total.sum::<f64>().max(1.0);
        Self { costs, total, risk: None }
    }

    /// Makes some steps towards `to`.
    fn piece(&self, ensemble: &mut Ensemble<'_>, to: u64, threads: &Threads) {
        let piece = (PIECE / step_cost(ensemble).max(1.0)).max(1.0) as u64;
        ensemble.advance(ensemble.step().saturating_add(piece).min(to), threads);
    }

    /// The part of the work that is done.
    fn fraction(&self, ensembles: &[Ensemble<'_>]) -> f64 {
        let made = ensembles.iter().zip(&self.costs).map(|(ensemble, cost)| ensemble.step() as f64 * cost);
        made.sum::<f64>() / self.total
    }
}

/// Rows times weights times particles of one step; the noise counts as a row.
fn step_cost(ensemble: &Ensemble<'_>) -> f64 {
    let (process, potential) = (ensemble.process(), ensemble.process().potential());
    let particles: usize = ensemble.blocks().iter().map(Block::count).sum();
    let samples = potential.finite_sum().map_or(1, FiniteSum::samples);
    let rows = process.facts().gradients_per_step * samples as f64 + 1.0;
    rows * potential.dim() as f64 * particles as f64
}
