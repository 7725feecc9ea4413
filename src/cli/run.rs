//! `sgd-sde run`: makes every point ready, runs them, writes what each leaves.

use super::bar::Bar;
use super::{RunArguments, print};
use crate::error::Result;
use crate::numerics::Backend;
use crate::parallel::Threads;
use crate::report::{Folder, RunFacts, draw, summary_text};
use crate::study::{Outcome, Plan, Progress, Results, Silent, SweepPoint, draws, points, run};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs a study and writes its results.
pub fn run_study(arguments: &RunArguments) -> Result<()> {
    let started = Instant::now();
    let source = arguments.study.source()?;
    let backend = arguments.study.backend()?;
    let all = points(&source)?;
    let threads = arguments.study.threads()?;
    let at_once = make_ready(&all, backend, &threads)?;
    let folder = Folder::free(&results_folder(arguments), arguments.force)?;
    let mut bar = Bar::new(all.len(), !arguments.quiet);
    let mut results = Results::default();
    let mut failure = None;
    let mut written = Instant::now();
    let facts = |results: &Results| RunFacts {
        study_file: arguments.study.study.display().to_string(),
        set: arguments.study.set.clone(),
        study: results.points[0].study.clone(),
        seed: results.points[0].study["seed"].as_u64().unwrap_or_default(),
        threads: threads.count(),
        backend: backend.to_string(),
        wall_seconds: started.elapsed().as_secs_f64(),
    };
    for group in all.chunks(at_once) {
        for outcome in run_group(group, backend, &threads, &mut bar)? {
            if results.points.is_empty() {
                folder.create()?;
            }
            folder.write_particles(&outcome, outcome.results.points[0].point)?;
            failure = failure.or(outcome.failure);
            results.extend(outcome.results);
        }
        // The tables of thousands of points take longer to write than a point to run.
        let due = all.len() <= FEW || written.elapsed() > BETWEEN_TABLES;
        if due && results.points.len() < all.len() {
            folder.write_tables(facts(&results), &results)?;
            written = Instant::now();
        }
    }
    let (rows, estimates) = draws(&results);
    results.draws = rows;
    results.estimates.extend(estimates);
    folder.write_tables(facts(&results), &results)?;
    bar.finish();
    draw(&results, &folder.figures(), &threads)?;
    if !arguments.quiet {
        print(&summary_text(&results, &folder.path().display().to_string()));
    }
    failure.map_or(Ok(()), Err)
}

/// Studies of at most so many points have their tables written after each.
const FEW: usize = 50;
/// Others have them written when this much time has passed, and at the end.
const BETWEEN_TABLES: Duration = Duration::from_secs(20);
/// Points that run at once, a thread, where each is too small to keep the threads busy.
const POINTS_A_THREAD: usize = 4;

/// Makes points ready once before anything is written, so that a mistake in the last one does not cost a night: the first draw of
/// each cell and every draw of the first cell. Returns how many points to run at once: 1 where a point has enough blocks of
/// particles for all threads, else several a thread. What a point finds does not depend on it.
pub fn make_ready(all: &[SweepPoint], backend: Backend, threads: &Threads) -> Result<usize> {
    let telling = |point: &&SweepPoint| point.leads(all) || point.settings == all[0].settings;
    let mut looked_at: Vec<&SweepPoint> = all.iter().filter(telling).collect();
    let made = threads.map(
        &mut looked_at,
        || (),
        |point, ()| -> Result<usize> {
            let plan = Plan::new(&point.source, backend)?;
            let block = plan.potential().block_len() as u64;
            Ok(plan.study.process.iter().map(|p| p.particles.div_ceil(block) as usize).max().unwrap_or(1))
        },
    );
    // The first refusal in the order of the points, whichever thread came upon it first.
    let blocks = made.into_iter().collect::<Result<Vec<usize>>>()?;
    let small = blocks.iter().any(|&blocks| blocks < threads.count());
    Ok(if small && all.len() > 1 { POINTS_A_THREAD * threads.count() } else { 1 })
}

/// Runs some points, at once where there are several, and returns what they leave in their order.
fn run_group(
    group: &[SweepPoint],
    backend: Backend,
    threads: &Threads,
    bar: &mut Bar,
) -> Result<Vec<Outcome>> {
    if let [point] = group {
        return Ok(vec![run_point(point, backend, threads, bar.for_point(point.number))?]);
    }
    let mut items: Vec<&SweepPoint> = group.iter().collect();
    let outcomes =
        threads.map(&mut items, || (), |point, ()| run_point(point, backend, threads, &mut Silent));
    if let Some(last) = group.last() {
        bar.for_point(last.number).at(1.0, None);
    }
    outcomes.into_iter().collect()
}

fn run_point(
    point: &SweepPoint,
    backend: Backend,
    threads: &Threads,
    progress: &mut dyn Progress,
) -> Result<Outcome> {
    let plan = Plan::new(&point.source, backend)?;
    let mut outcome = run(&plan, point.number, point.settings.clone(), threads, progress);
    outcome.results.points[0].replicate = point.replicate.clone();
    Ok(outcome)
}

fn results_folder(arguments: &RunArguments) -> PathBuf {
    let file = &arguments.study.study;
    let stem = file.file_stem().unwrap_or_default();
    // The stem of `...toml` would be the folder above.
    let name = if stem == "." || stem == ".." { file.file_name().unwrap_or_default() } else { stem };
    arguments.out.clone().unwrap_or_else(|| Path::new("results").join(name))
}
