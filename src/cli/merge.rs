//! `sgd-sde merge`: joins the shares that `run --part` has left into the results of the whole.

use super::bar::Bar;
use super::interrupt::Interrupt;
use super::run::Run;
use super::{MergeArguments, thread_pool};
use crate::error::{Error, Result};
use crate::numerics::Backend;
use crate::report::{Begun, Checkpoint, Folder, Shares, require_folder};
use crate::study::{Plan, Points, Results, Share, Simulation, Source, Unkept, conclude};
use std::time::{Duration, Instant};

/// Joins shares, answers what the study asks, and writes results as a single run would have.
///
/// # Errors
/// [`Error::Unfit`] when the shares are not all of one run, and what a run refuses and meets.
pub fn merge(arguments: &MergeArguments) -> Result<()> {
    let (started, interrupt) = (Instant::now(), Interrupt::listen());
    let shares = Shares::open(&arguments.shares)?;
    let begun = Begun { share: Share::WHOLE, ..shares.begun.clone() };
    let unfit = |reason: String, remedy: &str| Error::Unfit {
        path: arguments.shares[0].clone(),
        verb: "merged",
        reason,
        remedy: remedy.into(),
    };
    let (program, this) = (&begun.program, Begun::this_program());
    if *program != this {
        let reason = format!("it was made by {program}, and this is {this}");
        return Err(unfit(reason, "merge with the program that made the shares"));
    }
    let backend: Option<Backend> = begun.backend.parse().ok().filter(|b: &Backend| b.is_available());
    let backend = backend.ok_or_else(|| {
        let reason = format!("it was made with the vector instructions {}", begun.backend);
        unfit(reason, "merge on a machine that has them, or run all shares with --backend portable")
    })?;
    let source = Source::parse(&begun.file, &begun.study)?;
    let (all, threads) = (Points::of(&source)?, thread_pool(arguments.threads)?);
    let out = arguments.out.as_path();
    if arguments.shares.iter().any(|share| same(share, out)) {
        return Err(unfit("it is a share itself".into(), "give the whole another folder with --out"));
    }
    require_folder(out)?;
    let folder = Folder::free(out, arguments.force)?;
    let (checkpoint, _) = Checkpoint::open(&folder, &begun, false, Duration::MAX, interrupt.stop())?;
    interrupt.say("the shares are as they were; merge them again with --force");
    let quiet = arguments.quiet;
    let run = Run { all, backend, threads, folder, begun, interrupt: &interrupt, started, quiet };
    let mut bar = Bar::new(run.all.count(), !quiet);
    let (mut results, mut failure) = (Results::default(), None);
    for point in run.all.iter() {
        let plan = Plan::new(&point.source, backend)?;
        let processes = plan.processes();
        let states = shares.read(point.number)?;
        let joined = Simulation::joined(&plan, &processes, point.number, states);
        let joined = joined.map_err(|reason| unfit(reason, "run the share again as the others were"))?;
        let place = (point.number, point.settings.clone());
        let progress = bar.for_point(point.number);
        let mut outcome = conclude(&plan, place, joined, &run.threads, progress, &mut Unkept::default())?;
        outcome.results.points[0].replicate = point.replicate.clone();
        run.folder.write_particles(&outcome, point.number)?;
        failure = failure.or(outcome.failure);
        results.extend(outcome.results);
    }
    run.finish(results, &mut bar)?;
    checkpoint.remove()?;
    failure.map_or(Ok(()), |lost| Err(lost.into()))
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b)
}
