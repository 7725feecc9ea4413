//! The verdicts: what the theorems say of this study, a sentence each, with the numbers they rest on.

use super::Certificate;
use crate::estimates::significant;
use crate::numerics::{Activation, Loss};
use crate::problem::TwoLayer;
use crate::study::plan::Plan;

/// Every verdict that applies.
pub fn verdicts(plan: &Plan, found: &Certificate) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(net) = plan.net() {
        all.push(villani(found));
        all.push(discrete(net, found));
        all.extend(printed_lipschitz(found));
    }
    all.extend(step_size(found));
    all.push(start(found));
    all.push(convexity(found));
    all.extend(at_critical_lambda(found));
    all.extend(standard_start(found));
    all.push(gap(found));
    all
}

fn number(x: Option<f64>) -> String {
    x.map_or("none".into(), significant)
}

/// Digits enough for a sentence.
fn short(x: f64) -> String {
    significant(format!("{x:.3e}").parse().unwrap_or(x))
}

fn villani(found: &Certificate) -> String {
    let (lambda, critical) = (found.lambda, found.lambda_c.printed);
    let given =
        format!("lambda = {}, printed lambda_c = {}", short(lambda), critical.map_or("none".into(), short));
    if lambda == 0.0 {
        return "Villani: not proved: there is no penalty.".into();
    }
    if critical.is_some_and(|critical| lambda > critical) {
        return format!(
            "Villani: yes, by the source's printed condition and by the sharp one, lambda > 0 ({given})."
        );
    }
    format!(
        "Villani: yes, but by the sharp condition lambda > 0 alone; the source does not cover it ({given})."
    )
}

fn discrete(net: &TwoLayer, found: &Certificate) -> String {
    let Some(lipschitz) = found.gradient_lipschitz.data else {
        return "Discrete-time guarantee: does not apply: the gradient has no known Lipschitz constant."
            .into();
    };
    if found.lambda == 0.0 {
        return "Discrete-time guarantee: does not apply: there is no penalty.".into();
    }
    let settings = net.settings();
    let by = if settings.activation == Activation::SoftPlus || settings.loss == Loss::Square {
        "by the sharp constants, which need no bounded activation; the source states it for bounded ones"
    } else {
        "as in the source, and with the sharp constants"
    };
    format!("Discrete-time guarantee: applies, {by} (gLip <= {}).", short(lipschitz))
}

/// The printed constant need not be a bound.
fn printed_lipschitz(found: &Certificate) -> Option<String> {
    let printed = found.gradient_lipschitz.printed?;
    let largest = found.measured.hessian.iter().map(|place| place.largest).fold(f64::MIN, f64::max);
    (largest > printed).then(|| {
        format!(
            "The printed Lipschitz constant {} is no bound here: a Hessian eigenvalue of {} was found.",
            short(printed),
            short(largest)
        )
    })
}

fn step_size(found: &Certificate) -> Option<String> {
    let levels = found.gradient_lipschitz.named().into_iter().filter(|(name, _)| *name != "printed");
    let limits: Vec<(&str, f64)> = levels.filter_map(|(name, l)| Some((name, 1.0 / l?))).collect();
    let least = limits.iter().map(|(_, limit)| *limit).fold(f64::MAX, f64::min);
    let most = limits.iter().map(|(_, limit)| *limit).fold(0.0, f64::max);
    let listed: Vec<String> =
        limits.iter().map(|(name, limit)| format!("{} ({name})", short(*limit))).collect();
    let word = match found.s {
        s if s <= least => "yes, at every level that is a bound",
        s if s <= most => "yes, but not at every level",
        _ => "no; a smaller s is needed",
    };
    (!limits.is_empty())
        .then(|| format!("s <= 1/gLip: {word}: s = {}, 1/gLip = {}.", short(found.s), listed.join(", ")))
}

fn start(found: &Certificate) -> String {
    if found.start.verdict.is_empty() {
        format!("Start: {}.", found.start.note)
    } else {
        format!("Start: {}.", found.start.verdict)
    }
}

fn convexity(found: &Certificate) -> String {
    let smallest = found.measured.hessian.iter().min_by(|a, b| a.smallest.total_cmp(&b.smallest));
    let seen = smallest.map_or(String::new(), |place| {
        format!("; smallest Hessian eigenvalue seen {} ({})", short(place.smallest), place.place)
    });
    match (found.strong_convexity, smallest) {
        (Some(modulus), _) => format!(
            "Strongly convex: yes, modulus {} by the data (lambda - M = {} - {}){seen}.",
            short(modulus),
            short(found.lambda.max(modulus)),
            short(found.negative_curvature.data.unwrap_or(0.0))
        ),
        (None, Some(place)) if place.smallest < -place.residual => format!("Strongly convex: no{seen}."),
        _ => format!("Strongly convex: not certified (M = {}){seen}.", number(found.negative_curvature.data)),
    }
}

/// Whether the source's own threshold already makes the risk convex.
fn at_critical_lambda(found: &Certificate) -> Option<String> {
    let (critical, curvature) = (found.lambda_c.printed?, found.negative_curvature.data?);
    Some(if critical > curvature {
        format!(
            "At the source's lambda_c = {} itself the risk is already strongly convex, modulus {}: M = {} is less.",
            short(critical),
            short(critical - curvature),
            short(curvature)
        )
    } else {
        format!(
            "At the source's lambda_c = {} convexity is not certified: M = {} is not less.",
            short(critical),
            short(curvature)
        )
    })
}

/// The start of the source's experiments.
fn standard_start(found: &Certificate) -> Option<String> {
    // Where the slope of the loss is bounded the condition is sharp; see StartLaw.
    found.gradient_bound.data?;
    let (lambda, s) = (found.lambda, found.s);
    (lambda > 0.0 && s > 0.0).then(|| {
        let word = if s > lambda { "admissible" } else { "not admissible" };
        let critical = found.lambda_c.printed.map_or(String::new(), |critical| {
            format!(" (at lambda_c: s > {})", short(critical))
        });
        format!(
            "N(0, I) starts, as in the source's experiments, need s > lambda = {}{critical}: at s = {} they are {word}.",
            short(lambda),
            short(s)
        )
    })
}

fn gap(found: &Certificate) -> String {
    let bounds = &found.spectral_gap_lower;
    let grid = bounds.grid.map_or(String::new(), |gap| {
        format!("; on a grid it is {} ± {:.0e}", significant(gap.value), gap.error)
    });
    match (bounds.best, bounds.best_by) {
        (Some(best), Some(by)) => format!("Spectral gap: lambda_s >= {} ({by}){grid}.", significant(best)),
        _ => format!("Spectral gap: no positive certificate above what can be resolved{grid}."),
    }
}
