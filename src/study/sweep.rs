//! Sweeps and repetitions: the cross product of the values in `[sweep]`, each run for the cross product of the draws in
//! `[repeat]`.

use super::brief::brief;
use super::parse::shown;
use super::source::Source;
use crate::error::{Error, Result};
use toml::Value;

/// One point of a sweep: the study's values with the swept keys set.
#[derive(Debug, Clone)]
pub struct SweepPoint {
    /// Its number, from 0; repeated keys vary faster than swept keys, and the last key of each section fastest.
    pub number: usize,
    /// The swept keys and their values as text; the points that share them are a cell.
    pub settings: Vec<(String, String)>,
    /// The repeated keys and their values as text.
    pub replicate: Vec<(String, String)>,
    /// The study at this point.
    pub source: Source,
}

impl SweepPoint {
    /// Whether it is the first of its cell: every repeated key has its first value.
    pub fn leads(&self, all: &[Self]) -> bool {
        self.replicate.is_empty() || all.first().is_some_and(|first| first.replicate == self.replicate)
    }
}

/// The most points a study may have.
const MOST: usize = 100_000;

/// The most keys that are swept or repeated.
const MOST_KEYS: usize = 64;

/// The most entries of all points together: each point has its own copy of the study.
const MOST_PLACES: usize = 10_000_000;

/// A key and the values it takes.
struct Axis {
    section: &'static str,
    key: String,
    values: Vec<Value>,
}

/// The points of a study: one where there is neither `[sweep]` nor `[repeat]`.
///
/// # Errors
/// [`Error::Invalid`] when a swept key has no list of values, a repeated key neither a list nor a number of draws, a key
/// stands in both sections, or there are too many points; and what [`Source::assign`] refuses.
pub fn points(source: &Source) -> Result<Vec<SweepPoint>> {
    let swept = axes(source, "sweep")?;
    let repeated = axes(source, "repeat")?;
    if let Some(twice) = repeated.iter().find(|axis| swept.iter().any(|other| other.key == axis.key)) {
        let (rule, remedy) =
            ("a key that is not swept as well", "leave it out of [sweep] or out of [repeat]");
        return Err(invalid(source, &format!("repeat.{}", twice.key), text_of(&twice.values), rule, remedy));
    }
    let size = |axes: &[Axis]| axes.iter().try_fold(1_usize, |n, axis| n.checked_mul(axis.values.len()));
    let total = size(&swept).zip(size(&repeated)).and_then(|(cells, draws)| cells.checked_mul(draws));
    let total = total.unwrap_or(usize::MAX);
    if total > MOST {
        let (value, path) = (format!("{total} points"), if swept.is_empty() { "repeat" } else { "sweep" });
        let remedy = "sweep fewer keys or values, or repeat with fewer draws";
        return Err(invalid(source, path, value, "at most 100000 points", remedy));
    }
    // The lists of `[sweep]` are no part of a point.
    let entries = source.size().saturating_sub(swept.iter().map(|axis| axis.values.len()).sum()).max(1);
    let most = MOST_PLACES / entries;
    if total > most.max(1) {
        let (value, path) = (format!("{total} points"), if swept.is_empty() { "repeat" } else { "sweep" });
        let rule = format!("at most {most} points of a study of {entries} entries");
        return Err(invalid(source, path, value, &rule, "sweep fewer values, or put long lists into files"));
    }
    let one = without_lists(source);
    (0..total).map(|number| point(&one, &swept, &repeated, number)).collect()
}

fn invalid(source: &Source, path: &str, value: String, rule: &str, remedy: &str) -> Error {
    let (rule, remedy) = (rule.into(), remedy.into());
    Error::Invalid {
        place: source.place(path),
        field: brief(&shown(path)),
        value: brief(&value),
        rule,
        remedy,
    }
}

