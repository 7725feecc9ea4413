//! `certify` as text: aligned, at most 100 columns, the source of every line at its end.

use super::lines::{push, wrap};
use crate::analysis::certificate::Bound as GapBound;
use crate::analysis::guarantee::Bound;
use crate::estimates::{rounded, rounded_down, significant};
use crate::problem::Levels;
use crate::study::Certificate;

/// The widest line.
const COLUMNS: usize = 100;

/// Sources, as the lines name them.
const SOURCES: &str = "Sources: GJM = Gopalani, Jha, Mukherjee, arXiv 2309.09258; GM = Gopalani, Mukherjee, arXiv 2210.11452; \
    SSJ = Shi, Su, Jordan, arXiv 2004.06977; CW = Chen, Wang, Trans. AMS 349 (1997); BE = Bakry, Emery (1985); HS = Holley, \
    Stroock (1987); here = derived in docs/theory.md. Levels: printed = as the source prints it, which need not be a bound; \
    proof = what its proof gives; sharp = for all data of this norm; data = for these data.";

/// What `certify` prints.
pub fn certificate_text(found: &Certificate) -> String {
    let mut text = String::new();
    let heading = format!(
        "{}\n{}, D = {}, lambda = {}; process '{}', s = {}",
        found.title,
        found.problem,
        found.dim,
        significant(found.lambda),
        found.process,
        significant(found.s)
    );
    heading.lines().flat_map(|line| wrap(line, COLUMNS)).for_each(|line| push(&mut text, &line));
    push(&mut text, "");
    constants(&mut text, found);
    push(&mut text, "");
    measured(&mut text, found);
    push(&mut text, "");
    gap(&mut text, found);
    push(&mut text, "");
    guarantee(&mut text, found);
    push(&mut text, "");
    for verdict in &found.verdicts {
        let lines = wrap(verdict, COLUMNS - 2);
        lines
            .iter()
            .enumerate()
            .for_each(|(i, line)| push(&mut text, &format!("{}{line}", if i == 0 { "* " } else { "  " })));
    }
    push(&mut text, "");
    wrap(SOURCES, COLUMNS).iter().for_each(|line| push(&mut text, line));
    text
}

/// How a number is written: to the nearest, or to the safe side.
type Shown = fn(Option<f64>) -> String;

/// A number in eleven columns.
fn cell(x: Option<f64>) -> String {
    x.map_or_else(|| "-".into(), |x| significant(format!("{x:.4e}").parse().unwrap_or(x)))
}

/// A bound from below, never rounded up.
fn lower(x: Option<f64>) -> String {
    cell(x.map(|x| rounded_down(x, DIGITS)))
}

/// A bound from above, never rounded down.
fn upper(x: Option<f64>) -> String {
    cell(x.map(|x| -rounded_down(-x, DIGITS)))
}

/// Digits of a cell.
const DIGITS: i32 = 5;

fn constants(text: &mut String, found: &Certificate) {
    push(
        text,
        &format!("{:<36}{:>11}{:>11}{:>11}{:>11}  source", "constant", "printed", "proof", "sharp", "data"),
    );
    let rows: [(&str, &Levels, &str, Shown); 5] = [
        ("lambda_c", &found.lambda_c, "GJM 3.1, GM; here", cell),
        ("Lipschitz constant of grad L, gLip", &found.gradient_lipschitz, "GJM 3.2, B; here", upper),
        ("bound of the data gradient, K", &found.gradient_bound, "here", upper),
        ("negative curvature of data term, M", &found.negative_curvature, "here", upper),
        ("strong convexity, lambda - M", &found.strong_convexity_levels, "here", lower),
    ];
    for (name, levels, source, cell) in rows {
        let cells: String = levels.named().iter().map(|(_, value)| format!("{:>11}", cell(*value))).collect();
        push(text, &format!("{name:<36}{cells}  {source}"));
    }
    if let Some(facts) = &found.activation {
        push(
            text,
            &format!(
                "activation: B_sigma = {}, L = M_D = {}, M'_D = {}, c = {}",
                facts.bound.map_or("infinite".into(), significant),
                cell(Some(facts.slope)),
                cell(Some(facts.curvature)),
                cell(Some(facts.at_zero))
            ),
        );
    }
}

