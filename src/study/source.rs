//! The text of a study with what the command line changed, and where each value stands.

use super::brief::brief;
use super::places::{Lines, Places};
use super::whole_file::regular_file;
use crate::error::{Error, Result};
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::de::DeTable;
use toml::{Table, Value};

/// A study file as read: its values and the place of each, so that every message can name a line.
#[derive(Debug, Clone)]
pub struct Source {
    /// The study file.
    pub file: PathBuf,
    /// Its values, after `--set`.
    pub table: Table,
    places: Places,
}

/// Keys whose values are paths; those set on the command line are relative to the working directory.
const PATH_KEYS: [&str; 4] =
    ["problem.data.images", "problem.data.labels", "problem.data.path", "start.path"];

/// The most bytes of a study: lists of hundreds of thousands of numbers belong into other files.
const MOST_BYTES: usize = 1 << 22;

/// The most parts of a key: no key of a study has as many, and each is a table within a table.
const MOST_PARTS: usize = 16;

impl Source {
    /// Reads a study file.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Study`] when there is no such file or it is not TOML.
    pub fn read(file: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        let opened = regular_file(file, u64::MAX);
        let read = opened.and_then(|file| file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes));
        read.map_err(|source| Error::Read { path: file.into(), source })?;
        let text = String::from_utf8(bytes).map_err(|error| Error::Study {
            place: file.display().to_string(),
            message: format!("byte {} is not UTF-8 text", error.utf8_error().valid_up_to()),
            remedy: "a study is a TOML file; `sgd-sde new` writes one to start from".into(),
        })?;
        Self::parse(file, &text)
    }

    /// Takes `text` for the content of `file`.
    ///
    /// # Errors
    /// [`Error::Study`] when it is not TOML.
    pub fn parse(file: &Path, text: &str) -> Result<Self> {
        let name = file.display().to_string();
        if text.len() > MOST_BYTES {
            return Err(Error::Study {
                place: name,
                message: format!("more than the {MOST_BYTES} bytes that a study may have"),
                remedy: "keep long lists of numbers in .npy or CSV files".into(),
            });
        }
        let syntax = |error: toml::de::Error| Error::Study {
            place: format!("{name}:{}", error.span().map_or(1, |span| Lines::of(text).line(span.start))),
            message: format!(
                "this is not TOML: {}",
                brief(&error.message().lines().collect::<Vec<_>>().join(" "))
            ),
            remedy: "mend the line; `sgd-sde new` writes a study to compare with".into(),
        };
        let spanned = DeTable::parse(text).map_err(syntax)?;
        let table = toml::from_str(text).map_err(syntax)?;
        let places = Places::of(spanned.get_ref(), text, &name);
        Ok(Self { file: file.into(), table, places })
    }

    /// The folder that paths in the study are relative to.
    pub fn folder(&self) -> &Path {
        self.file.parent().unwrap_or(Path::new(""))
    }

    /// Where `path`, or the nearest section around it, was written.
    pub fn place(&self, path: &str) -> String {
        self.places.of_path(path)
    }

    /// Applies one `--set KEY=VALUE`. The value is TOML, or else taken as a string.
    ///
    /// # Errors
    /// [`Error::Study`] when there is no `=`, or the key leads through something that is not a section.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let place = format!("--set {}", brief(assignment));
        let Some((key, text)) = assignment.split_once('=').map(|(k, v)| (k.trim(), v.trim())) else {
            return Err(Error::Study {
                place,
                message: "there is no '='".into(),
                remedy: "write --set KEY=VALUE, for example --set problem.width=32".into(),
            });
        };
        if key.split('.').any(|part| part.trim().is_empty()) {
            return Err(Error::Study {
                place,
                message: format!("'{}' is no key: a part of it is empty", brief(key)),
                remedy: "write --set KEY=VALUE, for example --set problem.width=32".into(),
            });
        }
        let mut value = toml::from_str::<Table>(&format!("value = {text}"))
            .ok()
            .and_then(|mut table| if table.len() == 1 { table.remove("value") } else { None })
            .unwrap_or_else(|| Value::String(text.into()));
        if let (true, Value::String(path)) = (PATH_KEYS.contains(&key), &value) {
            value = Value::String(absolute(Path::new(path)).display().to_string());
        }
        self.assign(key, value, place)
    }

    /// Puts `value` at `key`, noting `place` as where it came from.
    ///
    /// # Errors
    /// [`Error::Study`] when the key leads through something that is not a section, or to a process that is not there.
    pub fn assign(&mut self, key: &str, value: Value, place: String) -> Result<()> {
        let path = self.numbered(key, &place)?;
        let wrong = |part: &str| Error::Study {
            place: place.clone(),
            message: format!("'{}' in '{}' is no section of this study", brief(part), brief(key)),
            remedy: "write the key with dots as in the study file, for example problem.lambda or process.0.s"
                .into(),
        };
        // A swept or repeated key is one key, dots and all.
        let parts: Vec<&str> = match path.split_once('.') {
            Some((section @ ("sweep" | "repeat"), key)) => vec![section, key],
            _ => path.split('.').collect(),
        };
        if parts.len() > MOST_PARTS {
            return Err(wrong(parts[MOST_PARTS]));
        }
        let (last, sections) = parts.split_last().expect("split gives at least one part");
        let mut at = &mut self.table;
        let mut parts = sections.iter();
        while let Some(&part) = parts.next() {
            let inside = at.entry(part).or_insert_with(|| Value::Table(Table::new()));
            at = match inside {
                Value::Table(table) => table,
                Value::Array(list) => {
                    let element = parts.next().and_then(|i| list.get_mut(i.parse::<usize>().ok()?));
                    element.and_then(Value::as_table_mut).ok_or_else(|| wrong(part))?
                }
                // A number gives way to a table, as in --set problem.lambda.times_critical=2.
                other => {
                    *other = Value::Table(Table::new());
                    other.as_table_mut().ok_or_else(|| wrong(part))?
                }
            };
        }
        at.insert((*last).into(), value);
        self.places.set(path, place);
        Ok(())
    }

    /// `key` with the name of a process (its kind, where it has no name) replaced by its number.
    pub(super) fn numbered(&self, key: &str, place: &str) -> Result<String> {
        let key = key.replace('[', ".").replace([']', '"'], "");
        let Some(rest) = key.strip_prefix("process.") else {
            return Ok(key);
        };
        let (who, field) = rest.split_once('.').unwrap_or((rest, ""));
        let processes = self.table.get("process").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let number = match who.parse::<usize>() {
            Ok(number) => (number < processes.len()).then_some(number),
            Err(_) => processes
                .iter()
                .position(|p| p.get("name").or(p.get("kind")).and_then(Value::as_str) == Some(who)),
        };
        match number {
            Some(number) if !field.is_empty() => Ok(format!("process.{number}.{field}")),
            _ => Err(Error::Study {
                place: place.into(),
                message: format!("'{}' names no key of a process of this study", brief(&key)),
                remedy: format!(
                    "write process.<name or number>.<key>; there {} {}",
                    if processes.len() == 1 { "is" } else { "are" },
                    if processes.len() == 1 {
                        "1 process".into()
                    } else {
                        format!("{} processes", processes.len())
                    }
                ),
            }),
        }
    }
}

