//! What results hold, as figures ask for it: names, quantities and their labels, rows, small print.

use super::figure;
use crate::problem::Quantity;
use crate::study::{CurveRow, ProcessRow, Results};

/// The most divergences that small print lists.
const LISTED: usize = 7;

/// The processes of the study.
pub fn names(results: &Results) -> Vec<String> {
    results.processes.iter().filter(|row| row.point == 0).map(|row| row.name.clone()).collect()
}

/// The most characters of a name in a label.
const LONGEST: usize = 80;

/// Text without the signs that mean something in labels, and in signs that can be drawn: others become `?`. A long text is
/// cut.
pub fn plain(text: &str) -> String {
    let drawn = |c: char| if figure::can_draw(c) { c } else { '?' };
    let mut shown: String = text.chars().take(LONGEST).map(drawn).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown.replace('\\', "\\\\").replace('$', "\\$")
}

/// The observed quantities.
pub fn quantities(results: &Results) -> Vec<Quantity> {
    Quantity::ALL.into_iter().filter(|q| results.curves.iter().any(|row| row.quantity == q.name())).collect()
}

/// Whether the study asks for a quantity of the tables: one it observes, or the same of the minimiser.
pub fn is_observed(results: &Results, quantity: &str) -> bool {
    let bare = quantity.strip_prefix("minimum_").unwrap_or(quantity);
    let asked = results.points.first().and_then(|point| point.study["observe"]["quantities"].as_array());
    asked.is_some_and(|asked| asked.iter().any(|name| name == bare))
}

/// What stands on the axis of a quantity.
pub fn axis_label(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Risk => r"mean risk $\mathrm{E} \tilde{L}(W_t)$",
        Quantity::DataRisk => r"mean data risk $\mathrm{E} L(W_t)$",
        Quantity::TestRisk => r"mean test risk $\mathrm{E} L_{\mathrm{test}}(W_t)$",
        Quantity::TrainAccuracy => r"mean training accuracy",
        Quantity::TestAccuracy => r"mean test accuracy",
        Quantity::SquaredNorm => r"mean squared norm $\mathrm{E} ‖W_t‖_F^2$",
        Quantity::GradientNorm => r"mean gradient norm $\mathrm{E} ‖∇\tilde{L}(W_t)‖_F$",
        Quantity::SquaredGradientNorm => r"mean squared gradient norm $\mathrm{E} ‖∇\tilde{L}(W_t)‖_F^2$",
        Quantity::Laplacian => r"mean Laplacian $\mathrm{E} Δ\tilde{L}(W_t)$",
        Quantity::Virial => r"mean virial $\mathrm{E} ⟨W_t, ∇\tilde{L}(W_t)⟩$",
        Quantity::Distance => r"mean distance $\mathrm{E} ‖W_t - W^∘‖_F$",
    }
}

/// The curve of one process, point and quantity.
pub fn rows<'a>(
    results: &'a Results,
    point: usize,
    process: &'a str,
    quantity: Quantity,
) -> impl Iterator<Item = &'a CurveRow> {
    let wanted = move |row: &&CurveRow| {
        row.point == point && row.process == process && row.quantity == quantity.name()
    };
    results.curves.iter().filter(wanted)
}

/// Small print on particles that are left out: of which process, how many of how many, and from when on.
pub fn notes(results: &Results) -> Vec<String> {
    let all: Vec<&ProcessRow> = results.processes.iter().filter(|row| row.divergences > 0).collect();
    let several = results.points.len() > 1;
    let lost = all.iter().take(LISTED).map(|row| {
        let point = if several { format!(" (point {})", row.point) } else { String::new() };
        let first = row.first_divergences.iter().map(|first| figure::number(first.time)).next();
        let first = first.map_or(String::new(), |time| format!(", first at $t$ = {time}"));
        format!(
            "{}{point}: {} of {} particles diverged{first}",
            plain(&row.name),
            row.divergences,
            row.particles
        )
    });
    let mut lost: Vec<String> = lost.collect();
    if all.is_empty() {
        return lost;
    }
    if all.len() > LISTED {
        lost.push(format!("and so in {} more", all.len() - LISTED));
    }
    vec![format!("{}. Each is left out from there on.", lost.join("; "))]
}

/// A swept key as it stands on an axis: its symbol where it has one, else the key.
pub fn key_label(key: &str) -> String {
    let (section, last) = key.rsplit_once('.').unwrap_or(("", key));
    let of = match section.strip_prefix("process.") {
        Some(process) if !process.starts_with(|c: char| c.is_ascii_digit()) => {
            format!(" of {}", plain(process))
        }
        _ => String::new(),
    };
    let symbol = match (section, last) {
        ("problem", "width") => "width $p$",
        ("problem", "regularity") => "regularity $r$",
        ("problem", "lambda") => "penalty $λ$",
        ("problem.lambda", "times_critical") => "penalty $λ/λ_c$",
        ("problem", "depth") => "layers of weights $L$",
        ("problem", "beta") => "sharpness $β$",
        ("problem.outer", "draw") => "draw of the outer layer $a$",
        ("problem.data", "samples") => "rows",
        ("problem.data", "noise_variance") => "variance of the noise in the labels",
        ("problem.data", "dim") => "inputs $d$",
        ("problem", "attack_size") => "size of the attack $θ^*$",
        ("problem", "attack_probability") => "probability of the attack",
        ("start", "std") => "standard deviation of the start",
        (_, "s") => "step size, noise scale $s$",
        (_, "dt") => "integrator step $\\mathrm{d}t$",
        (_, "batch") => "batch $b$",
        ("", "seed") => "seed",
        _ => return plain(key),
    };
    format!("{symbol}{of}")
}

/// A swept key in a legend: its symbol where it has one that stands alone, else its last word.
pub fn key_symbol(key: &str) -> String {
    match key {
        "problem.attack_size" => "$θ^*$".into(),
        _ => plain(key.rsplit('.').next().unwrap_or(key)),
    }
}

/// The values of swept key number `key` in their order.
pub fn swept_values(results: &Results, key: usize) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for point in &results.points {
        let value = &point.settings[key].1;
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
    values
}
