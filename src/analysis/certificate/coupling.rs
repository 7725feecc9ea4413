//! The bound of reflection coupling: an eigenproblem on the half-line.

use super::Bound;

/// ln of a ratio that no longer counts: the density is followed down to this below its top.
const TAIL: f64 = 45.0;
/// ln of the largest ratio of densities that is followed, just inside the numbers.
const DEEPEST: f64 = 690.0;
/// Degree of the polynomials on a panel.
const DEGREE: usize = 8;
/// Nodes of a panel, its ends among them.
const NODES: usize = DEGREE + 1;
/// Panels of a region at least; at most one unit of ln density lies in each.
const PANELS: f64 = 16.0;
/// Where the two bounds of the eigenvalue are this close, iteration ends.
const CLOSE: f64 = 1e-11;
/// Iterations; each brings the bounds closer by a factor of about λ₁/λ₂ ≤ ⅓.
const ITERATIONS: usize = 200;

/// The bound of reflection coupling: λ_s is at least the principal eigenvalue Λ of `2s f'' − φ(r) f'` on (0, ∞), f(0) = 0,
/// with φ(r) = λr − min(M r, 2K), since ⟨x−y, ∇L̃(x)−∇L̃(y)⟩ ≥ r φ(r) for r = ‖x−y‖ (Chen, Wang, Trans. Amer. Math. Soc. 349,
/// 1997, theorem 3.1). Free of the dimension. `gradient_bound`: K ≥ 0.
///
/// Never below λ − M: for φ₁ ≥ φ₂ the first eigenvalue is at least the second, and φ(r) ≥ (λ − M) r. Never above λ.
///
/// Λ is computed with a relative error below 10⁻⁶, however small it is, from f = (Λ/2s) T f with the positive operator
/// `(T f)(r) = ∫₀^r ∫_u^∞ e^{−(Φ(v) − Φ(u))/2s} f(v) dv du`, Φ = ∫φ. For any f > 0, 2s·inf f/(T f) ≤ Λ; iterating f ← T f makes it
/// an equality. The integrals are spectrally accurate on panels that do not straddle the kink of φ at 2K/M, and what is returned is
/// lowered by the difference between two such partitions. [`Bound::BelowResolution`] where λ ≤ M and Λ is of order
/// exp(−K²(1/λ − 1/M)/s) below e^{−690}. Cost: some 30 passes over up to 10⁵ nodes; mostly 10³.
pub fn coupling(lambda: f64, negative_curvature: f64, gradient_bound: f64, s: f64) -> Bound {
    let line = HalfLine::new(negative_curvature / lambda, gradient_bound * (2.0 / (lambda * s)).sqrt());
    let solved = line.map_or(0.0, |line| {
        let [coarse, fine] = [1.0, 2.0].map(|finer| line.principal(finer)[0]);
        lambda * (fine - (fine - coarse).abs()).min(1.0)
    });
    Bound::of(solved.max(lambda - negative_curvature))
}

/// The problem in units of √(2s/λ) and λ: `f'' − ψ(x) f'` with ψ(x) = x − min(μx, κ), μ = M/λ, κ = K√(2/(λs)).
///
/// ψ is linear with slope 1 − μ up to the kink κ/μ, and x − κ beyond.
struct HalfLine {
    mu: f64,
    kappa: f64,
    kink: f64,
    end: f64,
}

impl HalfLine {
    /// `None` where the eigenvalue is too small for the numbers.
    fn new(mu: f64, kappa: f64) -> Option<Self> {
        let kink = if mu > 0.0 { kappa / mu } else { 0.0 };
        let kappa = if mu > 0.0 { kappa } else { 0.0 };
        // ∫ψ up to the kink.
        let rise = 0.5 * (1.0 - mu) * kink * kink;
        let end = if mu > 1.0 {
            let depth = 0.5 * kappa * kappa * (1.0 - 1.0 / mu);
            if depth > DEEPEST {
                return None;
            }
            kappa + (2.0 * TAIL).sqrt()
        } else if rise >= TAIL {
            (2.0 * TAIL / (1.0 - mu)).sqrt()
        } else {
            kappa + (2.0 * (TAIL - rise) + (kink - kappa).powi(2)).sqrt()
        };
        end.is_finite().then_some(Self { mu, kappa, kink, end })
    }

    /// The panels from 0 to the end.
    fn panels(&self, finer: f64) -> Vec<Panel> {
        let turn = self.kink.min(self.end);
        let inner = (0.0, turn, 1.0 - self.mu, 0.0);
        let outer = (turn, self.end, 1.0, self.kappa);
        let mut panels = Vec::new();
        for (from, to, slope, shift) in [inner, outer] {
            let width = to - from;
            if width <= 0.0 {
                continue;
            }
            let drift = |x: f64| slope * (x - shift);
            let steepest = drift(from).abs().max(drift(to).abs());
            let count = finer * PANELS.max((steepest * width).ceil());
            let step = width / count;
            panels.extend((0..count as usize).map(|i| {
                let left = from + i as f64 * step;
                Panel::new(left, step, drift(left), slope)
            }));
        }
        panels
    }

