//! The bracket of the spectral gap over a sweep: certified from below, Rayleigh–Ritz from above, the grid between.

use super::contents::{key_label, plain, swept_values};
use super::figure::{Axis, Figure, Layer, Style};
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
    let certified = results.estimates.iter().any(|row| row.name == "spectral_gap_lower" && row.value.is_some());
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
            (Some(value), Some(key)) => format!(", {} = {}", key_label(name_of(key)), plain(value)),
            _ => String::new(),
        };
        for (name, words) in SHOWN {
            let style = Style::Series(drawing.layers.len() / 2);
            let label = format!("{words}{suffix}");
            drawing.layers.extend(set_of_markers(results, &points, at, name, (label, style)));
        }
    }
    let missing = results.estimates.iter().filter(|row| row.name == "spectral_gap_lower" && row.value.is_none());
    let missing = missing.count();
    if missing > 0 {
        drawing.notes.push(format!(
            "{missing} of {} certified bounds are about 0, below what the solver resolves, and not drawn.",
            results.points.len()
        ));
    }
    (certified && results.points.len() > 1).then_some(drawing)
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
