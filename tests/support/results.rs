//! Results folders compared byte by byte.

use super::program::names;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Keys of the record that tell of time and machine, not of results.
const TIMINGS: [&str; 5] =
    ["wall_seconds", "threads", "machine", "seconds_in_steps", "particle_steps_per_second"];

/// The folders hold the same files with the same bytes, figures and timings apart.
#[track_caller]
pub fn same_results(a: &Path, b: &Path) {
    let listed = |folder: &Path| names(folder).into_iter().filter(|n| n != "figures/").collect::<Vec<_>>();
    assert_eq!(listed(a), listed(b), "{} and {}", a.display(), b.display());
    for name in listed(a) {
        if let Some(inside) = name.strip_suffix('/') {
            same_results(&a.join(inside), &b.join(inside));
        } else if name == "record.json" {
            assert_eq!(record(&a.join(&name)), record(&b.join(&name)), "{}", b.display());
        } else {
            assert!(fs::read(a.join(&name)).unwrap() == fs::read(b.join(&name)).unwrap(), "{name} differs");
        }
    }
}

/// The text of a record without timings.
fn record(path: &Path) -> String {
    let mut value: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    without_timings(&mut value);
    serde_json::to_string_pretty(&value).unwrap()
}

fn without_timings(value: &mut Value) {
    match value {
        Value::Object(map) => {
            TIMINGS.iter().for_each(|key| drop(map.remove(*key)));
            map.values_mut().for_each(without_timings);
        }
        Value::Array(list) => list.iter_mut().for_each(without_timings),
        _ => {}
    }
}
