//! How a quantity spreads over the draws of a cell.

use super::{Asked, Cell, Numbers, PARTICLES, RUNS};
use crate::estimates::Spread;
use crate::study::findings::DrawRow;

/// The spread over each thing drawn; over particles and over single runs at the end alone.
pub(super) fn spreads(numbers: &Numbers<'_>, cell: &Cell<'_>, asked: &Asked) -> Vec<DrawRow> {
    let mut rows = Vec::new();
    let mut add = |over: &str, time: f64, draws: Vec<f64>, note: &str| {
        let lost = draws.iter().filter(|x| !x.is_finite()).count();
        let row = Spread::of(draws).map(|spread| row(cell, asked, (over, time), &spread, (lost, note)));
        rows.extend(row);
    };
    let times = numbers.times(cell, asked);
    for (at, &time) in times.iter().enumerate() {
        let values = numbers.of_points(cell, asked, at);
        for (key, over) in cell.keys().into_iter().enumerate() {
            add(over, time, cell.marginal(key, &values), "");
        }
    }
    let (end, runs) = (times.last().copied().unwrap_or(0.0), numbers.of_runs(cell, asked));
    let particles = runs.len() / cell.points.len();
    let number = |value: &Option<f64>| value.unwrap_or(f64::NAN);
    if particles > 1 {
        add(PARTICLES, end, numbers.of_particles(cell, asked), "");
    }
    if particles > 1 || cell.keys().len() > 1 {
        let values = if runs.is_empty() { numbers.at_the_end(cell, asked) } else { runs };
        add(
            RUNS,
            end,
            values.iter().map(number).collect(),
            "runs that share a draw are not independent: no interval",
        );
    }
    rows
}

fn row(
    cell: &Cell<'_>,
    (process, quantity): &Asked,
    (over, time): (&str, f64),
    spread: &Spread,
    (lost, note): (usize, &str),
) -> DrawRow {
    let interval = if note.is_empty() { spread.interval } else { None };
    let mut notes: Vec<String> = Vec::new();
    if !note.is_empty() {
        notes.push(note.into());
    } else if interval.is_none() {
        notes.push("fewer than 6 draws: no interval".into());
    }
    if lost > 0 {
        notes.push(format!("{lost} draws without a value are left out"));
    }
    let [q10, q25, q75, q90] = spread.quantiles;
    DrawRow {
        point: cell.number(),
        cell: cell.name(),
        process: process.clone(),
        quantity: quantity.clone(),
        over: over.into(),
        time,
        n: spread.n,
        median: spread.median,
        ci_low: interval.map(|i| i.0),
        ci_high: interval.map(|i| i.1),
        q10,
        q25,
        q75,
        q90,
        least: spread.least,
        most: spread.most,
        note: notes.join("; "),
    }
}
