//! A particle that leaves the finite numbers is an outcome with a place and a time, not a crash.

use crate::support::program::{fits_80_columns, folder, lines, program};
use crate::support::studies::{curve, outcome};
use sgd_sde::dynamics::{Block, EulerMaruyama, Process};
use sgd_sde::ensemble::{Divergence, Ensemble, LARGEST_NORM, Start};
use sgd_sde::error::{AllDiverged, Error};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::DoubleWell;

const DT: f64 = 0.3;
const S: f64 = 0.5;
const PARTICLES: u64 = 1200;

/// Far starts of a double well with a step that is too large for them.
fn study(std: f64) -> String {
    format!(
        "seed = 6\n[problem]\nkind = 'double-well'\n[start]\nstd = {std}\n\
         [[process]]\nname = 'coarse'\nkind = 'sgd-sde'\ns = {S}\ndt = {DT}\nparticles = {PARTICLES}\n\
         [[process]]\nname = 'fine'\nkind = 'sgd-sde'\ns = {S}\ndt = 0.005\nparticles = 1000\n\
         [time]\nhorizon = 6.0\npoints = 11\n[observe]\nquantities = ['risk', 'laplacian', 'virial']\n"
    )
}

/// The same particles one step at a time, with the test's own arithmetic: at which step |x| leaves the range that counts.
fn step_by_step(steps: u64) -> Vec<Divergence> {
    let process = EulerMaruyama::new(&DoubleWell, S, DT, 6);
    let mut noise = process.noise(PARTICLES as usize);
    let start = Start::Gaussian { std: 2.0 };
    let mut block = Block { first: 0, dim: 1, weights: vec![0.0; PARTICLES as usize], extra: Vec::new() };
    for (i, w) in block.weights.chunks_exact_mut(1).enumerate() {
        start.draw(i as u64, 6, w);
    }
    let mut found = Vec::new();
    for step in 0..steps {
        process.draw(&block, step, &mut noise);
        for (i, (x, xi)) in block.weights.iter_mut().zip(&noise.normals).enumerate() {
            let before = x.abs() <= LARGEST_NORM;
            *x = *x - DT * *x * (*x * *x - 1.0) + (S * DT).sqrt() * xi;
            let after = x.abs() <= LARGEST_NORM;
            if before && !after {
                found.push(Divergence { particle: i as u64, step: step + 1, time: (step + 1) as f64 * DT });
            }
        }
    }
    found
}

#[test]
fn divergences_are_found_at_their_exact_step() {
    let want = step_by_step(20);
    assert!(want.len() > 50 && (want.len() as u64) < PARTICLES / 2, "{} diverge", want.len());
    let process = EulerMaruyama::new(&DoubleWell, S, DT, 6);
    for pieces in [&[20][..], &[1, 2, 3, 11, 20]] {
        let threads = Threads::new(2).unwrap();
        let mut ensemble = Ensemble::new(&process, &Start::Gaussian { std: 2.0 }, PARTICLES, 6);
        pieces.iter().for_each(|&step| ensemble.advance(step, &threads));
        assert_eq!(ensemble.divergences(), want);
    }
}

#[test]
fn a_study_goes_on_without_the_particles_it_lost() {
    let outcome = outcome(&study(2.0), 2);
    let lost = step_by_step(20);
    let row = &outcome.results.processes[0];
    assert_eq!((row.divergences, row.steps), (lost.len() as u64, 20));
    assert_eq!(row.first_divergences[..], lost[..20]);
    assert!(outcome.failure.is_none());
    for (row, risk) in curve(&outcome, "coarse", "laplacian").iter().zip(curve(&outcome, "coarse", "risk")) {
        let gone = |step| lost.iter().filter(|d| d.step <= step).count() as u64;
        assert_eq!(row.n, PARTICLES - gone(row.step), "step {}", row.step);
        assert_eq!(risk.n, row.n, "step {}", row.step);
    }
    for row in &outcome.results.curves {
        // The error of numbers whose squares overflow is unknown, not infinite.
        let errors = [row.std_err, row.ci_low, row.ci_high];
        assert!(
            row.mean.is_some_and(f64::is_finite) && errors.iter().flatten().all(|x| x.is_finite()),
            "{row:?}"
        );
    }
    // A pair has the particles that both still have, of the first thousand.
    let last = curve(&outcome, "coarse|fine", "laplacian").pop().unwrap();
    assert_eq!(last.n, 1000 - lost.iter().filter(|d| d.particle < 1000).count() as u64);
    let weights = &outcome.particles[0].1;
    for (i, w) in weights.iter().enumerate() {
        assert_eq!(w.is_nan(), lost.iter().any(|d| d.particle == i as u64), "particle {i}");
    }
}

