//! `sgd-sde run`: makes every point ready, runs them, writes what each leaves.

use super::bar::Bar;
use super::interrupt::{Interrupt, resume_command};
use super::ready::{Ready, make_ready};
use super::{KeepingArguments, RunArguments, print, say};
use crate::dynamics::Process;
use crate::error::{Error, Result};
use crate::machine::memory_left;
use crate::numerics::Backend;
use crate::parallel::Threads;
use crate::report::{
    Begun, Checkpoint, Folder, Resumed, RunFacts, Shares, draw, require_folder, summary_text,
};
use crate::study::{
    Outcome, Plan, Points, Progress, Results, Share, Silent, Simulation, State, SweepPoint, Unkept, conclude,
    draws,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Studies of at most so many points have their tables written after each.
const FEW: usize = 50;
/// Others have them written when this much time has passed, and at the end.
const BETWEEN_TABLES: Duration = Duration::from_secs(20);

/// Runs a study, or a share of its particles, and writes what it leaves.
///
/// # Errors
/// Bad input, before anything is written; a fault while running, and an interruption, with everything finished on disk.
pub fn run_study(arguments: &RunArguments) -> Result<()> {
    let (started, interrupt) = (Instant::now(), Interrupt::listen());
    let source = arguments.study.source()?;
    let backend = arguments.study.backend()?;
    let all = Points::of(&source)?;
    let threads = arguments.study.threads()?;
    let mut bar = Bar::new(all.count(), !arguments.keeping.quiet);
    let Ready { at_once, inputs, first } = make_ready(&all, backend, &threads, memory_left(), &mut bar)?;
    let begun = Begun {
        program: Begun::this_program(),
        backend: backend.to_string(),
        share: arguments.part.unwrap_or(Share::WHOLE),
        points: all.count(),
        file: arguments.study.study.clone(),
        set: arguments.study.set.clone(),
        study: toml::to_string(&source.table).unwrap_or_default(),
        inputs,
    };
    let folder = Folder::open(&results_folder(arguments));
    let quiet = arguments.keeping.quiet;
    let shares = None;
    let run = Run { all, backend, threads, folder, begun, shares, interrupt: &interrupt, started, quiet };
    run.carry_out(&arguments.keeping, (at_once, &first), &mut bar)
}

/// A run, or a merge, once everything is ready.
pub struct Run<'i> {
    /// The points of the study.
    pub all: Points,
    /// The vector instructions.
    pub backend: Backend,
    /// The threads.
    pub threads: Threads,
    /// Where results go.
    pub folder: Folder,
    /// What is run.
    pub begun: Begun,
    /// Where the steps were made already.
    pub shares: Option<Shares>,
    /// Whether to stop.
    pub interrupt: &'i Interrupt,
    /// When the program was called.
    pub started: Instant,
    /// Whether to print nothing.
    pub quiet: bool,
}

