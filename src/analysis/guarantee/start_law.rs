//! χ² of a start relative to the Gibbs measure: finite or not, and how large at most.

use crate::analysis::risk::RiskFacts;

/// What is known for certain of χ² = ∫ (ρ − μ_s)²/μ_s for the law ρ of W₀.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StartLaw {
    /// χ² < ∞; where `bound` is `None`, no more than that.
    Finite {
        /// At least ln(1 + χ²).
        bound: Option<StartBound>,
    },
    /// χ² = ∞: the guarantee says nothing of this start.
    Infinite(WhyInfinite),
    /// Neither is proved.
    Unknown(WhyUnknown),
}

/// An upper bound of ln(1 + χ²), and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartBound {
    /// The bound of ln(1 + χ²).
    pub value: f64,
    /// The argument that gave it.
    pub argument: StartArgument,
}

/// The argument behind a bound of ln(1 + χ²).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartArgument {
    /// The Gibbs measure is a Gaussian: the value is exact.
    ClosedForm,
    /// The gradient of the data term is bounded.
    GradientBound,
    /// The data term is bounded.
    Oscillation,
}

impl StartArgument {
    /// In words, for tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClosedForm => "closed form",
            Self::GradientBound => "bounded gradient",
            Self::Oscillation => "bounded data term",
        }
    }
}

/// Why χ² = ∞.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WhyInfinite {
    /// The start has no density.
    NoDensity {
        /// The supremum of the admissible standard deviations of a Gaussian start, where known.
        largest_std: Option<f64>,
    },
    /// The start's tails outweigh those of the Gibbs measure: τ² ≥ s/λ for some weight.
    TooWide {
        /// The largest standard deviation of the start.
        std: f64,
        /// The supremum of the admissible ones.
        largest_std: f64,
    },
}

/// Why it is not known whether χ² is finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WhyUnknown {
    /// There is no penalty, so that nothing is known of the tails of the Gibbs measure.
    NoPenalty,
    /// The data term may grow like ‖W‖²: only τ² < s/(λ + Λ) is known to suffice.
    Growth {
        /// The largest standard deviation of the start.
        std: f64,
        /// √(s/(λ + Λ)): every smaller one is admissible.
        sufficient_std: f64,
        /// √(s/λ): none from here on is.
        largest_std: f64,
    },
    /// Nothing is known of the growth of the data term.
    NoBounds,
}

