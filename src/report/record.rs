//! `record.json`: everything needed to know what was run, where, and what came out.

use crate::study::{EstimateRow, PointRow, ProcessRow, Results};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What a run is, apart from its results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The study file.
    pub study_file: String,
    /// `--set` options in order.
    pub set: Vec<String>,
    /// The study as run, every default filled in; of the first point, where there is a sweep.
    pub study: serde_json::Value,
    /// The study's seed.
    pub seed: u64,
    /// Threads used; the numbers do not depend on it.
    pub threads: usize,
    /// Vector back end: floating-point bits are reproducible within one.
    pub backend: String,
    /// Seconds from start to the writing of this record.
    pub wall_seconds: f64,
}

/// The record of a run. Its rows are lent: those of a long sweep are not held twice while they are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record<'r> {
    /// Version of this program.
    pub version: String,
    /// Commit it was built from.
    pub commit: String,
    /// The processes' equation, rule and stationary law in words.
    pub in_words: Vec<String>,
    /// What was run.
    #[serde(flatten)]
    pub facts: RunFacts,
    /// The machine.
    pub machine: Machine,
    /// A row a process and point.
    pub processes: Cow<'r, [ProcessRow]>,
    /// A row a point: swept keys, study and data.
    pub points: Cow<'r, [PointRow]>,
    /// Every scalar.
    pub estimates: Cow<'r, [EstimateRow]>,
}

/// Where a run took place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system.
    pub system: String,
    /// Processor architecture.
    pub architecture: String,
    /// Processor, as the system names it.
    pub processor: String,
    /// Threads it can run at once.
    pub cores: usize,
}

impl Machine {
    /// This machine.
    pub fn here() -> Self {
        let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        Self {
            system: std::env::consts::OS.into(),
            architecture: std::env::consts::ARCH.into(),
            processor: model.map_or_else(|| "unknown".into(), |(_, name)| name.trim().into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl<'r> Record<'r> {
    /// The record of `results`.
    pub fn new(facts: RunFacts, results: &'r Results) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("SGD_SDE_COMMIT").into(),
            in_words: in_words(results),
            facts,
            machine: Machine::here(),
            processes: results.processes.as_slice().into(),
            points: results.points.as_slice().into(),
            estimates: results.estimates.as_slice().into(),
        }
    }
}

/// The processes of the first point and their stationary law in words.
fn in_words(results: &Results) -> Vec<String> {
    let first = results.processes.iter().filter(|row| row.point == 0);
    let mut words: Vec<String> = first
        .map(|row| {
            format!(
                "{}: {} with s = {}, step {}; temperature s/2 = {}; D s/4 of the isotropic SDE = {}",
                row.name, row.rule, row.noise_scale, row.step_length, row.temperature, row.noise_level
            )
        })
        .collect();
    words.push(
        "Gibbs measure: mu_s proportional to exp(-2 L(W)/s), stationary for dW = -grad L dt + sqrt(s) dB"
            .into(),
    );
    words.push("intervals: 95 % of the mean over independent particles (Student), pointwise in t".into());
    words
}
