//! Text for the terminal: plain, at most 80 columns, fit to paste into a mail.

use super::draws_summary::draws_table;
use super::findings_text::{absent, findings, swept_rates};
use super::lines::{push, wrap};
use super::names::{labelled, shortened};
use crate::estimates::{rounded, significant};
use crate::study::{ProcessRow, Results};
use std::fmt::Write;

/// The widest line.
pub(super) const COLUMNS: usize = 80;
/// The widest label of a number.
pub(super) const LABEL: usize = 37;
/// Rows with divergences that are told.
const LOST: usize = 7;
/// Rows of a sweep that are shown.
pub(super) const ROWS: usize = 40;

/// What a run found: for each process the final E L̃ ± standard error, divergences, time in steps and speed.
pub fn summary_text(results: &Results, folder: &str) -> String {
    let mut text = String::new();
    for line in wrap(&results.title, COLUMNS) {
        push(&mut text, &line);
    }
    for line in wrap(&problem_line(results), COLUMNS) {
        push(&mut text, &line);
    }
    push(&mut text, "");
    if results.draws.is_empty() {
        push(&mut text, "process        particles    steps  E L at the end ± s.e. diverged   time steps/s");
        for row in results.processes.iter().take(ROWS) {
            push(&mut text, &process_line(results, row));
        }
        if results.processes.len() > ROWS {
            push(&mut text, &format!("… and {} more rows in estimates.csv", results.processes.len() - ROWS));
        }
    } else {
        text.push_str(&draws_table(results));
    }
    for line in lost(results) {
        push(&mut text, &line);
    }
    if results.points.len() == 1 {
        for row in results.estimates.iter().filter(|r| r.name == "risk_final" && r.process.contains('|')) {
            let pair = labelled(&row.process, LABEL, |pair| pair.replacen('|', " − ", 1));
            push(&mut text, &format!("{pair:<38}{:>22}  paired", rounded(row.value, row.std_err)));
        }
        for line in levels(results).into_iter().chain(findings(results)) {
            push(&mut text, &line);
        }
    }
    if results.points.len() > 1 && results.draws.is_empty() {
        swept_rates(results).iter().for_each(|line| push(&mut text, line));
    }
    for line in absent(results) {
        push(&mut text, &line);
    }
    push(&mut text, "");
    let last = format!("E L is the mean risk over particles at t = {}; results in {folder}", end(results));
    for line in wrap(&last, COLUMNS) {
        push(&mut text, &line);
    }
    text
}

/// Which particles left the finite numbers, and when: a sentence a process and point.
fn lost(results: &Results) -> Vec<String> {
    let all: Vec<&ProcessRow> = results.processes.iter().filter(|row| row.divergences > 0).collect();
    let several = results.points.len() > 1;
    let point = |row: &ProcessRow| if several { format!("point {}, ", row.point) } else { String::new() };
    let sentence =
        |row: &&ProcessRow| wrap(&format!("{}{}", point(row), row.divergences_in_words()), COLUMNS);
    let mut lines: Vec<String> = all.iter().take(LOST).flat_map(sentence).collect();
    if all.len() > LOST {
        lines.push(format!("… and {} more rows with divergences in record.json", all.len() - LOST));
    }
    lines
}

fn problem_line(results: &Results) -> String {
    let Some(point) = results.points.first() else {
        return String::new();
    };
    let problem = &point.study["problem"];
    let word = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut line = word(&problem["kind"]);
    if point.data.is_object() {
        let number = |key: &str| point.data[key].as_f64().unwrap_or(f64::NAN);
        // Each problem has its own of these.
        let words = ["activation", "loss"].into_iter().filter_map(|key| problem[key].as_str());
        let sizes = [("L", "depth"), ("p", "width")].into_iter().filter(|(_, key)| !problem[*key].is_null());
        let sizes = sizes.map(|(symbol, key)| format!("{symbol} = {}", problem[key]));
        let parts =
            [words.collect::<Vec<_>>().join(" ")].into_iter().filter(|words| !words.is_empty()).chain(sizes);
        parts.for_each(|part| {
            let _ = write!(line, ", {part}");
        });
        let _ = write!(
            line,
            ", d = {}, n = {} + {} test, lambda = {}",
            number("dim"),
            number("train"),
            number("test"),
            significant(number("lambda"))
        );
    }
    if results.points.len() > 1 {
        let _ = write!(line, "; first of {} points", results.points.len());
    }
    line
}

fn process_line(results: &Results, row: &ProcessRow) -> String {
    let risk = results
        .estimates
        .iter()
        .find(|e| e.name == "risk_final" && e.process == row.name && e.point == row.point);
    let value = risk.map_or("–".into(), |e| rounded(e.value, e.std_err));
    let name =
        if results.points.len() > 1 { format!("{} {}", row.point, row.name) } else { row.name.clone() };
    format!(
        "{:<14} {:>9} {:>8} {value:>22} {:>8} {:>6} {:>7}",
        shortened(&name, 14),
        row.particles,
        row.steps,
        row.divergences,
        duration(row.seconds_in_steps),
        scientific(row.particle_steps_per_second)
    )
}

/// The minimum and the noise levels that E L̃ is to be read against.
fn levels(results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(row) = results.estimates.iter().find(|e| e.name == "risk_minimum" && e.value.is_some()) {
        lines.push(format!(
            "{:<38}{:>22}  {}",
            "smallest risk found",
            rounded(row.value, None),
            short(&row.note)
        ));
    }
    for row in &results.processes {
        // The isotropic SDE's, whatever the process: SGD's own noise has another level.
        let label = labelled(&row.name, LABEL, |name| format!("isotropic level D s/4, s of {name}"));
        lines.push(format!("{label:<38}{:>22}", significant(row.noise_level)));
    }
    lines
}

/// The first part of a note.
pub(super) fn short(note: &str) -> String {
    note.split([',', ';']).next().unwrap_or_default().chars().take(18).collect()
}

fn end(results: &Results) -> String {
    significant(results.curves.iter().map(|row| row.time).fold(0.0, f64::max))
}

/// Seconds as people say them, in at most six characters.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 99.5 => format!("{s:.0} s"),
        s if s < 5970.0 => format!("{:.0} m", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// Three digits and a power of ten.
fn scientific(x: f64) -> String {
    format!("{x:.2e}")
}
