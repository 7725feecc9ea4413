//! What a run keeps beside its results while it goes on, in the folder `checkpoint` of the results folder: what was begun, the
//! results of finished points, the state of the point at hand and the state before that one. It is removed when the run is done.

use super::begun::Begun;
use super::container;
use super::folder::{CHECKPOINT, Folder};
use super::whole::{is_link, make, sweep_up, unlink};
use crate::error::{AllDiverged, Error, Result};
use crate::study::{Keeper, Outcome, Results, Slot, State};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a run that was stopped has left.
#[derive(Default)]
pub struct Resumed {
    /// The results of the points that were finished.
    pub results: Results,
    /// A process of theirs all of whose particles diverged.
    pub failure: Option<AllDiverged>,
    /// The first point that was not.
    pub next: usize,
    /// Where that point stood.
    pub state: Option<State<'static>>,
    /// What to know about the files.
    pub note: Option<String>,
}

/// Points that were finished one after another, and what they found.
#[derive(Default, Serialize, Deserialize)]
struct Batch {
    first: usize,
    next: usize,
    results: Results,
    failure: Option<AllDiverged>,
}

/// The folder `checkpoint` of a run. Files appear whole; the newest state replaces the one before the last.
pub struct Checkpoint<'s> {
    folder: PathBuf,
    lock: File,
    stop: &'s AtomicBool,
    every: Duration,
    last: Instant,
    /// How long the last writing took.
    cost: Duration,
    point: usize,
    pending: Batch,
    batches: usize,
}

const BEGUN: &str = "begun.state";
/// The states of the point at hand, the newest first. A kill between two renames leaves the first.
const STATES: [&str; 3] = ["point.new.state", "point.state", "point.previous.state"];
/// Time between two writings at least, in units of what one takes: they cost at most 2 % of a run.
const REST: u32 = 50;
/// When the steps are made, what is kept may be this much younger: nothing is kept again until the analyses have found something.
const RESTING: u32 = 10;
/// Findings that took less are not worth a file.
const WORTH_KEEPING: Duration = Duration::from_secs(2);

impl<'s> Checkpoint<'s> {
    /// Whether `folder` holds a run that was stopped.
    pub fn is_in(folder: &Path) -> bool {
        // A folder elsewhere that is linked to is none of this run's.
        !is_link(&folder.join(CHECKPOINT)) && folder.join(CHECKPOINT).join(BEGUN).exists()
    }

    /// Makes the folder ready for `begun`: what an earlier run left in it is removed, or with `resume` taken up. A state is kept
    /// every so much time, and the run stops when `stop` is set.
    ///
    /// # Errors
    /// [`Error::Busy`] when another run is writing there, [`Error::Unfit`] when it holds the run of another study, file or program,
    /// and [`Error::Write`].
    pub fn open(
        results: &Folder,
        begun: &Begun,
        resume: bool,
        every: Duration,
        stop: &'s AtomicBool,
    ) -> Result<(Self, Resumed)> {
        let folder = results.path().join(CHECKPOINT);
        let going_on = resume && Self::is_in(results.path());
        if going_on {
            let unfit = |(reason, remedy)| Error::Unfit {
                path: results.path().into(),
                verb: "resumed",
                reason,
                remedy,
            };
            let anew =
                |reason| (format!("checkpoint/{BEGUN}: {reason}"), "begin anew with --force".to_owned());
            let known: Begun = container::read(&folder.join(BEGUN)).map_err(anew).map_err(unfit)?;
            known.change(begun).map_or(Ok(()), |change| Err(unfit(change)))?;
        }
        make(&folder)?;
        let lock = lock(&folder)?;
        if going_on {
            sweep_up(&folder);
            results.sweep_up();
        } else {
            results.create()?;
            container::write(&folder.join(BEGUN), begun)?;
        }
        let (last, cost) = (Instant::now(), Duration::ZERO);
        let mut own =
            Self { folder, lock, stop, every, last, cost, point: 0, pending: Batch::default(), batches: 0 };
        let resumed = if going_on { own.resume(results) } else { Resumed::default() };
        own.pending = Batch { first: resumed.next, next: resumed.next, ..Batch::default() };
        own.point = resumed.next;
        Ok((own, resumed))
    }