/// The path as the user wrote it in the shell, independent of the study's folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "title = \"a\"\n[problem]\nlambda = 0.1\n\n[[process]]\nname = \"x\"\ns = 0.5\n[[process]]\nname = \"y\"\n";

    fn source() -> Source {
        Source::parse(Path::new("a.toml"), TEXT).unwrap()
    }

    #[test]
    fn every_value_knows_its_line() {
        let source = source();
        assert_eq!(source.place("problem.lambda"), "a.toml:3");
        assert_eq!(source.place("process.0.s"), "a.toml:7");
        assert_eq!(source.place("process.1.s"), "a.toml:8");
        assert_eq!(source.place("nowhere"), "a.toml:1");
    }

    #[test]
    fn the_command_line_reaches_processes_by_name_and_number() {
        let mut source = source();
        source.set("process.x.s=0.25").unwrap();
        source.set("process.1.kind = sgd").unwrap();
        source.set("problem.lambda.times_critical = 2").unwrap();
        let processes = source.table["process"].as_array().unwrap();
        assert_eq!(processes[0]["s"].as_float(), Some(0.25));
        assert_eq!(processes[1]["kind"].as_str(), Some("sgd"));
        assert_eq!(source.table["problem"]["lambda"]["times_critical"].as_integer(), Some(2));
        assert_eq!(source.place("process.0.s"), "--set process.x.s=0.25");
        source.set("sweep.problem.width = [1, 2]").unwrap();
        assert_eq!(source.table["sweep"]["problem.width"].as_array().map(Vec::len), Some(2));
        assert!(source.set("process.z.s=1").is_err());
        assert!(source.set("no assignment").is_err());
    }

    #[test]
    fn text_that_is_not_toml_names_its_line() {
        let message = Source::parse(Path::new("a.toml"), "a = 1\nb = = 2\n").unwrap_err().to_string();
        assert!(message.starts_with("a.toml:2: this is not TOML"), "{message}");
    }
}
