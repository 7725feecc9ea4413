//! From the values of a study file to its types. Sections with a `kind` or `law` go to the type of that kind, so that a
//! key that belongs to another kind is refused by name.

use super::analysis_spec::AnalysisSpec;
use super::brief::brief;
use super::rules::Rules;
use super::source::Source;
use super::spec::*;
use crate::error::{Error, Result};
use crate::problem::Precision;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// The remedy of last resort.
const COMPARE: &str = "`sgd-sde new` writes a study with every key explained";

/// The sections as they stand, before their kinds are looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sections {
    #[serde(default)]
    title: String,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    precision: Precision,
    problem: Table,
    #[serde(default)]
    start: Option<Table>,
    process: Vec<Table>,
    time: TimeSpec,
    #[serde(default)]
    observe: ObserveSpec,
    #[serde(default)]
    analysis: AnalysisSpec,
}

/// `horizon = { epochs = 100 }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epochs {
    epochs: u32,
}

/// Stands for the horizon until the number of rows is known.
const UNKNOWN_HORIZON: f64 = 1.0;

/// Reads the types of a study from its values (without `[sweep]` and `[repeat]`).
///
/// # Errors
/// [`Error::Study`] and [`Error::Missing`] for unknown keys, missing keys and wrong types, each with its line.
pub fn study(source: &Source) -> Result<Study> {
    let reader = Reader { source };
    let mut table = source.table.clone();
    table.remove("sweep");
    table.remove("repeat");
    reader.switches(&mut table)?;
    let epochs = reader.epochs(&mut table)?;
    let sections: Sections = reader.section(Value::Table(table), "")?;
    let problem = reader.problem(sections.problem)?;
    let start = match sections.start {
        Some(table) => reader.start(table)?,
        None => StartSpec::Gaussian(GaussianStart { std: 1.0 }),
    };
    let process = sections
        .process
        .into_iter()
        .enumerate()
        .map(|(i, table)| reader.process(table, i))
        .collect::<Result<_>>()?;
    let Sections { title, seed, precision, time, observe, analysis, .. } = sections;
    let time = TimeSpec { epochs, ..time };
    Ok(Study { title, seed, precision, problem, start, process, time, observe, analysis })
}

/// Reads the sections of one study.
pub(super) struct Reader<'a> {
    source: &'a Source,
}

