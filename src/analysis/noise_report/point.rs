//! The noise of minibatches at one W.

use super::rows::{CentredRows, dot};
use crate::analysis::curvature::lanczos::{RitzPair, Space, leading};
use crate::problem::{FiniteSum, Scratch};
use crate::random::Key;
use rand::RngExt;
use rand_distr::StandardNormal;

/// Leading eigenvalues that are looked for.
const LEADING: usize = 4;
/// Random vectors for the parts of traces outside the Krylov space.
const PROBES: u64 = 16;
/// Random directions along which the law of the noise is looked at.
const DIRECTIONS: u64 = 8;
/// Sine of the angle within which a leading direction must be known to be compared.
const ANGLE: f64 = 0.01;
/// Keep the random numbers of different parts apart.
const PART: u64 = 1 << 32;

/// Σ = (1/n)Σ∇ℓ_i∇ℓ_iᵀ − ∇L∇Lᵀ at one W, beside the Hessian H = ∇²L̃.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseAt {
    /// tr Σ, exact.
    pub trace: f64,
    /// The rest; `None` where all rows have the same gradient (Σ = 0), or a product with H is not finite.
    pub structure: Option<Structure>,
}

/// What Σ ≠ 0 looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// The up to four largest eigenvalues of Σ, largest first.
    pub leading: Vec<f64>,
    /// The largest of their residuals: an eigenvalue lies within it of each.
    pub residual: f64,
    /// (tr Σ)²/tr Σ², from 1 (one direction) to D (isotropic).
    pub participation: f64,
    /// tr(HΣ)/(‖H‖_F ‖Σ‖_F), the cosine of the angle between the two matrices.
    pub hessian_cosine: f64,
    /// The same with I in place of Σ: tr H/(√D ‖H‖_F).
    pub isotropic_cosine: f64,
    /// |⟨u, v⟩| of the leading eigenvectors of Σ and H; `None` where one of them is not known within 0.01, above all where
    /// the eigenvalue is multiple. For D > 64 one Krylov space does not show that it is.
    pub direction_cosine: Option<f64>,
    /// Central moments of order 2, 3, 4 of ⟨∇ℓ_i, u⟩ over the rows along the leading eigenvector u of Σ.
    pub leading_moments: [f64; 3],
    /// The same along eight directions uniform on the sphere.
    pub random_moments: Vec<[f64; 3]>,
}

/// tr Σ at the weights `w`, exact; 0 where it is rounding, `None` where a row's gradient is not finite. Cost: one full gradient.
pub fn noise_trace(sum: &dyn FiniteSum, w: &[f64], scratch: &mut Scratch) -> Option<f64> {
    let mut rows = CentredRows::new(sum, w, scratch)?;
    let trace = rows.trace(scratch);
    trace.is_finite().then_some(if trace > rows.rounding() { trace } else { 0.0 })
}

/// Σ at the weights `w` (D numbers, in the potential's order).
///
/// The eigenvalues come from Lanczos through Σv = (1/n)Σ (∇ℓ_i − ∇L)⟨∇ℓ_i − ∇L, v⟩, without a matrix. Traces of Σ², H² and HΣ
/// are sums over the Krylov space that this leaves, exact for D ≤ 64 and for the Σ-parts wherever that space holds the
/// range of Σ; elsewhere what lies outside is added by 16 random vectors (Hutchinson, Commun. Stat. Simul. Comput. 19,
/// 1990), without bias in the traces. `key` names the random numbers, `number` the point.
///
/// `None` where a row's gradient is not finite. Cost: at most 112 products with Σ and 208 with H. For D ≤ 64: D and 2D.
///
/// # Panics
/// Unless `w` holds D ≥ 1 numbers.
pub fn noise_at(
    sum: &dyn FiniteSum,
    w: &[f64],
    (key, number): (Key, u64),
    scratch: &mut Scratch,
) -> Option<NoiseAt> {
    assert!(!w.is_empty() && w.len() == sum.dim(), "weights hold D ≥ 1 numbers");
    let mut rows = CentredRows::new(sum, w, scratch)?;
    let trace = rows.trace(scratch);
    if !trace.is_finite() {
        return None;
    }
    let noise = trace > rows.rounding();
    let structure = if noise { structure(sum, w, trace, &mut rows, (key, number), scratch) } else { None };
    Some(NoiseAt { trace: if noise { trace } else { 0.0 }, structure })
}

