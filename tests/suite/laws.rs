//! The scheme's own laws, within five standard errors and with power.

use crate::checks::{one_step, quadratic_law, sgd_noise};
use crate::support::law::{assert_law, mean_variance, near, passes};
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny};
use crate::support::studies::{curve, outcome, plan};
use sgd_sde::dynamics::{EulerMaruyama, Sampling, Sgd};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{Potential, Quadratic};

const THETA: [f64; 3] = [0.5, 1.0, 2.0];

/// Error rate: 9 checks, below 10⁻⁵.
#[test]
fn euler_maruyama_follows_its_own_recursions_on_a_quadratic() {
    let potential = Quadratic::new(THETA.to_vec());
    let (s, dt) = (0.3, 0.2);
    passes(quadratic_law(&EulerMaruyama::new(&potential, s, dt, 4), &THETA, s, dt));
    passes(quadratic_law(&EulerMaruyama::on_refined_path(&potential, s, dt, 3, 4), &THETA, s, dt));
}

/// Error rate: 2 checks, below 10⁻⁵.
#[test]
fn one_step_moves_by_noise_and_slope() {
    let potential = Quadratic::new(THETA.to_vec());
    let (s, dt, point) = (0.4, 0.05, [1.0, -1.0, 0.5]);
    let slope = [0.5, -1.0, 1.0];
    passes(one_step(&EulerMaruyama::new(&potential, s, dt, 8), s, dt, &point, &slope));
    let tiny = Tiny::new(ACTIVATIONS[2], 1.0, LOSSES[0], 6);
    let net = tiny.potential(Backend::detect());
    let (point, mut slope) = (Tiny::point(), vec![0.0; 6]);
    net.value_gradient(&point, &mut slope, &mut net.scratch());
    passes(one_step(&EulerMaruyama::new(&net, s, dt, 8), s, dt, &point, &slope));
}

/// Error rate: 18 checks, below 2·10⁻⁵.
#[test]
fn the_noise_of_sgd_has_the_covariance_of_its_sampling() {
    let tiny = Tiny::new(ACTIVATIONS[0], 1.0, LOSSES[1], 6);
    let net = tiny.potential(Backend::detect());
    for (sampling, factor) in
        [(Sampling::WithReplacement, 1.0), (Sampling::WithoutReplacement, 0.8), (Sampling::Epochs, 0.8)]
    {
        passes(sgd_noise(&Sgd::new(&net, 0.1, 2, sampling, 6), &tiny, 0.1, factor));
    }
}

/// Mean and variance of each weight under Euler–Maruyama after `k` steps.
fn exact(theta: f64, s: f64, dt: f64, k: u64, (mean, variance): (f64, f64)) -> (f64, f64) {
    let factor = 1.0 - dt * theta;
    (0..k).fold((mean, variance), |(m, v), _| (factor * m, factor * factor * v + s * dt))
}

/// A whole study with 20 000 particles against the exact law at every observed step: E L̃ with the exact standard error,
/// and finding half of the noise's part. Error rate: 60 checks, below 4·10⁻⁵.
#[test]
fn a_quadratic_study_gives_the_exact_risk_at_every_step() {
    let (s, dt) = (0.1, 0.1);
    let outcome = outcome(
        "[problem]\nkind = 'quadratic'\neigenvalues = [0.5, 1.0, 2.0]\n[start]\nlaw = 'point'\nat = [1.0, -1.0, 1.0]\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 20000\n[time]\nhorizon = 3.0\npoints = 31\n\
         [observe]\nquantities = ['risk', 'virial', 'laplacian']\n",
        0,
    );
    let (risks, virials) = (curve(&outcome, "sgd-sde", "risk"), curve(&outcome, "sgd-sde", "virial"));
    assert_eq!(risks.len(), 31);
    for (k, (risk, virial)) in risks.iter().zip(virials).enumerate() {
        assert_eq!((risk.step, risk.n), (k as u64, 20_000));
        let laws = THETA.iter().zip([1.0, -1.0, 1.0]);
        let laws: Vec<(f64, f64, f64)> = laws
            .map(|(&theta, w)| (theta, exact(theta, s, dt, k as u64, (w, 0.0))))
            .map(|(theta, (m, v))| (theta, m, v))
            .collect();
        let want: f64 = laws.iter().map(|(t, m, v)| 0.5 * t * (m * m + v)).sum();
        let variance: f64 = laws.iter().map(|(t, m, v)| t * t * (0.5 * v * v + m * m * v)).sum();
        let (got, virial) = (risk.mean.unwrap(), virial.mean.unwrap());
        if k == 0 {
            assert_eq!((got, risk.std_err), (want, Some(0.0)));
            continue;
        }
        let noise: f64 = laws.iter().map(|(t, _, v)| 0.5 * t * v).sum();
        let std_err = (variance / 20_000.0).sqrt();
        assert_law("E L", got, want, std_err, 0.5 * noise);
        assert_law("virial", virial, 2.0 * want, 2.0 * std_err, noise);
        passes(near("standard error", risk.std_err.unwrap() / std_err, 1.0, 0.1));
    }
    for row in curve(&outcome, "sgd-sde", "laplacian") {
        assert_eq!((row.mean, row.std_err), (Some(3.5), Some(0.0)));
    }
}

