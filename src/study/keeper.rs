//! Who keeps what a run would lose if it were killed.

use super::results::Results;
use super::state::State;
use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Keeps the state of a point while its steps are made, and the findings of its analyses.
pub trait Keeper {
    /// Whether the run is to stop as soon as the step at hand is made.
    fn stop(&self) -> bool;

    /// Whether so much time has passed that a state should be kept. With `resting` the steps are all made, and the next thing to
    /// keep is a long way off.
    fn due(&self, resting: bool) -> bool;

    /// Keeps `state`.
    ///
    /// # Errors
    /// When it cannot be written: the run then stops, for what is kept grows old.
    fn keep(&mut self, state: &State<'_>) -> Result<()>;

    /// What the analysis of this number found before, where that is kept.
    fn found(&mut self, analysis: usize) -> Option<Results>;

    /// Keeps what an analysis found in `spent` time.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    fn keep_found(&mut self, analysis: usize, findings: &Results, spent: Duration) -> Result<()>;
}

/// Keeps nothing.
#[derive(Default)]
pub struct Unkept<'s> {
    /// Set when the run is to stop.
    pub stop: Option<&'s AtomicBool>,
}

impl Keeper for Unkept<'_> {
    fn stop(&self) -> bool {
        self.stop.is_some_and(|stop| stop.load(Ordering::Relaxed))
    }

    fn due(&self, _resting: bool) -> bool {
        false
    }

    fn keep(&mut self, _state: &State<'_>) -> Result<()> {
        Ok(())
    }

    fn found(&mut self, _analysis: usize) -> Option<Results> {
        None
    }

    fn keep_found(&mut self, _analysis: usize, _findings: &Results, _spent: Duration) -> Result<()> {
        Ok(())
    }
}

/// The analyses of a point one after another; what one has found before is taken from the keeper.
pub struct Stages<'k> {
    keeper: &'k mut dyn Keeper,
    point: usize,
    end: f64,
    next: usize,
    findings: Results,
}

impl<'k> Stages<'k> {
    /// No analysis yet of this point, whose steps end at time `end`.
    pub fn new(keeper: &'k mut dyn Keeper, point: usize, end: f64) -> Self {
        Self { keeper, point, end, next: 0, findings: Results::default() }
    }

    /// Adds what the next analysis finds. The analyses of a study come in a fixed order.
    ///
    /// # Errors
    /// As [`Keeper::keep_found`]; and [`Error::Interrupted`] before an analysis, when the run is to stop.
    pub fn add(&mut self, analysis: impl FnOnce() -> Results) -> Result<()> {
        let number = self.next;
        self.next += 1;
        if let Some(known) = self.keeper.found(number) {
            self.findings.extend(known);
            return Ok(());
        }
        if self.keeper.stop() {
            let (point, time, end, resume) = (self.point, self.end, self.end, String::new());
            return Err(Error::Interrupted { point, time, end, resume });
        }
        let started = Instant::now();
        let found = analysis();
        self.keeper.keep_found(number, &found, started.elapsed())?;
        self.findings.extend(found);
        Ok(())
    }

    /// Everything found.
    pub fn findings(self) -> Results {
        self.findings
    }
}
