//! Steps that are too long: the message says which are stable, for every kind of process, and the line that it gives is stable.

use crate::support::studies::{outcome_of, plan};
use sgd_sde::error::AllDiverged;
use sgd_sde::numerics::Backend;
use sgd_sde::study::{Plan, Source};
use std::path::Path;

const QUADRATIC: &str = "kind = 'quadratic'\neigenvalues = [1.0, 4.0]\n";
const SQUARES: &str =
    "kind = 'least-squares'\nlambda = 0.1\n[problem.data]\nkind = 'linear'\nsamples = 50\ndim = 3\n";
const NET: &str = "kind = 'two-layer'\nactivation = 'tanh'\nwidth = 4\nlambda = 1.0\n\
     [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 2\n";
const NO_BOUND: &str = "kind = 'two-layer'\nactivation = 'softplus'\nloss = 'square'\nwidth = 4\nlambda = 0.1\n\
     [problem.data]\nkind = 'linear'\nsamples = 30\ndim = 2\n";
const GATE: &str = "kind = 'relu-gate'\ndim = 5\nteacher_norm = 3.0\n";
const KERNEL: &str = "kind = 'kernel-regression'\nactivation = 'relu'\nregularity = 0.5\nmodes = 8\n";
const DEEP: &str = "kind = 'deep-net'\nactivation = 'tanh'\ndepth = 3\nwidth = 2\n\
     [problem.data]\nkind = 'independent-inputs'\nsamples = 2\ndim = 3\n[start]\nlaw = 'chatterjee'\noutput = 5.0\n";
const WELL: &str = "kind = 'double-well'\n[start]\nlaw = 'point'\nat = [10.0]\n";

/// A problem, the lines of a process whose step is too long, the horizon, and the keys that the message must give values for.
type Case = (&'static str, &'static str, f64, &'static [&'static str]);

const CASES: [Case; 22] = [
    (QUADRATIC, "kind = 'sgd-sde'\ns = 0.1\ndt = 1.0", 500.0, &["dt"]),
    (QUADRATIC, "kind = 'sgd-sde'\nscheme = 'heun'\ns = 0.1\ndt = 1.0", 500.0, &["dt"]),
    (QUADRATIC, "kind = 'gradient-flow'\ndt = 2.0", 500.0, &["dt"]),
    (QUADRATIC, "kind = 'underdamped-sde'\ns = 0.1\nmomentum = 0.9\ndt = 2.0", 500.0, &["dt"]),
    (QUADRATIC, "kind = 'scaled-noise-gd'\nstep = 1.0\nnoise = { sigma = 1.0 }", 500.0, &["step"]),
    (QUADRATIC, "kind = 'bounded-noise-gd'\nstep = 1.0\nexponent = 0.0\nvariance = 1.0", 500.0, &["step"]),
    (SQUARES, "kind = 'sgd'\ns = 20.0\nbatch = 1", 20_000.0, &["s"]),
    (SQUARES, "kind = 'sgd'\ns = 20.0\nbatch = 5\nsampling = 'without-replacement'", 20_000.0, &["s"]),
    (SQUARES, "kind = 'sgd'\ns = 20.0\nbatch = 5\nsampling = 'epochs'", 20_000.0, &["s"]),
    (SQUARES, "kind = 'momentum-sgd'\ns = 100.0\nbatch = 1", 100_000.0, &["s"]),
    (SQUARES, "kind = 'svag'\ns = 20.0\nl = 4\nbatch = 2", 20_000.0, &["s"]),
    (SQUARES, "kind = 'covariance-sde'\ns = 0.1\ndt = 20.0\nbatch = 1", 20_000.0, &["dt"]),
    (SQUARES, "kind = 'covariance-sde'\nscheme = 'heun'\ns = 0.1\ndt = 20.0\nbatch = 1", 20_000.0, &["dt"]),
    (SQUARES, "kind = 'covariance-sde'\ns = 1000.0\ndt = 1.0\nbatch = 1", 2000.0, &["s", "dt"]),
    (SQUARES, "kind = 'second-order-sde'\ns = 0.1\ndt = 20.0\nbatch = 1", 20_000.0, &["dt"]),
    (GATE, "kind = 'one-pass-sgd'\ns = 10.0\nbatch = 1", 10_000.0, &["s"]),
    (KERNEL, "kind = 'one-pass-sgd'\ns = 50.0\nbatch = 1", 50_000.0, &["s"]),
    (NET, "kind = 'sgd-sde'\ns = 0.1\ndt = 5.0", 500.0, &["dt"]),
    (NET, "kind = 'sgd'\ns = 5.0\nbatch = 4", 500.0, &["s"]),
    (NO_BOUND, "kind = 'sgd'\ns = 100.0\nbatch = 4", 10_000.0, &["s"]),
    (WELL, "kind = 'sgd-sde'\ns = 0.1\ndt = 0.5", 5.0, &["dt"]),
    (DEEP, "kind = 'scaled-noise-gd'\nstep = 5.0\nnoise = { sigma = 1.0 }", 500.0, &["step"]),
];

fn text((problem, process, horizon, _): Case) -> String {
    format!(
        "seed = 3\n[problem]\n{problem}\n[[process]]\nname = 'p'\n{process}\nparticles = 20\n\
         [time]\nhorizon = {horizon:?}\npoints = 3\n"
    )
}

