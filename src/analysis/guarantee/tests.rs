//! Bounds and estimates against the truth on a grid, and against themselves broken on purpose.

use super::*;
use crate::analysis::certificate::{Ingredients, LowerBounds};
use crate::analysis::spectrum::Grid;
use crate::numerics::{Activation, Backend, Loss};
use crate::parallel::Threads;
use crate::problem::data::{LabelKind, Rows, Split};
use crate::problem::{Potential, Precision, Quantity, Scratch, TwoLayer, TwoLayerSettings, minimise};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

const ROWS: usize = 12;

/// A random net of `width` units and `inputs` inputs.
fn random_net(number: u64, width: usize, inputs: usize, loss: Loss) -> TwoLayer {
    let mut stream = Key::new(number, Purpose::Data).tagged(91).stream(0, 0);
    let activations = [Activation::Sigmoid, Activation::Tanh, Activation::SoftPlus];
    let choices = if loss == Loss::Square { 2 } else { 3 };
    let activation = activations[stream.random_range(0..choices)];
    let beta = 0.3 + 2.7 * stream.random::<f64>();
    let lambda = 0.02 * 50.0_f64.powf(stream.random());
    let mut normals = |n: usize| (0..n).map(|_| stream.sample(StandardNormal)).collect::<Vec<f64>>();
    let (outer, rows) = (normals(width), normals(ROWS * inputs));
    let labels = normals(ROWS).into_iter().map(|y| if loss == Loss::Logistic { y.signum() } else { y });
    let train = Rows { inputs: rows, labels: labels.collect(), dim: inputs };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: inputs };
    let (backend, precision) = (Backend::Portable, Precision::F64);
    let settings = TwoLayerSettings { activation, beta, loss, outer, lambda, backend, precision };
    let split = Split { train, test, train_indices: (0..ROWS).collect(), test_indices: Vec::new() };
    TwoLayer::new(settings, split, LabelKind::Real)
}

/// Everything that is known of a net; ΔG ≤ (h_max ‖a‖² M_D² + g_max ‖a‖₁ M'_D) tr Σ_x.
fn facts(net: &TwoLayer, s: f64) -> RiskFacts {
    let (constants, settings, rows) = (net.constants(), net.settings(), net.train_rows());
    let trace = rows.inputs.iter().map(|x| x * x).sum::<f64>() / rows.len() as f64;
    let top = constants.data.mean_square_top_eigenvalue;
    let slope = settings.activation.max_slope(settings.beta);
    let largest = settings.outer.iter().fold(0.0_f64, |m, a| m.max(a.abs()));
    let sum: f64 = settings.outer.iter().map(|a| a.abs()).sum();
    let h_max = if settings.loss == Loss::Logistic { 0.25 } else { 1.0 };
    let positive = h_max * (constants.outer_norm * slope).powi(2);
    let negative = constants.negative_curvature;
    let gap_lower = negative.and_then(|m| {
        let (k, osc) = (constants.gradient_bound, constants.oscillation);
        let (lambda, gradient_bound, oscillation) = (settings.lambda, k, osc);
        LowerBounds::new(&Ingredients { lambda, s, negative_curvature: m, gradient_bound, oscillation })
            .best()
    });
    RiskFacts {
        dim: net.dim(),
        s,
        lambda: settings.lambda,
        negative_curvature: negative,
        gradient_bound: constants.gradient_bound,
        oscillation: constants.oscillation,
        laplacian_bound: negative.map(|m| (positive + m / top / largest * sum) * trace),
        gradient_lipschitz: constants.gradient_lipschitz,
        growth: Some((constants.outer_norm * slope).powi(2) * top),
        gap_lower: gap_lower.map(|best| best.1),
    }
}

fn noise(number: u64) -> f64 {
    0.05 * 20.0_f64.powf(Key::new(number, Purpose::Data).tagged(92).stream(0, 0).random())
}

/// One weight each, all activations and both losses; then a few of two.
fn nets() -> Vec<(u64, TwoLayer)> {
    let losses = [Loss::Logistic, Loss::Square];
    let mut nets: Vec<(u64, TwoLayer)> =
        (0..60).map(|n| (n, random_net(n, 1, 1, losses[n as usize % 2]))).collect();
    nets.extend(
        (100..104)
            .map(|n| (n, random_net(n, 1 + n as usize % 2, 2 - n as usize % 2, losses[n as usize / 2 % 2]))),
    );
    nets
}

