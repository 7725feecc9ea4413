//! The bracket of the spectral gap over a sweep: certified from below, Rayleigh–Ritz from above, the grid between.

use super::contents::{key_label, plain, swept_values};
use super::figure::{Axis, Figure, Layer, Style, number};
use crate::study::{EstimateRow, PointRow, Results};

/// The most values of the other key of a sweep: each is a set of markers.
const MOST_SETS: usize = 3;

/// What stands in the figure, in the order of its legend.
const SHOWN: [(&str, &str); 4] = [
    ("spectral_gap_upper", "Rayleigh–Ritz bound from above, 95 % interval"),
    ("mixing_rate", "slowest mode of a stationary run, 95 % interval"),
    ("spectral_gap", "spectral gap on a grid"),
    ("spectral_gap_lower", "certified bound from below"),
];

/// The bracket against a swept number; a second key with few values makes a set of markers each.
pub fn bracket_figure(results: &Results) -> Option<Figure> {
    let certified =
        results.estimates.iter().any(|row| row.name == "spectral_gap_lower" && row.value.is_some());
    let (along, other) = keys(results)?;
    let sets: Vec<Option<String>> = match other {
        None => vec![None],
        Some(key) => swept_values(results, key).into_iter().map(Some).collect(),
    };
    let name_of = |key: usize| results.points[0].settings[key].0.as_str();
    let at = |point: &PointRow| point.settings[along].1.parse::<f64>().ok();
    let numbers: Vec<f64> = results.points.iter().filter_map(at).collect();
    let (least, most) = numbers.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
    let label = key_label(name_of(along));
    let x = if least > 0.0 && most >= 10.0 * least { Axis::log(label) } else { Axis::linear(label) };
    let mut drawing = Figure::new("bracket", x, Axis::log(r"spectral gap $λ_s$ (1/unit of $t$)"));
    for set in &sets {
        let inside = |point: &&PointRow| other.is_none_or(|key| Some(&point.settings[key].1) == set.as_ref());
        let points: Vec<&PointRow> = results.points.iter().filter(inside).collect();
        let suffix = match (set, other) {
            (Some(value), Some(key)) => format!(", {} = {}", symbol(&key_label(name_of(key))), plain(value)),
            _ => String::new(),
        };
        for (name, words) in SHOWN.into_iter().filter(|(name, _)| sets.len() == 1 || *name != "mixing_rate") {
            let style = Style::Series(drawing.layers.len() / 2);
            let label = format!("{words}{suffix}");
            drawing.layers.extend(set_of_markers(results, &points, at, name, (label, style)));
        }
    }
    drawing.notes.extend(lift_axis(results, &mut drawing.y));
    (certified && results.points.len() > 1).then_some(drawing)
}

/// How far below the smallest of the other rates a certificate is still drawn.
const DEPTH: f64 = 1e3;

/// Ends the axis a little below what has been measured, and says which certificates lie below its end.
fn lift_axis(results: &Results, axis: &mut Axis) -> Option<String> {
    let all = |name: &'static str| results.estimates.iter().filter(move |row| row.name == name);
    let upper = all("spectral_gap_upper").filter_map(|row| row.value).filter(|v| *v > 0.0);
    // Where no certificate applies there is none to be below anything.
    let applies = |row: &&EstimateRow| row.value.is_some() || row.note.starts_with("about 0");
    let certificates: Vec<f64> =
        all("spectral_gap_lower").filter(applies).map(|row| row.value.unwrap_or(0.0)).collect();
    let floor = upper.fold(f64::MAX, f64::min) / DEPTH;
    let below: Vec<f64> = certificates.iter().copied().filter(|v| *v < floor).collect();
    let least = below.iter().copied().fold(f64::MAX, f64::min);
    let unresolved = below.iter().filter(|v| **v == 0.0).count();
    (!below.is_empty() && floor < f64::MAX / DEPTH).then(|| {
        axis.low = Some(floor);
        let ends = match unresolved {
            0 => format!("down to {}", number(format!("{least:.0e}").parse().unwrap_or(least))),
            _ => format!("{unresolved} of them about 0, below what the solver resolves"),
        };
        format!("Below the axis: {} of {} certified bounds, {ends}.", below.len(), certificates.len())
    })
}

/// The symbol in a label, or all of it.
fn symbol(label: &str) -> String {
    label.split('$').nth(1).map_or_else(|| label.to_owned(), |symbol| format!("${symbol}$"))
}

/// A line and markers with intervals of the rows called `name` at `points`, if there are any.
fn set_of_markers(
    results: &Results,
    points: &[&PointRow],
    at: impl Fn(&PointRow) -> Option<f64>,
    name: &str,
    (label, style): (String, Style),
) -> Vec<Layer> {
    let row = |point: &&PointRow| -> Option<[f64; 4]> {
        let wanted = |row: &&EstimateRow| row.point == point.point && row.name == name;
        let row = results.estimates.iter().find(wanted)?;
        let value = row.value?;
        Some([at(point)?, value, row.ci_low.unwrap_or(value), row.ci_high.unwrap_or(value)])
    };
    let rows: Vec<[f64; 4]> = points.iter().filter_map(row).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<f64>>();
    let line = Layer::Line { label: label.clone(), style, x: column(0), y: column(1) };
    vec![line, Layer::Points { label, style, x: column(0), y: column(1), low: column(2), high: column(3) }]
}

/// The key along the axis, a number at every point and the one with the most values, and the other key where there is one
/// with few values.
fn keys(results: &Results) -> Option<(usize, Option<usize>)> {
    let count = results.points.first()?.settings.len();
    let numeric = |key: &usize| results.points.iter().all(|p| p.settings[*key].1.parse::<f64>().is_ok());
    let along = (0..count).filter(numeric).max_by_key(|key| swept_values(results, *key).len())?;
    match count {
        1 => Some((along, None)),
        2 => (swept_values(results, 1 - along).len() <= MOST_SETS).then_some((along, Some(1 - along))),
        _ => None,
    }
}