/// The plan of a study with lines of `--set`.
fn plan_with(text: &str, set: &[String]) -> Plan {
    let mut source = Source::parse(Path::new("study.toml"), text).unwrap();
    set.iter().for_each(|assignment| source.set(assignment).unwrap());
    Plan::new(&source, Backend::detect()).unwrap_or_else(|error| panic!("{set:?}: {error}"))
}

/// What is advised where all particles diverge.
#[track_caller]
fn advice(text: &str) -> String {
    match outcome_of(&plan(text), 2).failure {
        Some(AllDiverged { particles: 20, advice, .. }) => advice,
        other => panic!("{other:?} of\n{text}"),
    }
}

/// The assignments behind each `--set`.
fn assignments(advice: &str) -> Vec<String> {
    let words = advice.split("--set ").skip(1);
    words.map(|rest| rest.split([' ', ',']).next().unwrap().to_owned()).collect()
}

/// For each kind of process: all particles diverge; the message names its own key; with the line that it gives none does.
#[test]
fn what_is_advised_is_stable_for_every_kind_of_process() {
    for case in CASES {
        let text = text(case);
        let advice = advice(&text);
        let set = assignments(&advice);
        let keys: Vec<&str> =
            set.iter().map(|a| a.strip_prefix("process.p.").unwrap().split('=').next().unwrap()).collect();
        assert_eq!(keys, case.3, "{advice}");
        for assignment in &set {
            let (key, value) = assignment.strip_prefix("process.p.").unwrap().split_once('=').unwrap();
            assert!(advice.contains(&format!("{key} = {value}")), "{advice}");
        }
        let again = outcome_of(&plan_with(&text, &set), 2);
        assert_eq!(again.results.processes[0].divergences, 0, "{advice}\n{text}");
    }
}

#[test]
fn the_message_names_the_constant_the_bound_and_the_lines() {
    let error = outcome_of(&plan(&text(CASES[0])), 1).failure.unwrap().to_string();
    let start = "process 'p': all 20 particles left the finite numbers, the first (particle ";
    assert!(error.starts_with(start), "{error}");
    let end = "the gradient's Lipschitz constant is at most 4, so dt below 0.5 is stable; write dt = 0.2 under process 'p', or --set \
               process.p.dt=0.2";
    assert!(error.ends_with(end), "{error}");
    let well = advice(&text(CASES[20]));
    let want = "no bound on the gradient's Lipschitz constant is known for this problem; where the particles start the curvature reaches \
                299, so dt must be well below 0.00669; write dt = 0.001 under process 'p', or --set process.p.dt=0.001, or let the \
                particles start closer in";
    assert_eq!(well, want);
}

/// The bounds are sharp where the theory is: 5 % beyond them the particles leave, 5 % within they stay.
#[test]
fn bounds_are_sharp_on_a_quadratic() {
    for case in CASES.into_iter().take(4) {
        let text = text(case);
        let advice = advice(&text);
        let bound = advice.split("dt below ").nth(1).unwrap().split(' ').next().unwrap();
        let bound: f64 = bound.parse().unwrap();
        for (share, lost) in [(0.95, 0), (1.05, 20)] {
            let dt: f64 = format!("{:.3e}", share * bound).parse().unwrap();
            let set = [format!("process.p.dt={dt:?}"), format!("time.horizon={:?}", 20_000.0 * dt)];
            let divergences = outcome_of(&plan_with(&text, &set), 2).results.processes[0].divergences;
            assert_eq!(divergences, lost, "dt = {dt}, {share} of {bound}\n{text}");
        }
    }
}

/// The advised step has a common clock with the steps of the other processes.
#[test]
fn what_is_advised_fits_the_other_processes() {
    let other = "[[process]]\nname = 'q'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.07\nparticles = 20\n";
    let text = text((QUADRATIC, "kind = 'sgd-sde'\ns = 0.1\ndt = 0.7", 140.0, &[]))
        .replace("[time]", &format!("{other}[time]"));
    let advice = advice(&text);
    let again = outcome_of(&plan_with(&text, &assignments(&advice)), 2);
    assert_eq!(again.results.processes[0].divergences, 0, "{advice}");
}

/// Noise that grows faster than the risk is stable for no step, and particles that start beyond all numbers for no other reason.
#[test]
fn where_no_step_is_stable_the_message_says_why() {
    let growing = "kind = 'scaled-noise-gd'\nstep = 1.0\nnoise = { sigma = 1.0, exponent = 2.0 }";
    let advice_of_growing = advice(&text((QUADRATIC, growing, 500.0, &[])));
    assert!(advice_of_growing.contains("stable for no step; write a noise.cap"), "{advice_of_growing}");
    let far = "kind = 'quadratic'\neigenvalues = [1.0]\n[start]\nstd = 1e200\n";
    let advice_of_far = advice(&text((far, "kind = 'sgd-sde'\ns = 0.1\ndt = 0.1", 10.0, &[])));
    assert_eq!(
        advice_of_far,
        "they start there: ‖W‖ must be at most 1e30; let the particles start closer to 0"
    );
}
