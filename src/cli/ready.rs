//! Makes the points of a study ready before anything is written.

use crate::error::Result;
use crate::numerics::Backend;
use crate::parallel::Threads;
use crate::study::{Plan, SweepPoint};

/// What is known of a study before it runs.
pub struct Ready {
    /// How many points to run at once: 1 where a point has enough blocks of particles for all threads, else several a thread. What
    /// a point finds does not depend on it.
    pub at_once: usize,
    /// The files that the study reads, each with its sha256.
    pub inputs: Vec<(String, String)>,
    /// The first point as it will run, every default filled in.
    pub first: serde_json::Value,
}

/// Points that run at once, a thread, where each is too small to keep the threads busy.
const POINTS_A_THREAD: usize = 4;

/// Makes points ready once before anything is written, so that a mistake in the last one does not cost a night: the first draw of
/// each cell and every draw of the first cell.
pub fn make_ready(all: &[SweepPoint], backend: Backend, threads: &Threads) -> Result<Ready> {
    let telling = |point: &&SweepPoint| point.leads(all) || point.settings == all[0].settings;
    let mut looked_at: Vec<&SweepPoint> = all.iter().filter(telling).collect();
    let made = threads.map(
        &mut looked_at,
        || (),
        |point, ()| -> Result<Ready> {
            let plan = Plan::new(&point.source, backend)?;
            let block = plan.potential().block_len() as u64;
            let blocks = plan.study.process.iter().map(|p| p.particles.div_ceil(block) as usize).max();
            let first = if point.number == 0 { plan.identity().study } else { serde_json::Value::Null };
            Ok(Ready { at_once: blocks.unwrap_or(1), inputs: plan.inputs(), first })
        },
    );
    // The first refusal in the order of the points, whichever thread came upon it first.
    let made = made.into_iter().collect::<Result<Vec<Ready>>>()?;
    let small = made.iter().any(|point| point.at_once < threads.count());
    let at_once = if small && all.len() > 1 { POINTS_A_THREAD * threads.count() } else { 1 };
    let first = made.first().map(|ready| ready.first.clone()).unwrap_or_default();
    let mut inputs: Vec<_> = made.into_iter().flat_map(|ready| ready.inputs).collect();
    inputs.sort();
    inputs.dedup();
    Ok(Ready { at_once, inputs, first })
}
