//! Heat maps of repeated studies: medians and quantiles over two swept keys, shares of the variance.

use super::contents::{is_observed, key_label, notes, plain, swept_values};
use super::draws_figures::{drawn, first_key, label, rows, who};
use super::figure::{Categories, Cell as Square, ColourBar, HeatMap, Scale, Width};
use crate::study::{Asked, Cell, DrawRow, Numbers, Results, cells};

/// The maps of a repeated study: the median and two quantiles over a two-key sweep, and the shares of the variance where
/// nothing is swept.
pub fn maps(results: &Results) -> Vec<HeatMap> {
    if results.draws.is_empty() {
        return Vec::new();
    }
    let (cells, numbers) = (cells(results), Numbers::new(results));
    match cells[0].points[0].settings.len() {
        2 => numbers
            .asked
            .iter()
            .filter(|asked| is_observed(results, &asked.1))
            .flat_map(|asked| quantile_maps(results, &cells, asked))
            .collect(),
        0 => share_maps(results, &numbers),
        _ => Vec::new(),
    }
}

/// What a map shows of each cell, how its file is called, and where it stands in a row.
type Shown = (&'static str, &'static str, fn(&DrawRow) -> f64);

/// The maps of a quantity.
const SHOWN: [Shown; 3] = [
    ("median", "median", |row| row.median),
    ("0.1 quantile", "q10", |row| row.q10),
    ("0.9 quantile", "q90", |row| row.q90),
];

fn quantile_maps(results: &Results, cells: &[Cell<'_>], asked: &Asked) -> Vec<HeatMap> {
    let over = first_key(cells);
    let (up, right) = (swept_values(results, 0), swept_values(results, 1));
    let keys = &cells[0].points[0].settings;
    let texts = |values: &[String]| values.iter().map(|value| plain(value)).collect();
    let draws = rows(results, asked, &over).map(|row| row.n).max().unwrap_or(0);
    let map = |(what, stem, pick): &Shown| {
        let mut squares = vec![vec![None; right.len()]; up.len()];
        for cell in cells {
            let place = |key: usize, values: &[String]| {
                values.iter().position(|v| *v == cell.points[0].settings[key].1)
            };
            let last = rows(results, asked, &over).filter(|row| row.point == cell.number()).last();
            if let (Some(row), Some(column), Some(last)) = (place(0, &up), place(1, &right), last) {
                squares[row][column] = Some(Square { value: three_decimals(pick(last)), std_err: None });
            }
        }
        let (process, quantity) = asked;
        let of = if process.is_empty() { String::new() } else { format!("-{process}") };
        HeatMap {
            name: format!("map-{quantity}{of}-{stem}"),
            title: None,
            x: Categories { label: key_label(&keys[1].0), values: texts(&right) },
            y: Categories { label: key_label(&keys[0].0), values: texts(&up) },
            cells: squares,
            colour: ColourBar {
                label: format!("{}: {what} of {}", who(asked), label(quantity)),
                scale: Scale::Linear,
                centre: None,
            },
            notes: [
                vec![format!("Over {draws} {}; intervals are in draws.csv.", drawn(&over))],
                notes(results),
            ]
            .concat(),
            missing: "no value".into(),
            width: if right.len() > 5 { Width::Page } else { Width::Column },
        }
    };
    SHOWN.iter().map(map).collect()
}

/// What a cell has room for; draws.csv has all digits.
fn three_decimals(x: f64) -> f64 {
    (x * 1000.0).round() / 1000.0
}

/// The shares of the variance by what is drawn, a column a quantity.
fn share_maps(results: &Results, numbers: &Numbers<'_>) -> Vec<HeatMap> {
    let shares: Vec<_> = results.estimates.iter().filter(|row| row.name == "variance_share").collect();
    let shown = |asked: &&Asked| !asked.0.is_empty() && is_observed(results, &asked.1);
    let asked: Vec<&Asked> = numbers.asked.iter().filter(shown).collect();
    let factors = |quantity: &str| quantity.split_once(": ").map(|(_, of)| of.to_owned());
    let mut sets: Vec<String> = Vec::new();
    for set in shares.iter().filter(|row| !row.process.is_empty()).filter_map(|row| factors(&row.quantity)) {
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    let square = |set: &String, (process, quantity): &Asked| {
        let wanted = format!("{quantity}: {set}");
        let row = shares.iter().find(|row| row.process == *process && row.quantity == wanted)?;
        Some(Square { value: row.value?.max(0.0), std_err: row.std_err })
    };
    let short = |set: &String| {
        let words =
            set.split(" × ").map(|key| drawn(key).replace("draws of the ", "").replace("draws of ", ""));
        words.collect::<Vec<_>>().join(" × ")
    };
    if sets.is_empty() {
        return Vec::new();
    }
    vec![HeatMap {
        name: "draws-shares".into(),
        title: None,
        x: Categories {
            label: "quantity at the end".into(),
            values: asked.iter().map(|(p, q)| format!("{}, {}", plain(p), q.replace('_', " "))).collect(),
        },
        y: Categories { label: "what is drawn".into(), values: sets.iter().map(short).collect() },
        cells: sets.iter().map(|set| asked.iter().map(|asked| square(set, asked)).collect()).collect(),
        colour: ColourBar { label: "share of the variance".into(), scale: Scale::Linear, centre: None },
        notes: vec!["Crossed random effects; × an interaction; in brackets the standard error.".into()],
        missing: "no variance, or not resolved".into(),
        width: Width::Page,
    }]
}
