//! Figures of the agreement study: differences over time with their simultaneous bands, and against the step
//! size and the batch.

use super::contents::{axis_label, plain};
use super::figure::{Axis, Figure, Layer, Style};
use super::figures::time_axis;
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
            all.extend(LADDERS.iter().filter_map(|ladder| order_figure(results, quantity, ladder)));
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
        Figure::new(format!("agreement-{}", quantity.name()), time_axis(results), Axis::linear(label));
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

/// The ladder of an [`order_figure`].
struct Ladder {
    /// Its mark in the table, and in the figure's name.
    mark: (&'static str, &'static str),
    axis: &'static str,
    x: fn(&OrderRow) -> f64,
}

const LADDERS: [Ladder; 2] = [
    Ladder { mark: ("s", "order"), axis: "step size $s$", x: |row| row.s },
    Ladder {
        mark: ("1/b", "batch"),
        axis: "inverse batch $1/b$",
        x: |row| row.batch.map_or(f64::NAN, |batch| 1.0 / batch as f64),
    },
];

/// sup_t |E φ(a) − E φ(b)| against s or 1/b, with the Monte-Carlo floor of each pair and slopes to compare with.
fn order_figure(results: &Results, quantity: Quantity, ladder: &Ladder) -> Option<Figure> {
    let mine = |row: &&OrderRow| {
        row.quantity == quantity.name() && row.functional == "sup" && row.ladder == ladder.mark.0
    };
    let all: Vec<&OrderRow> = results.orders.iter().filter(mine).collect();
    let name = plain(&quantity.name().replace('_', " "));
    let y = Axis::log(format!(r"largest difference $\mathrm{{sup}}_t |d(t)|$, {name}"));
    let file = format!("agreement-{}-{}", ladder.mark.1, quantity.name());
    let mut drawing = Figure::new(file, Axis::log(ladder.axis), y);
    for (i, pair) in pairs(all.iter().map(|row| row.process.as_str())).into_iter().take(PAIRS).enumerate() {
        let rows: Vec<&&OrderRow> = all.iter().filter(|row| row.process == pair).collect();
        let column = |pick: &dyn Fn(&OrderRow) -> f64| rows.iter().map(|row| pick(row)).collect::<Vec<f64>>();
        let style = Style::Series(i);
        let (low, high) = (column(&|r| r.ci_low), column(&|r| r.ci_high));
        let label = format!("{}: 95 % interval", shown(pair));
        let (x, y) = (column(&ladder.x), column(&|r| r.value));
        drawing.layers.push(Layer::Points { label, style, x: x.clone(), y, low, high });
        // The reader finds a pair's floor by its colour; one entry in the legend says what these lines are.
        let label = if i == 0 { "lines: Monte-Carlo floor, half width of each pair's band" } else { "" };
        drawing.layers.push(Layer::Line { label: label.into(), style, x, y: column(&|r| r.floor) });
    }
    let ends = |pick: fn(f64, f64) -> f64, from: f64| all.iter().map(|row| (ladder.x)(row)).fold(from, pick);
    let (largest, least) = (ends(f64::max, 0.0), ends(f64::min, f64::MAX));
    let top = all.iter().filter(|row| (ladder.x)(row) == largest).map(|row| row.value).fold(0.0, f64::max);
    for (i, slope) in [0.5, 1.0, 2.0].into_iter().enumerate() {
        let end = top * (least / largest).powf(slope);
        let label = format!("guide of slope {slope}");
        drawing.layers.push(Layer::Guide {
            label,
            style: Style::Reference(i),
            x: [largest, least],
            y: [top, end],
        });
    }
    (!all.is_empty()).then_some(drawing)
}
