//! Names, titles and links: nothing is written, removed or commanded outside the results folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const STUDY: &str = "title = 'T'\n[problem]\nkind = 'double-well'\n[[process]]\nname = 'N'\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.1\n\
                     particles = 3\n[time]\nhorizon = 0.5\npoints = 2\n";

fn folder(study: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("work")).unwrap();
    fs::write(folder.path().join("work/study.toml"), study).unwrap();
    folder
}

/// Runs the program in `work`, one folder below the one that is watched.
fn program(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sgd-sde"));
    command.args(arguments).current_dir(folder.path().join("work")).output().unwrap()
}

/// Every file and folder below, with what stands in the files, but for `work/out`.
fn everything(at: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("work/out") {
            continue;
        }
        let linked = fs::symlink_metadata(&path).unwrap().is_symlink();
        if path.is_dir() && !linked {
            found.extend(everything(&path));
        }
        found.push((path.display().to_string(), fs::read(&path).unwrap_or_default()));
    }
    found.sort();
    found
}

#[track_caller]
fn said(run: &Output, code: i32) -> String {
    let text = String::from_utf8(run.stderr.clone()).unwrap();
    assert_eq!(run.status.code(), Some(code), "{text}");
    text
}

/// No byte that a terminal obeys, but the end of a line.
#[track_caller]
fn harmless(run: &Output) {
    for text in [&run.stdout, &run.stderr] {
        let text = String::from_utf8(text.clone()).unwrap();
        let commands = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.chars().any(commands), "{text:?}");
    }
}

#[test]
fn names_that_would_leave_the_folder_or_command_a_terminal_are_refused() {
    let names = [
        "../x",
        "..",
        ".",
        ".hidden",
        "a/b",
        "/etc/x",
        "a\\\\b",
        "a|b",
        "",
        "a b",
        "é",
        "a\\u0000b",
        "\\u001b[31m",
        "a\\nb",
        "\\u202ea",
        "a:b",
        "*",
        "~",
        "$HOME",
    ];
    let long = "x".repeat(65);
    for name in names.iter().copied().chain([long.as_str()]) {
        let folder = folder(&STUDY.replace("'N'", &format!("\"{name}\"")));
        let before = everything(folder.path());
        let run = program(&folder, &["run", "study.toml", "--out", "out"]);
        let text = said(&run, 2);
        assert!(
            text.starts_with("error: study.toml:5: process[0].name = ") && text.lines().count() == 1,
            "{text}"
        );
        harmless(&run);
        assert!(!folder.path().join("work/out").exists() && everything(folder.path()) == before);
    }
}

/// Every name that is allowed names its files, and the figures of its own.
#[test]
fn every_sign_of_a_name_may_stand_in_a_file_name() {
    let second = "[[process]]\nname = 'z_Z.9-+'\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.1\nparticles = 3\n";
    // So many curves that each process has a figure of its own.
    let sweep =
        format!("{}{second}[sweep]\n'start.std' = [1, 2, 3, 4]\n", STUDY.replace("'N'", "'-a+b_C.0'"));
    let folder = folder(&sweep);
    said(&program(&folder, &["run", "study.toml", "--out", "out", "--quiet"]), 0);
    let out = folder.path().join("work/out");
    for file in [
        "particles/0--a+b_C.0.npy",
        "particles/3-z_Z.9-+.npy",
        "figures/risk--a+b_C.0.svg",
        "figures/risk-z_Z.9-+.pdf",
    ] {
        assert!(out.join(file).is_file(), "{file}");
    }
}

/// Titles, keys, values, paths and `--set` are shown with their control characters written out, in one line an error.
#[test]
fn nothing_from_a_file_commands_the_terminal() {
    let hostile = "\\u001b[2J\\u0007\\r\\u009b31m\\u202e";
    let folder = folder(&STUDY.replace("'T'", &format!("\"{hostile}\"")).replace("'N'", "'sde'"));
    let run = program(&folder, &["run", "study.toml", "--out", "out"]);
    said(&run, 0);
    harmless(&run);
    assert!(String::from_utf8(run.stdout).unwrap().starts_with("\\u{1b}[2J\\u{7}"), "the title is shown");
    for set in ["\u{1b}[31m=1", "problem.kind=\u{1b}[31m", "time.\u{202e}=1"] {
        let run = program(&folder, &["check", "study.toml", "--set", set]);
        assert_eq!(said(&run, 2).lines().count(), 1);
        harmless(&run);
    }
    for text in
        ["\"\\u001b[1m\" = 1\n", "[problem]\nkind = \"\\u001b[1m\"\n", "a = \u{1b}", "x = '\u{7f}'", "\u{9b}"]
    {
        fs::write(folder.path().join("work/bad.toml"), text).unwrap();
        let run = program(&folder, &["check", "bad.toml"]);
        assert_eq!(said(&run, 2).lines().count(), 1);
        harmless(&run);
    }
    // A record that was written by somebody else.
    let record = folder.path().join("work/out/record.json");
    let text =
        fs::read_to_string(&record).unwrap().replace("\"name\": \"sde\"", "\"name\": \"../../\\u001b[31m\"");
    fs::write(record, text).unwrap();
    let run = program(&folder, &["plot", "out"]);
    assert!(said(&run, 2).contains("cannot name files"));
    harmless(&run);
}

