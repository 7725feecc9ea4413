//! Excess, second moment and deviation.

use super::*;
use crate::analysis::gibbs::{GibbsSettings, Reference, sample_gibbs};
use crate::parallel::Threads;
use crate::problem::{Quadratic, Quantity};

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

/// Quadratic: excess D s/4, variance D s²/8. Five standard errors, each below 2 % of the truth.
#[test]
fn estimates_from_a_sample_of_a_quadratic_are_right() {
    let (potential, s) = (Quadratic::new(vec![0.5, 1.0, 4.0]), 0.2);
    let threads = Threads::new(1).unwrap();
    let Reference::Passed(sample) =
        sample_gibbs(&potential, s, &GibbsSettings::default(), &[], &threads, &mut |_| {})
    else {
        panic!("exact draws pass");
    };
    let minimum = minimise(&potential, &[vec![1.0; 3]]).unwrap();
    let found = MomentEstimates::new(&sample, &minimum).unwrap();
    let (excess, variance) = (0.75 * s, 0.375 * s * s);
    let exact = [excess, (variance + excess * excess).sqrt(), variance.sqrt()];
    for (estimate, exact) in [found.excess, found.second_moment, found.deviation].into_iter().zip(exact) {
        let error = estimate.std_err.unwrap();
        assert!(5.0 * error < 0.1 * exact, "no power: {estimate:?}");
        assert!((estimate.value - exact).abs() < 5.0 * error, "{estimate:?}, exact {exact}");
    }
}
