//! Figures of the theorems beside the measured: guarantees, steps, V_s along rays, the bracket of the spectral gap.

use super::bracket_figure::bracket_figure;
use super::contents::{plain, rows};
use super::figure::{Axis, Figure, Layer, Style, number};
use super::figures::{CurveName, time_axis};
use crate::problem::Quantity;
use crate::study::{BoundRow, CheckRow, CurveRow, RayRow, Results, StepsRow};

/// All of them that the tables have numbers for.
pub fn figures(results: &Results, curves: &[CurveName]) -> Vec<Figure> {
    let mut all = Vec::new();
    for curve in curves {
        let alone = curves.len() == 1 || bounded(results) == 1;
        let suffix = if alone { String::new() } else { format!("-{}-{}", curve.point, curve.process) };
        all.extend(guarantee_figure(results, curve, &suffix));
        all.extend(rays_figure(results, curve, &suffix));
    }
    if results.points.len() == 1 {
        all.extend(steps_figure(results));
        all.extend(check_figure(results));
    }
    all.extend(bracket_figure(results));
    all
}

/// How many processes and points have bounds.
fn bounded(results: &Results) -> usize {
    let mut places: Vec<(usize, &str)> =
        results.rays.iter().map(|row| (row.point, row.process.as_str())).collect();
    places.dedup();
    places.len()
}

/// The names of `rows` in their order, each once.
fn names<'a, T>(rows: &[&'a T], name: fn(&'a T) -> &'a str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for row in rows {
        if !names.contains(&name(row)) {
            names.push(name(row));
        }
    }
    names
}

/// A name from the tables with its symbols set as such.
fn mathematical(name: &str) -> String {
    plain(name)
        .replace("λ_s", "$λ_s$")
        .replace("ε", "$ε$")
        .replace("χ²", "$χ^2$")
        .replace("k = T/s*", "$k = T/s_*$")
        .replace("one T,", "one $T$,")
        .replace("smallest T ", "smallest $T$ ")
}

/// How far above the largest measured excess a guarantee is still drawn.
const HEADROOM: f64 = 1e4;

/// E L̃(W_t) − min L̃ with its band under the bounds of the theorem, and the levels these fall to.
fn guarantee_figure(results: &Results, curve: &CurveName, suffix: &str) -> Option<Figure> {
    let mine = |row: &&BoundRow| row.point == curve.point && row.process == curve.process;
    let bounds: Vec<&BoundRow> = results.bounds.iter().filter(mine).collect();
    let minimum = results.points.iter().find(|p| p.point == curve.point)?.risk_minimum?;
    let label = r"mean excess risk $\mathrm{E} \tilde{L}(W_t) - \min \tilde{L}$";
    let mut drawing = Figure::new(format!("guarantee{suffix}"), time_axis(results), Axis::log(label));
    let measured: Vec<&CurveRow> = rows(results, curve.point, &curve.process, Quantity::Risk).collect();
    let column = |pick: fn(&CurveRow) -> Option<f64>| -> Vec<f64> {
        measured.iter().map(|row| pick(row).unwrap_or(f64::NAN) - minimum).collect()
    };
    let x: Vec<f64> = measured.iter().map(|row| row.time).collect();
    let (low, high, y) = (column(|r| r.ci_low), column(|r| r.ci_high), column(|r| r.mean));
    let largest = y.iter().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let (label, style) = (format!("{}, measured: mean, 95 % interval", curve.label), Style::Series(0));
    drawing.layers.push(Layer::Band { label: label.clone(), style, x: x.clone(), low, high });
    drawing.layers.push(Layer::Line { label, style, x, y });
    for (i, name) in names(&bounds, |row| &row.name).into_iter().enumerate() {
        let rows: Vec<&&BoundRow> = bounds.iter().filter(|row| row.name == name).collect();
        let drawn = |row: &&&BoundRow| row.log_value.exp() <= HEADROOM * largest.max(row.level);
        let kept: Vec<&&BoundRow> = rows.iter().copied().filter(|row| drawn(row)).collect();
        let style = Style::Reference(i);
        drawing.layers.push(Layer::Line {
            label: mathematical(name),
            style,
            x: kept.iter().map(|row| row.time).collect(),
            y: kept.iter().map(|row| row.log_value.exp()).collect(),
        });
        drawing.layers.push(Layer::Level { label: String::new(), style, y: rows.first()?.level });
        if kept.is_empty() {
            let text = format!(
                "{}: above {HEADROOM:e} times the measured excess at every time.",
                mathematical(name)
            );
            drawing.notes.push(text);
        }
    }
    drawing.notes.push("Levels: where each bound ends, in the style of its curve.".into());
    (!bounds.is_empty() && largest > 0.0).then_some(drawing)
}

