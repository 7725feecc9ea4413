//! How much memory a study takes, part by part, and the refusal of what does not fit.

use super::analysis::History;
use super::memory_of_analyses::analyses;
use super::plan::Plan;
use super::recorder::Recorder;
use super::results::{CurveRow, EstimateRow};
use super::rules::Rules;
use super::share::Share;
use super::source::Source;
use crate::dynamics::{Block, Process, Work};
use crate::error::Result;
use crate::machine::MemoryLeft;
use crate::problem::{Quantity, Readings};

/// One part of what a study holds.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryPart {
    /// What it is, with its sizes.
    pub what: String,
    /// Bytes.
    pub bytes: f64,
    /// The key of the study that it grows with.
    pub key: String,
}

/// What a study holds at most at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// The parts that are held together, the largest first.
    pub parts: Vec<MemoryPart>,
}

/// The program itself, its threads' stacks, fonts and pictures of figures.
const PROGRAM: f64 = 40e6;
/// A number.
pub(super) const F64: f64 = size_of::<f64>() as f64;
/// The names of a row on the heap, its line in the table, its point in a figure.
const AROUND_A_ROW: f64 = 330.0;

impl Memory {
    /// The memory of one point of a study of `points` points on `threads` threads, counted from the sizes of what the run allocates: particles
    /// and the further state of their process; the larger of readings with buffers of threads and copies of the weights that are written;
    /// the history and the largest step of the analyses; the rows of all points' tables; the data. What is held for a moment while data are
    /// read is not in it.
    ///
    /// Within a factor 1.5 of what was measured for studies from 100 MB to 2 GB; smaller ones are mostly the program itself.
    /// Cost: the buffers of two particles of each process.
    pub fn of(plan: &Plan, threads: usize, points: usize) -> Self {
        let mut parts = states(plan);
        parts.push(while_stepping(plan, threads).max(copies(plan)));
        let recorder = Recorder::new(plan, 0, Share::WHOLE);
        parts.extend(history(plan, &recorder.wanted));
        parts.extend(analyses(plan, recorder.wanted.len(), threads));
        parts.extend(rows(plan, recorder.wanted.len(), points));
        parts.push(records(plan, points));
        parts.extend(data(plan));
        parts.push(MemoryPart { what: "the program".into(), bytes: PROGRAM, key: String::new() });
        parts.sort_by(|a, b| b.bytes.total_cmp(&a.bytes));
        Self { parts }
    }

    /// Bytes of all parts.
    pub fn total(&self) -> f64 {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// Refuses what is more than `left`; nothing is refused where that is not known.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::error::Error::Invalid) at the key that the largest part grows with, with the sizes.
    pub fn require(&self, left: Option<MemoryLeft>, source: &Source) -> Result<()> {
        let (Some(left), Some(largest)) = (left, self.parts.first()) else {
            return Ok(());
        };
        if self.total() <= left.bytes as f64 {
            return Ok(());
        }
        let told = self.parts.iter().take(TOLD).filter(|part| part.bytes >= 0.01 * self.total());
        let told: Vec<String> = told.map(|part| format!("{} = {}", part.what, size(part.bytes))).collect();
        let value = value_at(source, &largest.key);
        let rule = format!(
            "such that all of the study fits into memory: {}; together {}, and {} are {}",
            told.join(", "),
            size(self.total()),
            size(left.bytes as f64),
            left.limit
        );
        Err(Rules { source }.invalid(&largest.key, value, rule, remedy(&largest.key)))
    }
}

/// Parts that a refusal names.
const TOLD: usize = 4;

/// Bytes as people say them.
pub fn size(bytes: f64) -> String {
    const GIB: f64 = (1_u64 << 30) as f64;
    match bytes / GIB {
        gib if gib >= 9.95 => format!("{gib:.0} GiB"),
        gib if gib >= 0.995 => format!("{gib:.1} GiB"),
        gib => format!("{:.0} MiB", gib * 1024.0),
    }
}

fn remedy(key: &str) -> &'static str {
    match key {
        _ if key.ends_with(".particles") => {
            "take fewer particles, run shares of them with --part i/N, or take a machine with more memory"
        }
        "sweep" | "repeat" => "sweep fewer keys or values, or repeat with fewer draws",
        "time.points" => "take fewer observation times, or a machine with more memory",
        "analysis.agreement" => "take fewer observation times or particles, or leave the analysis out",
        _ => "take a smaller problem, or a machine with more memory",
    }
}

