//! Figures of the analyses: the gap to the Gibbs measure, Stein discrepancies, rates and implied timescales.

use super::contents::{key_label, plain};
use super::figure::{Axis, Figure, Layer, Span, Style};
use super::figures::{CurveName, TIME, swept_number, time_axis};
use crate::study::{CurveRow, DistanceRow, EstimateRow, Results};

/// Rows of the figure of rates at most: as many as the legend tells apart.
const RATES: usize = 7;

/// All of them that the tables have numbers for.
pub fn figures(results: &Results, curves: &[CurveName]) -> Vec<Figure> {
    let mut all = Vec::new();
    all.extend(gap_figure(results, curves));
    all.extend(stein_figure(results, curves));
    all.extend(match results.points.len() {
        1 => rates_figure(results),
        _ => sweep_rates(results),
    });
    all.extend(lag_figure(results, curves));
    all.extend(density_figure(results, curves));
    all
}

/// E L̃(W_t) − E_μ L̃ with its band, the exact curve, the fitted exponential, and the noise floor.
fn gap_figure(results: &Results, curves: &[CurveName]) -> Option<Figure> {
    let label = r"gap $\mathrm{E} \tilde{L}(W_t) - \mathrm{E}_{μ} \tilde{L}$";
    let mut drawing = Figure::new("gibbs-gap", time_axis(results), Axis::log(label));
    let (mut floor, mut lowest) = (0.0f64, f64::MAX);
    for (i, curve) in curves.iter().enumerate() {
        let rows = of(results, curve, "gibbs_gap");
        let Some(last) = rows.last() else {
            continue;
        };
        let error = last.std_err.unwrap_or(0.0);
        (floor, lowest) = (floor.max(error), lowest.min(error));
        let x: Vec<f64> = rows.iter().map(|row| row.time).collect();
        // A start below the stationary mean approaches it from below.
        let sign = if rows[0].mean.is_some_and(|mean| mean < 0.0) { -1.0 } else { 1.0 };
        let column = |pick: fn(&CurveRow) -> Option<f64>| -> Vec<f64> {
            rows.iter().map(|row| sign * pick(row).unwrap_or(f64::NAN)).collect()
        };
        let below = if sign < 0.0 { " minus the gap," } else { "" };
        let label = format!("{}:{below} 95 % interval with the error of the reference", curve.label);
        let (mut low, mut high) = (column(|row| row.ci_low), column(|row| row.ci_high));
        if sign < 0.0 {
            std::mem::swap(&mut low, &mut high);
        }
        let style = Style::Series(i);
        drawing.layers.push(Layer::Band { label: label.clone(), style, x: x.clone(), low, high });
        drawing.layers.push(Layer::Line { label, style, x, y: column(|row| row.mean) });
        drawing.layers.extend(exact(results, curve, &rows, sign));
        drawing.layers.extend(fitted(results, curve, &rows, sign));
    }
    let empty = drawing.layers.is_empty();
    if lowest > 0.0 && lowest.is_finite() {
        // An exact curve falls to rounding; nothing is to be seen below the noise.
        drawing.y.low = Some(0.2 * lowest);
    }
    let label = "noise floor: two standard errors".into();
    let span = Span::Y { low: f64::NEG_INFINITY, high: 2.0 * floor };
    drawing.layers.push(Layer::Shade { label, style: Style::Reference(5), span });
    drawing.notes.push("Negative gaps leave gaps in the lines.".into());
    (!empty).then_some(drawing)
}

/// The exact curve less the reference, which is what the gap's curve lost from the risk's.
fn exact(results: &Results, curve: &CurveName, gap: &[&CurveRow], sign: f64) -> Option<Layer> {
    let (rows, risk) = (of(results, curve, "risk_exact"), of(results, curve, "risk"));
    let reference = risk.first()?.mean? - gap.first()?.mean?;
    let x: Vec<f64> = rows.iter().map(|row| row.time).collect();
    let y = rows.iter().map(|row| sign * (row.mean.unwrap_or(f64::NAN) - reference)).collect();
    let label = "exact SDE on a grid".into();
    (!x.is_empty()).then_some(Layer::Line { label, style: Style::Reference(0), x, y })
}

