//! Figures of nets of finite width and their limit.

use super::contents::{key_label, plain};
use super::figure::{Axis, Figure, Layer, Style, number};
use crate::study::{NtkRow, PointRow, Results};

/// The most sets of markers in one figure.
const MOST_SETS: usize = 7;

/// All of them that the tables have numbers for.
pub fn figures(results: &Results) -> Vec<Figure> {
    [kernel_figure(results), rate_figure(results), distance_figure(results), excess_figure(results)]
        .into_iter()
        .flatten()
        .collect()
}

const WIDTH: &str = "width $m$";
/// The ratio of the abscissas at which neighbouring sets of the same width are drawn.
const ASIDE: f64 = 1.1;

/// Rows of one name at one point, and at one horizon where there is one.
fn named<'a>(results: &'a Results, point: usize, name: &str, steps: Option<u64>) -> Vec<&'a NtkRow> {
    let wanted =
        |row: &&NtkRow| row.point == point && row.name == name && (steps.is_none() || row.steps == steps);
    results.ntk.iter().filter(wanted).collect()
}

/// r of a point.
fn regularity(point: &PointRow) -> Option<f64> {
    point.study["problem"]["regularity"].as_f64()
}

/// What tells a point from the others: its swept keys.
fn suffix(point: &PointRow) -> String {
    let symbol = |key: &str| match key {
        "problem.regularity" => "$r$".to_owned(),
        _ => key_label(key),
    };
    point.settings.iter().map(|(key, value)| format!(", {} = {}", symbol(key), plain(value))).collect()
}

/// Markers with intervals at (x, value/scale).
fn points(
    rows: &[&NtkRow],
    x: fn(&NtkRow) -> f64,
    label: String,
    style: Style,
    scale: fn(&NtkRow) -> f64,
) -> Layer {
    let column = |pick: fn(&NtkRow) -> Option<f64>| {
        rows.iter().map(|row| pick(row).unwrap_or(f64::NAN) / scale(row)).collect::<Vec<f64>>()
    };
    Layer::Points {
        label,
        style,
        x: rows.iter().map(|row| x(row)).collect(),
        y: column(|row| Some(row.value)),
        low: column(|row| row.ci_low),
        high: column(|row| row.ci_high),
    }
}

fn width(row: &NtkRow) -> f64 {
    row.width.map_or(f64::NAN, |m| m as f64)
}

fn steps(row: &NtkRow) -> f64 {
    row.steps.map_or(f64::NAN, |t| t as f64)
}

fn one(_: &NtkRow) -> f64 {
    1.0
}

/// A straight line of some slope from the first of `rows` to the abscissa of the last, lifted by `lift`.
fn guide(
    rows: &[&NtkRow],
    x: fn(&NtkRow) -> f64,
    slope: f64,
    lift: f64,
    (label, style): (String, Style),
) -> Option<Layer> {
    let least = rows.iter().min_by(|a, b| x(a).total_cmp(&x(b)))?;
    let end = rows.iter().map(|row| x(row)).fold(0.0, f64::max);
    let from = lift * least.value;
    let y = [from, from * (end / x(least)).powf(slope)];
    Some(Layer::Guide { label, style, x: [x(least), end], y })
}

/// Room above the largest mean for the guides, which do not stretch axes.
fn make_room(axis: &mut Axis, rows: &[&NtkRow]) {
    axis.high = rows.iter().map(|row| 2.0 * row.value).reduce(f64::max);
}

/// The guides of a figure against the width: m^{−1/2}, and the claim of each r.
fn width_guides(results: &Results, rows: &[&NtkRow]) -> Vec<Layer> {
    let mut guides: Vec<Layer> =
        guide(rows, width, -0.5, 1.5, ("guide $m^{-1/2}$".into(), Style::Reference(0))).into_iter().collect();
    let mut seen = Vec::new();
    for r in results.points.iter().filter_map(regularity) {
        if !seen.contains(&r) && seen.len() < 3 {
            let slope = -r / (2.0 * r + 1.0);
            let label = format!("claimed rate $m^{{-r/(2r+1)}}$, $r = {}$", number(r).trim_matches('$'));
            guides.extend(guide(rows, width, slope, 1.5, (label, Style::Reference(seen.len() + 1))));
            seen.push(r);
        }
    }
    guides
}

/// The error of the kernel at the start against the width.
fn kernel_figure(results: &Results) -> Option<Figure> {
    let y = Axis::log(r"mean error of the kernel at the start");
    let mut drawing = Figure::new("ntk-kernel", Axis::log(WIDTH), y);
    let mut first = Vec::new();
    // The kernel does not depend on the target: points that differ in it alone have the same errors.
    let point = results.points.first()?;
    let sets = [("kernel_error_largest", "largest entry"), ("kernel_error_operator", "operator norm")];
    for (i, (name, words)) in sets.into_iter().enumerate() {
        let rows = named(results, point.point, name, None);
        let label = format!("{words}: mean over draws, 95 % interval");
        drawing.layers.push(points(&rows, width, label, Style::Series(i), one));
        if i == 0 {
            first = rows;
        }
    }
    make_room(&mut drawing.y, &first);
    drawing.layers.extend(width_guides(results, &first));
    (first.len() > 1).then_some(drawing)
}

