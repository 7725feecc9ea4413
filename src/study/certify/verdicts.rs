//! The verdicts: what the theorems say of this study, a sentence each, with the numbers they rest on.

use super::Certificate;
use crate::estimates::{rounded_down, significant};
use crate::numerics::{Activation, Loss};
use crate::problem::TwoLayer;
use crate::study::plan::Plan;
use crate::study::spec::DynamicsSpec;

/// Every verdict that applies.
pub fn verdicts(plan: &Plan, found: &Certificate) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(net) = plan.net() {
        all.push(villani(found));
        all.push(discrete(net, found));
        all.extend(printed_lipschitz(found));
    }
    all.extend(step_size(plan, found));
    all.push(start(found));
    all.push(convexity(plan, found));
    all.extend(at_critical_lambda(found));
    all.extend(standard_start(found));
    all.push(gap(found));
    all
}

/// Digits enough for a sentence.
fn short(x: f64) -> String {
    significant(format!("{x:.3e}").parse().unwrap_or(x))
}

/// A bound from below, never rounded up.
fn lower(x: f64) -> String {
    significant(rounded_down(x, 4))
}

/// A bound from above, never rounded down.
fn upper(x: f64) -> String {
    significant(-rounded_down(-x, 4))
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
    let head = "Discrete-time guarantee";
    let Some(lipschitz) = found.gradient_lipschitz.data else {
        return format!("{head}: cannot be stated: the gradient has no known Lipschitz constant.");
    };
    if found.lambda == 0.0 {
        return format!("{head}: cannot be stated: there is no penalty.");
    }
    let settings = net.settings();
    let above = found.lambda_c.printed.is_some_and(|critical| found.lambda > critical);
    let by = match (settings.loss, settings.activation) {
        (Loss::Logistic, Activation::SoftPlus) => {
            "by the sharp constants; the source states it for bounded activations"
        }
        (Loss::Logistic, _) if above => "as in the source, and with the sharp constants",
        (Loss::Logistic, _) => "by the sharp constants; the source asks for lambda > lambda_c",
        (Loss::Square, _) => {
            "by the sharp constants; the square-loss source has constants of its own, not held here"
        }
    };
    format!(
        "{head}: can be stated, {by} (gLip <= {}); it needs s <= 1/gLip and an admissible start.",
        upper(lipschitz)
    )
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

/// The condition is on the step of SGD; without one on the s of the SDE.
fn step_size(plan: &Plan, found: &Certificate) -> Option<String> {
    let sgd = plan.study.process.iter().find(|process| matches!(process.dynamics, DynamicsSpec::Sgd(_)));
    let (name, s) = sgd.map_or((found.process.as_str(), found.s), |process| {
        (process.name.as_str(), process.dynamics.noise_scale().unwrap_or(0.0))
    });
    let levels = found.gradient_lipschitz.named().into_iter().filter(|(level, _)| *level != "printed");
    let limits: Vec<(&str, f64)> = levels.filter_map(|(level, l)| Some((level, 1.0 / l?))).collect();
    let least = limits.iter().map(|(_, limit)| *limit).fold(f64::MAX, f64::min);
    let most = limits.iter().map(|(_, limit)| *limit).fold(0.0, f64::max);
    let listed: Vec<String> =
        limits.iter().map(|(level, limit)| format!("{} ({level})", lower(*limit))).collect();
    let word = match s {
        s if s <= least => "yes, at every level that is a bound",
        s if s <= most => "yes, but not at every level",
        _ => "no; a smaller s is needed",
    };
    (!limits.is_empty() && s > 0.0).then(|| {
        format!("s <= 1/gLip: {word}: s = {} of '{name}', 1/gLip = {}.", short(s), listed.join(", "))
    })
}

fn start(found: &Certificate) -> String {
    let words = if found.start.verdict.is_empty() { &found.start.note } else { &found.start.verdict };
    format!("Start: {}.", words.strip_prefix("the start is ").unwrap_or(words))
}

fn convexity(plan: &Plan, found: &Certificate) -> String {
    let smallest = found.measured.hessian.iter().min_by(|a, b| a.smallest.total_cmp(&b.smallest));
    let seen = smallest.map_or(String::new(), |place| {
        format!("; smallest Hessian eigenvalue seen {} ({})", short(place.smallest), place.place)
    });
    if let Some(modulus) = plan.convexity().filter(|modulus| *modulus > 0.0) {
        return format!("Strongly convex: yes, modulus {}, the smallest eigenvalue{seen}.", lower(modulus));
    }
    match (found.strong_convexity, smallest) {
        (Some(modulus), _) => format!(
            "Strongly convex: yes, modulus {} by the data: lambda - M with M = {}{seen}.",
            lower(modulus),
            upper(found.negative_curvature.data.unwrap_or(0.0))
        ),
        (None, Some(place)) if place.smallest < -place.residual => format!("Strongly convex: no{seen}."),
        _ => match found.negative_curvature.data {
            Some(curvature) => {
                format!("Strongly convex: not certified, M = {} is not below lambda{seen}.", upper(curvature))
            }
            None => format!("Strongly convex: not certified, no bound of the curvature is known{seen}."),
        },
    }
}

/// Whether the source's own threshold already makes the risk convex.
fn at_critical_lambda(found: &Certificate) -> Option<String> {
    let (critical, curvature) = (found.lambda_c.printed?, found.negative_curvature.data?);
    Some(if critical > curvature {
        format!(
            "At the source's lambda_c = {} itself the risk is already strongly convex, modulus {}: M = {} is less.",
            short(critical),
            lower(critical - curvature),
            upper(curvature)
        )
    } else {
        format!(
            "At the source's lambda_c = {} convexity is not certified: M = {} is not less.",
            short(critical),
            upper(curvature)
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
        (Some(best), Some(by)) => format!("Spectral gap: lambda_s >= {} ({by}){grid}.", lower(best)),
        _ if bounds.bounds.any_applies() => {
            format!("Spectral gap: every certificate is about 0, below what can be resolved{grid}.")
        }
        _ => format!("Spectral gap: no certificate applies{grid}."),
    }
}
