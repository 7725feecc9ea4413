//! Figures of Łojasiewicz' inequality: staying in the ball, contraction of the risk, noise per risk, the condition over radii and over
//! starts.

use super::contents::{key_label, plain};
use super::figure::{Axis, Figure, Layer, Style};
use super::figures::{CurveName, TIME};
use crate::study::{CurveRow, EstimateRow, Results};

/// All of them that the tables have numbers for.
pub fn figures(results: &Results, curves: &[CurveName]) -> Vec<Figure> {
    let mut all = vec![stay_figure(results, curves), contraction_figure(results, curves)];
    all.push(noise_figure(results, curves));
    all.push(radius_figure(results));
    all.push(starts_figure(results));
    all.into_iter().filter(|figure| !figure.layers.is_empty()).collect()
}

fn rows<'a>(results: &'a Results, curve: &CurveName, quantity: &str) -> Vec<&'a CurveRow> {
    let mine = |row: &&CurveRow| {
        row.point == curve.point && row.process == curve.process && row.quantity == quantity
    };
    results.curves.iter().filter(mine).collect()
}

/// The line and the band of one curve.
fn curve_layers(rows: &[&CurveRow], label: &str, style: Style) -> [Layer; 2] {
    let column = |pick: fn(&CurveRow) -> Option<f64>| {
        rows.iter().map(|row| pick(row).unwrap_or(f64::NAN)).collect::<Vec<f64>>()
    };
    let (label, x) = (label.to_owned(), rows.iter().map(|row| row.time).collect::<Vec<f64>>());
    [
        Layer::Band {
            label: label.clone(),
            style,
            x: x.clone(),
            low: column(|row| row.ci_low),
            high: column(|row| row.ci_high),
        },
        Layer::Line { label, style, x, y: column(|row| row.mean) },
    ]
}

fn estimate<'a>(results: &'a Results, curve: &CurveName, name: &str) -> Option<&'a EstimateRow> {
    let mine =
        |row: &&EstimateRow| row.point == curve.point && row.process == curve.process && row.name == name;
    results.estimates.iter().find(mine)
}

/// The share of paths that have stayed in the ball.
fn stay_figure(results: &Results, curves: &[CurveName]) -> Figure {
    let y =
        Axis { low: Some(0.0), high: Some(1.02), ..Axis::linear(r"share of paths in the ball until $t$") };
    let mut drawing = Figure::new("stay", Axis::linear(TIME), y);
    for (i, curve) in curves.iter().enumerate() {
        let rows = rows(results, curve, "stay");
        if !rows.is_empty() {
            let label = format!("{}: Wilson's 95 % interval", curve.label);
            drawing.layers.extend(curve_layers(&rows, &label, Style::Series(i)));
        }
    }
    drawing
}

/// E[F; inside] on a logarithmic axis, with the bound F₀ qᵏ of each process that has one.
fn contraction_figure(results: &Results, curves: &[CurveName]) -> Figure {
    let y = Axis::log(r"mean risk in the ball $\mathrm{E}[F(W_t);\,\text{inside}]$");
    let mut drawing = Figure::new("contraction", Axis::linear(TIME), y);
    let mut bounds = 0;
    for (i, curve) in curves.iter().enumerate() {
        let rows = rows(results, curve, "risk_inside");
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            continue;
        };
        let label = format!("{}: mean, 95 % interval of its logarithm", curve.label);
        drawing.layers.extend(curve_layers(&rows, &label, Style::Series(i)));
        let bound = estimate(results, curve, "contraction_bound").and_then(|row| row.value);
        // A bound that grows says nothing, and would flatten the rest.
        if let (Some(q), Some(start), true) = (bound.filter(|q| *q < 1.0), first.mean, bounds < 2) {
            let label = format!(r"{}: bound $F_0 (1 - ηα + ½ η^2 C_L (2 C_L + σ))^k$", curve.label);
            let end = start * q.powf(last.step as f64);
            drawing.layers.push(Layer::Line {
                label,
                style: Style::Reference(bounds),
                x: vec![first.time, last.time],
                y: vec![start, end],
            });
            bounds += 1;
        }
    }
    drawing
}

/// tr Σ/F over time.
fn noise_figure(results: &Results, curves: &[CurveName]) -> Figure {
    let y = Axis::log(r"noise per risk $\mathrm{tr}\,Σ/F$ of one row");
    let mut drawing = Figure::new("noise-per-risk", Axis::linear(TIME), y);
    for (i, curve) in curves.iter().enumerate() {
        let rows = rows(results, curve, "noise_per_risk");
        if !rows.is_empty() {
            let label = format!("{}: mean over paths, 95 % interval of the mean", curve.label);
            drawing.layers.extend(curve_layers(&rows, &label, Style::Series(i)));
        }
    }
    drawing
}