/// Steps to an excess of ε against 1/ε, by each account.
fn steps_figure(results: &Results) -> Option<Figure> {
    let all: Vec<&StepsRow> = results.steps.iter().filter(|row| row.steps.is_some()).collect();
    let (x, y) = (Axis::log(r"inverse excess $1/ε$"), Axis::log("steps $k$ of SGD"));
    let mut drawing = Figure::new("steps", x, y);
    let first = all.iter().copied().min_by(|a, b| b.epsilon.total_cmp(&a.epsilon))?;
    for (i, name) in names(&all, |row| &row.name).into_iter().enumerate() {
        let rows: Vec<&&StepsRow> = all.iter().filter(|row| row.name == name).collect();
        let steps = |row: &StepsRow| row.steps.unwrap_or(f64::NAN);
        let (label, style) = (mathematical(name), Style::Series(i));
        let x: Vec<f64> = rows.iter().map(|row| 1.0 / row.epsilon).collect();
        let y: Vec<f64> = rows.iter().map(|row| steps(row)).collect();
        let low = rows.iter().map(|row| row.ci_low.unwrap_or(steps(row))).collect();
        let high = rows.iter().map(|row| row.ci_high.unwrap_or(steps(row))).collect();
        let line = Layer::Line { label: label.clone(), style, x: x.clone(), y: y.clone() };
        drawing.layers.extend([line, Layer::Points { label, style, x, y, low, high }]);
    }
    let last = all.iter().map(|row| 1.0 / row.epsilon).fold(0.0, f64::max);
    let (from, start) = (1.0 / first.epsilon, first.steps?);
    for (i, slope) in [1.0, 2.0].into_iter().enumerate() {
        let end = start * (last / from).powf(slope);
        let (label, style) = (format!("guide of slope {slope}"), Style::Reference(i));
        drawing.layers.push(Layer::Guide { label, style, x: [from, last], y: [start, end] });
    }
    drawing.notes.push("Bars: 95 % intervals.".into());
    drawing.notes.extend(beyond_the_source(results));
    Some(drawing)
}

/// Where the discrete-time guarantee is not the source's own.
fn beyond_the_source(results: &Results) -> Option<String> {
    let softplus = results.points.first()?.study["problem"]["activation"] == "softplus";
    let note =
        "By the sharp constants: the source states the discrete-time guarantee for bounded activations.";
    softplus.then(|| note.into())
}

/// SGD at the step size for the smallest ε beside the guarantee, against the number of steps.
fn check_figure(results: &Results) -> Option<Figure> {
    let epsilon = results.checks.iter().map(|row| row.epsilon).reduce(f64::min)?;
    let rows: Vec<&CheckRow> =
        results.checks.iter().filter(|row| row.epsilon == epsilon && row.step > 0).collect();
    let label = r"mean excess risk $\mathrm{E} \tilde{L}(W^k) - \min \tilde{L}$";
    let mut drawing = Figure::new("guarantee-steps", Axis::log("steps $k$ of SGD"), Axis::log(label));
    let run: Vec<&&CheckRow> = rows.iter().filter(|row| row.excess.is_some()).collect();
    let column = |pick: fn(&CheckRow) -> Option<f64>| {
        run.iter().map(|row| pick(row).unwrap_or(f64::NAN)).collect::<Vec<f64>>()
    };
    let x: Vec<f64> = run.iter().map(|row| row.step as f64).collect();
    let (first, y) = (rows.first()?, column(|row| row.excess));
    let largest = y.iter().copied().fold(epsilon, f64::max);
    let s = number(first.s);
    let (label, style) = (
        format!("{}, step size {s}, measured: mean, 95 % interval", plain(&first.process)),
        Style::Series(0),
    );
    let (low, high) = (column(|row| row.ci_low), column(|row| row.ci_high));
    drawing.layers.push(Layer::Band { label: label.clone(), style, x: x.clone(), low, high });
    drawing.layers.push(Layer::Line { label, style, x, y });
    let bound = rows.iter().filter_map(|row| Some((row.step as f64, row.log_bound?.exp())));
    let (x, y): (Vec<f64>, Vec<f64>) = bound.filter(|(_, bound)| *bound <= HEADROOM * largest).unzip();
    let label = "bound for the prior start, which is not the start measured".into();
    drawing.layers.push(Layer::Line { label, style: Style::Reference(0), x, y });
    if let Some(last) = run.last().filter(|last| rows.iter().any(|row| row.step > last.step)) {
        let time = number(last.s * last.step as f64);
        drawing.notes.push(format!("Beyond $t$ = {time} the guarantee takes $B$ as measured up to there."));
    }
    let label = format!("$ε$ = {}", number(epsilon));
    drawing.layers.push(Layer::Level { label, style: Style::Reference(1), y: epsilon });
    let label = "level $(A + B) s_*$ of the guarantee".into();
    drawing.layers.push(Layer::Level { label, style: Style::Reference(2), y: first.level });
    drawing.notes.extend(beyond_the_source(results));
    Some(drawing)
}

