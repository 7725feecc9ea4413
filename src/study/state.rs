//! Where a point of a study stands: what is written to go on from, and what the shares of a study are joined from.

use super::analysis::HistoryState;
use super::plan::Plan;
use super::recorder::Recorded;
use super::share::Share;
use super::spec::StartSpec;
use crate::ensemble::{EnsembleState, Start};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Everything that the steps of a point, or of a share of its particles, have left so far, and what they belong to. The noise is a
/// pure function of seed, particle and step, so no generator has a state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State<'a> {
    /// What is run.
    pub identity: Cow<'a, Identity>,
    /// The sweep point.
    pub point: usize,
    /// Which particles.
    pub share: Share,
    /// Observation times that are recorded.
    pub observed: usize,
    /// Seconds spent in the steps of each process.
    pub seconds: Cow<'a, [f64]>,
    /// The particles of each process.
    pub ensembles: Vec<EnsembleState<'a>>,
    /// The curves.
    pub recorded: Recorded<'a>,
    /// What the analyses need.
    pub history: Option<HistoryState<'a>>,
}

/// All that the numbers of a point follow from, but for the program and its vector instructions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The study as run, every default filled in.
    pub study: Value,
    /// What its data turned out to be, with the sha256 of each file; null without.
    pub data: Value,
    /// The sha256 of the points where the particles start, where a file or the study gives them.
    pub start: Option<String>,
}

impl Identity {
    /// Of a plan.
    pub fn of(plan: &Plan) -> Self {
        let json = |value: serde_json::Result<Value>| value.unwrap_or_default();
        let start = match (&plan.study.start, &plan.start) {
            (StartSpec::File(_), Start::Points { weights }) => {
                let mut hash = Sha256::new();
                weights.iter().for_each(|x| hash.update(x.to_le_bytes()));
                Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
            }
            _ => None,
        };
        Self {
            study: json(serde_json::to_value(&plan.study)),
            data: json(serde_json::to_value(&plan.data)),
            start,
        }
    }

    /// The first thing in which `now` differs from this, in words; `None` when nothing does.
    pub fn change(&self, now: &Self) -> Option<String> {
        let study = || change("", &self.study, &now.study);
        let data = || change("data", &self.data, &now.data).map(|what| format!("the data changed: {what}"));
        let start =
            || (self.start != now.start).then(|| "the file of start.path has other content".to_owned());
        study().or_else(data).or_else(start)
    }
}

/// The first difference of two values, in the order of `before`: `a.b was 1, is 2`.
pub fn change(path: &str, before: &Value, now: &Value) -> Option<String> {
    let inside = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (before, now) {
        (Value::Object(a), Value::Object(b)) => {
            let gone =
                a.iter().find_map(|(key, x)| change(&inside(key), x, b.get(key).unwrap_or(&Value::Null)));
            let new = || b.iter().find(|(key, _)| !a.contains_key(*key));
            gone.or_else(|| new().and_then(|(key, x)| change(&inside(key), &Value::Null, x)))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.into_iter().find_map(|(i, (x, y))| change(&inside(&i.to_string()), x, y))
        }
        _ if before == now => None,
        _ => Some(
            format!("{} was {}, is {}", inside(""), short(before), short(now)).replacen(". was", " was", 1),
        ),
    }
}

/// A value in a sentence.
fn short(value: &Value) -> String {
    match value {
        Value::Null => "absent".into(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(60) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let before = json!({"problem": {"width": 4, "beta": 1.0}, "process": [{"s": 0.1}], "title": "a"});
        assert_eq!(change("", &before, &before), None);
        let mut now = before.clone();
        now["process"][0]["s"] = json!(0.2);
        assert_eq!(change("", &before, &now).unwrap(), "process.0.s was 0.1, is 0.2");
        let mut now = before.clone();
        now["problem"]["penalty"] = json!(true);
        assert_eq!(change("", &before, &now).unwrap(), "problem.penalty was absent, is true");
        let mut now = before.clone();
        now["process"] = json!([]);
        assert_eq!(change("", &before, &now).unwrap(), "process was [{\"s\":0.1}], is []");
    }
}
