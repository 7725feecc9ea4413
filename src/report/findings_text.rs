//! What the analyses found and what they could not, for the terminal.

use super::lines::wrap;
use super::names::labelled;
use super::summary::{COLUMNS, LABEL, ROWS, short};
use crate::estimates::{rounded, rounded_within};
use crate::study::{EstimateRow, Results};

/// Notes on absent values that are shown.
const NOTES: usize = 6;
/// Values that one note names.
const NAMED: usize = 4;
/// How many times longer one side of an interval is than the other before its ends are shown: beyond what the asymmetry of
/// Student's or a bootstrap's quantiles does by chance.
const LOPSIDED: f64 = 1.5;

/// What the analyses found: one line a number, with its interval.
pub fn findings(results: &Results) -> Vec<String> {
    let line = |row: &EstimateRow| {
        what(row, &row.process)?;
        let label = labelled(&row.process, LABEL, |process| what(row, process).unwrap_or_default());
        Some(match row.name.as_str() {
            "discrete_check" => {
                let value = rounded(Some(row.value?), row.std_err);
                format!("{label:<38}{value:>22}  {}", short(&row.note))
            }
            _ => measured(&label, row, row.value?),
        })
    };
    let sentence =
        results.estimates.iter().find(|row| row.name == "steps_slope").map(|row| row.note.as_str());
    // The noise late in the run is what the level of the excess hangs on.
    let noise =
        results.estimates.iter().rfind(|row| row.name == "noise_temperature").map(|row| row.note.as_str());
    let verdicts = sentence.into_iter().chain(noise).flat_map(|sentence| wrap(sentence, COLUMNS));
    results.estimates.iter().filter_map(line).chain(guaranteed_times(results)).chain(verdicts).collect()
}

/// What a number is of `process`; `None` for those that the tables alone have.
fn what(row: &EstimateRow, process: &str) -> Option<String> {
    Some(match (row.name.as_str(), row.quantity.as_str()) {
        ("risk_gibbs", _) => format!("E_mu L, s of {process}"),
        ("gibbs_gap", _) => format!("E L - E_mu L of {process}"),
        ("step_bias", _) => format!("E L - E_mu L due to dt, {process}"),
        ("effective_temperature", "virial") => format!("temperature/(s/2) of {process}"),
        ("decay_rate", "risk") => format!("decay rate of E L, {process}"),
        ("mixing_rate", _) => format!("slowest mode, {process}"),
        ("spectral_gap", _) => format!("spectral gap, {process}"),
        ("spectral_gap_lower", _) => format!("spectral gap >=, {process}"),
        ("spectral_gap_upper", _) => format!("spectral gap <=, {process}"),
        ("agreement_sup", "risk") => format!("sup |E L diff.|, {process}"),
        ("excess_ratio", _) => format!("ratio of excesses, {process}"),
        ("agreement_order", asked) if asked.starts_with("risk at") => {
            format!("order {}, {process}", &asked[5..])
        }
        ("excess_bound", _) => format!("E_mu L - min L <=, s of {process}"),
        ("start_chi_squared_sampled", _) => format!("ln(1 + chi^2) of the start, {process}"),
        ("discrete_constant", constant) => format!("constant {constant} of {process}"),
        ("discrete_check", asked) => format!("{} at s*, {process}", asked.replace("risk ", "")),
        ("steps_slope", asked) => match asked {
            _ if asked.contains("one T") => "slope of steps at one T".into(),
            _ if asked.contains("prior") => "slope of steps from the prior start".into(),
            _ if asked.contains("logarithm") => "  the logarithm taken out".into(),
            _ => "slope of steps as measured".into(),
        },
        _ => return None,
    })
}