/// The fit, which tends to a limit of its own, less the reference.
fn fitted(results: &Results, curve: &CurveName, gap: &[&CurveRow], sign: f64) -> Option<Layer> {
    let mine = |fit: &&crate::study::FitRow| {
        fit.point == curve.point && fit.process == curve.process && fit.quantity == "risk"
    };
    let fit = results.fits.iter().find(mine)?;
    let reference = of(results, curve, "risk").first()?.mean? - gap.first()?.mean?;
    let at = |t: f64| sign * (fit.amplitude * (-fit.rate * t).exp() + fit.limit - reference);
    let x: Vec<f64> = (0..=40).map(|k| fit.from + (fit.to - fit.from) * f64::from(k) / 40.0).collect();
    let y = x.iter().map(|t| at(*t)).collect();
    let label = "fitted exponential".into();
    Some(Layer::Line { label, style: Style::Reference(1), x, y })
}

fn of<'a>(results: &'a Results, curve: &CurveName, quantity: &str) -> Vec<&'a CurveRow> {
    let mine = |row: &&CurveRow| {
        row.point == curve.point && row.process == curve.process && row.quantity == quantity
    };
    results.curves.iter().filter(mine).collect()
}

/// The V-statistic of the kernel Stein discrepancy against t, with what it is under μ_s.
fn stein_figure(results: &Results, curves: &[CurveName]) -> Option<Figure> {
    let label = r"squared kernel Stein discrepancy (V)";
    let mut drawing = Figure::new("ksd", Axis::log(TIME), Axis::log(label));
    for (i, curve) in curves.iter().enumerate() {
        let mine = |row: &&DistanceRow| {
            row.point == curve.point && row.process == curve.process && row.name == "ksd_v"
        };
        let rows: Vec<&DistanceRow> = results.distances.iter().filter(mine).collect();
        let column = |pick: fn(&DistanceRow) -> f64| rows.iter().map(|row| pick(row)).collect::<Vec<f64>>();
        let (x, style) = (column(|row| row.time), Style::Series(i));
        if rows.is_empty() {
            continue;
        }
        drawing.layers.push(Layer::Points {
            label: format!("{} ± standard error", curve.label),
            style,
            x: x.clone(),
            y: column(|row| row.value),
            low: column(|row| row.value - row.std_err.unwrap_or(0.0)),
            high: column(|row| row.value + row.std_err.unwrap_or(0.0)),
        });
        let label = format!("{}: 95 % band of this sample, were its law $μ_s$", curve.label);
        let (low, high) = (column(|row| row.null_low), column(|row| row.null_high));
        drawing.layers.push(Layer::Band { label, style, x, low, high });
    }
    drawing.notes.push(
        "Kernel width and bands (wild bootstrap) are each sample's own: compare a point with its band alone."
            .into(),
    );
    (!drawing.layers.is_empty()).then_some(drawing)
}

/// What a row of rates is called.
fn rate_label(row: &EstimateRow) -> Option<String> {
    let process = plain(&row.process);
    Some(match row.name.as_str() {
        "decay_rate" => format!("{process}: decay of E {}", plain(&row.quantity)),
        "mixing_rate" => format!("{process}: slowest mode, stationary run"),
        "spectral_gap" => format!("{process}: spectral gap on a grid"),
        "spectral_gap_lower" => format!("{process}: certified lower bound"),
        "spectral_gap_upper" => format!("{process}: Rayleigh–Ritz bound"),
        _ => return None,
    })
}