/// Points of a sweep with values that no font has are drawn all the same.
#[test]
fn labels_that_cannot_be_drawn_do_not_lose_a_run() {
    let folder = folder(&STUDY.replace("'N'", "'sde'"));
    let work = folder.path().join("work");
    fs::write(work.join("日本\u{1b}.csv"), "1,2\n2,3\n3,5\n").unwrap();
    fs::write(work.join("b$_.csv"), "1,2\n2,3\n3,7\n").unwrap();
    fs::write(
        work.join("study.toml"),
        "[problem]\nkind = 'least-squares'\n[problem.data]\nkind = 'csv'\npath = 'x'\n[[process]]\nname = 'sde'\n\
         kind = 'sgd-sde'\ns = 0.5\ndt = 0.01\nparticles = 3\n[time]\nhorizon = 0.5\npoints = 2\n\
         [sweep]\n'problem.data.path' = [\"日本\\u001b.csv\", 'b$_.csv']\n",
    )
    .unwrap();
    let run = program(&folder, &["run", "study.toml", "--out", "out"]);
    said(&run, 0);
    harmless(&run);
    assert!(work.join("out/figures/risk.svg").is_file());
}

/// A results folder whose parts are links: the links go, what they point to stays, with and without `--force`.
#[test]
fn links_in_a_results_folder_are_replaced_and_not_followed() {
    let folder = folder(&STUDY.replace("'N'", "'sde'"));
    let (work, away) = (folder.path().join("work"), folder.path().join("away"));
    let out = work.join("out");
    fs::create_dir(&away).unwrap();
    for (file, text) in
        [("keep.txt", "kept"), ("begun.state", "kept"), ("lock", "kept"), ("0-sde.npy", "kept")]
    {
        fs::write(away.join(file), text).unwrap();
    }
    let before = everything(&away);
    for (force, part) in [
        "record.json",
        "curves.csv",
        "record.json.part",
        "curves.csv.part",
        "particles",
        "figures",
        "checkpoint",
        "share",
    ]
    .iter()
    .flat_map(|part| [(true, part), (false, part)])
    {
        let _ = fs::remove_dir_all(&out);
        fs::create_dir(&out).unwrap();
        let target = if part.contains('.') { away.join("keep.txt") } else { away.clone() };
        symlink(target, out.join(part)).unwrap();
        let forced: &[&str] = if force { &["--force"] } else { &[] };
        let run = program(&folder, &[&["run", "study.toml", "--out", "out", "--quiet"], forced].concat());
        let code = run.status.code();
        assert!(code == Some(0) || (!force && code == Some(2)), "{part}: {}", said(&run, 0));
        assert_eq!(everything(&away), before, "{part}, force {force}");
        if code == Some(0) {
            let linked = fs::symlink_metadata(out.join(part)).is_ok_and(|found| found.is_symlink());
            assert!(!linked, "{part} is a link still");
        }
    }
    // The same while figures are drawn again, and deeper within.
    let _ = fs::remove_dir_all(&out);
    said(&program(&folder, &["run", "study.toml", "--out", "out", "--quiet"]), 0);
    for part in ["figures", "figures/risk.svg", "figures/.risk.svg.part"] {
        let place = out.join(part);
        let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
        let target = if part == "figures" { away.clone() } else { away.join("keep.txt") };
        symlink(target, &place).unwrap();
        said(&program(&folder, &["plot", "out"]), 0);
        assert_eq!(everything(&away), before, "{part}");
        assert!(out.join("figures/risk.svg").is_file());
    }
    fs::create_dir_all(out.join("particles/deep")).unwrap();
    symlink(&away, out.join("particles/deep/link")).unwrap();
    said(&program(&folder, &["run", "study.toml", "--out", "out", "--quiet", "--force"]), 0);
    assert!(everything(&away) == before && !out.join("particles/deep").exists());
}

/// The default folder of results is one below `results`, whatever the study file is called.
#[test]
fn the_name_of_a_study_file_does_not_lead_out_of_results() {
    for name in ["...toml", "..toml", "....toml", ".toml", "-.toml"] {
        let folder = folder("");
        fs::write(folder.path().join("work").join(name), STUDY.replace("'N'", "'sde'")).unwrap();
        said(&program(&folder, &["run", "--quiet", "--", name]), 0);
        let results = folder.path().join("work/results");
        let below: Vec<_> = fs::read_dir(&results).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(below.len() == 1 && below[0].join("record.json").is_file(), "{name}: {below:?}");
        assert_eq!(fs::read_dir(folder.path().join("work")).unwrap().count(), 3, "{name}");
    }
}

/// Pipes and devices in the place of files are refused, not waited for.
#[test]
fn pipes_and_devices_are_not_opened() {
    let folder = folder(&STUDY.replace("'N'", "'sde'"));
    let work = folder.path().join("work");
    said(&program(&folder, &["run", "study.toml", "--out", "out", "--quiet"]), 0);
    let made = Command::new("mkfifo").arg(work.join("pipe")).status();
    let places: Vec<&str> = if made.is_ok_and(|status| status.success()) {
        vec!["pipe", "/dev/zero", "."]
    } else {
        eprintln!("mkfifo is not here: devices and folders alone are tried");
        vec!["/dev/zero", "."]
    };
    for place in places {
        assert!(said(&program(&folder, &["check", place]), 2).contains("not a file"));
        let start = format!("start={{law='file', path='{place}'}}");
        said(&program(&folder, &["check", "study.toml", "--set", &start]), 2);
        for file in ["record.json", "curves.csv", "fits.csv"] {
            let kept = fs::read(work.join("out").join(file)).ok();
            let _ = fs::remove_file(work.join("out").join(file));
            let target = if place == "pipe" { work.join("pipe") } else { place.into() };
            symlink(target, work.join("out").join(file)).unwrap();
            let text = said(&program(&folder, &["plot", "out"]), 2);
            assert!(text.contains(file), "{text}");
            fs::remove_file(work.join("out").join(file)).unwrap();
            kept.map_or(Ok(()), |bytes| fs::write(work.join("out").join(file), bytes)).unwrap();
        }
    }
}