/// The value at a path as the study gives it.
fn value_at(source: &Source, path: &str) -> String {
    let mut parts = path.split('.');
    let first = parts.next().and_then(|key| source.table.get(key));
    let found = parts.try_fold(first, |at, part| {
        let inside = match at? {
            toml::Value::Table(table) => table.get(part),
            toml::Value::Array(list) => list.get(part.parse::<usize>().ok()?),
            _ => None,
        };
        Some(inside)
    });
    match found.flatten() {
        Some(toml::Value::Table(_)) => "as it is".into(),
        Some(value) => value.to_string(),
        // A point is without the lists of the sweep.
        None if path == "sweep" => "as it is".into(),
        None => "its default".into(),
    }
}

impl MemoryPart {
    fn max(self, other: Self) -> Self {
        if self.bytes >= other.bytes { self } else { other }
    }
}

/// The process with the most weights: what the sum over all of them grows with.
fn largest_process(plan: &Plan) -> String {
    let specs = plan.study.process.iter().enumerate();
    let largest = specs.max_by_key(|(i, spec)| (spec.particles, std::cmp::Reverse(*i)));
    format!("process.{}.particles", largest.map_or(0, |(i, _)| i))
}

/// Weights and further state of all particles.
fn states(plan: &Plan) -> Vec<MemoryPart> {
    let processes = plan.processes();
    let of_process = processes.iter().zip(&plan.study.process).enumerate().map(|(i, (process, spec))| {
        let numbers = plan.potential().dim() + extra(process.as_ref());
        MemoryPart {
            what: format!("particles of process '{}', {} x {numbers} numbers", spec.name, spec.particles),
            bytes: spec.particles as f64 * numbers as f64 * F64,
            key: format!("process.{i}.particles"),
        }
    });
    of_process.collect()
}

/// Numbers of a particle besides its weights.
fn extra(process: &dyn Process) -> usize {
    let dim = process.potential().dim();
    let mut one = Block { first: 0, dim, weights: vec![0.0; dim], extra: Vec::new() };
    process.begin(&mut one);
    one.extra.len()
}

/// The readings of all particles at one time, those of one process once more, and the buffers of the threads.
fn while_stepping(plan: &Plan, threads: usize) -> MemoryPart {
    let counts = || plan.study.process.iter().map(|spec| spec.particles as f64);
    let readings = (counts().sum::<f64>() + counts().fold(0.0, f64::max)) * size_of::<Readings>() as f64;
    let block = plan.potential().block_len();
    let processes = plan.processes();
    let work = processes.iter().zip(&plan.study.process).map(|(process, spec)| {
        let count = block.min(spec.particles as usize);
        let busy = threads.min((spec.particles as usize).div_ceil(block));
        let copy = count as f64 * (plan.potential().dim() + extra(process.as_ref())) as f64 * F64;
        busy as f64 * (work_bytes(process.as_ref(), count) + copy)
    });
    let work = work.fold(0.0, f64::max);
    let key = if readings >= work { largest_process(plan) } else { "problem".into() };
    let (readings_size, work_size, n) = (size(readings), size(work), Quantity::COUNT);
    let what = format!(
        "{n} readings of every particle at one time ({readings_size}) and buffers of {threads} threads ({work_size})"
    );
    MemoryPart { what, bytes: readings + work, key }
}

/// The buffers of one thread for `count` particles. They are a constant and a multiple of the count, so those of one and of two particles
/// tell them without taking them.
fn work_bytes(process: &dyn Process, count: usize) -> f64 {
    let bytes = |work: Work| {
        let numbers = [&work.gradient, &work.scratch.room, &work.scratch.numbers, &work.noise.normals];
        let numbers =
            numbers.map(Vec::len).iter().sum::<usize>() + work.noise.samples.len() + work.noise.fine.len();
        let rows = work.noise.batch.len() + work.noise.orders.len();
        numbers as f64 * F64 + rows as f64 * size_of::<u32>() as f64
    };
    let (one, two) = (bytes(process.work(1)), bytes(process.work(2)));
    one + (two - one) * count.saturating_sub(1) as f64
}

