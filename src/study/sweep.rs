//! Sweeps and repetitions: the cross product of the values in `[sweep]`, each run for the cross product of the draws in
//! `[repeat]`.

use super::brief::brief;
use super::parse::shown;
use super::source::Source;
use crate::error::{Error, Result};
use std::collections::HashSet;
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

/// The points of a study: one where there is neither `[sweep]` nor `[repeat]`. Each is made when it is asked for, so that a
/// hundred thousand of them hold no more than one.
pub struct Points {
    /// The study without its lists.
    one: Source,
    swept: Vec<Axis>,
    repeated: Vec<Axis>,
    count: usize,
    draws: usize,
}

/// The most points a study may have.
const MOST: usize = 100_000;

/// The most keys that are swept or repeated.
const MOST_KEYS: usize = 64;

/// A key and the values it takes.
struct Axis {
    /// The key as it was written.
    key: String,
    /// The key with the name of a process replaced by its number.
    path: String,
    /// Where its values come from.
    place: String,
    values: Vec<Value>,
}

impl Points {
    /// The points of `source`.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a swept key has no list of values, a repeated key neither a list nor a number of draws, two keys
    /// lie one in the other, or there are too many points; and what [`Source::assign`] refuses.
    pub fn of(source: &Source) -> Result<Self> {
        let swept = axes(source, "sweep")?;
        let repeated = axes(source, "repeat")?;
        let size = |axes: &[Axis]| axes.iter().try_fold(1_usize, |n, axis| n.checked_mul(axis.values.len()));
        let count = size(&swept).zip(size(&repeated)).and_then(|(cells, draws)| cells.checked_mul(draws));
        let count = count.unwrap_or(usize::MAX);
        if count > MOST {
            let (value, path) =
                (format!("{count} points"), if swept.is_empty() { "repeat" } else { "sweep" });
            let remedy = "sweep fewer keys or values, or repeat with fewer draws";
            return Err(invalid(source, path, value, "at most 100000 points", remedy));
        }
        require_apart(source, &swept, &repeated)?;
        // Which keys can be set does not depend on the values: no key lies within another.
        let one = without_lists(source);
        let mut trial = one.clone();
        for axis in swept.iter().chain(&repeated) {
            trial.assign(&axis.path, axis.values[0].clone(), axis.place.clone())?;
        }
        let draws = size(&repeated).unwrap_or(usize::MAX);
        Ok(Self { one, swept, repeated, count, draws })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many of them are the draws of one cell; their numbers follow one another.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// Point number `number`, below [`count`](Self::count). Cost: a copy of the study.
    pub fn point(&self, number: usize) -> SweepPoint {
        let (mut source, mut rest) = (self.one.clone(), number);
        let mut set = |axes: &[Axis]| {
            let mut settings = Vec::with_capacity(axes.len());
            for Axis { key, path, place, values } in axes.iter().rev() {
                let value = &values[rest % values.len()];
                rest /= values.len();
                settings.push((key.clone(), text(value)));
                source.assign(path, value.clone(), place.clone()).expect("the same key was set in a trial");
            }
            settings.reverse();
            settings
        };
        let replicate = set(&self.repeated);
        let settings = set(&self.swept);
        SweepPoint { number, settings, replicate, source }
    }

    /// All of them, one after another.
    pub fn iter(&self) -> impl Iterator<Item = SweepPoint> {
        (0..self.count).map(|number| self.point(number))
    }
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
        require_varied(source, section, key, &values)?;
        let place = source.place(&format!("{section}.{key}"));
        Ok(Axis { key: key.clone(), path: source.numbered(key, &place)?, place, values })
    };
    table.iter().map(axis).collect()
}

/// Refuses a key of the lists themselves, which no point holds, and a value that is swept twice: its points would be the same.
fn require_varied(source: &Source, section: &str, key: &str, values: &[Value]) -> Result<()> {
    let path = format!("{section}.{key}");
    if matches!(key.split('.').next(), Some("sweep" | "repeat")) {
        let remedy = "name the key to vary, for example \"problem.width\"";
        let rule = "the list of a key outside [sweep] and [repeat]";
        return Err(invalid(source, &path, values_text(values), rule, remedy));
    }
    let mut seen = HashSet::new();
    let twice = values.iter().find(|value| !seen.insert(as_number(value)));
    match twice.filter(|_| section == "sweep") {
        None => Ok(()),
        Some(value) => {
            let rule = format!("a list without repetitions, and holds {} twice", brief(&value.to_string()));
            let remedy = "leave one out; [repeat] makes several draws of one point";
            Err(invalid(source, &path, values_text(values), &rule, remedy))
        }
    }
}