/// Every rate of a single point with its interval, one above the other.
fn rates_figure(results: &Results) -> Option<Figure> {
    let row = |row: &EstimateRow| {
        let label = rate_label(row)?;
        // A certificate has no interval.
        Some((label, row.value?, row.ci_low.or(row.value)?, row.ci_high.or(row.value)?))
    };
    let mut rows: Vec<(String, f64, f64, f64)> = results.estimates.iter().filter_map(row).collect();
    let found = rows.len();
    // The bounds come last in the tables and must not be the ones that find no room.
    while rows.len() > RATES {
        match rows.iter().rposition(|row| row.0.contains("decay of E")) {
            Some(last) => drop(rows.remove(last)),
            None => rows.truncate(RATES),
        }
    }
    let positive = rows.iter().all(|row| row.2 > 0.0);
    let (least, most) = rows.iter().fold((f64::MAX, 0.0f64), |(a, b), r| (a.min(r.2), b.max(r.3)));
    let label = r"rate (1/unit of $t$)";
    let x = if positive && most > 30.0 * least { Axis::log(label) } else { Axis::linear(label) };
    let count = rows.len() as f64;
    // The height is that of the row alone.
    let y = Axis { low: Some(0.0), high: Some(count + 1.0), ..Axis::linear("") };
    let mut drawing = Figure::new("rates", x, y);
    for (i, (label, value, low, high)) in rows.into_iter().enumerate() {
        let (style, at) = (Style::Series(i), count - i as f64);
        let bar = Layer::Line { label: label.clone(), style, x: vec![low, high], y: vec![at, at] };
        let (low, high) = (Vec::new(), Vec::new());
        drawing.layers.extend([bar, Layer::Points { label, style, x: vec![value], y: vec![at], low, high }]);
    }
    drawing.notes.push("Rows as in the legend, from above; bars are 95 % intervals.".into());
    if found as f64 > count {
        drawing.notes.push(format!("{} further rates stand in estimates.csv.", found as f64 - count));
    }
    (count > 0.0).then_some(drawing)
}

/// Rates against the one key of a sweep over numbers; against 1/s where that key is a noise scale.
fn sweep_rates(results: &Results) -> Option<Figure> {
    let key = results.points.first()?.settings.first()?.0.as_str();
    if !results.points.iter().all(|p| matches!(p.settings.as_slice(), [(_, v)] if v.parse::<f64>().is_ok())) {
        return None;
    }
    let inverse = key.ends_with(".s");
    let at = |point: usize| {
        let value = swept_number(results.points.iter().find(|p| p.point == point)?);
        Some(if inverse { 1.0 / value } else { value })
    };
    let axis =
        if inverse { Axis::linear(r"inverse noise scale $1/s$") } else { Axis::linear(key_label(key)) };
    let mut drawing = Figure::new("sweep-rates", axis, Axis::log(r"rate (1/unit of $t$)"));
    let mut labels: Vec<String> = Vec::new();
    for row in results.estimates.iter().filter(|row| row.value.is_some()) {
        // Of the fitted decays the risk's and the weights': a sweep has no room for more.
        let shown = row.name != "decay_rate" || row.quantity == "risk" || row.quantity.starts_with("w[");
        if let Some(label) = rate_label(row).filter(|label| shown && !labels.contains(label)) {
            labels.push(label);
        }
    }
    for (i, label) in labels.into_iter().take(RATES).enumerate() {
        let rows = results.estimates.iter().filter(|row| rate_label(row).as_ref() == Some(&label));
        let numbers: Vec<[f64; 4]> = rows
            .filter_map(|row| {
                let ends = (row.ci_low.or(row.value)?, row.ci_high.or(row.value)?);
                Some([at(row.point)?, row.value?, ends.0, ends.1])
            })
            .collect();
        let column = |k: usize| numbers.iter().map(|row| row[k]).collect::<Vec<f64>>();
        let exact = label.ends_with("on a grid");
        drawing.layers.push(if exact {
            Layer::Line { label, style: Style::Reference(1), x: column(0), y: column(1) }
        } else {
            let (label, style) = (format!("{label}, 95 % interval"), Style::Series(i));
            Layer::Points { label, style, x: column(0), y: column(1), low: column(2), high: column(3) }
        });
    }
    if inverse && results.points[0].study["problem"]["kind"] == "double-well" {
        drawing.layers.push(eyring_kramers(results));
    }
    (!drawing.layers.is_empty()).then_some(drawing)
}

/// (√2/π) e^{−1/(2s)}: the rate between the wells of (x² − 1)²/4 for small s (Eyring 1935, Kramers 1940; the curvatures
/// are 2 in the wells and 1 on the barrier of height ¼).
fn eyring_kramers(results: &Results) -> Layer {
    let inverse: Vec<f64> = results.points.iter().map(|point| 1.0 / swept_number(point)).collect();
    let (least, most) = inverse.iter().fold((f64::MAX, 0.0f64), |(a, b), x| (a.min(*x), b.max(*x)));
    let x: Vec<f64> = (0..=40).map(|k| least + (most - least) * f64::from(k) / 40.0).collect();
    let y = x.iter().map(|x| std::f64::consts::SQRT_2 / std::f64::consts::PI * (-0.5 * x).exp()).collect();
    let label = r"Eyring–Kramers, $(√2/π) \exp(-1/(2s))$".into();
    Layer::Line { label, style: Style::Reference(0), x, y }
}

