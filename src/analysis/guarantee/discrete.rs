//! The guarantee of SGD in steps: E L̃(W^k) − inf L̃ ≤ (A + B(T)) s + C(s) χ e^{−s λ_s k} for k s ≤ T.

use crate::estimates::Estimate;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A number between two ends.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Range {
    /// The number.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What runs at one noise scale s say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtScale {
    /// s, the step of SGD and the noise scale of the SDE.
    pub s: f64,
    /// E_μ L̃ − min L̃.
    pub excess: Estimate,
    /// sup_{ks ≤ T} |E L̃(W^k) − E L̃(W_{ks})| with an interval at the level [`simultaneous_level`] of the number of scales.
    pub difference: Range,
}

/// The level that each of the 2m intervals of m noise scales must have, so that all hold together 95 times in 100: 1 − 0.05/(2m)
/// (Bonferroni).
pub fn simultaneous_level(scales: usize) -> f64 {
    1.0 - 0.05 / (2.0 * scales.max(1) as f64)
}

/// The constants of the guarantee for SGD (Gopalani, Jha, Mukherjee, arXiv 2309.09258, theorem 3.2 and lemma 3.3), estimated from
/// runs at several noise scales.
///
/// The source has A and B(T) as constants that exist. Here A = sup_s excess(s)/s and B(T) = sup_s sup_{ks≤T}|E L̃(W^k) − E L̃(W_{ks})|/s over
/// the scales at hand, with ends that hold together 95 times in 100 for these scales; nothing is known of scales outside them.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct DiscreteGuarantee {
    /// A.
    pub excess_per_s: Range,
    /// B(T).
    pub difference_per_s: Range,
    /// T, until which the difference was measured.
    pub horizon: f64,
    /// gLip: the theorem asks for s ≤ 1/gLip.
    pub gradient_lipschitz: f64,
    /// The smallest and the largest noise scale at hand.
    pub scales: (f64, f64),
}

/// A step size that the guarantee admits for one ε.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct StepSize {
    /// s* = min(1/gLip, (ε/2)/(A + B)) with the upper ends of A and B: the one to use.
    pub s: f64,
    /// The same with the lower ends: no smaller step is needed for sure.
    pub largest: f64,
    /// Whether s* lies outside the noise scales that A and B come from.
    pub extrapolated: bool,
}

impl DiscreteGuarantee {
    /// From runs at several scales up to time `horizon`; `None` where there is none, or an excess has no error.
    ///
    /// # Panics
    /// Unless every s, T and gLip are positive.
    pub fn new(runs: &[AtScale], horizon: f64, gradient_lipschitz: f64) -> Option<Self> {
        assert!(
            horizon > 0.0 && gradient_lipschitz > 0.0 && runs.iter().all(|r| r.s > 0.0),
            "s, T, gLip > 0"
        );
        let level = simultaneous_level(runs.len());
        let excesses: Option<Vec<Range>> =
            runs.iter().map(|r| Some(scaled(interval(&r.excess, level)?, r.s))).collect();
        let differences: Vec<Range> = runs.iter().map(|r| scaled(r.difference, r.s)).collect();
        let scales = runs.iter().map(|r| r.s);
        Some(Self {
            excess_per_s: supremum(&excesses?)?,
            difference_per_s: supremum(&differences)?,
            horizon,
            gradient_lipschitz,
            scales: (scales.clone().fold(f64::INFINITY, f64::min), scales.fold(0.0, f64::max)),
        })
    }

    /// The step size for accuracy ε: half of ε for (A + B)s, half for the start.
    ///
    /// # Panics
    /// Unless ε > 0.
    pub fn step_size(&self, epsilon: f64) -> StepSize {
        assert!(epsilon > 0.0, "ε > 0");
        let most = 1.0 / self.gradient_lipschitz;
        let with = |a: f64, b: f64| if a + b > 0.0 { (0.5 * epsilon / (a + b)).min(most) } else { most };
        let s = with(self.excess_per_s.high, self.difference_per_s.high);
        let largest = with(self.excess_per_s.low, self.difference_per_s.low.max(0.0));
        StepSize { s, largest, extrapolated: s < self.scales.0 || s > self.scales.1 }
    }

