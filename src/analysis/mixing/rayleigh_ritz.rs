//! An upper bound of the spectral gap from samples of μ_s alone.

use super::basis::Basis;
use super::eigen::{Whitening, quadratic_form};
use super::groups::{FOLDS, GroupCurves, RESAMPLES, deviation, group_of, resamples};
use super::verdict::quantile;
use crate::parallel::Threads;

/// The fewest groups of draws: one for each part of the cross-validation.
const FEWEST_GROUPS: usize = FOLDS;

/// What the bound needs, a group of draws at a time. Groups must be independent of one another: runs of independent draws,
/// or whole chains.
#[derive(Debug, Clone, PartialEq)]
pub struct RitzSums {
    names: Vec<String>,
    counts: Vec<f64>,
    /// Σ (φ − centre)(φ − centre)ᵀ, m × m a group.
    outer: Vec<Vec<f64>>,
    /// (s/2) Σ ⟨∇φ_k, ∇φ_l⟩, m × m a group.
    dirichlet: Vec<Vec<f64>>,
}

impl RitzSums {
    /// From draws of μ_s, one after another, D numbers each, in `groups` runs of equal length up to one. Draws that are not
    /// finite are left out.
    ///
    /// Cost a draw: m gradients of functions (the nets' outputs p d each) and m² D multiplications; memory: draws × m.
    ///
    /// # Panics
    /// When there are fewer draws than groups, or none.
    pub fn of(basis: &Basis, s: f64, draws: &[f64], groups: usize, threads: &Threads) -> Self {
        let (dim, m) = (basis.dim(), basis.len());
        let finite: Vec<&[f64]> =
            draws.chunks_exact(dim).filter(|w| w.iter().all(|x| x.is_finite())).collect();
        assert!(groups > 0 && finite.len() >= groups, "at least one draw a group");
        let mut members = vec![Vec::new(); groups];
        for (rank, w) in finite.iter().enumerate() {
            members[group_of(rank, finite.len(), groups)].push(*w);
        }
        let read = threads.map(
            &mut members,
            || (basis.work(), vec![0.0; m * dim]),
            |members, (work, gradients)| {
                let (mut values, mut dirichlet) = (vec![0.0; members.len() * m], vec![0.0; m * m]);
                for (w, values) in members.iter().zip(values.chunks_exact_mut(m)) {
                    basis.values_and_gradients(w, values, gradients, work);
                    add_products(gradients, dim, 0.5 * s, &mut dirichlet);
                }
                (values, dirichlet)
            },
        );
        let mut centre = vec![0.0; m];
        for values in read.iter().flat_map(|(values, _)| values.chunks_exact(m)) {
            centre.iter_mut().zip(values).for_each(|(c, x)| *c += x / finite.len() as f64);
        }
        let mut sums =
            Self { names: basis.names(), counts: Vec::new(), outer: Vec::new(), dirichlet: Vec::new() };
        for (values, dirichlet) in read {
            let mut outer = vec![0.0; m * m];
            for x in values.chunks_exact(m) {
                let centred: Vec<f64> = x.iter().zip(&centre).map(|(x, c)| x - c).collect();
                add_products(&centred, 1, 1.0, &mut outer);
            }
            sums.counts.push((values.len() / m) as f64);
            sums.outer.push(outer);
            sums.dirichlet.push(dirichlet);
        }
        sums
    }

    /// (A, B) a draw, of all groups, without those of part `held_out` where one is named.
    fn pooled(&self, held_out: Option<usize>) -> (Vec<f64>, Vec<f64>) {
        let size = self.outer[0].len();
        let (mut a, mut b, mut total) = (vec![0.0; size], vec![0.0; size], 0.0);
        for g in (0..self.counts.len()).filter(|g| held_out.is_none_or(|fold| g % FOLDS != fold)) {
            a.iter_mut().zip(&self.dirichlet[g]).for_each(|(a, x)| *a += x);
            b.iter_mut().zip(&self.outer[g]).for_each(|(b, x)| *b += x);
            total += self.counts[g];
        }
        a.iter_mut().chain(&mut b).for_each(|x| *x /= total);
        (a, b)
    }
}

