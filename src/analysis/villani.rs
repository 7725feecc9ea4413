//! The Villani function V_s = ‖∇L̃‖²/s − ΔL̃ along rays from the origin: a measurement, not a proof.

mod search;
mod shell;
#[cfg(test)]
mod tests;

pub use search::LowestPlace;
pub use shell::Shell;

use crate::parallel::Threads;
use crate::problem::{Potential, Quantity, Readings, Scratch};
use crate::random::Key;
use rand::RngExt;
use rand_distr::StandardNormal;
use search::Survey;

/// Which rays, and which radii on them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RaySettings {
    /// How many directions uniform on the sphere, ≥ 1.
    pub random: usize,
    /// How many radii > 0, ≥ 2, each the same factor larger than the one before.
    pub radii: usize,
    /// The smallest radius > 0.
    pub first: f64,
    /// The largest radius.
    pub last: f64,
}

impl Default for RaySettings {
    /// 64 directions, 10 radii a decade from 10⁻² to 10⁴.
    fn default() -> Self {
        Self { random: 64, radii: 61, first: 1e-2, last: 1e4 }
    }
}

/// V_s along finitely many rays. Nothing here says anything of the weights between them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct VillaniRays {
    /// The origin, then the radii of the grid.
    pub shells: Vec<Shell>,
    /// The smallest value at any place that was looked at, with a search along its ray between the neighbouring radii.
    pub smallest_found: LowestPlace,
    /// R₀: beyond it V_s > 0 at every radius of the grid on every ray; between two radii of the grid the last change of
    /// sign is found by bisection, to 4·10⁻¹⁵ of their distance. 0 where V_s > 0 from the origin on. `None` where V_s ≤
    /// 0 on some ray at the last radius: then these rays show no such radius. A dip between two radii of the grid goes
    /// unseen.
    pub positive_beyond: Option<f64>,
    /// The largest share of all directions on which V_s, read at the same radii, may still be ≤ 0 beyond R₀, with
    /// confidence 95 %: 1 − 0.05^{1/n} for n random rays, since R₀ is at least the largest of n independent draws
    /// (Wilks, Ann. Math. Statist. 12, 1941). It speaks of directions drawn at random, not of the worst one.
    pub unseen_share: f64,
    /// The largest radius.
    pub last_radius: f64,
    /// min V_s·s/‖W‖² over the rays at the largest radius; λ² in the limit where the gradient of the data term is
    /// bounded and λ > 0, and 0 in the limit where V_s grows more slowly than ‖W‖².
    pub growth: f64,
    /// How many rays: random ones, ± coordinate axes, given ones.
    pub rays: usize,
}

/// A place where V_s is not a finite number.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("V_s is not finite at radius {radius} on ray {ray}; a smaller largest radius usually helps")]
pub struct NotFinite {
    /// ‖W‖ there.
    pub radius: f64,
    /// The number of the ray.
    pub ray: usize,
}

/// V_s(w) = ‖∇L̃(w)‖²/s − ΔL̃(w), the potential of the Schrödinger operator ½(−sΔ + V_s) that −𝓛 is equivalent to.
/// Where V_s → ∞ the spectrum is discrete and λ_s > 0 (Shi, Su, Jordan, arXiv 2004.06977; Gopalani, Jha, Mukherjee,
/// arXiv 2309.09258, App. C). `w`, `gradient`: length D; s > 0. Cost: one gradient and one Laplacian.
pub fn villani(
    potential: &dyn Potential,
    s: f64,
    w: &[f64],
    gradient: &mut [f64],
    scratch: &mut Scratch,
) -> f64 {
    potential.value_gradient(w, gradient, scratch);
    gradient.iter().map(|g| g * g).sum::<f64>() / s - potential.laplacian(w, scratch)
}

/// Up to this D the coordinate axes, in both senses, are rays too.
const MOST_AXES: usize = 16;
/// Confidence of [`VillaniRays::unseen_share`].
const CONFIDENCE: f64 = 0.95;

