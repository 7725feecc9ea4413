//! What figures and summaries rely on in results that were read from files.

use crate::study::{Results, is_plain_name};
use std::collections::HashSet;

/// Why results cannot be those of a run; `None` where nothing speaks against it.
pub fn unsound(results: &Results) -> Option<String> {
    let Some(first) = results.points.first() else {
        return Some("record.json: there is no point".into());
    };
    let keys = |set: &[(String, String)]| set.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let (swept, repeated) = (keys(&first.settings), keys(&first.replicate));
    let mut numbers = HashSet::new();
    for point in &results.points {
        if keys(&point.settings) != swept || keys(&point.replicate) != repeated {
            return Some(format!("record.json: point {} has other keys than the first", point.point));
        }
        if !numbers.insert(point.point) {
            return Some(format!("record.json: point {} stands there twice", point.point));
        }
    }
    // Their names become names of files.
    let odd = |row: &&crate::study::ProcessRow| !is_plain_name(&row.name);
    if results.processes.iter().any(|row| odd(&row)) {
        return Some("record.json: the name of a process cannot name files".into());
    }
    let stray = |row: &&crate::study::ProcessRow| !numbers.contains(&row.point);
    let stray = results.processes.iter().find(stray);
    stray.map(|row| format!("record.json: a process belongs to point {}, which is not there", row.point))
}
