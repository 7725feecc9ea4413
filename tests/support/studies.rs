//! Studies from text, run in memory.

use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::study::{CurveRow, Outcome, Plan, Silent, Source, run};
use std::path::Path;

/// The plan of a study text on the widest back end.
pub fn plan(text: &str) -> Plan {
    plan_on(text, Backend::detect())
}

/// The plan of a study text.
pub fn plan_on(text: &str, backend: Backend) -> Plan {
    let source = Source::parse(Path::new("study.toml"), text).expect("the test's study is TOML");
    Plan::new(&source, backend).expect("the test's study is valid")
}

/// Runs a study text on `threads` threads.
pub fn outcome(text: &str, threads: usize) -> Outcome {
    outcome_of(&plan(text), threads)
}

/// Runs a plan on `threads` threads.
pub fn outcome_of(plan: &Plan, threads: usize) -> Outcome {
    let threads = Threads::new(threads).expect("a few threads start");
    run(plan, 0, Vec::new(), &threads, &mut Silent)
}

/// The curve of a process (or pair) and quantity.
pub fn curve<'o>(outcome: &'o Outcome, process: &str, quantity: &str) -> Vec<&'o CurveRow> {
    let rows = outcome.results.curves.iter();
    rows.filter(|row| row.process == process && row.quantity == quantity).collect()
}