/// Adds factor·G Gᵀ for G of m rows of length `len`.
fn add_products(rows: &[f64], len: usize, factor: f64, to: &mut [f64]) {
    let m = rows.len() / len;
    for i in 0..m {
        let x = &rows[i * len..(i + 1) * len];
        for j in 0..=i {
            let y = &rows[j * len..(j + 1) * len];
            let product = factor * x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
            to[i * m + j] += product;
            if i != j {
                to[j * m + i] += product;
            }
        }
    }
}

/// The bound with its error.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct RitzBound {
    /// The Rayleigh quotient, over each eighth of the groups, of the minimiser of the other seven, all eighths together: each
    /// is the quotient of a function that never saw these draws, so up to its noise it is ≥ λ_s however large the basis.
    pub value: f64,
    /// Its standard error, by resampling groups.
    pub std_err: f64,
    /// Its 95 % interval. The lower end is no lower bound of λ_s.
    pub interval: (f64, f64),
    /// The smallest generalised eigenvalue over all draws: a little lower, biased down by the minimum over the basis.
    pub in_sample: f64,
    /// The minimiser cᵀφ over all draws, with unit variance.
    pub coefficients: Vec<f64>,
    /// The functions φ_1 … φ_m.
    pub functions: Vec<String>,
    /// Directions left after dropping those that depend on others (relative eigenvalue of the correlation matrix < 10⁻⁸).
    pub kept: usize,
    /// Draws that went in.
    pub draws: usize,
}

/// λ_s ≤ min over c of (s/2) E_μ‖∇(cᵀφ)‖² / Var_μ(cᵀφ), the smallest eigenvalue of A c = ρ B c with
/// A_kl = (s/2) E_μ⟨∇φ_k, ∇φ_l⟩ and B = Cov_μ(φ).
///
/// `None` with fewer than eight groups, where no function varies, or where an error is not finite.
/// Valid for draws of μ_s itself: a sampler's bias (an Euler–Maruyama chain with step h: order h) passes into the bound.
/// Draws within a group may be correlated, groups may not.
///
/// Cost: m³ and 400 sums over groups.
///
/// Source: the variational principle for −𝓛 = ∇L̃·∇ − (s/2)Δ, reversible with respect to μ_s; Ritz 1909; Bakry, Gentil,
/// Ledoux, *Analysis and Geometry of Markov Diffusion Operators* (2014), §4.2.
pub fn rayleigh_ritz(sums: &RitzSums, seed: u64) -> Option<RitzBound> {
    let (m, groups) = (sums.names.len(), sums.counts.len());
    if groups < FEWEST_GROUPS {
        return None;
    }
    let minimiser = |held_out: Option<usize>| {
        let (a, b) = sums.pooled(held_out);
        let whitening = Whitening::new(&b, m)?;
        let (values, c) = whitening.eigen(&a, |_| 0)?;
        Some((values[0], c, whitening.kept()))
    };
    let held_out: Vec<Vec<f64>> =
        (0..FOLDS).map(|fold| minimiser(Some(fold)).map(|(_, c, _)| c)).collect::<Option<_>>()?;
    let (in_sample, coefficients, kept) = minimiser(None)?;
    let mut curves = GroupCurves::new(groups, 2);
    for g in 0..groups {
        let c = &held_out[g % FOLDS];
        curves.counts[g] = sums.counts[g];
        curves.sums[2 * g] = quadratic_form(&sums.dirichlet[g], c);
        curves.sums[2 * g + 1] = quadratic_form(&sums.outer[g], c);
    }
    let quotient = |times: &[f64]| {
        let mean = curves.mean(times);
        mean[0] / mean[1]
    };
    let value = quotient(&vec![1.0; groups]);
    let drawn: Vec<f64> = resamples(groups, RESAMPLES, seed, 4).iter().map(|times| quotient(times)).collect();
    let std_err = deviation(&drawn);
    let half = quantile(groups) * std_err;
    (value.is_finite() && half.is_finite()).then_some(RitzBound {
        value,
        std_err,
        interval: (value - half, value + half),
        in_sample,
        coefficients,
        functions: sums.names.clone(),
        kept,
        draws: sums.counts.iter().sum::<f64>() as usize,
    })
}

#[cfg(test)]
#[path = "rayleigh_ritz_tests.rs"]
mod tests;
