//! Where each value of a study was written.

use std::collections::BTreeMap;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The place of each dotted path, array elements by number. Copies share what stands in the file.
#[derive(Debug, Clone)]
pub struct Places {
    written: Arc<BTreeMap<String, String>>,
    /// What the command line and sweeps have set since.
    set: BTreeMap<String, String>,
}

impl Places {
    /// Of the values of `table`, which was read from `text`, the content of the file `name`.
    pub fn of(table: &DeTable<'_>, text: &str, name: &str) -> Self {
        let mut noted = Noted { lines: Lines::of(text), name, places: BTreeMap::new() };
        noted.table(table, "");
        noted.places.insert(String::new(), format!("{name}:1"));
        Self { written: Arc::new(noted.places), set: BTreeMap::new() }
    }

    /// Where `path`, or the nearest section around it, was written.
    pub fn of_path(&self, path: &str) -> String {
        // What was set later hides what the file has below it.
        let nearest = |places: &BTreeMap<String, String>| {
            let mut at = path;
            loop {
                match (places.get(at), at.rsplit_once('.')) {
                    (Some(place), _) => return Some(place.clone()),
                    (None, Some((parent, _))) => at = parent,
                    (None, None) => return None,
                }
            }
        };
        let root = || self.written.get("").cloned().unwrap_or_default();
        nearest(&self.set).or_else(|| nearest(&self.written)).unwrap_or_else(root)
    }

    /// Notes that `place` has set `path`.
    pub fn set(&mut self, path: String, place: String) {
        // Sections that this key brought into being stand where the key does.
        for (i, _) in path.match_indices('.') {
            if !self.written.contains_key(&path[..i]) {
                self.set.entry(path[..i].to_owned()).or_insert_with(|| place.clone());
            }
        }
        let inside = format!("{path}.");
        self.set.retain(|known, _| !known.starts_with(&inside));
        self.set.insert(path, place);
    }
}

/// Where the lines of a text start, so that none is counted twice.
pub struct Lines(Vec<usize>);

impl Lines {
    /// Of `text`.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line of the byte at `offset`, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|&end| end < offset) + 1
    }
}

struct Noted<'a> {
    lines: Lines,
    name: &'a str,
    places: BTreeMap<String, String>,
}

impl Noted<'_> {
    fn note(&mut self, path: &str, offset: usize) {
        self.places.insert(path.to_owned(), format!("{}:{}", self.name, self.lines.line(offset)));
    }

    fn table(&mut self, table: &DeTable<'_>, at: &str) {
        for (key, value) in table.iter() {
            let path =
                if at.is_empty() { key.get_ref().to_string() } else { format!("{at}.{}", key.get_ref()) };
            self.note(&path, key.span().start);
            self.value(value, &path);
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, path: &str) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, path),
            DeValue::Array(list) => {
                for (i, element) in list.iter().enumerate() {
                    let path = format!("{path}.{i}");
                    self.note(&path, element.span().start);
                    self.value(element, &path);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn places(text: &str) -> Places {
        Places::of(DeTable::parse(text).unwrap().get_ref(), text, "a.toml")
    }

    #[test]
    fn every_byte_has_its_line() {
        let text = "a\n\nbc\r\n";
        let lines: Vec<usize> = (0..=text.len()).map(|at| Lines::of(text).line(at)).collect();
        assert_eq!(lines, [1, 1, 2, 3, 3, 3, 3, 4]);
    }

    #[test]
    fn what_is_set_hides_what_was_written_below_it_and_no_more() {
        let mut all = places("[problem.lambda]\nx = 1\n[time]\nhorizon = 2\n");
        assert_eq!(all.of_path("problem.lambda.x"), "a.toml:2");
        all.set("problem.lambda".into(), "--set".into());
        assert_eq!(all.of_path("problem.lambda.x"), "--set");
        assert_eq!(all.of_path("problem.lambda"), "--set");
        assert_eq!(all.of_path("problem"), "a.toml:1");
        assert_eq!(all.of_path("problem.width"), "a.toml:1");
        assert_eq!(
            (all.of_path("time.horizon"), all.of_path("time")),
            ("a.toml:4".into(), "a.toml:3".into())
        );
        all.set("start.std".into(), "--set start".into());
        assert_eq!(
            (all.of_path("start.law"), all.of_path("nowhere")),
            ("--set start".into(), "a.toml:1".into())
        );
    }

    /// Counting the lines from the start for each value takes the square of the length.
    #[test]
    fn the_longest_study_is_noted_in_a_moment() {
        let text = format!("x = [{}]\n", "1,\n".repeat(400_000));
        let begun = Instant::now();
        assert_eq!(places(&text).of_path("x.399999"), "a.toml:400000");
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}