/// E⟨W, ∇L̃⟩ = D s/2 under the Gibbs measure; Euler–Maruyama's stationary value is (s/2) Σ 1/(1 − hθ/2). Error rate: 2·10⁻⁶.
#[test]
fn the_virial_of_a_quadratic_is_half_s_a_weight_with_the_exact_correction() {
    let (s, dt) = (0.2, 0.25);
    let outcome = outcome(
        "[problem]\nkind = 'quadratic'\neigenvalues = [0.5, 1.0, 2.0]\n[start]\nlaw = 'stationary'\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.2\ndt = 0.25\nparticles = 20000\n[time]\nhorizon = 25\npoints = 2\n\
         [observe]\nquantities = ['virial']\n",
        0,
    );
    let rows = curve(&outcome, "sgd-sde", "virial");
    let variance =
        |factor: fn(f64) -> f64| THETA.iter().map(|&t| 0.5 * s * s * factor(t).powi(2)).sum::<f64>();
    let at_start = (variance(|_| 1.0) / 20_000.0).sqrt();
    assert_law("at the start", rows[0].mean.unwrap(), 1.5 * s, at_start, 0.2 * s);
    let corrected = |t: f64| 1.0 / (1.0 - 0.125 * t);
    assert_eq!(0.125, dt / 2.0);
    let want: f64 = THETA.iter().map(|&t| 0.5 * s * corrected(t)).sum();
    let std_err = (variance(|t| 1.0 / (1.0 - 0.125 * t)) / 20_000.0).sqrt();
    // The correction itself, 0.26 s, is what must be told from nothing.
    assert_law("at the end", rows[1].mean.unwrap(), want, std_err, 0.2 * s);
}

/// Error rate: 8 checks, below 10⁻⁵.
#[test]
fn starts_have_the_laws_they_name() {
    let quadratic = |start: &str| {
        format!(
            "[problem]\nkind = 'quadratic'\neigenvalues = [0.5, 2.0]\n[start]\n{start}\n\
             [[process]]\nkind = 'sgd-sde'\ns = 0.3\n[time]\nhorizon = 1\n"
        )
    };
    let net = "[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 1\nlambda = 0.05\n\
               [problem.data]\nkind = 'margin'\nsamples = 20\ndim = 2\n[start]\nlaw = 'prior'\n\
               [[process]]\nkind = 'sgd-sde'\ns = 0.3\n[time]\nhorizon = 1\n";
    let cases = [
        (quadratic("law = 'gaussian'\nstd = 0.7"), [0.49, 0.49]),
        (quadratic("law = 'gaussian'"), [1.0, 1.0]),
        (quadratic("law = 'stationary'"), [0.3, 0.075]),
        (net.to_owned(), [3.0, 3.0]),
    ];
    for (text, variances) in cases {
        let plan = plan(&text);
        let mut columns = [Vec::new(), Vec::new()];
        for particle in 0..20_000 {
            let mut w = [0.0; 2];
            plan.start.draw(particle, 9, &mut w);
            columns.iter_mut().zip(w).for_each(|(column, w)| column.push(w));
        }
        for (column, want) in columns.iter().zip(variances) {
            let (mean, variance) = mean_variance(column);
            assert_law("mean", mean, 0.0, (want / 20_000.0_f64).sqrt(), 0.05 * want.sqrt());
            assert_law("variance", variance, want, want * 0.01, 0.06 * want);
        }
    }
}

