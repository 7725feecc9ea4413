//! What a repeated study found, for the terminal: a line a cell and quantity.

use super::contents::is_observed;
use super::lines::push;
use crate::estimates::significant;
use crate::study::{DrawRow, EstimateRow, Results};

/// Rows that are shown.
const ROWS: usize = 40;

/// The table of medians over the first thing drawn at the end, and the shares of the variance where nothing is swept.
pub fn draws_table(results: &Results) -> String {
    let mut text = String::new();
    let key =
        results.points.first().and_then(|point| point.replicate.first()).map_or("", |(key, _)| key.as_str());
    push(
        &mut text,
        &format!("medians over {key}, with 95 % interval and quantiles").chars().take(80).collect::<String>(),
    );
    push(&mut text, "cell                 quantity            n median       interval       0.1, 0.9");
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
    for row in last.iter().take(ROWS) {
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
    let settings = row.cell.split(", ").filter_map(|s| s.split_once(" = "));
    let cell: Vec<String> = settings.map(|(key, value)| format!("{} {value}", short(key))).collect();
    let three = |x: f64| significant(format!("{x:.2e}").parse().unwrap_or(x));
    let interval = row.ci_low.zip(row.ci_high).map(|(low, high)| format!("{}, {}", three(low), three(high)));
    let name = [row.process.as_str(), row.quantity.as_str()].join(" ");
    format!(
        "{:<20.20} {:<17.17} {:>3} {:>6} {:>14} {:>14}",
        cell.join(" "),
        name.trim(),
        row.n,
        three(row.median),
        interval.unwrap_or_else(|| "–".into()),
        format!("{}, {}", three(row.q10), three(row.q90))
    )
    .chars()
    .take(80)
    .collect()
}

/// The last part of a key, cut to what tells it apart.
fn short(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).chars().take(5).collect()
}

fn share_line(row: &EstimateRow) -> String {
    let (quantity, of) = row.quantity.split_once(": ").unwrap_or((&row.quantity, ""));
    let of: Vec<&str> = of.split(" × ").map(|key| key.rsplit('.').next().unwrap_or(key)).collect();
    let number = |x: Option<f64>| x.map_or("–".into(), |x| format!("{x:.3}"));
    let what = format!("share of variance, {quantity}: {}", of.join(" × "));
    format!("{what:<56.56} {:>6}  [{}, {}]\n", number(row.value), number(row.ci_low), number(row.ci_high))
}
