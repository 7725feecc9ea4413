//! What a repeated study found, for the terminal: a line a cell and quantity.

use super::contents::is_observed;
use super::lines::{push, wrap};
use super::names::{labelled, shortened};
use super::summary::COLUMNS;
use crate::estimates::significant;
use crate::study::{DrawRow, EstimateRow, Results};

/// Rows that are shown.
const ROWS: usize = 40;

/// The table of medians over the first thing drawn at the end, and the shares of the variance where nothing is swept.
pub fn draws_table(results: &Results) -> String {
    let mut text = String::new();
    let key =
        results.points.first().and_then(|point| point.replicate.first()).map_or("", |(key, _)| key.as_str());
    for line in wrap(&format!("medians over {key}, with 95 % interval and quantiles"), COLUMNS) {
        push(&mut text, &line);
    }
    push(&mut text, "quantity                                 n median       interval       0.1, 0.9");
    let mut last: Vec<&DrawRow> = Vec::new();
    let wanted = |row: &&DrawRow| row.over == key && is_observed(results, &row.quantity);
    for row in results.draws.iter().filter(wanted) {
        match last.last_mut() {
            Some(before)
                if (before.point, &before.process, &before.quantity)
                    == (row.point, &row.process, &row.quantity) =>
            {
                *before = row;
            }
            _ => last.push(row),
        }
    }
    let mut cell = "";
    for row in last.iter().take(ROWS) {
        if row.cell != cell {
            cell = &row.cell;
            wrap(&cell.replace("lambda.times_critical", "lambda/lambda_c"), COLUMNS)
                .iter()
                .for_each(|line| push(&mut text, line));
        }
        push(&mut text, &line(row));
    }
    if last.len() > ROWS {
        push(&mut text, &format!("… and {} more rows in draws.csv", last.len() - ROWS));
    }
    if results.points.iter().all(|point| point.settings.is_empty()) {
        for row in results
            .estimates
            .iter()
            .filter(|row| row.name == "variance_share" && !row.process.is_empty())
            .take(ROWS)
        {
            text.push_str(&share_line(row));
        }
    }
    text
}

fn line(row: &DrawRow) -> String {
    let three = |x: f64| significant(format!("{x:.2e}").parse().unwrap_or(x));
    let interval = row.ci_low.zip(row.ci_high).map(|(low, high)| format!("{}, {}", three(low), three(high)));
    let label = |process: &str| format!("{process} {}", row.quantity).trim().to_owned();
    format!(
        "{:<38} {:>3} {:>6} {:>14} {:>14}",
        labelled(&row.process, 38, label),
        row.n,
        three(row.median),
        interval.unwrap_or_else(|| "–".into()),
        format!("{}, {}", three(row.q10), three(row.q90))
    )
    .chars()
    .take(COLUMNS)
    .collect()
}

fn share_line(row: &EstimateRow) -> String {
    let (quantity, of) = row.quantity.split_once(": ").unwrap_or((&row.quantity, ""));
    let of: Vec<&str> = of.split(" × ").map(|key| key.rsplit('.').next().unwrap_or(key)).collect();
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.3}"));
    let what = format!("share of variance, {quantity}: {}", of.join(" × "));
    let what = shortened(&what, 56);
    format!("{what:<56} {:>6}  [{}, {}]\n", number(row.value), number(row.ci_low), number(row.ci_high))
}