fn lowest(net: &TwoLayer) -> f64 {
    let starts: Vec<Vec<f64>> = (-12..=12).map(|k| vec![f64::from(k) * 0.7; net.dim()]).collect();
    let mixed =
        (-12..=12).map(|k| (0..net.dim()).map(|j| f64::from(k) * if j == 0 { 0.7 } else { -0.7 }).collect());
    minimise(net, &starts.into_iter().chain(mixed).collect::<Vec<_>>()).unwrap().value
}

/// Excess, second moment, deviation: bounds ≥ truth on every net, and not idle: half of them within a factor of 20.
#[test]
fn explicit_moments_hold_on_random_nets() {
    let mut ratios = [Vec::new(), Vec::new(), Vec::new()];
    let mut arguments = std::collections::BTreeMap::<&str, usize>::new();
    for (number, net) in nets() {
        let s = noise(number);
        let Ok(grid) = Grid::new(&net, s, None) else { continue };
        let minimum = lowest(&net);
        let risk = grid.quantity(Quantity::Risk).unwrap();
        let (mean, deviation) = (grid.mean(&risk), grid.standard_deviation(&risk));
        let excess = mean.value - minimum;
        let bounds = MomentBounds::new(&facts(&net, s));
        let truths = [excess, excess.hypot(deviation.value), deviation.value];
        let found = [bounds.excess, bounds.second_moment, bounds.deviation];
        for ((truth, bound), ratios) in truths.into_iter().zip(found).zip(&mut ratios) {
            let bound = bound.unwrap();
            let slack = 1.0 + 1e-6 + 2.0 * (mean.error + deviation.error) / truth;
            assert!(
                bound.value * slack >= truth,
                "net {number}, s = {s}: {bound:?} below {truth}, {:?}",
                net.settings()
            );
            ratios.push(bound.value / truth);
            *arguments.entry(bound.argument.name()).or_default() += 1;
        }
    }
    for ratios in &mut ratios {
        ratios.sort_by(f64::total_cmp);
        println!(
            "{} nets, bound/truth {:.3} … {:.3} … {:.3}",
            ratios.len(),
            ratios[0],
            ratios[ratios.len() / 2],
            ratios[ratios.len() - 1]
        );
        assert!(ratios.len() >= 55 && ratios[ratios.len() / 2] < 20.0);
    }
    println!("{arguments:?}");
}

/// τ² below, at and above σ² = s/(2λ), up to the limit: the bound is above the grid's ln(1 + χ²) and the estimate within 4.5 of its
/// errors of it (of 200 estimates a right program misses one once in 700).
#[test]
fn the_start_is_bounded_and_estimated_on_random_nets() {
    let threads = Threads::new(1).unwrap();
    let (mut estimates, mut worst, mut ratios) = (0, 0.0_f64, Vec::new());
    for (number, net) in nets() {
        let s = noise(number);
        let Ok(grid) = Grid::new(&net, s, None) else { continue };
        let facts = facts(&net, s);
        let prior = 0.5 * s / facts.lambda;
        for factor in [0.3, 1.0, 1.5] {
            let variances = vec![factor * prior; net.dim()];
            let truth = grid.gaussian_log_chi_square(&vec![0.0; net.dim()], &variances).unwrap();
            if !truth.value.is_finite() || truth.error > 1e-6 {
                continue;
            }
            let law = StartLaw::new(Some(&variances), &facts, None);
            let bound = law.ln_one_plus_chi_squared().unwrap();
            assert!(
                bound >= truth.value - truth.error - 1e-9,
                "net {number}, τ²/σ² = {factor}: {bound} below {truth:?}"
            );
            ratios.push(bound / truth.value);
            let settings = ImportanceSettings { draws: 4096, seed: number, plain: false };
            let Ok(found) = chi_squared_estimate(&net, s, &variances, &settings, &threads) else { continue };
            let error = found.ln_one_plus_chi_squared.std_err.unwrap();
            let miss = (found.ln_one_plus_chi_squared.value - truth.value) / error.hypot(truth.error);
            assert!(
                miss.abs() < 4.5,
                "net {number}, τ²/σ² = {factor}: {found:?}, exact {truth:?}, {miss} errors"
            );
            assert!(error < 0.2, "no power: {found:?}");
            (estimates, worst) = (estimates + 1, worst.max(miss.abs()));
        }
        let wide = StartLaw::new(Some(&vec![2.01 * prior; net.dim()]), &facts, None);
        assert!(matches!(wide, StartLaw::Infinite(WhyInfinite::TooWide { .. })));
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "{} bounds, over truth {:.3} … {:.3}; {estimates} estimates, largest miss {worst:.2} errors",
        ratios.len(),
        ratios[0],
        ratios[ratios.len() / 2]
    );
    assert!(estimates > 150, "{estimates}");
}