/// The density of the one weight at the horizon beside that of μ_s.
fn density_figure(results: &Results, curves: &[CurveName]) -> Option<Figure> {
    let (x, y) = (Axis::linear("weight $w$"), Axis::linear("density (1/unit of $w$)"));
    let mut drawing = Figure::new("density", x, y);
    let mut gibbs = Vec::new();
    for (i, curve) in curves.iter().enumerate() {
        let mine = |row: &&crate::study::DensityRow| row.point == curve.point && row.process == curve.process;
        let rows: Vec<_> = results.densities.iter().filter(mine).collect();
        if rows.is_empty() {
            continue;
        }
        let column =
            |pick: fn(&crate::study::DensityRow) -> f64| rows.iter().map(|r| pick(r)).collect::<Vec<f64>>();
        let x = column(|row| row.weight);
        drawing.layers.push(Layer::Points {
            label: format!("{} at the horizon ± standard error", curve.label),
            style: Style::Series(i),
            x: x.clone(),
            y: column(|row| row.observed),
            low: column(|row| row.observed - row.std_err),
            high: column(|row| row.observed + row.std_err),
        });
        gibbs.push((i, curve, x, column(|row| row.gibbs)));
    }
    // One line where all processes have one noise scale; otherwise one in the colour of each.
    let common = gibbs.windows(2).all(|pair| (&pair[0].2, &pair[0].3) == (&pair[1].2, &pair[1].3));
    for (i, curve, x, y) in gibbs.into_iter().take(if common { 1 } else { usize::MAX }) {
        let (label, style) = match common {
            true => ("Gibbs measure, on a grid".into(), Style::Reference(0)),
            false => (format!("Gibbs measure of {}, on a grid", curve.label), Style::Series(i)),
        };
        drawing.layers.push(Layer::Line { label, style, x, y });
    }
    (!drawing.layers.is_empty()).then_some(drawing)
}

/// Implied timescales of the slowest coordinate against the lag.
fn lag_figure(results: &Results, curves: &[CurveName]) -> Option<Figure> {
    let mut layers = Vec::new();
    let (mut longest, mut highest) = (0.0f64, 0.0f64);
    for (i, curve) in curves.iter().enumerate() {
        let mine = results.lags.iter().filter(|row| row.point == curve.point && row.process == curve.process);
        let rows: Vec<[f64; 3]> =
            mine.filter_map(|row| Some([row.lag, row.timescale?, row.std_err.unwrap_or(0.0)])).collect();
        if rows.is_empty() {
            continue;
        }
        longest = rows.iter().fold(longest, |m, row| m.max(row[0]));
        highest = rows.iter().fold(highest, |m, row| m.max(row[1] + row[2]));
        layers.push(Layer::Points {
            label: format!("{} ± standard error", curve.label),
            style: Style::Series(i),
            x: rows.iter().map(|row| row[0]).collect(),
            y: rows.iter().map(|row| row[1]).collect(),
            low: rows.iter().map(|row| row[1] - row[2]).collect(),
            high: rows.iter().map(|row| row[1] + row[2]).collect(),
        });
    }
    let label = "below this line the lag exceeds the timescale: unreliable".into();
    let end = longest.min(highest);
    layers.push(Layer::Line { label, style: Style::Reference(0), x: vec![0.0, end], y: vec![0.0, end] });
    let label = "implied timescale (unit of $t$)";
    let y = Axis { low: Some(0.0), high: Some(1.05 * highest), ..Axis::linear(label) };
    let x = Axis { low: Some(0.0), ..Axis::linear(r"lag $τ$ (unit of $t$)") };
    let drawing = Figure { layers, ..Figure::new("lags", x, y) };
    (longest > 0.0).then_some(drawing)
}
