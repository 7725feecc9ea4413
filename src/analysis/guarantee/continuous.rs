//! The guarantee of the SDE in time: E L̃(W_t) − min L̃ ≤ excess + D_μ χ e^{−λ_s t}.

use super::MomentBounds;
use crate::estimates::Estimate;

/// Where a value of the spectral gap λ_s comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// A certified lower bound: the guarantee is a bound.
    Certificate,
    /// The gap of a grid: the guarantee is exact up to its numerical error.
    Grid,
    /// Rayleigh–Ritz, an upper bound of λ_s: the guarantee is an estimate that may be too good.
    RayleighRitz,
    /// A rate fitted to a run: an estimate.
    Fitted,
}

impl GapKind {
    /// In words, for tables and legends.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certified lower bound",
            Self::Grid => "grid",
            Self::RayleighRitz => "Rayleigh–Ritz upper bound",
            Self::Fitted => "fitted rate",
        }
    }
}

/// The λ_s that stands in a guarantee.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Gap {
    /// λ_s > 0, per unit of t.
    pub value: f64,
    /// Its standard error; 0 for a certificate.
    pub std_err: f64,
    /// Where it comes from.
    pub kind: GapKind,
}

/// excess + e^{ln_amplitude − λ_s t}, an upper bound of E L̃(W_t) − min L̃ for all t ≥ 0 where its parts are certain.
///
/// Since E h(W_t) − E_μ h = ⟨h − E_μ h, dρ_t/dμ − 1⟩_μ ≤ sd_μ(h)·‖dρ_t/dμ − 1‖ and the last norm starts at χ and falls like e^{−λ_s t}
/// (Shi, Su, Jordan, arXiv 2004.06977, proposition 3.1; Gopalani, Jha, Mukherjee, arXiv 2309.09258, theorem 3.5). The sources have
/// C(s) for D_μ; sd_μ(L̃) ≤ C(s) does, because the integrand is centred. For the SDE; for SGD see
/// [`DiscreteGuarantee`](super::DiscreteGuarantee).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Guarantee {
    /// E_μ L̃ − min L̃, in units of L̃.
    pub excess: f64,
    /// Its standard error; 0 for a bound.
    pub excess_error: f64,
    /// ln(D_μ χ); −∞ for a start from μ_s itself.
    pub ln_amplitude: f64,
    /// Its standard error; 0 for a bound.
    pub ln_amplitude_error: f64,
    /// λ_s.
    pub gap: Gap,
    /// Whether excess and amplitude are bounds that are certain, and not estimates.
    pub explicit: bool,
}

impl Guarantee {
    /// From certain bounds: `chi` ≥ ln(1 + χ²). `None` where a bound of the excess or of sd_μ(L̃) is missing, or the gap is
    /// not positive.
    pub fn explicit(bounds: &MomentBounds, chi: f64, gap: Gap) -> Option<Self> {
        let (excess, deviation) = (bounds.excess?.value, bounds.deviation?.value);
        let ln_amplitude = deviation.ln() + ln_chi(chi);
        (gap.value > 0.0 && !ln_amplitude.is_nan()).then_some(Self {
            excess,
            excess_error: 0.0,
            ln_amplitude,
            ln_amplitude_error: 0.0,
            gap,
            explicit: true,
        })
    }

    /// From estimates of the excess, of D_μ (sd_μ(L̃), or C(s) as in the sources) and of ln(1 + χ²), with their errors carried
    /// to first order: that of ln χ is δ/(2(1 − e^{−x})) for x = ln(1 + χ²) ± δ. `None` where an error is unknown, x is not
    /// above 0, or the gap is not positive.
    pub fn estimated(excess: Estimate, amplitude: Estimate, chi: Estimate, gap: Gap) -> Option<Self> {
        let of_chi = 0.5 * chi.std_err? / -(-chi.value).exp_m1();
        let known = chi.value > 0.0 && amplitude.value > 0.0 && gap.value > 0.0;
        known.then_some(Self {
            excess: excess.value,
            excess_error: excess.std_err?,
            ln_amplitude: amplitude.value.ln() + ln_chi(chi.value),
            ln_amplitude_error: (amplitude.std_err? / amplitude.value).hypot(of_chi),
            gap,
            explicit: false,
        })
    }

    /// Whether E L̃(W_t) − min L̃ is certainly never above it.
    pub fn is_bound(&self) -> bool {
        self.explicit && self.gap.kind == GapKind::Certificate
    }

    /// The guarantee at time t ≥ 0; +∞ where it leaves the range of the numbers.
    pub fn at(&self, t: f64) -> f64 {
        self.excess + self.transient(t)
    }

    /// The logarithm of [`at`](Self::at), which stays finite where the bound itself leaves the range of the numbers.
    pub fn ln_at(&self, t: f64) -> f64 {
        ln_sum(self.excess.ln(), self.ln_amplitude - self.gap.value * t)
    }

    /// The standard error of [`at`](Self::at): that of the excess plus that of the rest, since both may come from one sample.
    pub fn error_at(&self, t: f64) -> f64 {
        let rest = self.ln_amplitude_error.hypot(t * self.gap.std_err);
        self.excess_error + if rest > 0.0 { self.transient(t) * rest } else { 0.0 }
    }

    fn transient(&self, t: f64) -> f64 {
        (self.ln_amplitude - self.gap.value * t).exp()
    }