/// The number in `r = 0.5`.
fn radius(row: &EstimateRow) -> Option<f64> {
    row.quantity.strip_prefix("r = ")?.parse().ok()
}

/// r²α/(4F) against r.
fn radius_figure(results: &Results) -> Figure {
    let y = Axis::log(r"$r^2 α(θ_0, r) / (4 F(θ_0))$");
    let mut drawing = Figure::new("chatterjee-condition", Axis::log("radius $r$"), y);
    let mine = |row: &&EstimateRow| row.name == "chatterjee_condition" && radius(row).is_some();
    let rows: Vec<&EstimateRow> =
        results.estimates.iter().filter(mine).filter(|row| row.point == 0).collect();
    if results.points.len() != 1 || rows.len() < 2 {
        return drawing;
    }
    let x: Vec<f64> = rows.iter().filter_map(|row| radius(row)).collect();
    let column = |pick: fn(&EstimateRow) -> Option<f64>| {
        rows.iter().map(|row| pick(row).unwrap_or(f64::NAN)).collect::<Vec<f64>>()
    };
    let (found, lower) = (column(|row| row.value), column(|row| row.ci_low));
    let points = |label: &str, style, y: Vec<f64>| Layer::Points {
        label: label.into(),
        style,
        x: x.clone(),
        y,
        low: Vec::new(),
        high: Vec::new(),
    };
    drawing.layers.push(points("$α$ as found by descents: from above", Style::Series(0), found));
    if lower.iter().any(|y| y.is_finite()) {
        drawing.layers.push(points(
            "$α$ by interval arithmetic: from below, certain",
            Style::Series(1),
            lower,
        ));
    }
    let label = "the condition holds above this line".into();
    drawing.layers.push(Layer::Level { label, style: Style::Reference(0), y: 1.0 });
    drawing
}

/// The share of random starts with the condition, over the last key of a sweep, a series for each value of the first of two.
fn starts_figure(results: &Results) -> Figure {
    let y = Axis {
        low: Some(0.0),
        high: Some(1.02),
        ..Axis::linear(r"share of starts with $4 F(θ_0) < r^2 α(θ_0, r)$")
    };
    let keys = results.points.first().map_or(&[][..], |point| point.settings.as_slice());
    let x = Axis::log(keys.last().map_or_else(String::new, |last| key_label(&last.0)));
    let mut drawing = Figure::new("starts", x, y);
    if !(1..=2).contains(&keys.len()) {
        return drawing;
    }
    let mut series: Vec<(String, Vec<[f64; 4]>)> = Vec::new();
    for row in results.estimates.iter().filter(|row| row.name == "lojasiewicz_starts") {
        let settings = results.points.iter().find(|p| p.point == row.point).map(|p| &p.settings);
        let Some([first @ .., last]) = settings.map(Vec::as_slice) else {
            continue;
        };
        let label = first.first().map_or_else(String::new, |(key, value)| {
            format!("{} = {}: ", plain(key.rsplit('.').next().unwrap_or(key)), plain(value))
        });
        let numbers = [last.1.parse().ok(), row.value, row.ci_low, row.ci_high];
        let [Some(x), Some(y), Some(low), Some(high)] = numbers else {
            continue;
        };
        let label = format!("{label}Wilson's 95 % interval");
        match series.iter_mut().find(|other| other.0 == label) {
            Some(other) => other.1.push([x, y, low, high]),
            None => series.push((label, vec![[x, y, low, high]])),
        }
    }
    let count = series.len() as f64;
    for (i, (label, numbers)) in series.into_iter().enumerate() {
        // Side by side on the logarithmic axis.
        let aside = 1.0 + 0.03 * (i as f64 - (count - 1.0) / 2.0);
        let column = |k: usize| numbers.iter().map(|row| row[k]).collect::<Vec<f64>>();
        let x = column(0).into_iter().map(|x| x * aside).collect();
        drawing.layers.push(Layer::Points {
            label,
            style: Style::Series(i),
            x,
            y: column(1),
            low: column(2),
            high: column(3),
        });
    }
    if count > 1.0 {
        drawing.notes.push("Points of the same value are drawn side by side.".into());
    }
    drawing
}
