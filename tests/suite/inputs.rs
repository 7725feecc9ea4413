//! Studies as files: the good ones are ready to run, the bad ones end in exactly the message that stands in them.

use sgd_sde::numerics::Backend;
use sgd_sde::study::{Plan, Points, Source};
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs").join(name)
}

/// The studies of a folder, by name.
fn studies(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    files
}

#[test]
fn good_studies_are_ready_to_run() {
    let files = studies("good");
    assert!(files.len() >= 15, "{} good studies", files.len());
    for file in files {
        let source = Source::read(&file).unwrap();
        for point in Points::of(&source).unwrap().iter() {
            let plan = Plan::new(&point.source, Backend::detect());
            assert!(plan.is_ok(), "{}: {}", file.display(), plan.err().unwrap());
        }
    }
}

/// What a bad study says of itself: its lines after `#^`.
fn expected(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#^ ")).collect();
    lines.join(" ")
}

/// The program, run beside the file as a user would, says on standard error what stands in the file, exits with 2 and
/// prints nothing else.
#[test]
fn bad_studies_end_in_the_message_that_stands_in_them() {
    let files = studies("bad");
    assert!(files.len() >= 50, "{} bad studies", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_sgd-sde"))
            .args(["check", name])
            .current_dir(folder("bad"))
            .output()
            .unwrap();
        let said = String::from_utf8(run.stderr).unwrap();
        let want = format!("error: {}\n", expected(&file));
        if said != want || run.status.code() != Some(2) || !run.stdout.is_empty() {
            wrong.push(format!("{name}: {:?}\n  said     {said}  expected {want}", run.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A message names its file and line, or its file; what must be; and what to do. A remedy follows a semicolon.
#[test]
fn messages_name_the_place_and_the_remedy() {
    for file in studies("bad") {
        let (message, name) = (expected(&file), file.file_name().unwrap().to_str().unwrap().to_owned());
        let line = message.strip_prefix(&format!("{name}:")).and_then(|rest| rest.split(':').next());
        let line: usize =
            line.and_then(|line| line.parse().ok()).unwrap_or_else(|| panic!("no line in: {message}"));
        let text = std::fs::read_to_string(&file).unwrap();
        assert!((1..=text.lines().count()).contains(&line), "{message}");
        assert!(message.contains(';'), "no remedy in: {message}");
    }
}