/// How fast each point of a sweep mixes, where that was asked for: the rate of the slowest mode and the gap on a grid.
pub fn swept_rates(results: &Results) -> Vec<String> {
    let rates = |row: &&EstimateRow| {
        matches!(row.name.as_str(), "mixing_rate" | "spectral_gap") && row.value.is_some()
    };
    let line = |row: &EstimateRow| {
        let label =
            |process: &str| format!("point {}, {}", row.point, what(row, process).unwrap_or_default());
        let label = labelled(&row.process, LABEL, label);
        measured(&label, row, row.value.unwrap_or(f64::NAN))
    };
    let all: Vec<&EstimateRow> = results.estimates.iter().filter(rates).collect();
    let mut lines: Vec<String> = all.iter().take(ROWS).map(|row| line(row)).collect();
    if all.len() > ROWS {
        lines.push(format!("… and {} more rates in estimates.csv", all.len() - ROWS));
    }
    lines
}

/// A value with its standard error, or with its interval where that says more.
fn measured(label: &str, row: &EstimateRow, value: f64) -> String {
    match row.ci_low.zip(row.ci_high) {
        Some(ends) if row.std_err.is_none() || is_lopsided(value, ends) => with_interval(label, value, ends),
        _ => format!("{label:<38}{:>22}", rounded(Some(value), row.std_err)),
    }
}

/// Whether an interval is so lopsided that a standard error says less than its ends.
fn is_lopsided(value: f64, (low, high): (f64, f64)) -> bool {
    let (below, above) = (value - low, high - value);
    below.max(above) > LOPSIDED * below.min(above)
}

/// A value and its interval, which may take columns of the value's.
fn with_interval(label: &str, value: f64, ends: (f64, f64)) -> String {
    let [value, low, high] = rounded_within(value, ends);
    let interval = format!("[{low}, {high}]");
    let room = 22.min((COLUMNS - 40).saturating_sub(interval.len()));
    format!("{label:<38}{value:>room$}  {interval}")
}

