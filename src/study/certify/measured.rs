//! What can be measured without a run: curvatures at the minimiser and at random weights, V_s along rays.

use crate::analysis::curvature::{CurvatureRange, curvature_range};
use crate::analysis::villani::{RaySettings, VillaniRays, villani_rays};
use crate::ensemble::Start;
use crate::parallel::Threads;
use crate::problem::{FiniteSum, Minimum, Potential, minimise};
use crate::random::{Key, Purpose};
use crate::study::check::initial_risk;
use crate::study::plan::Plan;
use crate::study::scalars::random_starts;
use crate::study::theory::Theory;
use serde::Serialize;

/// Extreme Hessian eigenvalues over some weights.
#[derive(Debug, Clone, Serialize)]
pub struct PlaceCurvature {
    /// Which weights.
    pub place: String,
    /// How many.
    pub points: usize,
    /// The smallest eigenvalue found at any of them.
    pub smallest: f64,
    /// The largest.
    pub largest: f64,
    /// The larger of the two residuals: an eigenvalue lies within it of each number.
    pub residual: f64,
}

/// Measured beside the constants. Nothing here bounds anything between the weights that were looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The smallest risk that searches found.
    pub risk_minimum: Option<f64>,
    /// ‖∇L̃‖ there.
    pub gradient_norm_at_minimum: Option<f64>,
    /// E L̃(W₀) from a few draws of the start.
    pub initial_risk: Option<f64>,
    /// Its standard error.
    pub initial_risk_std_err: Option<f64>,
    /// Curvatures at the minimiser, at draws of the start and at draws of N(0, I).
    pub hessian: Vec<PlaceCurvature>,
    /// V_s along rays; `null` without noise.
    pub villani: Option<VillaniSummary>,
}

/// V_s along rays from 0, in short.
#[derive(Debug, Clone, Serialize)]
pub struct VillaniSummary {
    /// How many rays.
    pub rays: usize,
    /// The smallest V_s found, ‖W‖ there.
    pub smallest: [f64; 2],
    /// R₀, beyond which V_s > 0 on every ray up to the last radius.
    pub positive_beyond: Option<f64>,
    /// The last radius.
    pub last_radius: f64,
    /// min V_s s/‖W‖² there; λ² in the limit where the data gradient is bounded.
    pub growth: f64,
    /// The largest share of directions that may still be not positive beyond R₀, with 95 % confidence.
    pub unseen_share: f64,
}

/// Tag of the random numbers used here.
const TAG: u64 = 0x6365_7274;
/// Random rays where a study names no number.
const RAYS: usize = 64;
/// Draws of the start whose risk is averaged.
const RISKS: u64 = 256;
/// Rows times weights times products at most, and draws at most.
const MOST_WORK: f64 = 4e9;
const PRODUCTS: f64 = 100.0;
const MOST_DRAWS: u64 = 16;

impl Measured {
    /// Curvatures and rays for a study at noise scale `s`.
    pub fn new(
        plan: &Plan,
        s: f64,
        theory: Option<&Theory>,
        minimum: Option<Minimum>,
        threads: &Threads,
    ) -> Self {
        let potential = plan.potential();
        let minimum = minimum.or_else(|| minimise(potential, &random_starts(potential, plan.study.seed)));
        let key = Key::new(plan.study.seed, Purpose::Direction).tagged(TAG);
        let mut hessian = Vec::new();
        let mut add = |place: String, points: &[f64]| {
            hessian.extend(
                curvature_range(potential, points, key, threads)
                    .map(|range| place_curvature(place, points.len() / potential.dim(), &range)),
            );
        };
        if let Some(minimum) = &minimum {
            add("the smallest risk found".into(), &minimum.weights);
        }
        let draws = affordable_draws(potential);
        add(format!("{draws} draws of the start"), &drawn(plan, &plan.start, draws));
        let standard = Start::Gaussian { std: 1.0 };
        if plan.start != standard {
            add(format!("{draws} draws of N(0, I)"), &drawn(plan, &standard, draws));
        }
        let count = plan.study.analysis.certificate.as_ref().map_or(RAYS, |settings| settings.rays);
        let rays = (s > 0.0).then(|| rays(plan, s, theory, minimum.as_ref(), count, threads)).flatten();
        let initial = initial_risk(plan, RISKS);
        Self {
            risk_minimum: minimum.as_ref().map(|m| m.value),
            gradient_norm_at_minimum: minimum.as_ref().map(|m| m.gradient_norm),
            initial_risk: initial.map(|e| e.value),
            initial_risk_std_err: initial.and_then(|e| e.std_err),
            hessian,
            villani: rays.as_ref().map(summary),
        }
    }
}