/// ⟨v, w⟩ + (λ/2)‖w‖²: μ_s = N(−v/λ, σ² I), everything in closed form.
struct Tilt {
    slope: Vec<f64>,
    lambda: f64,
}

impl Potential for Tilt {
    fn dim(&self) -> usize {
        self.slope.len()
    }
    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
        gradient.iter_mut().zip(w).zip(&self.slope).for_each(|((g, x), v)| *g = v + self.lambda * x);
        w.iter().zip(&self.slope).map(|(x, v)| (v + 0.5 * self.lambda * x) * x).sum()
    }
    fn penalty(&self) -> f64 {
        self.lambda
    }
}

fn tilt(dim: usize) -> (Tilt, RiskFacts, f64) {
    let (lambda, s) = (0.5, 0.02);
    let slope: Vec<f64> = (0..dim).map(|k| 0.2 * (k as f64 + 1.0).sin() / (dim as f64).sqrt()).collect();
    let k = slope.iter().map(|v| v * v).sum::<f64>().sqrt();
    let facts = RiskFacts {
        dim,
        s,
        lambda,
        negative_curvature: Some(0.0),
        gradient_bound: Some(k),
        oscillation: None,
        laplacian_bound: Some(0.0),
        gradient_lipschitz: Some(lambda),
        growth: None,
        gap_lower: Some(lambda),
    };
    (Tilt { slope, lambda }, facts, k)
}

/// The bound is attained by linear G for every τ, and at τ = σ it is 2K²/(λs).
#[test]
fn linear_data_terms_attain_the_bound_of_the_start() {
    let (_, facts, k) = tilt(3);
    let (s, prior) = (facts.s, 0.5 * facts.s / facts.lambda);
    for factor in [0.2, 0.999, 1.0, 1.7] {
        let variance = factor * prior;
        let bound = StartLaw::new(Some(&[variance; 3]), &facts, None).ln_one_plus_chi_squared().unwrap();
        // N(0, τ²) against N(m, σ²) a weight: σ²/(τ√(2σ²−τ²)) · e^{m²/(2σ²−τ²)}, m = v/λ.
        let room = 2.0 * prior - variance;
        let exact = 3.0 * (prior / (variance * room).sqrt()).ln() + (k / facts.lambda).powi(2) / room;
        assert!((bound / exact - 1.0).abs() < 1e-12, "τ²/σ² = {factor}: {bound} {exact}");
    }
    let at_prior = StartLaw::new(Some(&[prior; 3]), &facts, None).ln_one_plus_chi_squared().unwrap();
    assert!((at_prior * facts.lambda * s / (2.0 * k * k) - 1.0).abs() < 1e-12);
}

/// 160 weights: the t laws around the mode see the closed form to a per cent; plain Monte Carlo at this s does not, and says so.
#[test]
fn high_dimensions_are_resolved_by_t_laws_and_not_by_plain_draws() {
    let (potential, facts, k) = tilt(160);
    let prior = 0.5 * facts.s / facts.lambda;
    let threads = Threads::new(2).unwrap();
    let variances = vec![0.9 * prior; 160];
    let room = 1.1 * prior;
    let exact = 160.0 * (prior / (0.9 * prior * room).sqrt()).ln() + (k / facts.lambda).powi(2) / room;
    let settings = ImportanceSettings::default();
    let found = chi_squared_estimate(&potential, facts.s, &variances, &settings, &threads).unwrap();
    let error = found.ln_one_plus_chi_squared.std_err.unwrap();
    println!("{found:?}, exact {exact}");
    assert!(error < 0.1 && (found.ln_one_plus_chi_squared.value - exact).abs() < 4.0 * error);
    let plain = ImportanceSettings { plain: true, ..settings };
    let refused = chi_squared_estimate(&potential, facts.s, &variances, &plain, &threads);
    assert!(
        matches!(refused, Err(NotEstimated::NotResolved { effective_size }) if effective_size < 50.0),
        "{refused:?}"
    );
    let one = chi_squared_estimate(&potential, facts.s, &variances, &settings, &Threads::new(1).unwrap());
    assert_eq!(one, Ok(found), "one thread = two threads");
    let wide = chi_squared_estimate(&potential, facts.s, &[2.0 * prior; 160], &settings, &threads);
    assert_eq!(wide, Err(NotEstimated::NotAdmissible));
}
