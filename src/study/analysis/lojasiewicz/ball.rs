//! α(θ₀, r), C_L and Chatterjee's condition at one start.

use super::row;
use crate::analysis::lojasiewicz::{
    Ball, CertifiedRatio, SmallestRatio, Smoothness, condition, smallest_ratios, smoothness,
};
use crate::estimates::significant;
use crate::parallel::Threads;
use crate::problem::{DeepNet, Potential};
use crate::random::{Key, Purpose};
use crate::study::plan::Plan;
use crate::study::{EstimateRow, LojasiewiczSpec};

/// Tag of the random numbers of searches.
pub const SEARCHES: u64 = 0x6c6f_6a61;
/// Climbs for C_L.
const CLIMBS: u64 = 8;

/// What is known of the ball that paths are asked to stay in.
#[derive(Debug, Clone, Copy)]
pub struct Facts {
    /// F(θ₀).
    pub risk: f64,
    /// r.
    pub radius: f64,
    /// α as found, from above.
    pub alpha: Option<f64>,
    /// C_L as found, from below.
    pub smoothness: Option<f64>,
}

/// The rows of all balls, and the facts of the one of `spec.radius`.
pub fn facts(
    plan: &Plan,
    net: &DeepNet,
    (centre, spec): (&[f64], &LojasiewiczSpec),
    point: usize,
    threads: &Threads,
) -> (Facts, Vec<EstimateRow>) {
    let mut gradient = vec![0.0; net.dim()];
    let risk = net.value_gradient(centre, &mut gradient, &mut net.scratch());
    let ball = |radius: f64| Ball { centre: centre.to_vec(), radius };
    let balls: Vec<Ball> = spec.all_radii().into_iter().map(ball).collect();
    let key = Key::new(plan.study.seed, Purpose::Direction).tagged(SEARCHES);
    let found = smallest_ratios(net, &balls, spec.searches, key, threads);
    let certified = CertifiedRatio::new(net);
    let (mut rows, mut alpha) = (Vec::new(), None);
    for (ball, found) in balls.iter().zip(&found) {
        let lower = certified.as_ref().and_then(|certified| certified.within(ball));
        rows.extend(ratio_rows(point, (risk, ball.radius), found.as_ref(), lower));
        if ball.radius == spec.radius {
            alpha = found.as_ref().map(|found| found.alpha);
        }
    }
    let found = smoothness(net, &ball(spec.radius), CLIMBS, plan.study.seed, threads);
    let constant = found.as_ref().map(|found| found.constant);
    rows.push(smoothness_row(point, spec.radius, found));
    (Facts { risk, radius: spec.radius, alpha, smoothness: constant }, rows)
}

/// α of one ball from above and below, and its condition.
fn ratio_rows(
    point: usize,
    (risk, radius): (f64, f64),
    found: Option<&SmallestRatio>,
    lower: Option<f64>,
) -> Vec<EstimateRow> {
    let at = format!("r = {}", significant(radius));
    let empty = |name: &str| row(point, "", name, at.clone());
    let Some(found) = found else {
        let note = "no search had a value: the risk is 0, or no number, everywhere it looked".into();
        return vec![EstimateRow { note, ..empty("lojasiewicz_alpha") }];
    };
    let above = EstimateRow {
        value: Some(found.alpha),
        ci_low: lower,
        ci_high: lower.map(|_| found.alpha),
        method: "smallest |grad F|^2/F found by projected descents in the ball".into(),
        note: format!(
            "an upper bound of the infimum; {} searches, {} ended within 1 % of it, the worst at {}; F at the start {}",
            found.searches,
            found.agreeing,
            significant(found.worst),
            significant(risk)
        ),
        ..empty("lojasiewicz_alpha")
    };
    let below = EstimateRow {
        value: lower,
        method: "interval arithmetic over the ball, along the first layer".into(),
        note: lower.map_or_else(
            || "none: a weight behind the first layer may be 0 in the ball, or rows are dependent".into(),
            |_| "a lower bound of the infimum, certain up to rounding".into(),
        ),
        ..empty("lojasiewicz_alpha_lower")
    };
    vec![above, below, verdict(empty("chatterjee_condition"), (risk, radius), found.alpha, lower)]
}

fn smoothness_row(point: usize, radius: f64, found: Option<Smoothness>) -> EstimateRow {
    let empty = row(point, "", "smoothness", format!("r = {}", significant(radius)));
    match found {
        None => EstimateRow { note: "no Hessian product was finite".into(), ..empty },
        Some(found) => EstimateRow {
            value: Some(found.constant),
            method: "largest |eigenvalue| of the Hessian found by random climbs in the ball".into(),
            note: format!(
                "a lower bound of C_L; {} climbs, the worst ended at {}",
                found.climbs,
                significant(found.worst)
            ),
            ..empty
        },
    }
}

/// r²α/(4F): above 1 with the certain bound, above 1 as far as is known, or below 1 for certain.
fn verdict(empty: EstimateRow, (risk, radius): (f64, f64), alpha: f64, lower: Option<f64>) -> EstimateRow {
    let value = condition(risk, radius, alpha);
    let certain = lower.map(|lower| condition(risk, radius, lower));
    let note = match (certain.is_some_and(|c| c > 1.0), value > 1.0) {
        (true, _) => "4F < r^2 alpha holds for certain",
        (false, true) => "4F < r^2 alpha as far as the searches see; not certain",
        (false, false) => "4F < r^2 alpha is violated for certain",
    };
    EstimateRow {
        value: Some(value),
        ci_low: certain,
        ci_high: certain.map(|_| value),
        method: "r^2 alpha/(4F), alpha from above; the lower end from its certain bound".into(),
        note: note.into(),
        ..empty
    }
}