fn measured(text: &mut String, found: &Certificate) {
    push(text, &format!("{:<36}{:>11}{:>11}  at", "measured", "smallest", "largest"));
    for place in &found.measured.hessian {
        let numbers = format!("{:>11}{:>11}", cell(Some(place.smallest)), cell(Some(place.largest)));
        push(text, &format!("{:<36}{numbers}  {} (Lanczos)", "Hessian eigenvalue", place.place));
    }
    if let Some(rays) = &found.measured.villani {
        let [value, radius] = rays.smallest;
        push(
            text,
            &format!(
                "{:<36}{:>11}{:>11}  |W| = {}, of {} rays (SSJ, GJM C)",
                "V_s = |grad L|^2/s - Laplacian",
                cell(Some(value)),
                "",
                cell(Some(radius)),
                rays.rays
            ),
        );
        let beyond = rays.positive_beyond.map_or_else(
            || format!("not positive on some ray at |W| = {}", cell(Some(rays.last_radius))),
            |radius| {
                format!(
                    "> 0 at every place read from |W| = R0 = {} to {}",
                    cell(Some(radius)),
                    cell(Some(rays.last_radius))
                )
            },
        );
        push(text, &format!("{:<36}{beyond}", "  far out"));
    }
    let risk = found
        .measured
        .initial_risk
        .map_or("-".into(), |risk| rounded(Some(risk), found.measured.initial_risk_std_err));
    push(
        text,
        &format!(
            "{:<36}{:>11}   E L(W_0) = {risk}",
            "smallest risk found",
            cell(found.measured.risk_minimum)
        ),
    );
}

fn gap(text: &mut String, found: &Certificate) {
    push(text, &format!("{:<36}{:>11}  source", "lower bound of the gap lambda_s", "value"));
    let bounds = &found.spectral_gap_lower.bounds;
    let rows = [
        ("Bakry-Emery, lambda - M", bounds.bakry_emery, "BE"),
        ("reflection coupling", bounds.coupling, "CW; here"),
        ("Holley-Stroock", bounds.holley_stroock, "HS"),
        ("Villani function, derived", bounds.villani, "SSJ, GJM C; here"),
        ("Villani function, as printed", bounds.villani_printed, "GJM C; its units disagree"),
    ];
    for (name, bound, source) in rows {
        let value = match bound {
            GapBound::Value(value) => lower(Some(value)),
            GapBound::BelowResolution => "~ 0".into(),
            GapBound::NotAvailable => "-".into(),
        };
        let note = if bound == GapBound::BelowResolution { " (below resolution)" } else { "" };
        push(text, &format!("{name:<36}{value:>11}  {source}{note}"));
    }
    if let Some(gap) = found.spectral_gap_lower.grid {
        push(
            text,
            &format!(
                "{:<36}{:>11}  grid, numerical error {:.0e}",
                "the gap itself",
                cell(Some(gap.value)),
                gap.error
            ),
        );
    }
}

fn guarantee(text: &mut String, found: &Certificate) {
    push(text, &format!("{:<36}{:>11}  source", "continuous-time guarantee", "value"));
    let row = |text: &mut String, name: &str, value: Option<f64>, source: &str| {
        push(text, &format!("{name:<36}{:>11}  {source}", upper(value)));
    };
    let moments = found.guarantee.moments.as_ref();
    let mut moment = |name: &str, bound: Option<Bound>| {
        let source = bound.map_or("-".into(), |b| format!("here, by {}", b.argument.name()));
        row(text, name, bound.map(|b| b.value), &source);
    };
    moment("excess E_mu L - min L, at most", moments.and_then(|m| m.excess));
    moment("C(s), at most", moments.and_then(|m| m.second_moment));
    moment("sd_mu(L) in its place, at most", moments.and_then(|m| m.deviation));
    let start = &found.start;
    let note =
        |otherwise: &str| if start.note.is_empty() { otherwise.to_owned() } else { start.note.clone() };
    row(text, "ln(1 + chi^2) of the start, at most", start.ln_one_plus_chi_squared_bound, "here");
    let estimate = match (start.ln_one_plus_chi_squared, start.effective_sample_size) {
        (Some(value), Some(size)) => format!(
            "{}, {size:.0} effective draws",
            rounded(Some(value), start.ln_one_plus_chi_squared_std_err)
        ),
        _ => note("-"),
    };
    let lines = wrap(&estimate, COLUMNS - 49);
    for (i, line) in lines.iter().enumerate() {
        let name = if i == 0 { "  estimated" } else { "" };
        let value = if i == 0 { cell(start.ln_one_plus_chi_squared) } else { String::new() };
        push(text, &format!("{name:<36}{value:>11}  {line}"));
    }
    for time in &found.guarantee.times {
        let name = format!("E L - min L < {} from t = ", significant(time.epsilon));
        let source = if time.time.is_none() {
            "never: the bound of the excess is not below it"
        } else {
            "GJM 3.5, SSJ 3.1; here"
        };
        row(text, &name, time.time, source);
    }
    if found.guarantee.explicit.is_none() {
        push(text, &format!("{:<36}{}", "E L - min L < epsilon from t =", found.guarantee.note));
    }
}