/// The keys of `[sweep]` or `[repeat]`.
fn axes(source: &Source, section: &'static str) -> Result<Vec<Axis>> {
    let repeat = section == "repeat";
    let table = match source.table.get(section) {
        None => return Ok(Vec::new()),
        Some(Value::Table(table)) => table,
        Some(other) => {
            let (rule, remedy) = if repeat {
                ("a section of keys with numbers of draws", "write [repeat] and \"problem.outer.draw\" = 20")
            } else {
                ("a section of keys with lists of values", "write [sweep] and \"problem.width\" = [4, 16]")
            };
            return Err(invalid(source, section, other.to_string(), rule, remedy));
        }
    };
    if table.len() > MOST_KEYS {
        let value = format!("{} keys", table.len());
        return Err(invalid(source, section, value, "at most 64 keys", "leave some out"));
    }
    let axis = |(key, value): (&String, &Value)| {
        let values = match value {
            Value::Array(list) if !list.is_empty() => list.clone(),
            Value::Integer(draws) if repeat && (1..=MOST as i64).contains(draws) => {
                (0..*draws).map(Value::Integer).collect()
            }
            other => {
                let (rule, remedy) = if repeat {
                    (
                        "a number of draws from 1 to 100000, or a list of them; the key stands in quotes, with its dots",
                        "write for example \"problem.outer.draw\" = 20",
                    )
                } else {
                    (
                        "a list of at least one value; the key stands in quotes, with its dots",
                        "write for example \"problem.width\" = [4, 16]",
                    )
                };
                return Err(invalid(source, &format!("{section}.{key}"), other.to_string(), rule, remedy));
            }
        };
        Ok(Axis { section, key: key.clone(), values })
    };
    table.iter().map(axis).collect()
}

/// The study without the lists of `[sweep]` and `[repeat]`: each point would hold a copy of them all, which grows with the square of
/// their length.
fn without_lists(source: &Source) -> Source {
    let mut one = source.clone();
    one.table.remove("sweep");
    if let Some(Value::Table(repeated)) = one.table.get_mut("repeat") {
        // That there are draws, and of which keys, is known to a point.
        repeated.iter_mut().for_each(|(_, values)| *values = Value::Integer(1));
    }
    one
}

fn point(source: &Source, swept: &[Axis], repeated: &[Axis], number: usize) -> Result<SweepPoint> {
    let mut at = source.clone();
    let mut rest = number;
    let mut set = |axes: &[Axis]| -> Result<Vec<(String, String)>> {
        let mut settings = Vec::new();
        for Axis { section, key, values } in axes.iter().rev() {
            let value = &values[rest % values.len()];
            rest /= values.len();
            settings.push((key.clone(), text(value)));
            at.assign(key, value.clone(), source.place(&format!("{section}.{key}")))?;
        }
        settings.reverse();
        Ok(settings)
    };
    let replicate = set(repeated)?;
    let settings = set(swept)?;
    Ok(SweepPoint { number, settings, replicate, source: at })
}

fn text_of(values: &[Value]) -> String {
    Value::Array(values.to_vec()).to_string()
}

/// A value as it stands in tables: strings without quotes.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string().trim().to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn of(text: &str) -> Result<Vec<SweepPoint>> {
        points(&Source::parse(Path::new("s.toml"), text).unwrap())
    }

    #[test]
    fn the_last_key_varies_fastest() {
        let text = "[problem]\nwidth = 1\n[sweep]\n\"problem.width\" = [2, 3]\n\"problem.loss\" = [\"square\", \"logistic\"]\n";
        let points = of(text).unwrap();
        let got: Vec<String> =
            points.iter().map(|p| format!("{} {}", p.settings[0].1, p.settings[1].1)).collect();
        assert_eq!(got, ["2 square", "2 logistic", "3 square", "3 logistic"]);
        assert_eq!(points[3].source.table["problem"]["width"].as_integer(), Some(3));
        assert_eq!(points[3].source.place("problem.width"), "s.toml:4");
        assert!(
            points.iter().all(|point| !point.source.table.contains_key("sweep")),
            "a copy of the lists a point"
        );
    }

    #[test]
    fn every_cell_is_run_for_every_draw() {
        let text = "seed = 1\n[problem]\nwidth = 1\n[sweep]\n\"problem.width\" = [2, 3]\n\
                    [repeat]\nseed = 2\n\"problem.draw\" = [7, 9]\n";
        let points = of(text).unwrap();
        let row = |p: &SweepPoint| {
            format!("{}: {} | {} {}", p.number, p.settings[0].1, p.replicate[0].1, p.replicate[1].1)
        };
        let got: Vec<String> = points.iter().map(row).collect();
        let want = ["0: 2 | 0 7", "1: 2 | 0 9", "2: 2 | 1 7", "3: 2 | 1 9"];
        assert_eq!(got[..4], want);
        assert_eq!(got.len(), 8);
        assert_eq!(points.iter().filter(|p| p.leads(&points)).map(|p| p.number).collect::<Vec<_>>(), [0, 4]);
        assert_eq!(points[7].source.table["seed"].as_integer(), Some(1));
    }
}