/// E_μ L̃ = 0.0922762 and the virial s/2 = 0.2 of the double well at s = 0.4. The bias of Euler–Maruyama is O(h): two steps
/// on one path give 2 m(h/2) − m(h), whose bias is O(h²), below 10⁻³ at h = 0.04. Error rate: 2·10⁻⁶.
#[test]
fn the_double_well_settles_at_the_gibbs_measure() {
    let outcome = outcome(
        "[problem]\nkind = 'double-well'\n\
         [[process]]\nname = 'coarse'\nkind = 'sgd-sde'\ns = 0.4\ndt = 0.04\nrefinement = 2\nparticles = 100000\n\
         [[process]]\nname = 'fine'\nkind = 'sgd-sde'\ns = 0.4\ndt = 0.02\nparticles = 100000\n\
         [start]\nlaw = 'gaussian'\nstd = 0.9\n[time]\nhorizon = 12\npoints = 2\n[observe]\nquantities = ['risk', 'virial']\n",
        0,
    );
    assert!(outcome.results.processes.iter().all(|row| row.divergences == 0));
    for (quantity, want, bias) in [("risk", 0.0922762, 5e-4), ("virial", 0.2, 1e-3)] {
        let last = |process: &str| *curve(&outcome, process, quantity).last().unwrap();
        let (fine, difference) = (last("fine"), last("coarse|fine"));
        let got = fine.mean.unwrap() - difference.mean.unwrap();
        let std_err = fine.std_err.unwrap() + difference.std_err.unwrap() + bias / 5.0;
        assert_law(quantity, got, want, std_err, 0.1 * want);
    }
}

/// Without attack and threshold the provable update is v ← v − (s/b)Σ 1{w*·x > 0} x xᵀ v for v = w − w*, and since the mean of
/// 1{…}‖x‖² x xᵀ is (d + 2)/2 by symmetry, E‖v‖² shrinks by 1 − s + s²[(d + 2)/(2b) + (1 − 1/b)/4] a step, whatever its direction. Error
/// rate: 5 checks, below 10⁻⁵. Finds a twentieth of the shrinkage; gradient steps, whose half space is another, do not fit.
#[test]
fn the_provable_update_without_attack_shrinks_by_its_exact_factor() {
    let (s, batch, dim, steps) = (0.1, 4, 10, 20);
    let ran = |update: &str| {
        let study = format!(
            "[problem]\nkind = 'relu-gate'\ndim = {dim}\n[start]\nlaw = 'point'\nat = {:?}\n\
             [[process]]\nname = 'p'\nkind = 'one-pass-sgd'\nupdate = '{update}'\ns = {s}\nbatch = {batch}\nparticles = 20_000\n\
             [time]\nhorizon = {}\npoints = 6\n[observe]\nquantities = ['distance', 'squared_norm']\n",
            vec![0.3; dim],
            s * f64::from(steps)
        );
        outcome(&study, 2)
    };
    let (b, d) = (f64::from(batch), dim as f64);
    let factor = 1.0 - s + s * s * ((d + 2.0) / (2.0 * b) + 0.25 * (1.0 - 1.0 / b));
    // The mean of squares from mean and standard error of the distance: E X² = (E X)² + n se².
    let squares = |update: &str| -> Vec<(i32, f64, f64)> {
        let outcome = ran(update);
        let rows = outcome.results.curves.into_iter().filter(|row| row.quantity == "distance");
        rows.map(|row| {
            let (mean, error, n) = (row.mean.unwrap(), row.std_err.unwrap_or(0.0), row.n as f64);
            (row.step as i32, mean * mean + (n - 1.0) * error * error, 2.0 * mean * error)
        })
        .collect()
    };
    let provable = squares("provable");
    let first = provable[0].1;
    for &(step, square, error) in &provable[1..] {
        let want = first * factor.powi(step);
        // The square of a chi-like number has a larger error than the linear part alone: doubled.
        assert_law(&format!("step {step}"), square, want, 2.0 * error, 0.05 * want);
    }
    let &(step, square, error) = squares("gradient").last().unwrap();
    assert!((square - first * factor.powi(step)).abs() > 10.0 * error, "SGD should not fit: {square}");
}
