//! The house: each room imports only from rooms above it, and rayon has one door.

use std::path::{Path, PathBuf};

/// The rooms in the order in which data flows.
const ROOMS: [&str; 14] = [
    "error",
    "machine",
    "packed",
    "random",
    "parallel",
    "numerics",
    "problem",
    "dynamics",
    "ensemble",
    "estimates",
    "analysis",
    "study",
    "report",
    "cli",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every source file under src with its room and its text without tests and comments.
fn files() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let mut files = Vec::new();
    for path in found {
        let name = path.strip_prefix(&root).unwrap().display().to_string().replace('\\', "/");
        let room = name.split(['/', '.']).next().unwrap().to_owned();
        let tests = name.contains("/tests/") || name.ends_with("tests.rs");
        if tests || ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        files.push((name, room, code.collect::<Vec<_>>().join("\n")));
    }
    files
}

/// The rooms that a text names as `crate::room…` or `crate::{room…, room…}`.
fn imports(code: &str) -> Vec<String> {
    let word =
        |text: &str| text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut rooms = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => rooms.push(word(after)),
            Some(group) => {
                let mut depth = 0;
                let mut at_start = true;
                for (i, c) in group.char_indices() {
                    match c {
                        '}' if depth == 0 => break,
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_start = true,
                        c if c.is_whitespace() => {}
                        _ if at_start && depth == 0 => {
                            rooms.push(word(&group[i..]));
                            at_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    rooms
}

#[test]
fn imports_are_read_as_they_are_written() {
    let code = "use crate::{\n  study::{Plan, run},\n  random,\n};\nlet x = crate::problem::data::f(); use crate::error::Error;";
    assert_eq!(imports(code), ["study", "random", "problem", "error"]);
}

#[test]
fn rooms_import_only_from_rooms_above() {
    let place = |room: &str| ROOMS.iter().position(|r| *r == room);
    let mut wrong = Vec::new();
    for (name, room, code) in files() {
        let here = place(&room).unwrap_or_else(|| panic!("src/{name}: '{room}' is no room of the house"));
        // The one error enum names the error types of the rooms below it.
        for import in imports(&code).into_iter().filter(|_| room != "error") {
            match place(&import) {
                Some(there) if there <= here => {}
                Some(_) => wrong.push(format!("src/{name} imports {import}, which lies below {room}")),
                None => wrong.push(format!("src/{name} imports {import}, which is no room")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_one_file_imports_rayon() {
    let files = files();
    let users = files.iter().filter(|(_, _, code)| code.contains("use rayon"));
    assert_eq!(users.map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["parallel.rs"]);
}
