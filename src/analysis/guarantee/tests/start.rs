//! χ² of the start: bounds, closed forms, estimates.

use super::*;
use crate::analysis::risk::RiskFacts;
use crate::parallel::Threads;
use crate::problem::Quadratic;

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
        // The grid's own integral takes a second for two weights.
        let factors = [0.3, 1.0, 1.5];
        for factor in if net.dim() == 1 { &factors[..] } else { &factors[2..] } {
            let variances = vec![factor * prior; net.dim()];
            let truth = grid.gaussian_log_chi_square(&vec![0.0; net.dim()], &variances).unwrap();
            if !truth.value.is_finite() || truth.error > 1e-6 {
                continue;
            }
            let law = StartLaw::new(Some(&variances), &facts, None);
            let bound = law.ln_one_plus_chi_squared().unwrap();
            assert!(
                bound >= truth.value - 5.0 * truth.error - 1e-9,
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

/// The bound is attained by linear G for every τ, and at τ = σ it is 2K²/(λs).
#[test]
fn linear_data_terms_attain_the_bound_of_the_start() {
    let (_, facts, k) = tilt(3, 0.2);
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
    let (potential, facts, k) = tilt(160, 0.7);
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

/// The product of prefactor and two Gaussian means, by the midpoint rule, is the grid's ∫ρ²/μ_s.
#[test]
fn the_identity_holds_against_the_grid() {
    let mut compared = 0;
    for number in 0..20 {
        let (net, s) = (random_net(number, 1, 1, [Loss::Logistic, Loss::Square][number as usize % 2]), 0.5);
        let grid = Grid::new(&net, s, None).unwrap();
        let prior = 0.5 * s / net.settings().lambda;
        for factor in [0.4, 1.0, 1.6] {
            let (variance, mut scratch) = (factor * prior, net.scratch());
            let tilted = variance * prior / (2.0 * prior - variance);
            let mut mean = |v: f64, sign: f64| {
                let h = 1e-3 * v.sqrt();
                let sum = (-20_000..20_000).map(|i| {
                    let w = h * (f64::from(i) + 0.5);
                    let data =
                        net.value_gradient(&[w], &mut [0.0], &mut scratch) - 0.5 * net.penalty() * w * w;
                    (sign * 2.0 * data / s - 0.5 * w * w / v).exp()
                });
                (sum.sum::<f64>() * h / (2.0 * std::f64::consts::PI * v).sqrt()).ln()
            };
            let prefactor = 0.5 * (prior * prior / (variance * (2.0 * prior - variance))).ln();
            let value = prefactor + mean(tilted, 1.0) + mean(prior, -1.0);
            let truth = grid.gaussian_log_chi_square(&[0.0], &[variance]).unwrap();
            // A grid that does not know it to 1e-8 cannot check 1e-6.
            if truth.error < 1e-8 {
                let miss = (value - truth.value).abs();
                assert!(miss < 1e-6, "net {number}, τ²/σ² = {factor}: {value}, grid {truth:?}");
                compared += 1;
            } else {
                println!("net {number}, τ²/σ² = {factor}: {value}, grid {truth:?}");
            }
        }
    }
    println!("{compared} starts compared");
    assert!(compared >= 15, "{compared}");
}

/// Gaussian Gibbs measures: exact per weight, against the grid; infinite from twice a weight's variance on.
#[test]
fn quadratics_are_exact() {
    let (potential, s) = (Quadratic::new(vec![0.7, 2.0]), 0.3);
    let own = potential.gaussian_gibbs(s).unwrap();
    let facts = RiskFacts { dim: 2, lambda: 0.0, s, ..tilt(2, 0.2).1 };
    let grid = Grid::new(&potential, s, None).unwrap();
    for factors in [[0.5, 1.4], [1.0, 1.0], [1.9, 0.1]] {
        let variances = [own[0] * factors[0], own[1] * factors[1]];
        let law = StartLaw::new(Some(&variances), &facts, Some(&own));
        let truth = grid.gaussian_log_chi_square(&[0.0; 2], &variances).unwrap();
        let value = law.ln_one_plus_chi_squared().unwrap();
        assert!((value - truth.value).abs() < 1e-9 + truth.error, "{value} {truth:?}");
        assert!(law.sentence().contains("exactly"));
    }
    let wide = StartLaw::new(Some(&[own[0], 2.0 * own[1]]), &facts, Some(&own));
    assert_eq!(wide.admissible(), Some(false));
}

#[test]
fn verdicts_name_the_remedy() {
    let (_, bounded, _) = tilt(2, 0.2);
    let points = StartLaw::new(None, &bounded, None);
    assert_eq!(points, StartLaw::Infinite(WhyInfinite::NoDensity { largest_std: Some(0.2) }));
    assert!(points.sentence().contains("count time from some t > 0") && points.sentence().contains("0.2000"));
    let square = RiskFacts { gradient_bound: None, growth: Some(1.5), ..bounded };
    let verdict = |std: f64, facts: &RiskFacts| StartLaw::new(Some(&[std * std; 2]), facts, None);
    // s/(λ + Λ) = 0.01, s/λ = 0.04.
    assert_eq!(verdict(0.099, &square), StartLaw::Finite { bound: None });
    assert!(matches!(verdict(0.11, &square), StartLaw::Unknown(WhyUnknown::Growth { .. })));
    assert_eq!(verdict(0.2, &square).admissible(), Some(false));
    assert_eq!(verdict(0.199, &bounded).admissible(), Some(true));
    assert_eq!(verdict(0.1, &RiskFacts { growth: None, ..square }), StartLaw::Unknown(WhyUnknown::NoBounds));
    assert_eq!(verdict(0.1, &RiskFacts { lambda: 0.0, ..bounded }), StartLaw::Unknown(WhyUnknown::NoPenalty));
}

/// The condition is sharp: just below s/λ the grid finds a finite χ², from there on an infinite one.
#[test]
fn the_grid_agrees_on_what_is_admissible() {
    let (net, s) = (random_net(4, 1, 1, Loss::Logistic), 0.5);
    let grid = Grid::new(&net, s, None).unwrap();
    let limit = s / net.settings().lambda;
    for (factor, finite) in [(0.95, true), (1.05, false)] {
        let found = grid.gaussian_log_chi_square(&[0.0], &[factor * limit]).unwrap();
        assert_eq!(found.value.is_finite(), finite);
        let law = StartLaw::new(Some(&[factor * limit]), &facts(&net, s), None);
        assert_eq!(law.admissible(), Some(finite));
    }
}