/// The numbers of a range that tables show.
pub fn place_curvature(place: String, points: usize, range: &CurvatureRange) -> PlaceCurvature {
    let (smallest, largest) = (range.smallest, range.largest);
    let residual = smallest.residual.max(largest.residual);
    PlaceCurvature { place, points, smallest: smallest.value, largest: largest.value, residual }
}

/// V_s on `count` random rays and on some that a net bends most on: through the minimiser, draws of the start, and W_j ∝ ±a_j x_i.
pub fn rays(
    plan: &Plan,
    s: f64,
    theory: Option<&Theory>,
    minimum: Option<&Minimum>,
    count: usize,
    threads: &Threads,
) -> Option<VillaniRays> {
    let potential = plan.potential();
    let places = (MOST_RAY_WORK / row_work(potential)) as usize;
    let most = RaySettings::default().radii;
    // Large problems get fewer radii, and only rays that tell most for their cost.
    let (radii, cramped) = (most.min((places / count).max(FEWEST_RADII)), places < 2 * count * most);
    let count = count.min((places / radii).max(FEWEST_RAYS));
    let mut directions: Vec<f64> = minimum.into_iter().flat_map(|m| m.weights.iter().copied()).collect();
    if !cramped {
        directions.extend(drawn(plan, &plan.start, DRAWN_RAYS));
        directions.extend(bending_directions(plan));
    }
    let dim = potential.dim();
    let nonzero = |w: &&[f64]| w.iter().any(|x| *x != 0.0);
    let directions: Vec<f64> = directions.chunks_exact(dim).filter(nonzero).flatten().copied().collect();
    // The penalty takes over at about this radius.
    let scale = theory.filter(|theory| theory.lambda > 0.0).and_then(|theory| {
        let facts = theory.facts(s);
        let laplacian = facts.laplacian_bound? + facts.lambda * dim as f64;
        let scale = (facts.gradient_bound.unwrap_or(0.0) + (s * laplacian).sqrt()) / facts.lambda;
        (scale > 0.0 && scale < FARTHEST).then_some(scale)
    });
    let settings = match scale {
        Some(scale) => RaySettings { random: count, radii, first: 1e-2 * scale, last: 1e2 * scale },
        None => RaySettings { random: count, radii, ..RaySettings::default() },
    };
    let key = Key::new(plan.study.seed, Purpose::Direction).tagged(TAG + 1);
    villani_rays(potential, s, &settings, &directions, key, threads).ok()
}

/// Rows times weights times places on rays at most: a few seconds. At least this many rays and radii all the same.
const MOST_RAY_WORK: f64 = 5e9;
const FEWEST_RAYS: usize = 4;
const FEWEST_RADII: usize = 25;
/// Scales beyond this are not looked at.
const FARTHEST: f64 = 1e100;
/// Draws of the start that rays go through.
const DRAWN_RAYS: u64 = 8;
/// Rows that rays are made of.
const BENDING_ROWS: usize = 8;

/// W_j = ±a_j x_i for the first rows: there the gradient of the data term of a net is largest.
fn bending_directions(plan: &Plan) -> Vec<f64> {
    let Some(net) = plan.net() else {
        return Vec::new();
    };
    let (rows, outer) = (net.train_rows(), &net.settings().outer);
    let inputs = rows.inputs.chunks_exact(rows.dim).take(BENDING_ROWS);
    let ways = inputs.flat_map(|x| [1.0, -1.0].map(|sign| (x, sign)));
    ways.flat_map(|(x, sign)| x.iter().flat_map(move |x| outer.iter().map(move |a| sign * a * x))).collect()
}

/// The summary of rays.
pub fn summary(rays: &VillaniRays) -> VillaniSummary {
    VillaniSummary {
        rays: rays.rays,
        smallest: [rays.smallest_found.value, rays.smallest_found.radius],
        positive_beyond: rays.positive_beyond,
        last_radius: rays.last_radius,
        growth: rays.growth,
        unseen_share: rays.unseen_share,
    }
}

/// How many draws a range of curvatures can afford.
pub fn affordable_draws(potential: &dyn Potential) -> u64 {
    ((MOST_WORK / (row_work(potential) * PRODUCTS)) as u64).clamp(1, MOST_DRAWS)
}

/// Rows times weights: what a gradient costs.
fn row_work(potential: &dyn Potential) -> f64 {
    let rows = potential.finite_sum().map_or(1, FiniteSum::samples);
    (rows * potential.dim()) as f64
}

/// `count` particles of a law, one after another.
fn drawn(plan: &Plan, start: &Start, count: u64) -> Vec<f64> {
    let mut points = vec![0.0; count as usize * plan.potential().dim()];
    for (i, w) in points.chunks_exact_mut(plan.potential().dim()).enumerate() {
        start.draw(i as u64, plan.study.seed, w);
    }
    points
}
