//! The two stationary identities as a thermometer: what temperature do the averages show?

use crate::estimates::{Estimate, Moments};
use crate::problem::{Quantity, Readings};

/// The effective temperature in units of s/2, read in two ways: 1 under μ_s.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct EffectiveTemperature {
    /// E⟨W, ∇L̃⟩/(D s/2). `None` where nothing finite was read.
    pub virial: Option<Estimate>,
    /// E‖∇L̃‖²/((s/2) E ΔL̃). `None` where E ΔL̃ is not above zero by five standard errors, or nothing finite was read: a
    /// ratio to a mean that may be zero has no finite interval.
    pub configurational: Option<Estimate>,
}

/// Reads the effective temperature from readings of [`Quantity::Virial`], [`Quantity::SquaredGradientNorm`] and
/// [`Quantity::Laplacian`], one a particle; what was not asked for gives `None`. `dim`: D; s > 0.
///
/// For every L̃ whose μ_s decays fast enough, integration by parts gives E_μ⟨W, ∇L̃⟩ = D s/2 and E_μ‖∇L̃‖² = (s/2) E_μ ΔL̃
/// (the second: Rugh, Phys. Rev. Lett. 78, 1997). Neither needs a reference. For a quadratic the first is the mean of
/// θ_k Var(w_k)/(s/2), so a variance off by a factor shows as that factor in both.
///
/// The errors take particles for independent, as they are at one time. The configurational one is the delta method's for
/// a ratio of means A/B: √(Var(a − R b)/n)/B with R = A/B; its bias is O(1/n). Intervals: [`Estimate::interval`].
///
/// *Bias of the integrator*: Euler–Maruyama with step h settles at its own law, off by O(h): for a quadratic by the factor
/// 1/(1 − hθ/2) along each weight. With n particles the thermometer sees this as soon as hθ/2 exceeds its error.
///
/// *Blind to* everything that keeps two averages: proportions of modes, shape, a hot weight beside a cold one (the virial
/// weighs all weights alike, the configurational one the stiff ones more). *Cost*: none beyond the readings.
///
/// # Panics
/// Unless s > 0 and D > 0.
pub fn effective_temperature(readings: &[Readings], dim: usize, s: f64) -> EffectiveTemperature {
    assert!(s > 0.0 && dim > 0, "s, D > 0");
    let level = 0.5 * s * dim as f64;
    let virial = Moments::of(readings.iter().map(|r| r[Quantity::Virial as usize] / level)).estimate();
    let pairs: Vec<(f64, f64)> = readings
        .iter()
        .map(|r| (r[Quantity::SquaredGradientNorm as usize], 0.5 * s * r[Quantity::Laplacian as usize]))
        .filter(|(a, b)| a.is_finite() && b.is_finite())
        .collect();
    EffectiveTemperature { virial, configurational: ratio(&pairs) }
}

/// Σ a/Σ b with the delta method's error.
fn ratio(pairs: &[(f64, f64)]) -> Option<Estimate> {
    let top = Moments::of(pairs.iter().map(|pair| pair.0)).estimate()?;
    let bottom = Moments::of(pairs.iter().map(|pair| pair.1)).estimate()?;
    if bottom.value <= 5.0 * bottom.std_err.unwrap_or(0.0) {
        return None;
    }
    let value = top.value / bottom.value;
    let residual = Moments::of(pairs.iter().map(|(a, b)| a - value * b)).estimate()?;
    let std_err = residual.std_err.map(|error| error / bottom.value);
    Some(Estimate { value, std_err, n: top.n })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Law, normals};
    use super::*;
    use crate::problem::{DoubleWell, Potential, Quadratic};

    fn read(potential: &dyn Potential, weights: &[f64]) -> Vec<Readings> {
        let wanted = [Quantity::Virial, Quantity::SquaredGradientNorm, Quantity::Laplacian];
        let mut readings = vec![[f64::NAN; Quantity::COUNT]; weights.len() / potential.dim()];
        let mut gradient = vec![0.0; weights.len()];
        potential.block_readings(weights, &wanted, &mut readings, &mut gradient, &mut potential.scratch());
        readings
    }

    /// D = 160, eigenvalues from 0.2 to 4, n = 4096, variance off by `factor`.
    fn quadratic(factor: f64) -> EffectiveTemperature {
        let s = 0.3;
        let theta: Vec<f64> = (0..160).map(|k| 0.2 * 20f64.powf(f64::from(k) / 159.0)).collect();
        let mut weights = normals(4096, 160, 8, &Law::EXACT);
        for w in weights.chunks_exact_mut(160) {
            w.iter_mut().zip(&theta).for_each(|(w, theta)| *w *= (factor * s / (2.0 * theta)).sqrt());
        }
        effective_temperature(&read(&Quadratic::new(theta), &weights), 160, s)
    }

    /// Within five standard errors (false alarm below 1e-6 each), which are below a fifth of the 5 % to be found.
    #[test]
    fn a_variance_off_by_five_per_cent_is_seen_in_160_dimensions() {
        for (factor, right) in [(1.0, true), (1.05, false), (0.95, false), (2.0, false), (0.5, false)] {
            let got = quadratic(factor);
            for estimate in [got.virial.unwrap(), got.configurational.unwrap()] {
                let error = estimate.std_err.unwrap();
                assert!(5.0 * error < 0.05 / 2.0, "no power: {estimate:?}");
                assert!((estimate.value - factor).abs() < 5.0 * error, "{factor}: {estimate:?}");
                assert_eq!((estimate.value - 1.0).abs() < 5.0 * error, right, "{factor}: {estimate:?}");
            }
        }
    }

    /// With quadrature nodes in place of samples the identities are exact for a law that is far from Gaussian.
    #[test]
    fn both_read_one_on_the_double_wells_own_law() {
        let (s, potential) = (0.4, DoubleWell);
        let nodes: Vec<f64> = (-4000..=4000).map(|k| 1e-3 * f64::from(k)).collect();
        let mut readings = read(&potential, &nodes);
        let law = |x: f64| (-0.5 * (x * x - 1.0).powi(2) / s).exp();
        let mass: f64 = nodes.iter().map(|&x| law(x)).sum::<f64>() / nodes.len() as f64;
        for (reading, &x) in readings.iter_mut().zip(&nodes) {
            reading.iter_mut().for_each(|r| *r *= law(x) / mass);
        }
        let got = effective_temperature(&readings, 1, s);
        for estimate in [got.virial.unwrap(), got.configurational.unwrap()] {
            assert!((estimate.value - 1.0).abs() < 1e-10, "{estimate:?}");
        }
    }

    /// (1, 2), (2, 3), (6, 4): R = 1, residuals −1, −1, 2 with variance 3, mean of b 3.
    #[test]
    fn the_error_of_a_ratio_by_hand() {
        let got = ratio(&[(1.0, 2.0), (2.0, 3.0), (6.0, 4.0)]).unwrap();
        assert!((got.value - 1.0).abs() < 1e-15 && (got.std_err.unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(ratio(&[(1.0, 1.0), (1.0, -1.0)]), None);
        assert_eq!(effective_temperature(&[[f64::NAN; Quantity::COUNT]; 3], 2, 0.1).configurational, None);
    }
}