/// s V_s/‖W‖² along rays, with the bound that holds on all of space and the limit λ².
fn rays_figure(results: &Results, curve: &CurveName, suffix: &str) -> Option<Figure> {
    let mine = |row: &&RayRow| row.point == curve.point && row.process == curve.process;
    let rows: Vec<&RayRow> = results.rays.iter().filter(mine).collect();
    let last = rows.last()?;
    let s = results.processes.iter().find(|p| p.point == curve.point && p.name == curve.process)?.noise_scale;
    let scaled = |value: f64, row: &RayRow| s * value / (row.radius * row.radius);
    let x: Vec<f64> = rows.iter().map(|row| row.radius).collect();
    // Towards 0 the Laplacian drives the ratio to −∞: the axis ends where the story does.
    let most = rows.iter().map(|row| scaled(row.largest, row)).fold(scaled(last.largest, last), f64::max);
    let y = Axis {
        low: Some(-most),
        high: Some(1.3 * most),
        ..Axis::linear(r"$s V_s(W)/‖W‖_F^2$, $V_s = ‖∇\tilde{L}‖^2/s - Δ\tilde{L}$")
    };
    let seen = rows.iter().position(|row| scaled(row.largest, row) > -most).unwrap_or(0);
    let first = Some(rows[seen.saturating_sub(1)].radius);
    let axis = Axis { low: first, high: Some(last.radius), ..Axis::log(r"radius $‖W‖_F$") };
    let mut drawing = Figure::new(format!("villani{suffix}"), axis, y);
    let column = |pick: fn(&RayRow) -> f64| -> Vec<f64> {
        rows.iter()
            .map(|row| scaled(pick(row), row))
            .map(|v| if v > -4.0 * most { v } else { f64::NAN })
            .collect()
    };
    let style = Style::Series(0);
    let label = "measured: median over rays, smallest to largest".to_string();
    let (low, high) = (column(|r| r.smallest), column(|r| r.largest));
    drawing.layers.push(Layer::Band { label: label.clone(), style, x: x.clone(), low, high });
    drawing.layers.push(Layer::Line { label, style, x: x.clone(), y: column(|r| r.median) });
    if rows.iter().any(|row| row.lower_bound.is_some()) {
        let (label, y) = (
            "bound from below for every $W$ of this norm".into(),
            column(|r| r.lower_bound.unwrap_or(f64::NAN)),
        );
        drawing.layers.push(Layer::Line { label, style: Style::Reference(0), x, y });
    }
    let point = results.points.iter().find(|point| point.point == curve.point)?;
    let bounded = last.lower_bound.is_some();
    if let Some(lambda) = point.data["lambda"].as_f64().filter(|_| bounded) {
        let label = "limit $λ^2$ where the data gradient is bounded".into();
        drawing.layers.push(Layer::Level { label, style: Style::Reference(1), y: lambda * lambda });
    }
    if let Some(radius) = radius_row(results, curve) {
        let label = "$R_0$: $V_s > 0$ at every place read beyond".into();
        drawing.layers.push(Layer::Mark { label, style: Style::Reference(2), x: radius });
    }
    Some(drawing)
}

/// R₀ of a process.
fn radius_row(results: &Results, curve: &CurveName) -> Option<f64> {
    let mut rows =
        results.estimates.iter().filter(|row| row.point == curve.point && row.process == curve.process);
    rows.find(|row| row.name == "villani_radius")?.value
}
