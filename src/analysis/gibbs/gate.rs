//! The checks that a sample must pass before it is used.

use super::diagnostics::{effective_sample_size, nested_r_hat, r_hat, tail_effective_sample_size};
use super::records::Records;
use crate::estimates::{Estimate, Moments};
use crate::problem::Quantity;
use serde::{Deserialize, Serialize};

/// What a failed check means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckKind {
    /// Chains disagree: they have not forgotten their starts, or they sit in different basins.
    Agreement,
    /// An identity of μ_s is violated: what was sampled is another law.
    Identity,
    /// There are too few independent draws to say.
    Size,
}

/// One check: passed when `value` ≤ `threshold`, for sizes when `value` ≥ `threshold`; not when it is not a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Which number of which quantity.
    pub name: String,
    /// What a failure means.
    pub kind: CheckKind,
    /// What was found; NaN where it cannot be had.
    pub value: f64,
    /// What it is held against.
    pub threshold: f64,
    /// Whether it holds.
    pub passed: bool,
}

/// All checks of a sample.
///
/// For L̃, ‖W‖², the first weight, four random directions and every observable: rank-normalised split R̂ ≤ 1.01, nested
/// R̂ ≤ 1.01, bulk and tail effective sample sizes ≥ 400 (Vehtari et al. 2021; Margossian et al., arXiv 2110.13017). The
/// identities of μ_s E⟨W, ∇L̃⟩ = D s/2 and E‖∇L̃‖² = (s/2) E ΔL̃ within five standard errors. The error of one of the two must
/// be below a hundredth of its right side, so that a temperature off by 5 % is seen: not that of both, since ⟨W, ∇L̃⟩ varies
/// without bound as s → 0 around a minimum that is not at 0. Standard errors come from the variance between independent
/// chains. A right sample violates an identity about once in 10⁵ (64 chains) or once in
/// 3000 (16 ladders).
///
/// Blind to modes that no chain has visited, and to whatever moves none of the quantities above. The two identities hold in
/// every basin by itself: alone they do not see chains that are stuck.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Every check.
    pub checks: Vec<Check>,
    /// Whether all of them hold.
    pub passed: bool,
}

const R_HAT: f64 = 1.01;
const SIZE: f64 = 400.0;
const ERRORS: f64 = 5.0;
/// The standard error of an identity, relative to its right side.
const RESOLUTION: f64 = 0.01;
/// Quantities that follow from others, are too coarse for ranks, or are tested by the identities.
const LEFT_OUT: [Quantity; 6] = [
    Quantity::TestRisk,
    Quantity::TrainAccuracy,
    Quantity::TestAccuracy,
    Quantity::GradientNorm,
    Quantity::Laplacian,
    Quantity::Virial,
];

impl Gate {
    /// The checks of chains that claim to sample μ_s; `together` consecutive ones started at one place.
    pub(super) fn of(records: &Records, s: f64, together: usize) -> Self {
        let mut checks = Vec::new();
        for (column, name) in records.names.iter().enumerate() {
            if records.quantities.get(column).is_some_and(|q| LEFT_OUT.contains(q)) {
                continue;
            }
            let chains = records.column(column);
            let agreement = [("R-hat", r_hat(&chains)), ("nested R-hat", nested_r_hat(&chains, together))];
            for (what, value) in agreement {
                checks.push(Check::at_most(format!("{what} of {name}"), CheckKind::Agreement, value, R_HAT));
            }
            let sizes = [
                ("bulk sample size", effective_sample_size(&chains)),
                ("tail sample size", tail_effective_sample_size(&chains)),
            ];
            checks
                .extend(sizes.map(|(what, value)| Check::at_least(format!("{what} of {name}"), value, SIZE)));
        }
        let identities = [virial(records, s), configurational_temperature(records, s)];
        let mut resolution = f64::NAN;
        for (name, found) in ["virial", "configurational temperature"].into_iter().zip(identities) {
            let errors = found.map(|i| i.difference.abs() / i.std_err.max(f64::MIN_POSITIVE));
            let name = format!("{name}: distance in standard errors");
            checks.push(Check::at_most(name, CheckKind::Identity, errors, ERRORS));
            resolution = resolution.min(found.map_or(f64::NAN, |i| i.std_err / i.right.abs()));
        }
        let name = "identities: the better relative standard error".to_owned();
        checks.push(Check::at_most(name, CheckKind::Size, Some(resolution), RESOLUTION));
        Self::from_checks(checks)
    }

    /// The gate of a run that could not be made.
    pub(super) fn too_small(budget: u64, needed: u64) -> Self {
        let name = "gradients that the budget allows".to_owned();
        Self::from_checks(vec![Check::at_least(name, Some(budget as f64), needed as f64)])
    }

    fn from_checks(checks: Vec<Check>) -> Self {
        let passed = checks.iter().all(|check| check.passed);
        Self { checks, passed }
    }

    /// The checks that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }

    /// Whether a check of this kind does not hold.
    pub fn fails(&self, kind: CheckKind) -> bool {
        self.failures().any(|check| check.kind == kind)
    }
}

impl Check {
    fn at_most(name: String, kind: CheckKind, value: Option<f64>, threshold: f64) -> Self {
        let value = value.unwrap_or(f64::NAN);
        Self { name, kind, value, threshold, passed: value <= threshold }
    }

    fn at_least(name: String, value: Option<f64>, threshold: f64) -> Self {
        let value = value.unwrap_or(f64::NAN);
        Self { name, kind: CheckKind::Size, value, threshold, passed: value >= threshold }
    }
}

/// Left side minus right side of an identity, the standard error of that, and the right side.
#[derive(Clone, Copy)]
struct Identity {
    difference: f64,
    std_err: f64,
    right: f64,
}

/// E⟨W, ∇L̃⟩ = D s/2.
fn virial(records: &Records, s: f64) -> Option<Identity> {
    let left = chain_estimate(records, &[Quantity::Virial], |r| r[0])?;
    let right = 0.5 * s * records.dim as f64;
    Some(Identity { difference: left.value - right, std_err: left.std_err?, right })
}

/// E‖∇L̃‖² = (s/2) E ΔL̃.
fn configurational_temperature(records: &Records, s: f64) -> Option<Identity> {
    let pair = [Quantity::GradientNorm, Quantity::Laplacian];
    let difference = chain_estimate(records, &pair, |r| r[0] * r[0] - 0.5 * s * r[1])?;
    let right = chain_estimate(records, &pair, |r| 0.5 * s * r[1])?.value;
    Some(Identity { difference: difference.value, std_err: difference.std_err?, right })
}

/// The mean over all chains of a function of some quantities, with the error from between chains.
pub(super) fn chain_estimate(
    records: &Records,
    quantities: &[Quantity],
    f: impl Fn(&[f64]) -> f64,
) -> Option<Estimate> {
    let columns: Option<Vec<Vec<&[f64]>>> = quantities.iter().map(|&q| records.quantity(q)).collect();
    let columns = columns?;
    let mut row = vec![0.0; columns.len()];
    let means = (0..records.chains).map(|chain| {
        let length = columns[0][chain].len();
        let sum: f64 = (0..length)
            .map(|i| {
                row.iter_mut().zip(&columns).for_each(|(x, column)| *x = column[chain][i]);
                f(&row)
            })
            .sum();
        sum / length as f64
    });
    let means: Vec<f64> = means.collect();
    // A mean over fewer chains than there are would hide the ones that blew up.
    means.iter().all(|m| m.is_finite()).then(|| Moments::of(means).estimate())?
}
