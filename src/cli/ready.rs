//! Makes the points of a study ready before anything is written.

use crate::error::Result;
use crate::machine::MemoryLeft;
use crate::numerics::Backend;
use crate::parallel::Threads;
use crate::study::{Memory, Plan, SweepPoint};

/// What is known of a study before it runs.
pub struct Ready {
    /// How many points to run at once: 1 where a point has enough blocks of particles for all threads, else several a thread, as far as
    /// the memory that is left goes. What a point finds does not depend on it.
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
///
/// # Errors
/// What [`Plan::new`] refuses, and a point that alone needs more memory than is left.
pub fn make_ready(
    all: &[SweepPoint],
    backend: Backend,
    threads: &Threads,
    left: Option<MemoryLeft>,
) -> Result<Ready> {
    let telling = |point: &&SweepPoint| point.leads(all) || point.settings == all[0].settings;
    let mut looked_at: Vec<&SweepPoint> = all.iter().filter(telling).collect();
    let made = threads.map(
        &mut looked_at,
        || (),
        |point, ()| -> Result<(Ready, f64)> {
            let plan = Plan::new(&point.source, backend)?;
            let memory = Memory::of(&plan, threads.count(), all.len());
            memory.require(left, &point.source)?;
            let block = plan.potential().block_len() as u64;
            let blocks = plan.study.process.iter().map(|p| p.particles.div_ceil(block) as usize).max();
            let first = if point.number == 0 { plan.identity().study } else { serde_json::Value::Null };
            Ok((Ready { at_once: blocks.unwrap_or(1), inputs: plan.inputs(), first }, memory.total()))
        },
    );
    // The first refusal in the order of the points, whichever thread came upon it first.
    let made = made.into_iter().collect::<Result<Vec<(Ready, f64)>>>()?;
    let small = made.iter().any(|(point, _)| point.at_once < threads.count());
    let largest = made.iter().map(|(_, bytes)| *bytes).fold(1.0, f64::max);
    let fit = left.map_or(usize::MAX, |left| (left.bytes as f64 / largest) as usize).max(1);
    let at_once = if small && all.len() > 1 { fit.min(POINTS_A_THREAD * threads.count()) } else { 1 };
    let first = made.first().map(|(ready, _)| ready.first.clone()).unwrap_or_default();
    let mut inputs: Vec<_> = made.into_iter().flat_map(|(ready, _)| ready.inputs).collect();
    inputs.sort();
    inputs.dedup();
    Ok(Ready { at_once, inputs, first })
}
