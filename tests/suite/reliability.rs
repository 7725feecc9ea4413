//! The table of faults in docs/reliability.md is full, and names tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of every table of faults: fault, sentence, disk, tests.
fn rows() -> Vec<[String; 4]> {
    let page = fs::read_to_string(root().join("docs/reliability.md")).unwrap();
    let mut rows = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        inside = line.starts_with("| fault |") || inside && line.starts_with('|');
        if !inside || line.starts_with("| fault |") || line.starts_with("|---") {
            continue;
        }
        // A bar that belongs to a cell is written \|.
        let line = line.replace(r"\|", "¦");
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        rows.push(cells.try_into().unwrap_or_else(|cells| panic!("not four cells: {cells:?}")));
    }
    rows
}

/// The file that a test's path points to: the deepest module that is a file.
fn file_of(path: &[&str]) -> Option<PathBuf> {
    let (home, modules) = match path {
        ["hostile", modules @ ..] => ("tests/hostile", modules),
        modules => ("tests/suite", modules),
    };
    [home, "src"].iter().find_map(|home| {
        (1..=modules.len()).rev().find_map(|length| {
            let place = root().join(home).join(modules[..length].join("/"));
            [place.with_extension("rs"), place.join("mod.rs")].into_iter().find(|file| file.is_file())
        })
    })
}

#[test]
fn every_row_names_tests_that_exist() {
    let rows = rows();
    assert!(rows.len() > 40, "{} rows", rows.len());
    for [fault, seen, disk, tests] in rows {
        assert!(!seen.is_empty() && !disk.is_empty(), "{fault}: an empty cell");
        let mut home = Vec::new();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{fault}: no test");
        for test in named {
            // `…::name` stands beside another of the same module.
            let path: Vec<&str> = match test.strip_prefix("…::") {
                Some(name) => home.iter().copied().chain([name]).collect(),
                None => test.split("::").collect(),
            };
            let (name, modules) = path.split_last().unwrap();
            home = modules.to_vec();
            let file = file_of(modules).unwrap_or_else(|| panic!("{fault}: {test}: no such module"));
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.contains(&format!("fn {name}()")), "{fault}: no test {name} in {}", file.display());
        }
    }
}
