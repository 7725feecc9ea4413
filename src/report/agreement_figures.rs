//! Figures of the agreement study: differences over time with their simultaneous bands, and against the step size.

use super::contents::{axis_label, plain};
use super::figure::{Axis, Figure, Layer, Style};
use super::figures::TIME;
use crate::problem::Quantity;
use crate::study::{BandRow, OrderRow, Results};

/// The most pairs that one figure shows.
const PAIRS: usize = 7;

/// All of them that the tables have numbers for.
pub fn figures(results: &Results) -> Vec<Figure> {
    let mut all = Vec::new();
    if results.points.len() == 1 {
        for quantity in Quantity::ALL {
            all.extend(band_figure(results, quantity));
            all.extend(order_figure(results, quantity));
        }
    }
    all
}

/// The pairs of some rows in their order, each once.
fn pairs<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut pairs = Vec::new();
    names.for_each(|name| {
        if !pairs.contains(&name) {
            pairs.push(name);
        }
    });
    pairs
}

/// `a|b` as it stands in a legend.
fn shown(pair: &str) -> String {
    plain(&pair.replace('|', " − "))
}

/// E φ(a) − E φ(b) against t with bands that hold at all times together.
fn band_figure(results: &Results, quantity: Quantity) -> Option<Figure> {
    let all: Vec<&BandRow> = results.bands.iter().filter(|row| row.quantity == quantity.name()).collect();
    let label = format!("difference of {}", axis_label(quantity));
    let mut drawing =
        Figure::new(format!("agreement-{}", quantity.name()), Axis::linear(TIME), Axis::linear(label));
    for (i, pair) in pairs(all.iter().map(|row| row.process.as_str())).into_iter().take(PAIRS).enumerate() {
        let rows: Vec<&&BandRow> = all.iter().filter(|row| row.process == pair).collect();
        let column = |pick: fn(&BandRow) -> f64| rows.iter().map(|row| pick(row)).collect::<Vec<f64>>();
        let (label, style, x) =
            (format!("{}: 95 % band, all times together", shown(pair)), Style::Series(i), column(|r| r.time));
        let (low, high) = (column(|r| r.low), column(|r| r.high));
        drawing.layers.push(Layer::Band { label: label.clone(), style, x: x.clone(), low, high });
        drawing.layers.push(Layer::Line { label, style, x, y: column(|r| r.mean) });
    }
    drawing.layers.push(Layer::Level { label: String::new(), style: Style::Reference(0), y: 0.0 });
    (!all.is_empty()).then_some(drawing)
}

/// |E φ(a) − E φ(b)| at T against s, with the Monte-Carlo floor of each pair and slopes to compare with.
fn order_figure(results: &Results, quantity: Quantity) -> Option<Figure> {
    let mine = |row: &&OrderRow| row.quantity == quantity.name() && row.functional == "at T";
    let all: Vec<&OrderRow> = results.orders.iter().filter(mine).collect();
    let (x, y) = (
        Axis::log("step size $s$"),
        Axis::log(format!("size of the difference at $T$, {}", plain(&quantity.name().replace('_', " ")))),
    );
    let mut drawing = Figure::new(format!("agreement-order-{}", quantity.name()), x, y);
    for (i, pair) in pairs(all.iter().map(|row| row.process.as_str())).into_iter().take(PAIRS).enumerate() {
        let rows: Vec<&&OrderRow> = all.iter().filter(|row| row.process == pair).collect();
        let column = |pick: fn(&OrderRow) -> f64| rows.iter().map(|row| pick(row)).collect::<Vec<f64>>();
        let style = Style::Series(i);
        // The ends of |d| where the sign is known; down to the axis where it is not.
        let low =
            column(|r| if r.ci_low * r.ci_high > 0.0 { r.ci_low.abs().min(r.ci_high.abs()) } else { 0.0 });
        let high = column(|r| r.ci_low.abs().max(r.ci_high.abs()));
        let label = format!("{}: 95 % interval", shown(pair));
        let (x, y) = (column(|r| r.s), column(|r| r.value.abs()));
        drawing.layers.push(Layer::Points { label, style, x: x.clone(), y, low, high });
        // The reader finds a pair's floor by its colour; one entry in the legend says what these lines are.
        let label = if i == 0 { "lines: Monte-Carlo floor of each pair; below it no order" } else { "" };
        drawing.layers.push(Layer::Line { label: label.into(), style, x, y: column(|r| r.floor) });
    }
    let largest = all.iter().copied().max_by(|a, b| a.s.total_cmp(&b.s))?;
    let least = all.iter().map(|row| row.s).fold(f64::MAX, f64::min);
    let top = all.iter().filter(|row| row.s == largest.s).map(|row| row.value.abs()).fold(0.0, f64::max);
    for (i, slope) in [0.5, 1.0, 2.0].into_iter().enumerate() {
        let end = top * (least / largest.s).powf(slope);
        let label = format!("guide of slope {slope}");
        drawing.layers.push(Layer::Guide {
            label,
            style: Style::Reference(i),
            x: [largest.s, least],
            y: [top, end],
        });
    }
    Some(drawing)
}