/// The risk of the limit against the horizon.
fn rate_figure(results: &Results) -> Option<Figure> {
    let y = Axis::log(r"mean excess risk $\mathrm{E} L(f_T)$");
    let mut drawing = Figure::new("ntk-rate", Axis::log("steps, fresh samples $T$"), y);
    let mut drawn = 0;
    for point in results.points.iter() {
        let rows = named(results, point.point, "limit_risk", None);
        if rows.len() < 2 || drawn >= MOST_SETS {
            continue;
        }
        let style = Style::Series(drawn);
        let label = format!("kernel regression{}: mean of runs, 95 % interval", suffix(point));
        drawing.layers.push(points(&rows, steps, label, style, one));
        let exact = rows.iter().map(|row| row.exact.unwrap_or(f64::NAN)).collect();
        let label = if drawn == 0 { "lines: exact mean" } else { "" };
        let x = rows.iter().map(|row| steps(row)).collect();
        drawing.layers.push(Layer::Line { label: label.into(), style, x, y: exact });
        if let Some(r) = regularity(point) {
            let rate = 2.0 * r / (2.0 * r + 1.0);
            let digits = number((100.0 * rate).round() / 100.0);
            let label = format!("claimed rate $T^{{-{}}}$", digits.trim_matches('$'));
            drawing.layers.extend(guide(&rows, steps, -rate, 0.75, (label, Style::Reference(drawn))));
        }
        drawn += 1;
    }
    (drawn > 0).then_some(drawing)
}

/// Rows of nets, a set for each point and horizon: their label and rows.
fn net_sets<'a>(results: &'a Results, name: &str) -> Vec<(String, Vec<&'a NtkRow>)> {
    let mut sets = Vec::new();
    for point in &results.points {
        let mut horizons: Vec<Option<u64>> = Vec::new();
        for row in named(results, point.point, name, None) {
            if !horizons.contains(&row.steps) {
                horizons.push(row.steps);
            }
        }
        for horizon in horizons {
            let label = format!("$T = {}${}", horizon.unwrap_or(0), suffix(point));
            sets.push((label, named(results, point.point, name, horizon)));
        }
    }
    sets.truncate(MOST_SETS);
    sets
}

/// The distance of trained nets from kernel regression on the same samples against the width.
fn distance_figure(results: &Results) -> Option<Figure> {
    let y = Axis::log(r"distance $\mathrm{E} ‖f_m - f_∞‖_{L^2}$ at $T$");
    let mut drawing = Figure::new("ntk-distance", Axis::log(WIDTH), y);
    let sets = net_sets(results, "net_distance");
    for (i, (label, rows)) in sets.iter().enumerate() {
        let label = format!("{label}: mean of runs, 95 % interval");
        drawing.layers.push(points(rows, width, label, Style::Series(i), one));
        let (x, y) =
            (rows.iter().map(|row| width(row)).collect(), rows.iter().map(|row| row.value).collect());
        drawing.layers.push(Layer::Line { label: String::new(), style: Style::Series(i), x, y });
    }
    let top = sets.iter().max_by(|a, b| a.1[0].value.total_cmp(&b.1[0].value))?;
    make_room(&mut drawing.y, &top.1);
    drawing.layers.extend(width_guides(results, &top.1));
    (top.1.len() > 1).then_some(drawing)
}

/// By how much the risk of trained nets exceeds that of the limit, against the width.
fn excess_figure(results: &Results) -> Option<Figure> {
    let y = Axis::linear("excess over the limit by its risk");
    let mut drawing = Figure::new("ntk-excess", Axis::log(WIDTH), y);
    let sets = net_sets(results, "net_risk_difference");
    let limit = |row: &NtkRow| row.exact.unwrap_or(f64::NAN);
    for (i, (label, rows)) in sets.iter().enumerate() {
        let label = format!("{label}: paired mean, 95 % interval");
        let mut markers = points(rows, width, label, Style::Series(i), limit);
        if let Layer::Points { x, .. } = &mut markers {
            let aside = ASIDE.powf(i as f64 - (sets.len() - 1) as f64 / 2.0);
            x.iter_mut().for_each(|x| *x *= aside);
        }
        drawing.layers.push(markers);
    }
    let label = "a tenth of the limit's risk".into();
    drawing.layers.push(Layer::Level { label, style: Style::Reference(0), y: 0.1 });
    drawing.layers.push(Layer::Level { label: String::new(), style: Style::Reference(3), y: 0.0 });
    drawing.notes.push("Points of the same width are drawn side by side.".into());
    let most = sets.iter().map(|set| set.1.len()).max()?;
    (most > 1).then_some(drawing)
}