/// The final weights of all processes in the order of files, while the particles are still there, or the file of one of them.
fn copies(plan: &Plan) -> MemoryPart {
    let weights = plan.study.process.iter().map(|spec| spec.particles as f64 * plan.potential().dim() as f64);
    let bytes = weights.sum::<f64>() * F64;
    MemoryPart { what: "a copy of all weights, to be written".into(), bytes, key: largest_process(plan) }
}

fn history(plan: &Plan, wanted: &[Quantity]) -> Option<MemoryPart> {
    let bytes = History::new(plan, wanted, Share::WHOLE)?.bytes_at_end(plan);
    let what = "readings and weights kept for [analysis]".into();
    Some(MemoryPart { what, bytes, key: "time.points".into() })
}

/// The rows of the curves, and of the readings that a repeated study keeps, of all points.
fn rows(plan: &Plan, quantities: usize, points: usize) -> Vec<MemoryPart> {
    let (times, processes) = (plan.clock.observations.len(), plan.study.process.len());
    let curves = (times * quantities * processes * (processes + 1) / 2) as f64 * points as f64;
    let row = size_of::<CurveRow>() as f64 + AROUND_A_ROW;
    let mut parts = vec![MemoryPart {
        what: format!("{curves} rows of curves"),
        bytes: curves * row,
        key: "time.points".into(),
    }];
    if plan.repeated {
        let particles: f64 = plan.study.process.iter().map(|spec| spec.particles as f64).sum();
        let readings = particles * quantities as f64 * points as f64;
        parts.push(MemoryPart {
            what: format!("{readings} rows of readings"),
            bytes: readings * row,
            key: largest_process(plan),
        });
    }
    parts
}

/// What the record says of all points: the study as run, processes and scalars.
fn records(plan: &Plan, points: usize) -> MemoryPart {
    let study = serde_json::to_value(&plan.study).unwrap_or_default();
    let rows = ROWS + ROWS_A_PROCESS * plan.study.process.len() as f64;
    let row = size_of::<EstimateRow>() as f64 + AROUND_A_ROW;
    let what = format!("records of {points} points");
    let key = if plan.repeated { "repeat" } else { "sweep" };
    MemoryPart { what, bytes: points as f64 * (held(&study) + rows * row), key: key.into() }
}

/// Scalars of a point, and rows of each of its processes, without analyses.
const ROWS: f64 = 3.0;
const ROWS_A_PROCESS: f64 = 4.0;

/// The memory of a value with its text in the record: a node of a map has room for eleven entries.
fn held(value: &serde_json::Value) -> f64 {
    use serde_json::Value;
    let entry = size_of::<(String, Value)>() as f64;
    match value {
        Value::Object(map) => {
            let nodes = map.len().div_ceil(11) as f64;
            nodes * 11.0 * entry
                + map.iter().map(|(key, value)| LINE + key.len() as f64 + held(value)).sum::<f64>()
        }
        Value::Array(list) => list.iter().map(|value| entry + held(value)).sum(),
        _ => LINE,
    }
}

/// A key or a value on the heap, and its line in the record.
const LINE: f64 = 48.0;

/// Inputs and labels as float64 and what the problem makes of them.
fn data(plan: &Plan) -> Option<MemoryPart> {
    let data = plan.data.as_ref()?;
    let (rows, dim) = ((data.train + data.test) as f64, data.dim as f64);
    let what = format!("data of {rows} rows of {dim} inputs");
    Some(MemoryPart { what, bytes: rows * (dim + 2.0) * F64 * HELD, key: "problem.data".into() })
}

/// How often the rows are held: as read and split while the problem is made, with the copy of 32-bit kernels or a Gram matrix.
const HELD: f64 = 2.0;
