//! `record.json`: everything needed to know what was run, where, and what came out.

use crate::study::{EstimateRow, PointRow, ProcessRow, Results};
use serde::{Deserialize, Serialize};

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

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
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
    pub processes: Vec<ProcessRow>,
    /// A row a point: swept keys, study and data.
    pub points: Vec<PointRow>,
    /// Every scalar.
    pub estimates: Vec<EstimateRow>,
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

impl Record {
    /// The record of `results`.
    pub fn new(facts: RunFacts, results: &Results) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            commit: env!("SGD_SDE_COMMIT").into(),
            in_words: in_words(results),
            facts,
            machine: Machine::here(),
            processes: results.processes.clone(),
            points: results.points.clone(),
            estimates: results.estimates.clone(),
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
