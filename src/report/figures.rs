//! Which figures a run has: built from its tables alone, so that they can be drawn again without computing anything.

use super::contents::{axis_label, key_label, key_symbol, names, notes, plain, quantities, rows};
use super::figure::{self, Axis, Figure, FigureError, HeatMap, Layer, Style};
use super::{
    agreement_figures, certificate_figures, draws_figures, draws_maps, gibbs_figures, lojasiewicz_figures,
    maps, ntk_figures,
};
use crate::error::Result;
use crate::parallel::Threads;
use crate::problem::Quantity;
use crate::study::{CurveRow, PointRow, Results};
use std::path::{Path, PathBuf};

#[cfg(test)]
mod tests;

/// The most curves that one figure shows.
const CURVES: usize = 7;

/// One drawing of either kind.
enum Drawing {
    Plot(Box<Figure>),
    Map(Box<HeatMap>),
}

/// Draws every figure of `results` into `folder`, several at a time, and returns the files. A figure without a drawable
/// number is left out.
///
/// # Errors
/// What [`figure::write`] and [`figure::write_heat_map`] cannot draw or write.
pub fn draw(results: &Results, folder: &Path, threads: &Threads) -> Result<Vec<PathBuf>> {
    let mut drawings = drawings(results);
    let drawn = threads.map(
        &mut drawings,
        || (),
        |drawing, ()| match drawing {
            Drawing::Plot(plot) => figure::write(plot, folder),
            Drawing::Map(map) => figure::write_heat_map(map, folder),
        },
    );
    let mut files = Vec::new();
    for written in drawn {
        match written {
            Ok(written) => files.extend(written),
            Err(FigureError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(files)
}

/// Every figure of `results` as the text of an SVG document, with its name; nothing is written. A figure without a drawable
/// number is left out.
///
/// # Errors
/// What [`figure::svg`] and [`figure::heat_map_svg`] cannot draw.
pub fn sketch(results: &Results) -> Result<Vec<(String, String)>> {
    let one = |drawing: Drawing| match drawing {
        Drawing::Plot(plot) => (figure::svg(&plot), plot.name),
        Drawing::Map(map) => (figure::heat_map_svg(&map), map.name),
    };
    let mut sketches = Vec::new();
    for (svg, name) in drawings(results).into_iter().map(one) {
        match svg {
            Ok(svg) => sketches.push((name, svg)),
            Err(FigureError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sketches)
}

fn drawings(results: &Results) -> Vec<Drawing> {
    let plots = noted(results).into_iter().map(|plot| Drawing::Plot(Box::new(plot)));
    let maps = maps::heat_maps(results)
        .into_iter()
        .chain(draws_maps::maps(results))
        .map(|map| Drawing::Map(Box::new(map)));
    plots.chain(maps).collect()
}

/// The figures; whatever one shows, it says which particles it is without.
fn noted(results: &Results) -> Vec<Figure> {
    let lost = notes(results);
    let mut all = figures(results);
    for plot in &mut all {
        let new: Vec<String> = lost.iter().filter(|note| !plot.notes.contains(note)).cloned().collect();
        plot.notes.splice(0..0, new);
    }
    all
}

fn figures(results: &Results) -> Vec<Figure> {
    // The points of a repeated study are draws, not curves.
    if !results.draws.is_empty() {
        return draws_figures::figures(results);
    }
    let names = names(results);
    let curves = curve_names(results);
    let mut all = Vec::new();
    for quantity in quantities(results) {
        if curves.len() <= CURVES {
            all.push(curve_figure(results, &curves, quantity));
        } else if results.points.len() <= CURVES && names.len() > 1 {
            all.extend(names.iter().map(|name| process_figure(results, &curves, name, quantity)));
        }
        if quantity == Quantity::Risk && curves.len() <= CURVES {
            all.extend(excess_figure(results, &curves));
            all.extend(difference_figure(results));
        }
        if numeric_sweep(results) {
            all.push(sweep_figure(results, &names, quantity));
        }
    }
    let drawn = if curves.len() <= CURVES { curves.as_slice() } else { &[] };
    all.extend(gibbs_figures::figures(results, drawn));
    all.extend(certificate_figures::figures(results, drawn));
    all.extend(agreement_figures::figures(results));
    all.extend(lojasiewicz_figures::figures(results, drawn));
    all.extend(ntk_figures::figures(results));
    all
}

/// Whether one key is swept, over numbers.
fn numeric_sweep(results: &Results) -> bool {
    let number =
        |settings: &[(String, String)]| matches!(settings, [(_, value)] if value.parse::<f64>().is_ok());
    !results.points.is_empty() && results.points.iter().all(|point| number(&point.settings))
}

/// A curve of a figure: its point, its process, its place in the palette and its label.
#[derive(Clone)]
pub struct CurveName {
    pub point: usize,
    pub process: String,
    pub label: String,
}

fn curve_names(results: &Results) -> Vec<CurveName> {
    let label = |row: &crate::study::ProcessRow| {
        let settings = results.points.iter().find(|p| p.point == row.point).map(|p| &p.settings);
        let parts = settings
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{} = {}", key_symbol(key), plain(value)));
        [plain(&row.name)].into_iter().chain(parts).collect::<Vec<_>>().join(", ")
    };
    let name = |row: &crate::study::ProcessRow| CurveName {
        point: row.point,
        process: row.name.clone(),
        label: label(row),
    };
    results.processes.iter().map(name).collect()
}

/// What stands on the axis of t.
pub const TIME: &str = r"time $t = k s$ (steps × step size)";
const BAND: &str = "mean, 95 % interval of the mean";

/// The line and the band of one curve, its values moved down by `shift`.
fn layers(rows: &[&CurveRow], label: &str, style: Style, shift: f64) -> [Layer; 2] {
    let x: Vec<f64> = rows.iter().map(|row| row.time).collect();
    let column = |pick: fn(&CurveRow) -> Option<f64>| {
        rows.iter().map(|row| pick(row).unwrap_or(f64::NAN) - shift).collect::<Vec<f64>>()
    };
    let label = format!("{label}: {BAND}");
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

/// The axis of times: logarithmic where the observation times are spaced so at every point.
pub fn time_axis(results: &Results) -> Axis {
    let spread = results.points.iter().all(|point| point.study["time"]["spacing"] == "log");
    if spread { Axis::log(TIME) } else { Axis::linear(TIME) }
}

/// E φ(W_t) against t for all processes.
fn curve_figure(results: &Results, curves: &[CurveName], quantity: Quantity) -> Figure {
    let mut drawing = Figure::new(quantity.name(), time_axis(results), mean_axis(results, quantity));
    for (i, curve) in curves.iter().enumerate() {
        let rows: Vec<&CurveRow> = rows(results, curve.point, &curve.process, quantity).collect();
        drawing.layers.extend(layers(&rows, &curve.label, Style::Series(i), 0.0));
    }
    if let (Quantity::Risk, [point]) = (quantity, results.points.as_slice()) {
        let label = r"smallest risk found, $\min \tilde{L}$".into();
        let level = |y| Layer::Level { label, style: Style::Reference(0), y };
        drawing.layers.extend(point.risk_minimum.map(level));
    }
    drawing.notes = notes(results);
    drawing
}

/// The same for the process `name` alone, where all processes and points together are too many for one figure.
fn process_figure(results: &Results, curves: &[CurveName], name: &str, quantity: Quantity) -> Figure {
    let own = |curve: &&CurveName| curve.process == name;
    let own: Vec<CurveName> = curves.iter().filter(own).cloned().collect();
    let drawing = curve_figure(results, &own, quantity);
    Figure { name: format!("{}-{name}", quantity.name()), ..drawing }
}

/// The axis of the means of a quantity: distances that fall far are drawn on a logarithmic one.
fn mean_axis(results: &Results, quantity: Quantity) -> Axis {
    let means =
        || results.curves.iter().filter(|row| row.quantity == quantity.name() && !row.process.contains('|'));
    let means = || means().filter_map(|row| row.mean).filter(|mean| mean.is_finite());
    let (least, most) = means().fold((f64::MAX, f64::MIN), |(a, b), mean| (a.min(mean), b.max(mean)));
    let wide = quantity == Quantity::Distance && least > 0.0 && most / least >= 10.0;
    if wide { Axis::log(axis_label(quantity)) } else { Axis::linear(axis_label(quantity)) }
}

/// E L̃(W_t) − min L̃ on a logarithmic axis, with the noise levels D s/4.
fn excess_figure(results: &Results, curves: &[CurveName]) -> Option<Figure> {
    let label = r"mean excess risk $\mathrm{E} \tilde{L}(W_t) - \min \tilde{L}$";
    let mut drawing = Figure::new("risk-excess", time_axis(results), Axis::log(label));
    for (i, curve) in curves.iter().enumerate() {
        let point = results.points.iter().find(|p| p.point == curve.point)?;
        let rows: Vec<&CurveRow> = rows(results, curve.point, &curve.process, Quantity::Risk).collect();
        drawing.layers.extend(layers(&rows, &curve.label, Style::Series(i), point.risk_minimum?));
    }
    let mut levels: Vec<(f64, f64)> =
        results.processes.iter().map(|p| (p.noise_level, p.noise_scale)).collect();
    levels.sort_by(|a, b| a.0.total_cmp(&b.0));
    levels.dedup();
    if levels.len() <= 3 {
        for (i, (y, s)) in levels.into_iter().filter(|(y, _)| *y > 0.0).enumerate() {
            let label =
                format!("isotropic noise level $D s/4$, $s = {}$", figure::number(s).trim_matches('$'));
            drawing.layers.push(Layer::Level { label, style: Style::Reference(i), y });
        }
    }
    drawing.notes = notes(results);
    Some(drawing)
}

/// Paired differences of E L̃ between processes.
fn difference_figure(results: &Results) -> Option<Figure> {
    let [_] = results.points.as_slice() else {
        return None;
    };
    let mut pairs: Vec<&str> = Vec::new();
    for row in results.curves.iter().filter(|row| row.process.contains('|') && row.quantity == "risk") {
        if !pairs.contains(&row.process.as_str()) {
            pairs.push(&row.process);
        }
    }
    if pairs.is_empty() || pairs.len() > CURVES {
        return None;
    }
    let label = r"difference of mean risks $\mathrm{E} \tilde{L}$";
    let mut drawing = Figure::new("risk-difference", time_axis(results), Axis::linear(label));
    for (i, pair) in pairs.iter().enumerate() {
        let rows: Vec<&CurveRow> = rows(results, 0, pair, Quantity::Risk).collect();
        let label = format!("{}, paired", plain(&pair.replace('|', " − ")));
        drawing.layers.extend(layers(&rows, &label, Style::Series(i), 0.0));
    }
    drawing.layers.push(Layer::Level { label: String::new(), style: Style::Reference(0), y: 0.0 });
    drawing.notes = notes(results);
    Some(drawing)
}

/// The final value of a quantity against the one key of a sweep.
fn sweep_figure(results: &Results, names: &[String], quantity: Quantity) -> Figure {
    let key = results.points.first().and_then(|p| p.settings.first()).map_or("", |s| s.0.as_str());
    let values: Vec<f64> = results.points.iter().map(swept_number).collect();
    let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
    let logarithmic = least > 0.0 && most / least >= 30.0;
    let axis = if logarithmic { Axis::log(key_label(key)) } else { Axis::linear(key_label(key)) };
    let name = format!("sweep-{}", quantity.name());
    let height = if logarithmic { mean_axis(results, quantity) } else { Axis::linear(axis_label(quantity)) };
    let mut drawing = Figure::new(name, axis, height);
    drawing.notes = notes(results);
    if names.len() > 1 {
        drawing.notes.push("Points of the same value are drawn side by side.".into());
    }
    for (i, name) in names.iter().enumerate() {
        let (mut x, mut y, mut low, mut high) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for point in &results.points {
            let Some(last) = rows(results, point.point, name, quantity).last() else {
                continue;
            };
            let aside = (i as f64 - (names.len() - 1) as f64 / 2.0) / 60.0;
            let at = swept_number(point);
            x.push(if logarithmic { at * (most / least).powf(aside) } else { at + aside * (most - least) });
            y.push(last.mean.unwrap_or(f64::NAN));
            low.push(last.ci_low.unwrap_or(f64::NAN));
            high.push(last.ci_high.unwrap_or(f64::NAN));
        }
        let label = format!("{} at the end: {BAND}", plain(name));
        drawing.layers.push(Layer::Points { label, style: Style::Series(i), x, y, low, high });
        if quantity == Quantity::Distance {
            drawing.layers.extend(limit_line(results, name, Style::Reference(i)));
        }
    }
    drawing
}

/// Where small steps come to rest, against the swept key, where the study knows.
fn limit_line(results: &Results, name: &str, style: Style) -> Option<Layer> {
    let limit = |point: &PointRow| {
        let mut rows = results.estimates.iter().filter(|row| row.point == point.point && row.process == name);
        let row = rows.find(|row| row.name == "distance_limit")?;
        Some((swept_number(point), row.value?))
    };
    let (x, y): (Vec<f64>, Vec<f64>) = results.points.iter().filter_map(limit).unzip();
    let label = format!("{}: limit for small steps, closed form", plain(name));
    (!x.is_empty()).then_some(Layer::Line { label, style, x, y })
}

/// The value of the one swept key at a point.
pub fn swept_number(point: &PointRow) -> f64 {
    point.settings.first().and_then(|s| s.1.parse().ok()).unwrap_or(point.point as f64)
}
