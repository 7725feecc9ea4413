//! Who keeps what a run would lose if it were killed.

use super::results::Results;
use super::state::State;
use crate::error::{Error, Result};
use serde::{Serialize, de::DeserializeOwned};
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

    /// What was found before at this place, where that is kept: a value in MessagePack.
    fn found(&mut self, slot: Slot) -> Option<Vec<u8>>;

    /// Whether what took so long is worth a file.
    fn is_worth_keeping(&self, spent: Duration) -> bool;

    /// Keeps what was found, a value in MessagePack.
    ///
    /// # Errors
    /// As [`keep`](Self::keep).
    fn keep_found(&mut self, slot: Slot, value: &[u8]) -> Result<()>;
}

/// Whose finding it is: that of an analysis of the point, or of a piece of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The number of the analysis within the point.
    pub analysis: usize,
    /// The number of the piece within the analysis; `None` for all of it.
    pub piece: Option<usize>,
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

    fn found(&mut self, _slot: Slot) -> Option<Vec<u8>> {
        None
    }

    fn is_worth_keeping(&self, _spent: Duration) -> bool {
        false
    }

    fn keep_found(&mut self, _slot: Slot, _value: &[u8]) -> Result<()> {
        Ok(())
    }
}

/// The value kept at `slot`; `None` where there is none of this kind.
fn taken_up<T: DeserializeOwned>(keeper: &mut dyn Keeper, slot: Slot) -> Option<T> {
    rmp_serde::from_slice(&keeper.found(slot)?).ok()
}

fn kept(keeper: &mut dyn Keeper, slot: Slot, value: &impl Serialize) -> Result<()> {
    let bytes = rmp_serde::to_vec_named(value).expect("findings are numbers and text in rows");
    keeper.keep_found(slot, &bytes)
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
    pub fn add(&mut self, analysis: impl FnOnce(&mut Pieces<'_>) -> Results) -> Result<()> {
        let slot = Slot { analysis: self.next, piece: None };
        self.next += 1;
        if let Some(known) = taken_up(self.keeper, slot) {
            self.findings.extend(known);
            return Ok(());
        }
        if self.keeper.stop() {
            let (point, time, end, resume) = (self.point, self.end, self.end, String::new());
            return Err(Error::Interrupted { point, time, end, resume });
        }
        let started = Instant::now();
        let mut pieces =
            Pieces { keeper: &mut *self.keeper, analysis: slot.analysis, next: 0, trouble: None };
        let found = analysis(&mut pieces);
        pieces.trouble.map_or(Ok(()), Err)?;
        if self.keeper.is_worth_keeping(started.elapsed()) {
            kept(self.keeper, slot, &found)?;
        }
        self.findings.extend(found);
        Ok(())
    }

    /// Everything found.
    pub fn findings(self) -> Results {
        self.findings
    }
}

/// The pieces of one analysis, in a fixed order: each is taken from the keeper where it was found before, so that an analysis of an
/// hour does not begin anew.
pub struct Pieces<'k> {
    keeper: &'k mut dyn Keeper,
    analysis: usize,
    next: usize,
    /// The first fault of keeping; it ends the run when the analysis is through.
    trouble: Option<Error>,
}

impl Pieces<'_> {
    /// What `make` returns, or returned before. `fits` says whether a value could be one of this analysis: what stands in a file is
    /// not believed.
    pub fn one<T: Serialize + DeserializeOwned>(
        &mut self,
        fits: impl FnOnce(&T) -> bool,
        make: impl FnOnce() -> T,
    ) -> T {
        let slot = self.slot();
        if let Some(known) = taken_up(self.keeper, slot).filter(fits) {
            return known;
        }
        let started = Instant::now();
        let made = make();
        if self.keeper.is_worth_keeping(started.elapsed()) {
            self.keep(slot, &made);
        }
        made
    }

    /// `value` when `more` has nothing more to add and returns `false`; from time to time what it has become is kept, and it goes on
    /// from there.
    pub fn grown<T: Serialize + DeserializeOwned>(
        &mut self,
        value: T,
        fits: impl FnOnce(&T) -> bool,
        mut more: impl FnMut(&mut T) -> bool,
    ) -> T {
        let slot = self.slot();
        let mut value = taken_up(self.keeper, slot).filter(fits).unwrap_or(value);
        let mut since = Instant::now();
        while more(&mut value) {
            if self.keeper.due(false) {
                self.keep(slot, &value);
                since = Instant::now();
            }
        }
        if self.keeper.is_worth_keeping(since.elapsed()) {
            self.keep(slot, &value);
        }
        value
    }

    fn slot(&mut self) -> Slot {
        self.next += 1;
        Slot { analysis: self.analysis, piece: Some(self.next - 1) }
    }

    fn keep(&mut self, slot: Slot, value: &impl Serialize) {
        if self.trouble.is_none() {
            self.trouble = kept(self.keeper, slot, value).err();
        }
    }
}