#[test]
fn a_process_that_loses_all_its_particles_fails_and_leaves_whole_results() {
    let outcome = outcome(
        &format!(
            "[problem]\nkind = 'double-well'\n[start]\nlaw = 'point'\nat = [1000.0]\n\
             [[process]]\nname = 'coarse'\nkind = 'sgd-sde'\ns = {S}\ndt = {DT}\nparticles = {PARTICLES}\n\
             [time]\nhorizon = 6.0\npoints = 11\n"
        ),
        1,
    );
    let Some(AllDiverged { process, particles, particle, step, time, .. }) = &outcome.failure else {
        panic!("all particles of 'coarse' diverge");
    };
    assert_eq!((process.as_str(), *particles, *particle), ("coarse", PARTICLES, 0));
    assert!(*step >= 1 && *time == *step as f64 * DT);
    let message = outcome.failure.as_ref().unwrap().to_string();
    assert!(
        message.contains("all 1200 particles") && message.contains("the curvature reaches 3e6"),
        "{message}"
    );
    assert_eq!(Error::from(outcome.failure.clone().unwrap()).exit_code(), 1);
    let rows = curve(&outcome, "coarse", "risk");
    assert_eq!((rows[0].n, rows.last().unwrap().n, rows.last().unwrap().mean), (PARTICLES, 0, None));
    let last =
        outcome.results.estimates.iter().find(|e| e.name == "risk_final" && e.process == "coarse").unwrap();
    assert_eq!((last.value, last.note.as_str()), (None, "all particles diverged"));
}

/// Weights of 10⁴: pre-activations far beyond the range of e^z stay finite, and the penalty brings them back.
#[test]
fn huge_pre_activations_are_no_divergence() {
    for activation in ["sigmoid", "tanh", "softplus"] {
        let text = format!(
            "[problem]\nkind = 'two-layer'\nactivation = '{activation}'\nwidth = 3\nlambda = 1.0\nbeta = 3\n\
             [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 3\n[start]\nstd = 10000\n\
             [[process]]\nkind = 'sgd'\ns = 0.125\nbatch = 5\nparticles = 40\n\
             [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.125\nparticles = 40\n\
             [time]\nhorizon = 20\npoints = 9\n[observe]\nquantities = ['risk', 'laplacian', 'gradient_norm']\n"
        );
        let outcome = outcome(&text, 2);
        assert!(outcome.results.processes.iter().all(|row| row.divergences == 0));
        assert!(outcome.results.curves.iter().all(|row| row.mean.is_some_and(f64::is_finite)));
        let risk = curve(&outcome, "sgd", "risk");
        assert!(risk[0].mean.unwrap() > 1e6 && risk[8].mean.unwrap() < 10.0, "{activation}");
    }
}

/// λ = 0 and data that can be separated: the infimum lies at infinity, and the weights go there, ever more slowly. No particle is lost.
#[test]
fn weights_that_grow_without_bound_are_no_divergence() {
    let outcome = outcome(
        "[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 3\nlambda = 0.0\n\
         [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 2\n\
         [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 1.0\nbatch = 5\nparticles = 20\n\
         [time]\nhorizon = 4000\npoints = 5\n[observe]\nquantities = ['risk', 'squared_norm']\n",
        2,
    );
    assert!(outcome.failure.is_none() && outcome.results.processes[0].divergences == 0);
    let norms: Vec<f64> =
        curve(&outcome, "sgd", "squared_norm").iter().map(|row| row.mean.unwrap()).collect();
    assert!(norms.windows(2).all(|pair| pair[1] > pair[0]), "{norms:?}");
    assert!(norms[4] - norms[3] < norms[2] - norms[1], "more slowly: {norms:?}");
}

/// Gates as sharp as steps: their slopes are huge and then 0. Nothing is lost, and nothing is made up.
#[test]
fn a_huge_beta_loses_nothing_or_says_so() {
    for (activation, beta) in [("sigmoid", 1e6), ("tanh", 1e12), ("softplus", 1e6), ("tanh", 1e200)] {
        let outcome = outcome(
            &format!(
                "[problem]\nkind = 'two-layer'\nactivation = '{activation}'\nbeta = {beta:e}\nwidth = 3\nlambda = 0.1\n\
                 [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 2\n\
                 [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 20\n\
                 [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 5\nparticles = 20\n\
                 [time]\nhorizon = 10\npoints = 5\n[observe]\nquantities = ['risk', 'squared_norm']\n"
            ),
            2,
        );
        for process in &outcome.results.processes {
            assert_eq!(process.first_divergences.len() as u64, process.divergences.min(20));
            let rows = curve(&outcome, &process.name, "risk");
            assert_eq!(rows.last().unwrap().n + process.divergences, 20, "{activation} {beta:e}");
            assert!(rows.iter().all(|row| row.mean.is_none_or(f64::is_finite)), "{activation} {beta:e}");
        }
    }
}

/// Some particles are lost: who, of how many and when stands in the summary and in every estimate of theirs.
#[test]
fn lost_particles_are_told_in_summary_and_tables() {
    let folder = folder(&study(2.0));
    let said = program(folder.path(), &["run", "study.toml", "--out", "out"]).done();
    fits_80_columns(&said);
    let lost = step_by_step(20);
    let first = lost.iter().min_by_key(|d| (d.step, d.particle)).unwrap();
    let words = format!(
        "coarse: {} of {PARTICLES} particles diverged, the first (particle {}) at t = {} (step {})",
        lost.len(),
        first.particle,
        sgd_sde::estimates::significant(first.time),
        first.step
    );
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(&format!("{words}; each is left out from there on")),
        "{words} not in {}",
        said.out
    );
    let estimates = lines(&folder.path().join("out/estimates.csv"));
    let (coarse, others): (Vec<&String>, Vec<&String>) =
        estimates[1..].iter().partition(|line| line.split(',').nth(1).unwrap().contains("coarse"));
    assert!(coarse.len() >= 2 && coarse.iter().all(|line| line.contains(&words)), "{coarse:?}");
    assert!(others.iter().all(|line| !line.contains("diverged")), "{others:?}");
}
