//! Proposals for importance sampling: multivariate t laws around the modes of a density.

use super::modes::find_modes;
use crate::parallel::Threads;
use crate::problem::{Potential, Scratch};
use faer::{Mat, Side};
use rand::{Rng, RngExt};
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use statrs::function::gamma::ln_gamma;

/// The density exp(−2U/s), U = `sign`·L̃ + ½ Σ c_k w_k², of which the integral is wanted.
pub(super) struct Target<'a> {
    pub potential: &'a dyn Potential,
    /// 1 or −1.
    pub sign: f64,
    /// c, D numbers.
    pub confinement: Vec<f64>,
}

impl Target<'_> {
    /// U, given L̃ there.
    pub fn value(&self, risk: f64, w: &[f64]) -> f64 {
        self.sign * risk + 0.5 * self.confinement.iter().zip(w).map(|(c, x)| c * x * x).sum::<f64>()
    }
}

impl Potential for Target<'_> {
    fn dim(&self) -> usize {
        self.potential.dim()
    }

    fn scratch(&self) -> Scratch {
        self.potential.scratch()
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], scratch: &mut Scratch) -> f64 {
        let risk = self.potential.value_gradient(w, gradient, scratch);
        let terms = gradient.iter_mut().zip(w).zip(&self.confinement);
        terms.for_each(|((g, x), c)| *g = self.sign * *g + c * x);
        self.value(risk, w)
    }

    fn hessian_vector(&self, w: &[f64], v: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        self.potential.hessian_vector(w, v, out, scratch);
        let terms = out.iter_mut().zip(v).zip(&self.confinement);
        terms.for_each(|((o, x), c)| *o = self.sign * *o + c * x);
    }
}

/// A law to draw from, with a density.
pub(super) enum Proposal {
    /// N(0, diag(variances)).
    Gaussian { variances: Vec<f64> },
    /// A mixture of t laws, the last of them the wide one.
    Modes(Vec<Mode>),
}

/// A t law around a mode: centre + √(s/2) H^{−½} z √(ν/χ²_ν).
pub(super) struct Mode {
    centre: Vec<f64>,
    /// The Cholesky factor of 2H/s, lower triangle, row-major.
    factor: Vec<f64>,
    /// ln of the density at the centre.
    log_peak: f64,
    /// ln of the mass that height and curvature promise, up to a constant.
    log_mass: f64,
    /// The share in the mixture.
    share: f64,
}

/// Degrees of freedom: tails heavy enough that weights stay bounded, and yet close to Gaussian in a few hundred dimensions.
const FREEDOM: f64 = 8.0;
/// No Hessians beyond this dimension.
const MOST_WEIGHTS: usize = 512;
/// Modes in a mixture at most.
const MOST_MODES: usize = 16;
/// No mode has a smaller share of the largest one's: what the curvature at a mode says of its mass is rough.
const LEAST_SHARE: f64 = 0.02;
/// The share of the wide law.
const WIDE_SHARE: f64 = 0.1;

impl Proposal {
    /// t laws around the modes that local searches from `starts` find, and a wide one around 0; `None` where D > 512 or no mode has a
    /// positive definite Hessian. Shares: in proportion to e^{−2(U − min U)/s}/√det H. The wide one has the variances `plain` and the
    /// square of the farthest mode, twice over, so that in few dimensions a mode that no search found is drawn now and then, and
    /// shows in the error. Cost: the searches, and D Hessian-vector products a mode.
    pub fn laplace(
        target: &Target,
        s: f64,
        plain: &[f64],
        starts: &[Vec<f64>],
        threads: &Threads,
    ) -> Option<Self> {
        if target.dim() > MOST_WEIGHTS {
            return None;
        }
        let minima = find_modes(target, s, target.potential.penalty(), starts, threads);
        let lowest = minima.first()?.0;
        let mut modes: Vec<Mode> = minima
            .iter()
            .take(MOST_MODES)
            .filter_map(|(value, w)| Mode::new(target, s, w, 2.0 * (value - lowest) / s))
            .collect();
        let most = modes.iter().map(|m| m.log_mass).fold(f64::NEG_INFINITY, f64::max);
        modes.iter_mut().for_each(|m| m.share = (m.log_mass - most).exp().max(LEAST_SHARE));
        let total: f64 = modes.iter().map(|m| m.share).sum();
        modes.iter_mut().for_each(|m| m.share *= (1.0 - WIDE_SHARE) / total);
        let found = !modes.is_empty();
        modes.push(Mode::wide(plain, &modes));
        found.then_some(Self::Modes(modes))
    }

    /// How many modes were found; 0 for a Gaussian.
    pub fn modes(&self) -> usize {
        match self {
            Self::Gaussian { .. } => 0,
            Self::Modes(modes) => modes.len() - 1,
        }
    }