/// A value as text in which 4 and 4.0 are the same.
fn as_number(value: &Value) -> String {
    let exact = value.as_integer().and_then(|integer| i32::try_from(integer).ok()).map(f64::from);
    exact.map_or_else(|| value.to_string(), |number| Value::Float(number).to_string())
}

/// Refuses keys of which one is, or lies in, the other: which of them holds would be left to their order.
fn require_apart(source: &Source, swept: &[Axis], repeated: &[Axis]) -> Result<()> {
    let swept = swept.iter().map(|axis| ("sweep", axis));
    let all: Vec<(&str, &Axis)> = swept.chain(repeated.iter().map(|axis| ("repeat", axis))).collect();
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    for (i, (section, axis)) in all.iter().enumerate() {
        let other = all[..i]
            .iter()
            .find(|(_, other)| within(&axis.path, &other.path) || within(&other.path, &axis.path));
        if let Some((_, other)) = other {
            let rule = format!("a key apart from '{}', which is swept or repeated too", brief(&other.key));
            let path = format!("{section}.{}", axis.key);
            return Err(invalid(source, &path, values_text(&axis.values), &rule, "leave one of the two out"));
        }
    }
    Ok(())
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

fn values_text(values: &[Value]) -> String {
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

    fn of(text: &str) -> Result<Points> {
        Points::of(&Source::parse(Path::new("s.toml"), text).unwrap())
    }

    #[test]
    fn the_last_key_varies_fastest() {
        let text = "[problem]\nwidth = 1\n[sweep]\n\"problem.width\" = [2, 3]\n\"problem.loss\" = [\"square\", \"logistic\"]\n";
        let points: Vec<SweepPoint> = of(text).unwrap().iter().collect();
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
        let got: Vec<String> = points.iter().map(|p| row(&p)).collect();
        let want = ["0: 2 | 0 7", "1: 2 | 0 9", "2: 2 | 1 7", "3: 2 | 1 9"];
        assert_eq!(got[..4], want);
        assert_eq!(got.len(), 8);
        assert_eq!((points.count(), points.draws()), (8, 4));
        assert_eq!(points.point(7).source.table["seed"].as_integer(), Some(1));
    }

    #[test]
    fn a_key_within_another_is_refused() {
        let study = "[[process]]\nname = 'x'\ns = 1\n";
        for (keys, place) in [
            (
                "[sweep]\n'a.b' = [1]\n'a' = [2]\n",
                "s.toml:6: sweep.a = [2]: must be a key apart from 'a.b', which is swept or repeated too; leave one of the two out",
            ),
            ("[sweep]\n'a' = [1]\n[repeat]\n'a.b' = 3\n", "s.toml:7: repeat.a.b"),
            ("[sweep]\nseed = [1]\n[repeat]\nseed = 3\n", "s.toml:7: repeat.seed"),
            ("[sweep]\n'process.x.s' = [1]\n'process.0.s' = [1]\n", "s.toml:6: sweep.process[0].s"),
        ] {
            let message = of(&format!("{study}{keys}")).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(message.starts_with(place), "{message}");
        }
        assert_eq!(of(&format!("{study}[sweep]\nab = [1]\na = [2]\n")).unwrap().count(), 1);
    }

    #[test]
    fn a_value_is_swept_once() {
        let message = |keys: &str| of(keys).err().map(|e| e.to_string()).unwrap_or_default();
        assert_eq!(
            message("a = 1\n[sweep]\na = [4, 2.5, 4.0]\n"),
            "s.toml:3: sweep.a = [4, 2.5, 4.0]: must be a list without repetitions, and holds 4.0 twice; leave one out; \
             [repeat] makes several draws of one point"
        );
        let long = "x".repeat(5000);
        assert!(message(&format!("a = 1\n[sweep]\na = ['{long}', '{long}']\n")).len() < 1000);
        assert_eq!(message("a = 1\n[sweep]\na = [4, '4', 2.5]\n"), "");
        for keys in
            ["[sweep]\n'sweep.a' = [1, 2]\n", "[sweep]\nrepeat = [1, 2]\n", "[repeat]\n'sweep.a' = 2\n"]
        {
            assert!(
                message(keys).contains("must be the list of a key outside [sweep] and [repeat]"),
                "{}",
                message(keys)
            );
        }
    }

    #[test]
    fn a_process_is_found_by_its_name_though_the_name_is_swept() {
        let points =
            of("[[process]]\nname = 'x'\n[sweep]\n'process.x.name' = ['y', 'z']\n'process.x.s' = [1]\n");
        let last = points.unwrap().point(1);
        assert_eq!(last.settings[0], ("process.x.name".into(), "z".into()));
        assert_eq!(last.source.table["process"][0]["s"].as_integer(), Some(1));
    }
}