impl Reader<'_> {
    /// An analysis that is `true` becomes a table without settings, one that is `false` goes.
    fn switches(&self, table: &mut Table) -> Result<()> {
        let kind = table.get("problem").and_then(|problem| problem.get("kind")).and_then(Value::as_str);
        let deep = kind.is_none_or(|kind| kind == "deep-net");
        let Some(Value::Table(analysis)) = table.get_mut("analysis") else {
            return Ok(());
        };
        for key in AnalysisSpec::KEYS {
            match analysis.get(key) {
                None | Some(Value::Table(_)) => {}
                Some(Value::Boolean(false)) => drop(analysis.remove(key)),
                Some(Value::Boolean(true)) => {
                    if key == "lojasiewicz" {
                        // The radius it needs would be asked for in vain.
                        Rules { source: self.source }.lojasiewicz_has_layers(deep)?;
                    }
                    analysis.insert(key.into(), Value::Table(Table::new()));
                }
                Some(other) => {
                    let (rule, remedy) = ("true, false or a table of settings", "write true or false");
                    let path = format!("analysis.{key}");
                    return Err(Rules { source: self.source }.invalid(&path, other, rule, remedy));
                }
            }
        }
        Ok(())
    }

    /// Takes `time.horizon` where it is a number of epochs, and leaves a time that the data will replace.
    fn epochs(&self, table: &mut Table) -> Result<Option<u32>> {
        let time = table.get_mut("time").and_then(Value::as_table_mut);
        let Some(horizon) = time.and_then(|time| time.get_mut("horizon")).filter(|h| h.is_table()) else {
            return Ok(None);
        };
        let asked = std::mem::replace(horizon, Value::Float(UNKNOWN_HORIZON));
        Ok(Some(self.section::<Epochs>(asked, "time.horizon")?.epochs))
    }

    fn start(&self, mut table: Table) -> Result<StartSpec> {
        let at = "start";
        let laws =
            ["gaussian", "prior", "point", "file", "stationary", "chatterjee", "fan-in", "antisymmetric"];
        let law = self.kind(&mut table, at, "law", Some("gaussian"), &laws)?;
        let value = Value::Table(table);
        Ok(match law.as_str() {
            "gaussian" => StartSpec::Gaussian(self.section(value, at)?),
            "point" => StartSpec::Point(self.section(value, at)?),
            "file" => StartSpec::File(self.section(value, at)?),
            "chatterjee" => StartSpec::Chatterjee(self.section(value, at)?),
            "fan-in" => StartSpec::FanIn(self.section(value, at)?),
            "antisymmetric" => StartSpec::Antisymmetric(self.section(value, at)?),
            "prior" => {
                self.section::<Empty>(value, at)?;
                StartSpec::Prior {}
            }
            "stationary" => {
                self.section::<Empty>(value, at)?;
                StartSpec::Stationary {}
            }
            other => unreachable!("kind() lets no other law pass: {other}"),
        })
    }

    /// Takes the key that says which type a section has.
    pub(super) fn kind(
        &self,
        table: &mut Table,
        at: &str,
        key: &str,
        default: Option<&str>,
        known: &[&str],
    ) -> Result<String> {
        let path = format!("{at}.{key}");
        let rule = format!("one of {}", known.join(", "));
        let remedy = format!("write for example {key} = \"{}\"", known[0]);
        match (table.remove(key), default) {
            (Some(Value::String(kind)), _) if known.contains(&kind.as_str()) => Ok(kind),
            (Some(value), _) => Err(Error::Invalid {
                place: self.source.place(&path),
                field: shown(&path),
                value: brief(&value.to_string()),
                rule,
                remedy,
            }),
            (None, Some(default)) => Ok(default.into()),
            (None, None) => {
                Err(Error::Missing { place: self.source.place(at), field: shown(&path), rule, remedy })
            }
        }
    }

    /// Reads a value of type `T` that stands at the path `at`.
    pub(super) fn section<T: DeserializeOwned>(&self, value: Value, at: &str) -> Result<T> {
        let whole = value.clone();
        serde_path_to_error::deserialize(value).map_err(|error| {
            let inner = path_text(error.path());
            let path = [at, &inner].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(".");
            self.explain(&path, error.inner().message(), found(&whole, &inner))
        })
    }

    /// One sentence for what serde found wrong at `path`.
    fn explain(&self, path: &str, message: &str, value: Option<&Value>) -> Error {
        let place = self.source.place(path);
        if let Some(rest) = message.strip_prefix("missing field `") {
            let key = rest.trim_end_matches('`');
            let field =
                if path.is_empty() { key.to_owned() } else { format!("{}.{key}", brief(&shown(path))) };
            return Error::Missing { place, field, rule: "a study needs it".into(), remedy: COMPARE.into() };
        }
        if message.starts_with("unknown field") {
            let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
            let (wrong, known) = names.split_first().expect("serde names the field");
            let known = [taken_before(path), known].concat();
            // Two texts are compared sign by sign; a long one is near to no key.
            let wrong = &wrong.chars().take(100).collect::<String>();
            let nearest = known
                .iter()
                .max_by(|a, b| strsim::jaro_winkler(a, wrong).total_cmp(&strsim::jaro_winkler(b, wrong)));
            let remedy = match nearest {
                Some(near) if strsim::jaro_winkler(near, wrong) > 0.8 => format!("did you mean '{near}'?"),
                _ => COMPARE.into(),
            };
            let allowed = if known.is_empty() { "none".into() } else { known.join(", ") };
            let message = format!("{} is no key of this section (known: {allowed})", brief(&shown(path)));
            return Error::Study { place, message, remedy };
        }
        let rule = match message.split_once("expected ") {
            Some((_, expected)) => plain_type(expected),
            None => brief(message),
        };
        let value = value.map_or_else(|| "?".into(), |v| brief(v.to_string().trim()));
        Error::Invalid { place, field: brief(&shown(path)), value, rule, remedy: example(path).into() }
    }
}

/// What to write at `path`, where a wrong type has a likely cause.
fn example(path: &str) -> &'static str {
    match path {
        "process" => "write [[process]], with two brackets on each side",
        "problem.lambda" => "write lambda = 0.1, or for a net lambda = { times_critical = 1.2 }",
        "problem.data.classes" => "name two, for example classes = [2, 7]",
        _ => COMPARE,
    }
}

/// The keys of the section around `path` that are taken out of it before its kind reads the others.
fn taken_before(path: &str) -> &'static [&'static str] {
    let section = path.rsplit_once('.').map_or("", |(section, _)| section);
    match section {
        "" => &["sweep", "repeat"],
        "problem" => &["kind"],
        "problem.data" => &["kind", "test_fraction", "split_draw"],
        "start" => &["law"],
        _ if section.starts_with("process.") && section.matches('.').count() == 1 => {
            &["kind", "name", "particles", "stop_radius"]
        }
        _ => &[],
    }
}

/// What serde expected, in the words of a study.
fn plain_type(expected: &str) -> String {
    match expected {
        "f64" => "a number".into(),
        "usize" | "u64" | "u32" => "a whole number, not negative".into(),
        "u8" => "a whole number from 0 to 255".into(),
        "fewer elements in array" => "a shorter list".into(),
        "a string" | "path string" => "text in quotes".into(),
        "a sequence" => "a list".into(),
        "a map" => "a table of keys".into(),
        other => other.replace('`', "").replace("struct ", "a table for "),
    }
}

/// A section without keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

/// The path of serde's error with dots and numbers.
fn path_text(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let parts: Vec<String> = path
        .iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(index.to_string()),
            Segment::Map { key } => Some(key.clone()),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect();
    parts.join(".")
}

/// The value at a path of dots and numbers.
fn found<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').filter(|p| !p.is_empty()).try_fold(value, |at, part| match at {
        Value::Table(table) => table.get(part),
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The path as users write it: `process[0].s`.
pub fn shown(path: &str) -> String {
    let mut text = String::new();
    for part in path.split('.') {
        if part.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
            text.push_str(&format!("[{part}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        }
    }
    text
}