    /// The smallest T after which C(s)χ(s)e^{−λ_s T} ≤ ε/2 at s = s*(ε): max(0, ln(2Cχ/ε)/λ_s). `start` gives ln(C(s)χ(s)) and λ_s at
    /// a noise scale. B is taken as measured up to its own horizon; where the answer is later than that, the difference may be
    /// larger. `None` where `start` has no answer.
    ///
    /// The source prints 2^{C(s)}χ/ε inside the logarithm; what its proof gives is 2C(s)χ/ε.
    pub fn shortest_time(&self, epsilon: f64, start: impl Fn(f64) -> Option<(f64, f64)>) -> Option<f64> {
        let (ln_amplitude, gap) = start(self.step_size(epsilon).s)?;
        let time = ((ln_amplitude - (0.5 * epsilon).ln()) / gap).max(0.0);
        (gap > 0.0 && time.is_finite()).then_some(time)
    }
}

/// ⌈T/s⌉, as a number that may be beyond the integers.
pub fn steps_within(time: f64, s: f64) -> f64 {
    (time / s).ceil()
}

fn interval(estimate: &Estimate, level: f64) -> Option<Range> {
    let law = StudentsT::new(0.0, 1.0, estimate.n.checked_sub(1)? as f64).ok()?;
    let half = estimate.std_err? * law.inverse_cdf(0.5 + 0.5 * level);
    Some(Range { value: estimate.value, low: estimate.value - half, high: estimate.value + half })
}

fn scaled(range: Range, s: f64) -> Range {
    Range { value: range.value / s, low: range.low / s, high: range.high / s }
}

/// The largest of several numbers, each end that of the largest: right where all intervals are.
fn supremum(ranges: &[Range]) -> Option<Range> {
    let most = |a: Range, b: Range| Range {
        value: a.value.max(b.value),
        low: a.low.max(b.low),
        high: a.high.max(b.high),
    };
    ranges.iter().copied().reduce(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(s: f64, excess: f64, difference: f64) -> AtScale {
        let excess = Estimate { value: excess, std_err: Some(0.01 * excess), n: 64 };
        let difference = Range { value: difference, low: 0.8 * difference, high: 1.2 * difference };
        AtScale { s, excess, difference }
    }

    fn guarantee() -> DiscreteGuarantee {
        let runs = [run(0.1, 0.05, 0.02), run(0.05, 0.026, 0.009), run(0.025, 0.0128, 0.0047)];
        DiscreteGuarantee::new(&runs, 10.0, 4.0).unwrap()
    }

    #[test]
    fn the_constants_are_the_largest_ratios_with_simultaneous_ends() {
        let found = guarantee();
        assert!((found.excess_per_s.value - 0.52).abs() < 1e-12);
        assert!((found.difference_per_s.value - 0.2).abs() < 1e-12);
        assert!((found.difference_per_s.high - 0.24).abs() < 1e-12);
        // Student with 63 degrees of freedom at 1 − 0.05/6 has the two-sided quantile 2.7247.
        let half = (found.excess_per_s.high / 0.52 - 1.0) / 0.01;
        assert!((half - 2.7247).abs() < 2e-3, "{half}");
        assert!((simultaneous_level(3) - (1.0 - 0.05 / 6.0)).abs() < 1e-15);
        assert_eq!(DiscreteGuarantee::new(&[], 1.0, 1.0), None);
    }

    #[test]
    fn the_step_size_halves_with_epsilon_until_smoothness_stops_it() {
        let found = guarantee();
        let (coarse, fine) = (found.step_size(0.02), found.step_size(0.01));
        assert!((coarse.s / fine.s - 2.0).abs() < 1e-12 && coarse.largest > coarse.s);
        let sum = found.excess_per_s.high + found.difference_per_s.high;
        assert!((coarse.s * sum - 0.01).abs() < 1e-15);
        assert!(fine.extrapolated && !found.step_size(0.06).extrapolated);
        assert_eq!(found.step_size(1e6).s, 0.25);
    }

    /// At the shortest time both halves are at most ε/2.
    #[test]
    fn the_shortest_time_uses_up_the_other_half() {
        let found = guarantee();
        let start = |s: f64| Some((0.5 / s, 0.7));
        for epsilon in [0.05, 0.01] {
            let time = found.shortest_time(epsilon, start).unwrap();
            let left = (0.5 / found.step_size(epsilon).s - 0.7 * time).exp();
            assert!((left / (0.5 * epsilon) - 1.0).abs() < 1e-9, "{left}");
        }
        assert_eq!(found.shortest_time(0.01, |_| Some((-50.0, 0.7))), Some(0.0));
        assert_eq!(found.shortest_time(0.01, |_| None), None);
        assert_eq!(steps_within(1.0, 0.3), 4.0);
    }
}