impl StartLaw {
    /// The verdict on a start with centred Gaussian weights of these `variances` τ_k² (`None`: without a density).
    ///
    /// With σ² = s/(2λ), ρ²/μ_s ∝ exp(−Σ w_k²(1/τ_k² − λ/s) + 2G/s). As G ≥ 0 this has no finite integral once
    /// τ_k² ≥ s/λ = 2σ² for one k. Below, it has one where ‖∇G‖ ≤ K, for then G = O(‖w‖): with K known the condition
    /// τ_k² < s/λ is sharp. Where only G ≤ (Λ/2)‖w‖² + O(‖w‖) is known, τ_k² < s/(λ + Λ) suffices. With
    /// 1/κ_k² = 2/τ_k² − 1/σ²,
    ///
    /// 1 + χ² = Π_k σ²/(τ_k√(2σ² − τ_k²)) · E_{N(0,κ²)}[e^{2G/s}] · E_{N(0,σ²)}[e^{−2G/s}],
    ///
    /// and the two means together are at most
    /// - exp(2K²(max κ_k² + σ²)/s² + (2/s)δ): a K-Lipschitz function of Gaussians of variance at most v has
    ///   ln E e^{aG} ≤ a E G + a²K²v/2 (Boucheron, Lugosi, Massart, *Concentration inequalities*, 2013, theorem 5.5), and
    ///   δ ≥ E_κ G − E_σ G: with the same normal numbers in both δ = K√Σ(κ_k − σ)²; from the heat equation also
    ///   ½ max(κ_k² − σ²) sup ΔG where all variances are one κ² ≥ σ², and ½(σ² − κ²) D M where κ² ≤ σ². At τ = σ it is
    ///   2K²/(λs), attained by linear G;
    /// - exp(2 osc/s), and cosh²(osc/s) at τ = σ (Kantorovich's inequality).
    ///
    /// `gibbs`: the variances σ_k² of μ_s where it is a centred Gaussian; then the value is exact.
    ///
    /// # Panics
    /// Unless s > 0, λ ≥ 0, every variance is positive and there are D of them.
    pub fn new(variances: Option<&[f64]>, facts: &RiskFacts, gibbs: Option<&[f64]>) -> Self {
        assert!(facts.s > 0.0 && facts.lambda >= 0.0, "s > 0 and λ ≥ 0");
        // For a Gaussian μ_s the bound of the width is that of its narrowest weight.
        let twice = gibbs.map(|v| 2.0 * v.iter().copied().fold(f64::INFINITY, f64::min));
        let limit = twice.unwrap_or(facts.s / facts.lambda);
        let Some(variances) = variances else {
            let largest_std = limit.is_finite().then(|| limit.sqrt());
            return Self::Infinite(WhyInfinite::NoDensity { largest_std });
        };
        assert!(variances.len() == facts.dim && variances.iter().all(|v| *v > 0.0), "D variances > 0");
        if let Some(gibbs) = gibbs {
            return closed_form(variances, gibbs);
        }
        let widest = variances.iter().copied().fold(0.0, f64::max);
        if facts.lambda == 0.0 {
            return Self::Unknown(WhyUnknown::NoPenalty);
        }
        if widest >= limit {
            return too_wide(widest, limit);
        }
        let bound = lower(gradient_bound(variances, facts), oscillation_bound(variances, facts));
        if bound.is_some() {
            return Self::Finite { bound };
        }
        match facts.growth {
            None => Self::Unknown(WhyUnknown::NoBounds),
            Some(growth) if widest < facts.s / (facts.lambda + growth) => Self::Finite { bound: None },
            Some(growth) => Self::Unknown(WhyUnknown::Growth {
                std: widest.sqrt(),
                sufficient_std: (facts.s / (facts.lambda + growth)).sqrt(),
                largest_std: limit.sqrt(),
            }),
        }
    }

    /// Whether the guarantee serves this start; `None` where that is not known.
    pub fn admissible(&self) -> Option<bool> {
        match self {
            Self::Finite { .. } => Some(true),
            Self::Infinite(_) => Some(false),
            Self::Unknown(_) => None,
        }
    }

    /// The verdict in a sentence, with the remedy.
    pub fn sentence(&self) -> String {
        let below = |std: &Option<f64>| {
            std.map_or(String::new(), |std| format!(" with a standard deviation below {std:.4}"))
        };
        match self {
            Self::Finite { bound: Some(StartBound { value, argument: StartArgument::ClosedForm }) } => {
                format!("the start is admissible: ln(1 + χ²) = {value:.4} exactly")
            }
            Self::Finite { bound: Some(bound) } => {
                format!("the start is admissible: ln(1 + χ²) ≤ {:.4} ({})", bound.value, bound.argument.name())
            }
            Self::Finite { bound: None } => {
                "the start is admissible: χ² is finite, but no bound of it is known".into()
            }
            Self::Infinite(WhyInfinite::NoDensity { largest_std }) => format!(
                "the start is not admissible: it has no density, so χ² = ∞; count time from some t > 0, or start from a \
                 Gaussian{}",
                below(largest_std)
            ),
            Self::Infinite(WhyInfinite::TooWide { std, largest_std }) => format!(
                "the start is not admissible: its standard deviation {std:.4} is not below {largest_std:.4}, so \
                 χ² = ∞; start from a narrower Gaussian"
            ),
            Self::Unknown(WhyUnknown::NoPenalty) => {
                "whether the start is admissible is not known: without a penalty nothing is known of the tails of the Gibbs \
                 measure; a λ > 0 gives them"
                    .into()
            }
            Self::Unknown(WhyUnknown::Growth { std, sufficient_std, largest_std }) => format!(
                "whether the start is admissible is not known: every standard deviation below {sufficient_std:.4} is, none \
                 from {largest_std:.4} on is, and this one is {std:.4}; start from a narrower Gaussian"
            ),
            Self::Unknown(WhyUnknown::NoBounds) => {
                "whether the start is admissible is not known: no bound of the data term's growth is at hand".into()
            }
        }
    }