    /// inf and sup of f/(T f) where the iteration ends, a bound of the eigenvalue from either side; 0 where it leaves the numbers.
    fn principal(&self, finer: f64) -> [f64; 2] {
        let (panels, integrals) = (self.panels(finer), integrals());
        let mut f: Vec<[f64; NODES]> = panels.iter().map(|panel| panel.nodes).collect();
        let mut ends = [0.0; 2];
        for _ in 0..ITERATIONS {
            let g = apply(&panels, &integrals, &f);
            let last = g.last().map_or(0.0, |panel| panel[DEGREE]);
            // Both vanish at 0, the first node.
            let pairs = f.iter().flatten().zip(g.iter().flatten()).skip(1);
            let (least, most) = pairs
                .map(|(f, g)| f / g)
                .fold((f64::INFINITY, 0.0_f64), |(low, high), q| (low.min(q), high.max(q)));
            if !last.is_finite() || !least.is_finite() {
                return [0.0; 2];
            }
            ends = [least, most];
            if most - least <= CLOSE * least {
                break;
            }
            f = g.into_iter().map(|panel| panel.map(|value| value / last)).collect();
        }
        ends
    }
}

/// A piece of the half-line with Chebyshev–Lobatto nodes.
struct Panel {
    /// The nodes, increasing.
    nodes: [f64; NODES],
    /// e^{−∫ψ} from the left end to each node.
    weights: [f64; NODES],
    /// Half its width.
    half: f64,
}

impl Panel {
    fn new(left: f64, width: f64, drift: f64, slope: f64) -> Self {
        let offsets: [f64; NODES] = std::array::from_fn(|i| 0.5 * width * (1.0 + node(i)));
        Self {
            nodes: offsets.map(|t| left + t),
            weights: offsets.map(|t| (-t * (drift + 0.5 * slope * t)).exp()),
            half: 0.5 * width,
        }
    }
}

/// T f on the nodes: a pass from the end for the inner integral, and one from 0.
fn apply(panels: &[Panel], integrals: &[[f64; NODES]; NODES], f: &[[f64; NODES]]) -> Vec<[f64; NODES]> {
    let mut inner = vec![[0.0; NODES]; panels.len()];
    let mut beyond = 0.0;
    for ((panel, f), inner) in panels.iter().zip(f).zip(&mut inner).rev() {
        let weighted: [f64; NODES] = std::array::from_fn(|j| panel.weights[j] * f[j]);
        let upto: [f64; NODES] = std::array::from_fn(|i| panel.half * dot(&integrals[i], &weighted));
        let rest = panel.weights[DEGREE] * beyond;
        *inner = std::array::from_fn(|i| (upto[DEGREE] - upto[i] + rest) / panel.weights[i]);
        beyond = inner[0];
    }
    let mut before = 0.0;
    let outer = panels.iter().zip(&inner).map(|(panel, inner)| {
        let here = std::array::from_fn(|i| before + panel.half * dot(&integrals[i], inner));
        before = here[DEGREE];
        here
    });
    outer.collect()
}

fn dot(a: &[f64; NODES], b: &[f64; NODES]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The Chebyshev–Lobatto nodes of [−1, 1], increasing.
fn node(i: usize) -> f64 {
    -(std::f64::consts::PI * i as f64 / DEGREE as f64).cos()
}

/// Entry (i, j): the integral from −1 to node i of the polynomial that is 1 at node j and 0 at the others, by its
/// Chebyshev series.
fn integrals() -> [[f64; NODES]; NODES] {
    let half_at_ends = |k: usize| if k == 0 || k == DEGREE { 0.5 } else { 1.0 };
    // T_k at node i, and its integral from −1.
    let chebyshev = |k: usize, i: usize| (k as f64 * (-node(i)).acos()).cos() * parity(k);
    let integral = |k: usize, i: usize| match k {
        0 => node(i) + 1.0,
        1 => 0.5 * (node(i) * node(i) - 1.0),
        _ => {
            let [up, down] = [k + 1, k - 1].map(|m| (chebyshev(m, i) - parity(m)) / m as f64);
            0.5 * (up - down)
        }
    };
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let terms = (0..NODES).map(|k| half_at_ends(k) * chebyshev(k, j) * integral(k, i));
            2.0 / DEGREE as f64 * half_at_ends(j) * terms.sum::<f64>()
        })
    })
}

/// (−1)^k = T_k(−1).
fn parity(k: usize) -> f64 {
    if k.is_multiple_of(2) { 1.0 } else { -1.0 }
}

#[cfg(test)]
#[path = "coupling_tests.rs"]
mod tests;