fn structure(
    sum: &dyn FiniteSum,
    w: &[f64],
    trace: f64,
    rows: &mut CentredRows,
    (key, number): (Key, u64),
    scratch: &mut Scratch,
) -> Option<Structure> {
    let dim = w.len();
    let normals = |part: u64, count: u64| -> Vec<f64> {
        let mut stream = key.stream(number, part * PART + count);
        (0..dim).map(|_| stream.sample(StandardNormal)).collect()
    };
    let drawn = |part: u64| {
        let mut count = 0;
        move || {
            count += 1;
            normals(part, count)
        }
    };
    let (space, noisy) = leading(dim, LEADING, |v, out| rows.covariance(v, out, scratch), drawn(0))?;
    let (_, steep) = leading(dim, 2, |v, out| sum.hessian_vector(w, v, out, scratch), drawn(1))?;
    let traces = traces(sum, w, (&space, rows), |probe| normals(2, probe), scratch)?;
    let random = (0..DIRECTIONS).map(|k| unit(normals(3, k)));
    let directions: Vec<Vec<f64>> =
        noisy.first().map(|pair| pair.vector.clone()).into_iter().chain(random).collect();
    let moments = rows.moments(&directions, scratch);
    let (first, random_moments) = moments.split_first()?;
    let known = known_direction(&noisy).zip(known_direction(&steep));
    Some(Structure {
        leading: noisy.iter().map(|pair| pair.value).collect(),
        residual: noisy.iter().map(|pair| pair.residual).fold(0.0, f64::max),
        participation: trace * trace / traces.noise_squared,
        hessian_cosine: traces.product / (traces.hessian_squared * traces.noise_squared).sqrt(),
        isotropic_cosine: traces.hessian / (dim as f64 * traces.hessian_squared).sqrt(),
        direction_cosine: known.map(|(u, v)| dot(u, v).abs()),
        leading_moments: *first,
        random_moments: random_moments.to_vec(),
    })
}

/// tr Σ², tr HΣ, tr H² and tr H.
#[derive(Default)]
struct Traces {
    noise_squared: f64,
    product: f64,
    hessian_squared: f64,
    hessian: f64,
}

impl Traces {
    fn add(&mut self, share: f64, v: &[f64], noise_v: &[f64], hessian_v: &[f64]) {
        self.noise_squared += share * dot(noise_v, noise_v);
        self.product += share * dot(noise_v, hessian_v);
        self.hessian_squared += share * dot(hessian_v, hessian_v);
        self.hessian += share * dot(v, hessian_v);
    }
}

/// With the m orthonormal q of the Krylov space, tr AᵀB = Σ_q ⟨Aq, Bq⟩ + E⟨Av, Bv⟩, v uniform on the sphere of radius √(D − m)
/// in the complement. All sums are inner products with the same weights, which add to D: no cosine exceeds 1, and what is
/// proportional to I out there has no error.
fn traces(
    sum: &dyn FiniteSum,
    w: &[f64],
    (space, rows): (&Space, &mut CentredRows),
    probe: impl Fn(u64) -> Vec<f64>,
    scratch: &mut Scratch,
) -> Option<Traces> {
    let mut traces = Traces::default();
    let (mut noise_v, mut hessian_v) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    for (v, image) in space.basis().iter().zip(space.images()) {
        sum.hessian_vector(w, v, &mut hessian_v, scratch);
        traces.add(1.0, v, image, &hessian_v);
    }
    let outside = (w.len() - space.basis().len()) as f64;
    let probes = if outside > 0.0 { PROBES } else { 0 };
    for number in 0..probes {
        let mut v = probe(number);
        if space.leave_out(&mut v) {
            let norm = dot(&v, &v).sqrt();
            v.iter_mut().for_each(|x| *x *= outside.sqrt() / norm);
            rows.covariance(&v, &mut noise_v, scratch);
            sum.hessian_vector(w, &v, &mut hessian_v, scratch);
            traces.add(1.0 / PROBES as f64, &v, &noise_v, &hessian_v);
        }
    }
    let all = [traces.noise_squared, traces.product, traces.hessian_squared, traces.hessian];
    all.iter().all(|x| x.is_finite()).then_some(traces)
}

/// The leading vector, where residual over gap bounds the sine of its angle to the eigenvector (Parlett, *The Symmetric
/// Eigenvalue Problem*, 1980, §11.7) by 0.01.
fn known_direction(pairs: &[RitzPair]) -> Option<&[f64]> {
    let first = pairs.first()?;
    // Rounding hides the gap of a multiple eigenvalue.
    let rounding = 1e-12 * first.value.abs();
    let gap = pairs.get(1).map_or(f64::INFINITY, |second| first.value - second.value - second.residual);
    (first.residual + rounding <= ANGLE * gap).then_some(&first.vector)
}

fn unit(mut v: Vec<f64>) -> Vec<f64> {
    let norm = dot(&v, &v).sqrt();
    v.iter_mut().for_each(|x| *x /= norm);
    v
}
