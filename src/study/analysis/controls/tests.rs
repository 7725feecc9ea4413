use super::*;
use crate::estimates::Moments;
use crate::numerics::Backend;
use crate::study::source::Source;
use std::path::Path;

const PARTICLES: u64 = 3000;

/// A study of one process at one point of `problem`.
fn plan(problem: &str, process: &str) -> Plan {
    let text = format!(
        "[problem]\n{problem}\n[[process]]\n{process}\nparticles = 8\n[time]\nhorizon = 1.6\npoints = 5\n"
    );
    Plan::new(&Source::parse(Path::new("study.toml"), &text).unwrap(), Backend::detect()).unwrap()
}

const SQUARES: &str = "kind = 'least-squares'\nlambda = 0.2\n[problem.data]\nkind = 'linear'\nsamples = 12\ndim = 2\n\
                       [start]\nlaw = 'point'\nat = [1.5, -1.0]";
const NET: &str = "kind = 'two-layer'\nactivation = 'tanh'\nwidth = 2\nlambda = 0.2\n\
                   [problem.data]\nkind = 'margin'\nsamples = 12\ndim = 2\n\
                   [start]\nlaw = 'point'\nat = [1.0, -0.5, 0.5, 1.0]";
const KINDS: [&str; 13] = [
    "kind = 'sgd'\ns = 0.1\nbatch = 2",
    "kind = 'sgd'\ns = 0.1\nbatch = 2\nsampling = 'without-replacement'",
    "kind = 'sgd'\ns = 0.1\nbatch = 2\nsampling = 'epochs'",
    "kind = 'sgd-sde'\ns = 0.1\ndt = 0.05",
    "kind = 'sgd-sde'\ns = 0.1\ndt = 0.05\nscheme = 'heun'",
    "kind = 'gradient-flow'\ndt = 0.1",
    "kind = 'covariance-sde'\ns = 0.1\nbatch = 2\ndt = 0.05",
    "kind = 'covariance-sde'\ns = 0.1\nbatch = 2\ndt = 0.05\nscheme = 'heun'",
    "kind = 'second-order-sde'\ns = 0.1\nbatch = 2\ndt = 0.05",
    "kind = 'svag'\ns = 0.1\nbatch = 2\nl = 2",
    "kind = 'momentum-sgd'\ns = 0.1\nbatch = 2",
    "kind = 'underdamped-sde'\ns = 0.1\ndt = 0.05",
    "kind = 'bounded-noise-gd'\nstep = 0.1\nvariance = 0.2\nexponent = 1.0",
];

/// The controls of a process after four pieces of its path, for both quantities that have any.
fn controls(plan: &Plan) -> Vec<Vec<f64>> {
    let (dynamics, threads) = (&plan.study.process[0].dynamics, Threads::new(1).unwrap());
    let process = plan.process(dynamics);
    let seed = plan.study.seed;
    let mut ensemble = Ensemble::new(process.as_ref(), &plan.start, PARTICLES, seed);
    let last = plan.clock.observations.last().unwrap().steps[0];
    let path = response_path(plan, dynamics, last);
    let response = linear_response(plan, dynamics, path.as_ref(), seed);
    let mut controls = Controls::new(plan, dynamics, response.as_ref(), (PARTICLES, seed));
    for observation in &plan.clock.observations {
        ensemble.advance(observation.steps[0], &threads);
        controls.advance(observation.steps[0], &threads);
    }
    [Quantity::Risk, Quantity::SquaredNorm].iter().flat_map(|q| controls.of(*q, &ensemble)).collect()
}

/// Some 60 means with five standard errors: a correct program fails once in 30 000. Finds 0.1 standard deviations.
#[test]
fn every_control_has_mean_zero() {
    for problem in [SQUARES, NET] {
        for kind in KINDS {
            for control in controls(&plan(problem, kind)) {
                let mean = Moments::of(control.iter().copied()).estimate().unwrap();
                let (value, std_err) = (mean.value, mean.std_err.unwrap());
                // Without noise the controls are rounding.
                assert!(value.abs() <= 5.0 * std_err + 1e-12, "{problem}\n{kind}: {mean:?}");
            }
        }
    }
}

#[test]
fn processes_without_a_known_mean_have_no_controls() {
    let count = |problem: &str, kind: usize| controls(&plan(problem, KINDS[kind])).len();
    // Epochs, momentum, inertia, shrinking steps.
    assert!([2, 10, 11, 12].iter().all(|kind| count(SQUARES, *kind) + count(NET, *kind) == 0));
    // Two for each quantity, but the path alone where no response is known.
    assert!([0, 1, 3, 4, 6, 7, 8].iter().all(|kind| count(SQUARES, *kind) == 4 && count(NET, *kind) == 4));
    assert_eq!((count(SQUARES, 9), count(NET, 9)), (2, 0));
}