impl Run<'_> {
    /// Runs, or goes on, and writes what is left; `at_once` points at a time, the first of which is `first`.
    ///
    /// # Errors
    /// As [`run_study`].
    pub fn carry_out(
        self,
        keeping: &KeepingArguments,
        (at_once, first): (usize, &serde_json::Value),
        bar: &mut Bar,
    ) -> Result<()> {
        let path = self.folder.path().to_owned();
        require_folder(&path)?;
        if self.is_done(keeping, first)? {
            if !self.quiet {
                print(&format!("{}: this run is done; nothing is left to resume\n", path.display()))?;
            }
            return Ok(());
        }
        let stop = self.interrupt.stop();
        let (checkpoint, resumed) =
            Checkpoint::open(&self.folder, &self.begun, keeping.resume, keeping.checkpoint, stop)?;
        let go_on =
            format!("what was finished is in {}; go on with:\n  {}", path.display(), resume_command());
        self.interrupt.say(&go_on);
        let done = if self.begun.share.is_whole() {
            self.whole(at_once, checkpoint, resumed, bar)
        } else {
            self.share(self.begun.share, checkpoint, resumed, bar)
        };
        bar.finish();
        done.map_err(|error| match error {
            Error::Interrupted { point, time, end, .. } => {
                Error::Interrupted { point, time, end, resume: format!("; {go_on}") }
            }
            // Where the folder itself has gone nothing is left to go on from.
            Error::Write { .. } | Error::Figure(_) if Checkpoint::is_in(&path) => {
                Error::Resumable { source: Box::new(error) }
            }
            other => other,
        })
    }

    /// Makes sure that the folder may take the results; whether what is to be resumed is done.
    fn is_done(&self, keeping: &KeepingArguments, first: &serde_json::Value) -> Result<bool> {
        let path = self.folder.path();
        if !keeping.resume {
            return Folder::free(path, keeping.force).map(|_| false);
        }
        if Checkpoint::is_in(path) {
            return Ok(false);
        }
        // Not begun yet, as a job that is always started with --resume finds it.
        match Folder::free(path, false) {
            Err(Error::Occupied { .. }) => self.folder.is_of(&self.begun, first).map(|()| true),
            free => free.map(|_| false),
        }
    }

    /// Runs all particles.
    fn whole(
        &self,
        at_once: usize,
        mut checkpoint: Checkpoint<'_>,
        resumed: Resumed,
        bar: &mut Bar,
    ) -> Result<()> {
        let Resumed { mut results, mut failure, next, mut state, note } = resumed;
        self.note(note.as_deref());
        let mut written = Instant::now();
        let numbers: Vec<usize> = (next..self.all.count()).collect();
        for group in numbers.chunks(at_once) {
            let group: Vec<SweepPoint> = group.iter().map(|&number| self.all.point(number)).collect();
            let outcomes = match &group[..] {
                [point] => {
                    vec![self.point(point, state.take(), &mut checkpoint, bar.for_point(point.number))]
                }
                several => self.at_once(several, bar),
            };
            for (outcome, point) in outcomes.into_iter().zip(&group) {
                let outcome = match outcome {
                    Ok(outcome) => outcome,
                    Err(error) => return checkpoint.flush().and(Err(error)),
                };
                self.folder.write_particles(&outcome, point.number)?;
                results.extend(outcome.results.clone());
                failure = failure.or_else(|| outcome.failure.clone());
                checkpoint.finished(outcome, point.number + 1)?;
            }
            // The tables of thousands of points take longer to write than a point to run.
            let due = self.all.count() <= FEW || written.elapsed() > BETWEEN_TABLES;
            if due && results.points.len() < self.all.count() {
                self.folder.write_tables(self.facts(&results), &results)?;
                written = Instant::now();
            }
        }
        self.finish(results, bar)?;
        checkpoint.remove()?;
        failure.map_or(Ok(()), |lost| Err(lost.into()))
    }

    /// Runs one point, from where it stood.
    fn point(
        &self,
        point: &SweepPoint,
        state: Option<State<'static>>,
        checkpoint: &mut Checkpoint<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Outcome> {
        let plan = Plan::new(&point.source, self.backend)?;
        let processes = plan.processes();
        let simulation = match &self.shares {
            Some(shares) => shares.joined(&plan, &processes, point.number)?,
            None => {
                let mut simulation = match state {
                    None => Simulation::new(&plan, &processes, point.number, Share::WHOLE),
                    Some(state) => {
                        self.resumed(&plan, &processes, (point.number, Share::WHOLE), state, progress)?
                    }
                };
                self.interrupt.stepping(true);
                let made = simulation.advance(&self.threads, progress, checkpoint);
                self.interrupt.stepping(false);
                made?;
                simulation
            }
        };
        let place = (point.number, point.settings.clone());
        let mut outcome = conclude(&plan, place, simulation, &self.threads, progress, checkpoint)?;
        outcome.results.points[0].replicate = point.replicate.clone();
        Ok(outcome)
    }

    /// Runs some points at once, and returns what they leave in their order.
    fn at_once(&self, group: &[SweepPoint], bar: &mut Bar) -> Vec<Result<Outcome>> {
        let mut items: Vec<&SweepPoint> = group.iter().collect();
        self.interrupt.stepping(true);
        let outcomes = self.threads.map(
            &mut items,
            || (),
            |point, ()| {
                let plan = Plan::new(&point.source, self.backend)?;
                let processes = plan.processes();
                let mut simulation = Simulation::new(&plan, &processes, point.number, Share::WHOLE);
                let keeper = &mut Unkept { stop: Some(self.interrupt.stop()) };
                simulation.advance(&self.threads, &mut Silent, keeper)?;
                let place = (point.number, point.settings.clone());
                let mut outcome = conclude(&plan, place, simulation, &self.threads, &mut Silent, keeper)?;
                outcome.results.points[0].replicate = point.replicate.clone();
                Ok(outcome)
            },
        );
        self.interrupt.stepping(false);
        if let Some(last) = group.last() {
            bar.for_point(last.number).at(1.0, None);
        }
        outcomes
    }

    /// Makes the steps of a share of the particles.
    fn share(
        &self,
        share: Share,
        mut checkpoint: Checkpoint<'_>,
        resumed: Resumed,
        bar: &mut Bar,
    ) -> Result<()> {
        let mut state = resumed.state;
        self.note(resumed.note.as_deref());
        for point in (resumed.next..self.all.count()).map(|number| self.all.point(number)) {
            let plan = Plan::new(&point.source, self.backend)?;
            let processes = plan.processes();
            let mut simulation = match state.take() {
                None => Simulation::new(&plan, &processes, point.number, share),
                Some(state) => self.resumed(&plan, &processes, (point.number, share), state, bar)?,
            };
            self.interrupt.stepping(true);
            let made = simulation.advance(&self.threads, bar.for_point(point.number), &mut checkpoint);
            self.interrupt.stepping(false);
            made?;
            self.folder.write_share(&self.begun, &simulation.state())?;
        }
        checkpoint.remove()?;
        if !self.quiet {
            let (path, number, of) = (self.folder.path().display(), share.number(), share.of());
            print(&format!(
                "share {number} of {of} is in {path}\nwhen all are done: sgd-sde merge {path} … --out DIR\n"
            ))?;
        }
        Ok(())
    }

    /// Writes all tables, figures and the record, and prints the summary.
    fn finish(&self, mut results: Results, bar: &mut Bar) -> Result<()> {
        let (rows, estimates) = draws(&results);
        results.draws = rows;
        results.estimates.extend(estimates);
        self.folder.write_tables(self.facts(&results), &results)?;
        bar.finish();
        draw(&results, &self.folder.own_figures()?, &self.threads)?;
        if !self.quiet {
            print(&summary_text(&results, &self.folder.path().display().to_string()))?;
        }
        Ok(())
    }

    /// What the record says of the run.
    fn facts(&self, results: &Results) -> RunFacts {
        RunFacts {
            study_file: self.begun.file.display().to_string(),
            set: self.begun.set.clone(),
            study: results.points[0].study.clone(),
            seed: results.points[0].study["seed"].as_u64().unwrap_or_default(),
            threads: self.threads.count(),
            backend: self.begun.backend.clone(),
            wall_seconds: self.started.elapsed().as_secs_f64(),
        }
    }

    /// Where a point stood, or a share of it.
    fn resumed<'p>(
        &self,
        plan: &'p Plan,
        processes: &'p [Box<dyn Process + 'p>],
        (point, share): (usize, Share),
        state: State<'_>,
        progress: &mut dyn Progress,
    ) -> Result<Simulation<'p>> {
        let simulation = Simulation::resumed(plan, processes, point, share, state).map_err(|reason| {
            let remedy = "give it back what it was begun with, or begin anew with --force".into();
            Error::Unfit { path: self.folder.path().into(), verb: "resumed", reason, remedy }
        })?;
        let (time, end) = (simulation.time(), plan.clock.end());
        progress.note(&format!("going on at t = {time} of {end} (point {point})"));
        Ok(simulation)
    }

    fn note(&self, note: Option<&str>) {
        if let Some(note) = note {
            say(&format!("{}: {note}", self.folder.path().display()));
        }
    }
}

/// Where the results of a run go.
pub fn results_folder(arguments: &RunArguments) -> PathBuf {
    let file = &arguments.study.study;
    let stem = file.file_stem().unwrap_or_default();
    // The stem of `...toml` would be the folder above.
    let name = if stem == "." || stem == ".." { file.file_name().unwrap_or_default() } else { stem };
    arguments.out.clone().unwrap_or_else(|| Path::new("results").join(name))
}
