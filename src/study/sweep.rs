//! Sweeps: the cross product of the values in `[sweep]`.

use super::parse::shown;
use super::source::Source;
use crate::error::{Error, Result};
use toml::Value;

/// One point of a sweep: the study's values with the swept keys set.
#[derive(Debug, Clone)]
pub struct SweepPoint {
    /// Its number, from 0; the last key varies fastest.
    pub number: usize,
    /// The swept keys and their values as text.
    pub settings: Vec<(String, String)>,
    /// The study at this point.
    pub source: Source,
}

/// The most points a sweep may have.
const MOST: usize = 100_000;

/// The points of a study: one where there is no `[sweep]`.
///
/// # Errors
/// [`Error::Invalid`] when a swept key has no list of values or there are too many points, and what
/// [`Source::assign`] refuses.
pub fn points(source: &Source) -> Result<Vec<SweepPoint>> {
    let invalid = |path: &str, value: String, rule: &str, remedy: &str| Error::Invalid {
        place: source.place(path),
        field: shown(path),
        value,
        rule: rule.into(),
        remedy: remedy.into(),
    };
    let sweep = match source.table.get("sweep") {
        None => {
            return Ok(vec![SweepPoint { number: 0, settings: Vec::new(), source: source.clone() }]);
        }
        Some(Value::Table(table)) => table,
        Some(other) => {
            let rule = "a section of keys with lists of values";
            return Err(invalid(
                "sweep",
                other.to_string(),
                rule,
                "write [sweep] and \"problem.width\" = [4, 16]",
            ));
        }
    };
    let mut axes: Vec<(&String, &Vec<Value>)> = Vec::new();
    for (key, values) in sweep {
        let path = format!("sweep.{key}");
        match values {
            Value::Array(list) if !list.is_empty() => axes.push((key, list)),
            other => {
                let rule = "a list of at least one value; the key stands in quotes, with its dots";
                let remedy = "write for example \"problem.width\" = [4, 16]";
                return Err(invalid(&path, other.to_string(), rule, remedy));
            }
        }
    }
    let total = axes.iter().try_fold(1_usize, |n, axis| n.checked_mul(axis.1.len())).unwrap_or(usize::MAX);
    if total > MOST {
        let value = format!("{total} points");
        return Err(invalid("sweep", value, "at most 100000 points", "sweep fewer keys or values"));
    }
    (0..total).map(|number| point(source, &axes, number)).collect()
}

fn point(source: &Source, axes: &[(&String, &Vec<Value>)], number: usize) -> Result<SweepPoint> {
    let mut at = source.clone();
    let (mut settings, mut rest) = (Vec::new(), number);
    for (key, values) in axes.iter().rev() {
        let value = &values[rest % values.len()];
        rest /= values.len();
        settings.push(((*key).clone(), text(value)));
        at.assign(key, value.clone(), source.place(&format!("sweep.{key}")))?;
    }
    settings.reverse();
    Ok(SweepPoint { number, settings, source: at })
}

/// A value as it stands in tables: strings without quotes.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string().trim().to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_last_key_varies_fastest() {
        let text = "[problem]\nwidth = 1\n[sweep]\n\"problem.width\" = [2, 3]\n\"problem.loss\" = [\"square\", \"logistic\"]\n";
        let points = points(&Source::parse(Path::new("s.toml"), text).unwrap()).unwrap();
        let got: Vec<String> =
            points.iter().map(|p| format!("{} {}", p.settings[0].1, p.settings[1].1)).collect();
        assert_eq!(got, ["2 square", "2 logistic", "3 square", "3 logistic"]);
        assert_eq!(points[3].source.table["problem"]["width"].as_integer(), Some(3));
        assert_eq!(points[3].source.place("problem.width"), "s.toml:4");
    }
}