/// From when on the excess is below ε: a line for each ε of each version, a guarantee where every constant of it is one.
fn guaranteed_times(results: &Results) -> Vec<String> {
    let rows: Vec<&EstimateRow> =
        results.estimates.iter().filter(|row| row.name == "guaranteed_time" && row.value.is_some()).collect();
    let estimated = |row: &EstimateRow| !row.method.starts_with("bound:");
    let line = |row: &&EstimateRow| {
        let kind = if estimated(row) { "estimated" } else { "guaranteed" };
        let label = row.quantity.replace("risk excess", &format!("excess {kind}"));
        let gap =
            row.method.split(" (").next().and_then(|start| start.split_once("λ_s ")).map(|(_, gap)| gap);
        let gap = gap.unwrap_or_default().replace('≥', ">=");
        let condition = if is_from_above(row) { "if gap" } else { "gap" };
        let time = format!("t > {}", rounded(row.value, row.std_err));
        format!("{label:<38}{time:>22}  {condition} {gap}")
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if rows.iter().any(|row| estimated(row)) {
        let above =
            "; the Rayleigh-Ritz value is an upper bound of the gap, with which the time comes out too early";
        let above = if rows.iter().any(|row| is_from_above(row)) { above } else { "" };
        let note = format!("Estimated times take sampled constants and guarantee nothing{above}.");
        lines.extend(wrap(&note, COLUMNS));
    }
    lines
}

/// Whether a guaranteed time takes for λ_s what lies above it.
fn is_from_above(row: &EstimateRow) -> bool {
    row.method.contains("Rayleigh–Ritz upper bound")
}

/// The notes on what could not be had, each once, with the values it is about; and how many more there are.
pub fn absent(results: &Results) -> Vec<String> {
    let several = results.points.len() > 1;
    let mut notes: Vec<(&str, Vec<String>)> = Vec::new();
    for row in results.estimates.iter().filter(|row| row.value.is_none()) {
        let name = absent_name(row, several);
        match notes.iter_mut().find(|(note, _)| *note == row.note) {
            Some((_, names)) => names.push(name),
            None => notes.push((&row.note, vec![name])),
        }
    }
    let sentence = |(note, names): &(&str, Vec<String>)| {
        let more = names.len().saturating_sub(NAMED);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        wrap(&format!("{}{more}: {note}", names[..names.len().min(NAMED)].join("; ")), COLUMNS)
    };
    let mut lines: Vec<String> = notes.iter().take(NOTES).flat_map(sentence).collect();
    let left: usize = notes.iter().skip(NOTES).map(|(_, names)| names.len()).sum();
    if left > 0 {
        lines.push(format!("… and {left} more without a value; estimates.csv says why"));
    }
    lines
}

/// What is absent, of which process and quantity.
fn absent_name(row: &EstimateRow, several: bool) -> String {
    let quantity = if row.quantity.is_empty() { String::new() } else { format!(" of {}", row.quantity) };
    let process = if row.process.is_empty() { String::new() } else { format!(", {}", row.process) };
    let point = if several { format!(", point {}", row.point) } else { String::new() };
    match row.name.as_str() {
        "start_chi_squared_bound" => format!("bound of {} of the start{process}{point}", row.quantity),
        name => format!("{}{quantity}{process}{point}", name.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, quantity: &str, note: &str) -> EstimateRow {
        let (process, name) = ("sde".into(), name.into());
        EstimateRow { process, name, quantity: quantity.into(), note: note.into(), ..EstimateRow::default() }
    }

    #[test]
    fn an_interval_is_not_rounded_to_a_point() {
        let line = with_interval("sup |E L diff.|, isotropic|sgd", 0.045_239_4, (0.045_230, 0.045_249));
        assert!(line.ends_with(" 0.0452394  [0.0452300, 0.0452490]"), "{line}");
        assert_eq!(line.chars().count(), 80, "{line}");
        let wide = with_interval("", 0.029_264_9, (0.0106, 0.075));
        assert_eq!(wide.trim(), "0.029  [0.011, 0.075]");
    }

    #[test]
    fn a_lopsided_interval_is_shown_in_place_of_a_standard_error() {
        let rate = |low: f64, high: f64| EstimateRow {
            value: Some(1.23),
            std_err: Some(0.1),
            ci_low: Some(low),
            ci_high: Some(high),
            ..row("decay_rate", "risk", "")
        };
        let lines =
            findings(&Results { estimates: vec![rate(0.73, 1.38), rate(1.03, 1.43)], ..Results::default() });
        assert!(lines[0].ends_with(" 1.23  [0.73, 1.38]"), "{lines:?}");
        assert!(lines[1].ends_with(" 1.23 ± 0.10"), "{lines:?}");
    }

    #[test]
    fn what_is_absent_has_its_name_and_the_rest_is_counted() {
        let mut estimates = vec![row("decay_rate", "risk", "flat"), row("decay_rate", "virial", "flat")];
        estimates.extend((0..8).map(|k| row("ksd", "", &format!("note {k}"))));
        let lines = absent(&Results { estimates, ..Results::default() });
        assert_eq!(lines[0], "decay rate of risk, sde; decay rate of virial, sde: flat");
        assert_eq!(lines[1], "ksd, sde: note 0");
        assert_eq!(lines[6], "… and 3 more without a value; estimates.csv says why");
    }

    #[test]
    fn a_time_by_an_upper_bound_of_the_gap_is_no_guarantee() {
        let at = |method: &str| EstimateRow {
            value: Some(0.48),
            std_err: Some(0.018),
            method: method.into(),
            ..row("guaranteed_time", "risk excess < 20", "")
        };
        let estimates = vec![
            at("bound: λ_s ≥ 0.529 (Bakry-Emery), explicit constants"),
            at("estimate: λ_s = 0.611 (Rayleigh–Ritz upper bound), sampled constants"),
        ];
        let lines = guaranteed_times(&Results { estimates, ..Results::default() });
        assert!(lines[0].starts_with("excess guaranteed < 20 ") && lines[0].ends_with("gap >= 0.529"));
        assert!(lines[1].starts_with("excess estimated < 20 ") && lines[1].ends_with("if gap = 0.611"));
        assert!(
            lines[2..].join(" ").contains("guarantee nothing; the Rayleigh-Ritz value is an upper bound")
        );
    }
}