    /// The bound of ln(1 + χ²), if there is one.
    pub fn ln_one_plus_chi_squared(&self) -> Option<f64> {
        match self {
            Self::Finite { bound } => bound.map(|b| b.value),
            _ => None,
        }
    }
}

/// Variances that differ by less than this share differ by rounding alone.
const SAME: f64 = 1e-13;

/// Π_k σ_k²/(τ_k√(2σ_k² − τ_k²)), in logarithms.
fn closed_form(variances: &[f64], gibbs: &[f64]) -> StartLaw {
    let wide = variances.iter().zip(gibbs).filter(|(start, own)| **start >= 2.0 * **own);
    // Narrower than the tightest limit, and no weight is too wide.
    let wide = wide.min_by(|a, b| a.1.total_cmp(b.1));
    if let Some((start, own)) = wide {
        return too_wide(*start, 2.0 * own);
    }
    let value = variances.iter().zip(gibbs).map(|(start, own)| log_factor(*start, *own)).sum();
    StartLaw::Finite { bound: Some(StartBound { value, argument: StartArgument::ClosedForm }) }
}

fn too_wide(variance: f64, limit: f64) -> StartLaw {
    StartLaw::Infinite(WhyInfinite::TooWide { std: variance.sqrt(), largest_std: limit.sqrt() })
}

/// ln σ²/(τ√(2σ² − τ²)) = −½ ln(1 − (τ²/σ² − 1)²), without loss of digits near τ = σ.
fn log_factor(start: f64, own: f64) -> f64 {
    let off = (start - own) / own;
    -0.5 * (-off * off).ln_1p()
}

/// κ² = 1/(2/τ² − 1/σ²).
pub(super) fn tilted_variance(start: f64, prior: f64) -> f64 {
    start * prior / (2.0 * prior - start)
}

fn gradient_bound(variances: &[f64], facts: &RiskFacts) -> Option<StartBound> {
    let (k, s) = (facts.gradient_bound?, facts.s);
    let prior = 0.5 * s / facts.lambda;
    let tilted: Vec<f64> = variances.iter().map(|v| tilted_variance(*v, prior)).collect();
    let widest = tilted.iter().copied().fold(0.0, f64::max);
    let coupled = k * tilted.iter().map(|v| (v.sqrt() - prior.sqrt()).powi(2)).sum::<f64>().sqrt();
    let equal = tilted.iter().all(|v| *v == widest);
    let curvature = if widest >= prior {
        facts.laplacian_bound
    } else {
        facts.negative_curvature.map(|m| m * facts.dim as f64)
    };
    let heated = curvature.filter(|_| equal).map(|c| 0.5 * (widest - prior).abs() * c.max(0.0));
    let rise = heated.into_iter().fold(coupled, f64::min);
    let prefactor: f64 = variances.iter().map(|v| log_factor(*v, prior)).sum();
    let value = prefactor + 2.0 * k * k * (widest + prior) / (s * s) + 2.0 / s * rise;
    Some(StartBound { value, argument: StartArgument::GradientBound })
}

fn oscillation_bound(variances: &[f64], facts: &RiskFacts) -> Option<StartBound> {
    let range = 2.0 * facts.oscillation? / facts.s;
    let prior = 0.5 * facts.s / facts.lambda;
    let means = if variances.iter().all(|v| (v / prior - 1.0).abs() < SAME) {
        // 2 ln cosh(range/2).
        range + 2.0 * (-range).exp().ln_1p() - 2.0 * std::f64::consts::LN_2
    } else {
        range
    };
    let prefactor: f64 = variances.iter().map(|v| log_factor(*v, prior)).sum();
    Some(StartBound { value: prefactor + means, argument: StartArgument::Oscillation })
}

fn lower(a: Option<StartBound>, b: Option<StartBound>) -> Option<StartBound> {
    a.into_iter().chain(b).min_by(|a, b| a.value.total_cmp(&b.value))
}