/// V_s along rays {r v : r > 0}: `settings.random` directions v uniform on the sphere, the coordinate axes in both
/// senses where D ≤ 16, and `directions` (D numbers each, one after another, of any length but 0, each in the one sense
/// that is given): such as particles, a minimiser, W_j ∝ a_j x_i, on which a net's gradient is largest, or W_j ⟂ x_i,
/// on which units do not saturate.
///
/// It is what it says: numbers at finitely many places. A V_s ≤ 0 found far out refutes a claimed R₀; positive values
/// prove nothing of other rays, and [`VillaniRays::unseen_share`] says what they make plausible. The largest radius
/// must lie well beyond the scale at which the penalty takes over, about (K + √(s·sup|ΔL̃|))/λ where K bounds the
/// gradient of the data term.
///
/// Ray i is drawn from the stream (i, 0) of `key`; the result does not depend on the number of threads. Cost: a gradient
/// and a Laplacian for each ray and radius, 64 more for the search and 50 for each ray that is last to turn
/// positive. The Laplacian of a potential without a closed form costs 2 D gradients.
///
/// # Errors
/// [`NotFinite`] where a value overflows.
///
/// # Panics
/// Unless s > 0, the settings are within their ranges, and `directions` holds D finite numbers, not all 0, for each
/// direction.
pub fn villani_rays(
    potential: &dyn Potential,
    s: f64,
    settings: &RaySettings,
    directions: &[f64],
    key: Key,
    threads: &Threads,
) -> Result<VillaniRays, NotFinite> {
    let &RaySettings { random, radii, first, last } = settings;
    assert!(s > 0.0 && s.is_finite(), "s > 0");
    assert!(random >= 1 && radii >= 2 && first > 0.0 && first < last && last.is_finite(), "rays and radii");
    let step = (last / first).ln() / (radii - 1) as f64;
    let radii: Vec<f64> =
        (0..radii).map(|k| if k + 1 == radii { last } else { first * (step * k as f64).exp() }).collect();
    let radii: Vec<f64> = std::iter::once(0.0).chain(radii).collect();
    let mut units = unit_vectors(potential.dim(), random, directions, key);
    let values =
        threads.map(&mut units, || potential.scratch(), |v, scratch| along(potential, s, v, &radii, scratch));
    for (ray, values) in values.iter().enumerate() {
        if let Some(k) = values.iter().position(|v| !v.is_finite()) {
            return Err(NotFinite { radius: radii[k], ray });
        }
    }
    let shells: Vec<Shell> =
        (0..radii.len()).map(|k| Shell::new(radii[k], values.iter().map(|ray| ray[k]), random)).collect();
    let outermost = &shells[shells.len() - 1];
    let growth = outermost.smallest * s / (last * last);
    let survey = Survey { potential, s, radii: &radii, units: &units, values: &values };
    Ok(VillaniRays {
        smallest_found: survey.lowest(),
        positive_beyond: survey.positive_beyond(threads),
        unseen_share: 1.0 - (1.0 - CONFIDENCE).powf(1.0 / random as f64),
        last_radius: last,
        growth,
        rays: units.len(),
        shells,
    })
}

/// V_s at each radius of one ray.
fn along(potential: &dyn Potential, s: f64, unit: &[f64], radii: &[f64], scratch: &mut Scratch) -> Vec<f64> {
    let weights: Vec<f64> = radii.iter().flat_map(|r| unit.iter().map(move |v| r * v)).collect();
    let mut gradient = vec![0.0; weights.len()];
    let mut readings: Vec<Readings> = vec![[f64::NAN; Quantity::COUNT]; radii.len()];
    let wanted = [Quantity::SquaredGradientNorm, Quantity::Laplacian];
    potential.block_readings(&weights, &wanted, &mut readings, &mut gradient, scratch);
    let value =
        |r: &Readings| r[Quantity::SquaredGradientNorm as usize] / s - r[Quantity::Laplacian as usize];
    readings.iter().map(value).collect()
}

/// The rays: random directions, then axes, then the given ones.
fn unit_vectors(dim: usize, random: usize, given: &[f64], key: Key) -> Vec<Vec<f64>> {
    assert!(dim > 0 && given.len().is_multiple_of(dim), "directions hold D numbers each");
    let normals = |ray: usize| -> Vec<f64> {
        let mut stream = key.stream(ray as u64, 0);
        (0..dim).map(|_| stream.sample(StandardNormal)).collect()
    };
    let mut rays: Vec<Vec<f64>> = (0..random).map(normals).collect();
    if dim <= MOST_AXES {
        let axis = |k: usize, sense: f64| (0..dim).map(move |i| if i == k { sense } else { 0.0 }).collect();
        rays.extend((0..dim).flat_map(|k| [axis(k, 1.0), axis(k, -1.0)]));
    }
    rays.extend(given.chunks_exact(dim).map(<[f64]>::to_vec));
    for ray in &mut rays {
        // The largest entry first, so that no square overflows.
        let largest = ray.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        ray.iter_mut().for_each(|x| *x /= largest);
        let norm = ray.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!(norm.is_finite() && norm > 0.0, "directions are finite and not 0");
        ray.iter_mut().for_each(|x| *x /= norm);
    }
    rays
}