    /// What is whole of an earlier run.
    fn resume(&mut self, results: &Folder) -> Resumed {
        let mut resumed = Resumed::default();
        while let Ok(batch) = container::read::<Batch>(&self.batch(self.batches)) {
            let fits = batch.first == resumed.next && batch.next > batch.first;
            if !fits || !results.holds_particles(&batch.results) {
                break;
            }
            resumed.results.extend(batch.results);
            resumed.failure = resumed.failure.or(batch.failure);
            resumed.next = batch.next;
            self.batches += 1;
        }
        resumed.next = resumed.next.max(results.whole_shares());
        let mut damaged = None;
        for name in STATES {
            match container::read::<State<'static>>(&self.folder.join(name)) {
                Ok(state) if state.point == resumed.next => {
                    resumed.state = Some(state);
                    break;
                }
                Err(reason) if self.folder.join(name).exists() => {
                    damaged = Some(format!("checkpoint/{name}: {reason}"))
                }
                _ => {}
            }
        }
        let used =
            if resumed.state.is_some() { "the state before it is used" } else { "the point begins anew" };
        resumed.note = damaged.map(|damaged| format!("{damaged}; {used}"));
        resumed
    }

    fn batch(&self, number: usize) -> PathBuf {
        self.folder.join(format!("points-{number}.state"))
    }

    fn found_file(&self, Slot { analysis, piece }: Slot) -> PathBuf {
        let piece = piece.map_or(String::new(), |piece| format!("-{piece}"));
        self.folder.join(format!("found-{}-{analysis}{piece}.state", self.point))
    }

    /// Adds what a finished point leaves; `next` is the first that is not.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn finished(&mut self, outcome: Outcome, next: usize) -> Result<()> {
        self.pending.results.extend(outcome.results);
        self.pending.failure = self.pending.failure.take().or(outcome.failure);
        self.pending.next = next;
        self.point = next;
        if self.due(false) { self.flush() } else { Ok(()) }
    }

    /// Writes the results of finished points.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn flush(&mut self) -> Result<()> {
        if self.pending.next == self.pending.first {
            return Ok(());
        }
        let (started, next) = (Instant::now(), self.pending.next);
        container::write(&self.batch(self.batches), &self.pending)?;
        self.batches += 1;
        self.forget_found(self.pending.first..next);
        self.pending = Batch { first: next, next, ..Batch::default() };
        self.wrote(started);
        Ok(())
    }

    /// Removes what analyses of finished points have found: it is part of their results.
    fn forget_found(&self, points: Range<usize>) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let point =
                name.to_str().and_then(|name| name.strip_prefix("found-")?.split('-').next()?.parse().ok());
            if point.is_some_and(|point| points.contains(&point)) {
                // A file that stays takes room until the run is done, nothing else.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn wrote(&mut self, started: Instant) {
        self.last = Instant::now();
        self.cost = self.last - started;
    }

    /// Removes the folder: the run is done.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn remove(self) -> Result<()> {
        drop(self.lock);
        fs::remove_dir_all(&self.folder).map_err(|source| Error::Write { path: self.folder, source })
    }
}

/// Holds the folder for this process until it ends, however it ends.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    unlink(&path)?;
    let file = File::create(&path).map_err(|source| Error::Write { path, source })?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: folder.parent().unwrap_or(folder).into() }),
        // Some file systems know no locks; a run there is as safe as its user is careful.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
    }
}

impl Keeper for Checkpoint<'_> {
    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn due(&self, resting: bool) -> bool {
        let every = if resting { self.every / RESTING } else { self.every };
        let rest = if self.every.is_zero() { Duration::ZERO } else { self.cost * REST };
        self.last.elapsed() >= every.max(rest)
    }

    fn keep(&mut self, state: &State<'_>) -> Result<()> {
        self.flush()?;
        let started = Instant::now();
        let [new, last, before] = STATES.map(|name| self.folder.join(name));
        container::write(&new, state)?;
        let moved = if last.exists() { fs::rename(&last, &before) } else { Ok(()) };
        let moved = moved.and_then(|()| fs::rename(&new, &last));
        moved.map_err(|source| Error::Write { path: last, source })?;
        self.wrote(started);
        Ok(())
    }

    fn found(&mut self, slot: Slot) -> Option<Vec<u8>> {
        container::read_encoded(&self.found_file(slot)).ok()
    }

    fn is_worth_keeping(&self, spent: Duration) -> bool {
        spent >= WORTH_KEEPING.min(self.every)
    }

    fn keep_found(&mut self, slot: Slot, value: &[u8]) -> Result<()> {
        let started = Instant::now();
        container::write_encoded(&self.found_file(slot), value)?;
        self.wrote(started);
        Ok(())
    }
}
