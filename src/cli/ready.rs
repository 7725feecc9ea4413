//! Makes the points of a study ready before anything is written.

use crate::error::Result;
use crate::machine::MemoryLeft;
use crate::numerics::Backend;
use crate::parallel::Threads;
use crate::study::{Memory, Plan, Points, Progress};

/// What is known of a study before it runs.
#[derive(Default)]
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

/// Points that are made ready at once, a thread: a mistake in the first is said before the last is looked at.
const READY_A_THREAD: usize = 32;

/// Makes points ready once before anything is written, so that a mistake in the last one does not cost a night: the first draw of
/// each cell and every draw of the first cell.
///
/// # Errors
/// What [`Plan::new`] refuses, and a point that alone needs more memory than is left.
pub fn make_ready(
    all: &Points,
    backend: Backend,
    threads: &Threads,
    left: Option<MemoryLeft>,
    progress: &mut dyn Progress,
) -> Result<Ready> {
    let telling = |number: &usize| number.is_multiple_of(all.draws()) || *number < all.draws();
    let mut looked_at: Vec<usize> = (0..all.count()).filter(telling).collect();
    let (mut ready, mut blocks, mut largest) = (Ready::default(), usize::MAX, 1.0_f64);
    let (mut made, of) = (0, looked_at.len());
    for group in looked_at.chunks_mut(READY_A_THREAD * threads.count()) {
        progress.analysing("making the points ready", made as f64 / of as f64);
        made += group.len();
        // The first refusal in the order of the points, whichever thread came upon it first.
        for point in threads.map(group, || (), |number, ()| look_at(all, *number, backend, threads, left)) {
            let point = point?;
            (blocks, largest) = (blocks.min(point.blocks), largest.max(point.bytes));
            ready.inputs.extend(point.inputs);
            if !point.study.is_null() {
                ready.first = point.study;
            }
        }
        ready.inputs.sort();
        ready.inputs.dedup();
    }
    let fit = left.map_or(usize::MAX, |left| (left.bytes as f64 / largest) as usize).max(1);
    let several = blocks < threads.count() && all.count() > 1;
    ready.at_once = if several { fit.min(POINTS_A_THREAD * threads.count()) } else { 1 };
    Ok(ready)
}

/// What is known of one point before it runs.
struct Point {
    /// The most blocks of particles that one of its processes has.
    blocks: usize,
    bytes: f64,
    inputs: Vec<(String, String)>,
    /// The first point as it will run; `null` for others.
    study: serde_json::Value,
}

fn look_at(
    all: &Points,
    number: usize,
    backend: Backend,
    threads: &Threads,
    left: Option<MemoryLeft>,
) -> Result<Point> {
    let source = all.point(number).source;
    let plan = Plan::new(&source, backend)?;
    let memory = Memory::of(&plan, threads.count(), all.count());
    memory.require(left, &source)?;
    let block = plan.potential().block_len() as u64;
    let blocks = plan.study.process.iter().map(|p| p.particles.div_ceil(block) as usize).max();
    let study = if number == 0 { plan.identity().study } else { serde_json::Value::Null };
    Ok(Point { blocks: blocks.unwrap_or(1), bytes: memory.total(), inputs: plan.inputs(), study })
}