    /// One draw into `w`.
    pub fn draw(&self, stream: &mut impl Rng, w: &mut [f64]) {
        match self {
            Self::Gaussian { variances } => {
                for (x, v) in w.iter_mut().zip(variances) {
                    *x = v.sqrt() * stream.sample::<f64, _>(StandardNormal);
                }
            }
            Self::Modes(modes) => {
                let mut left: f64 = stream.random();
                let chosen = modes.iter().find(|mode| {
                    left -= mode.share;
                    left < 0.0
                });
                chosen.unwrap_or(&modes[modes.len() - 1]).draw(stream, w);
            }
        }
    }

    /// ln of the density at `w`.
    pub fn log_density(&self, w: &[f64]) -> f64 {
        match self {
            Self::Gaussian { variances } => log_gaussian(w, variances),
            Self::Modes(modes) => {
                let logs: Vec<f64> = modes.iter().map(|m| m.share.ln() + m.log_density(w)).collect();
                let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                top + logs.iter().map(|l| (l - top).exp()).sum::<f64>().ln()
            }
        }
    }
}

impl Mode {
    /// With `height` = 2(U − min U)/s; `None` where the Hessian is not positive definite. The share is left at 0.
    fn new(target: &Target, s: f64, centre: &[f64], height: f64) -> Option<Self> {
        let dim = centre.len();
        let mut scratch = target.scratch();
        let (mut unit, mut hessian) = (vec![0.0; dim], vec![0.0; dim * dim]);
        for (k, column) in hessian.chunks_exact_mut(dim).enumerate() {
            unit[k] = 1.0;
            target.hessian_vector(centre, &unit, column, &mut scratch);
            unit[k] = 0.0;
        }
        let entry = |i: usize, j: usize| (hessian[i * dim + j] + hessian[j * dim + i]) / s;
        if hessian.iter().any(|h| !h.is_finite()) {
            return None;
        }
        let cholesky = Mat::from_fn(dim, dim, entry).llt(Side::Lower).ok()?;
        let lower = cholesky.L();
        let factor: Vec<f64> = (0..dim * dim).map(|ij| lower[(ij / dim, ij % dim)]).collect();
        let mode = Self::with_factor(centre.to_vec(), factor);
        let log_mass = -height - mode.log_peak;
        mode.log_peak.is_finite().then_some(Self { log_mass, ..mode })
    }

    /// A t law from the Cholesky factor of its inverse scale.
    fn with_factor(centre: Vec<f64>, factor: Vec<f64>) -> Self {
        let (dim, n) = (centre.len(), centre.len() as f64);
        let log_root_det: f64 = (0..dim).map(|k| factor[k * dim + k].ln()).sum();
        let log_peak = ln_gamma(0.5 * (FREEDOM + n))
            - ln_gamma(0.5 * FREEDOM)
            - 0.5 * n * (FREEDOM * std::f64::consts::PI).ln()
            + log_root_det;
        Self { centre, factor, log_peak, log_mass: f64::NEG_INFINITY, share: 0.0 }
    }

    fn wide(plain: &[f64], modes: &[Self]) -> Self {
        let dim = plain.len();
        let mean_square = |m: &Self| m.centre.iter().map(|x| x * x).sum::<f64>() / dim as f64;
        let farthest = modes.iter().map(mean_square).fold(0.0, f64::max);
        let mut factor = vec![0.0; dim * dim];
        for (k, v) in plain.iter().enumerate() {
            factor[k * dim + k] = (2.0 * (v + farthest)).sqrt().recip();
        }
        Self { share: WIDE_SHARE, ..Self::with_factor(vec![0.0; dim], factor) }
    }

    fn draw(&self, stream: &mut impl Rng, w: &mut [f64]) {
        let dim = w.len();
        w.fill_with(|| stream.sample(StandardNormal));
        // Solves Lᵀ y = z.
        for k in (0..dim).rev() {
            w[k] /= self.factor[k * dim + k];
            let (head, x) = (&self.factor[k * dim..k * dim + k], w[k]);
            w[..k].iter_mut().zip(head).for_each(|(y, l)| *y -= l * x);
        }
        let Ok(law) = ChiSquared::new(FREEDOM) else { unreachable!("positive degrees of freedom") };
        let spread = (FREEDOM / law.sample(stream)).sqrt();
        w.iter_mut().zip(&self.centre).for_each(|(y, c)| *y = c + spread * *y);
    }

    fn log_density(&self, w: &[f64]) -> f64 {
        let dim = w.len();
        let mut image = vec![0.0; dim];
        for (k, row) in self.factor.chunks_exact(dim).enumerate() {
            let x = w[k] - self.centre[k];
            image[..=k].iter_mut().zip(row).for_each(|(y, l)| *y += l * x);
        }
        let distance: f64 = image.iter().map(|y| y * y).sum();
        self.log_peak - 0.5 * (FREEDOM + dim as f64) * (distance / FREEDOM).ln_1p()
    }
}

/// −½ Σ [w_k²/v_k + ln 2πv_k].
pub(super) fn log_gaussian(w: &[f64], variances: &[f64]) -> f64 {
    let term = |(x, v): (&f64, &f64)| x * x / v + (2.0 * std::f64::consts::PI * v).ln();
    -0.5 * w.iter().zip(variances).map(term).sum::<f64>()
}