    /// The time from which on the guarantee is at most ε: max(0, ln(D_μχ/(ε − excess))/λ_s). `None` for ε ≤ excess: this noise
    /// scale cannot give ε.
    pub fn time_below(&self, epsilon: f64) -> Option<f64> {
        let room = epsilon - self.excess;
        (room > 0.0).then(|| ((self.ln_amplitude - room.ln()) / self.gap.value).max(0.0))
    }

    /// The standard error of [`time_below`](Self::time_below) to first order; `None` where that is.
    pub fn time_error(&self, epsilon: f64) -> Option<f64> {
        let t = self.time_below(epsilon)?;
        let room = self.excess_error / (epsilon - self.excess);
        let parts = (room + self.ln_amplitude_error).hypot(t * self.gap.std_err);
        Some(if t > 0.0 { parts / self.gap.value } else { 0.0 })
    }
}

/// ln(e^a + e^b) without overflow; −∞ stands for 0.
pub fn ln_sum(a: f64, b: f64) -> f64 {
    let top = a.max(b);
    if top == f64::NEG_INFINITY { top } else { top + ((a - top).exp() + (b - top).exp()).ln() }
}

/// ln χ = ½ ln(e^x − 1) for x = ln(1 + χ²) ≥ 0, without overflow and without loss of digits near 0.
pub fn ln_chi(ln_one_plus_chi_squared: f64) -> f64 {
    let x = ln_one_plus_chi_squared;
    if x > 1.0 { 0.5 * (x + (-(-x).exp()).ln_1p()) } else { 0.5 * x.exp_m1().ln() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFIED: Gap = Gap { value: 0.25, std_err: 0.0, kind: GapKind::Certificate };

    fn guarantee(ln_amplitude: f64) -> Guarantee {
        Guarantee {
            excess: 0.1,
            excess_error: 0.0,
            ln_amplitude,
            ln_amplitude_error: 0.0,
            gap: CERTIFIED,
            explicit: true,
        }
    }

    #[test]
    fn chi_keeps_its_digits_at_both_ends() {
        assert!((ln_chi(1e-12) / (0.5 * 1e-12_f64.ln()) - 1.0).abs() < 1e-12);
        assert_eq!(ln_chi(5000.0), 2500.0);
        assert_eq!(ln_chi(0.0), f64::NEG_INFINITY);
        for x in [0.999_999_9, 1.000_000_1] {
            assert!((ln_chi(x) - 0.5 * (x.exp() - 1.0).ln()).abs() < 1e-14);
        }
    }

    /// The time is where the curve crosses, also for amplitudes beyond the range of the numbers.
    #[test]
    fn the_time_below_is_where_the_curve_crosses() {
        for ln_amplitude in [-3.0, 2.0, 4000.0] {
            let guarantee = guarantee(ln_amplitude);
            let time = guarantee.time_below(0.15).unwrap();
            assert!(guarantee.at(time) <= 0.15 * (1.0 + 1e-9));
            if time > 0.0 {
                assert!((guarantee.at(time) / 0.15 - 1.0).abs() < 1e-9 && guarantee.at(0.99 * time) > 0.15);
            }
            assert_eq!(guarantee.time_below(0.1), None);
        }
        assert_eq!(guarantee(4000.0).at(0.0), f64::INFINITY);
        let stationary = guarantee(f64::NEG_INFINITY);
        assert_eq!((stationary.at(0.0), stationary.time_below(0.11)), (0.1, Some(0.0)));
    }

    /// First-order errors against differences of the formula itself.
    #[test]
    fn errors_are_the_derivatives() {
        let of = |value: f64, std_err: f64| Estimate { value, std_err: Some(std_err), n: 64 };
        let gap = |value: f64, std_err: f64| Gap { value, std_err, kind: GapKind::RayleighRitz };
        let build = |e: f64, a: f64, x: f64, g: f64, errors: [f64; 4]| {
            let gap = gap(g, errors[3]);
            Guarantee::estimated(of(e, errors[0]), of(a, errors[1]), of(x, errors[2]), gap).unwrap()
        };
        let (base, h) = ([0.1, 0.05, 1.3, 0.4], 1e-6);
        for k in 0..4 {
            let (mut moved, mut errors) = (base, [0.0; 4]);
            moved[k] += h;
            errors[k] = h;
            let of = |v: [f64; 4]| build(v[0], v[1], v[2], v[3], errors);
            let (here, there) = (of(base), of(moved));
            for t in [0.5, 7.0] {
                let change = (there.at(t) - here.at(t)).abs();
                assert!((change / here.error_at(t) - 1.0).abs() < 1e-4, "part {k}, t = {t}");
            }
            let change = (there.time_below(0.11).unwrap() - here.time_below(0.11).unwrap()).abs();
            assert!((change / here.time_error(0.11).unwrap() - 1.0).abs() < 1e-3, "part {k}");
        }
        let unknown = Estimate { value: 1.0, std_err: None, n: 1 };
        assert_eq!(Guarantee::estimated(unknown, of(1.0, 0.1), of(1.0, 0.1), gap(1.0, 0.0)), None);
        assert_eq!(Guarantee::estimated(of(1.0, 0.1), of(1.0, 0.1), of(-0.1, 0.2), gap(1.0, 0.0)), None);
    }
}
