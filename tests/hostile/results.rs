//! Folders of results: the record, every table, and the figures and the summary that are made from them.

use crate::attack::{Answer, Attack};
use crate::dice::Dice;
use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::report::{Folder, RunFacts, draw, sketch, summary_text};
use sgd_sde::study::{Plan, Results, Silent, Source, draws, points, run};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Small studies that together fill every table.
const STUDIES: [&str; 5] = [
    "title = 'a net'\n[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 2\nlambda = 0.1\n[problem.data]\n\
     kind = 'margin'\nsamples = 20\ndim = 2\n[[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 6\n\
     [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 5\nparticles = 6\n[time]\nhorizon = 1.0\npoints = 3\n\
     [analysis]\ncertificate = { rays = 2 }\nagreement = { laws = false, noise = false }\n",
    "[problem]\nkind = 'quadratic'\neigenvalues = [1.0]\n[[process]]\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.1\nparticles = 64\n\
     [time]\nhorizon = 2.0\npoints = 4\n[analysis]\ngibbs = { draws = 64, times = 2, replicates = 19 }\n\
     mixing = { particles = 64 }\n",
    "[problem]\nkind = 'double-well'\n[[process]]\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.1\nparticles = 4\n[time]\nhorizon = 1.0\n\
     points = 2\n[sweep]\n'process.0.s' = [0.25, 0.5]\n'start.std' = [1, 2, 3]\n",
    "[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 2\nlambda = 0.1\n[problem.data]\nkind = 'margin'\n\
     samples = 20\ndim = 2\n[[process]]\nkind = 'sgd'\ns = 0.1\nbatch = 5\nparticles = 2\n[time]\nhorizon = 0.5\npoints = 2\n\
     [sweep]\n'problem.width' = [2, 3]\n[repeat]\n'problem.outer.draw' = 2\nseed = 2\n",
    "[problem]\nkind = 'kernel-regression'\nactivation = 'relu'\nregularity = 0.5\nmodes = 8\n[[process]]\n\
     kind = 'one-pass-sgd'\ns = 0.5\nbatch = 1\nparticles = 2\n[time]\nhorizon = 1.0\npoints = 2\n[analysis]\n\
     ntk = { widths = [4, 8], horizons = [10, 20], draws = 2, particles = 2 }\n",
];

/// Runs a study and writes its tables into `folder`.
fn written(text: &str, folder: &Path) {
    let source = Source::parse(Path::new("study.toml"), text).unwrap();
    let threads = Threads::new(1).unwrap();
    let mut results = Results::default();
    for point in points(&source).unwrap() {
        let plan = Plan::new(&point.source, Backend::Portable).unwrap();
        let mut outcome = run(&plan, point.number, point.settings, &threads, &mut Silent);
        outcome.results.points[0].replicate = point.replicate;
        results.extend(outcome.results);
    }
    let (rows, estimates) = draws(&results);
    results.draws = rows;
    results.estimates.extend(estimates);
    let folder = Folder::free(folder, false).unwrap();
    folder.create().unwrap();
    let facts = RunFacts {
        study_file: "study.toml".into(),
        set: Vec::new(),
        study: results.points[0].study.clone(),
        seed: 0,
        threads: 1,
        backend: "portable".into(),
        wall_seconds: 1.0,
    };
    folder.write_tables(facts, &results).unwrap();
}

/// A folder's files with their names.
type Files = Vec<(String, Vec<u8>)>;

/// The files of every study.
fn seeds() -> Vec<Files> {
    let read = |study: &&str| -> Files {
        let folder = tempfile::tempdir().unwrap();
        written(study, folder.path());
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
        files.sort();
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect()
    };
    STUDIES.iter().map(read).collect()
}

/// One change of a table or record.
fn change(dice: &mut Dice, bytes: &mut Vec<u8>, other: &[u8]) {
    match dice.below(6) {
        0 => dice.mangle(bytes, other),
        1 => {
            // A row doubled, gone, or of another table.
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            let at = dice.below(lines.len().max(1)).min(lines.len().saturating_sub(1));
            let foreign: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
            match dice.below(3) {
                0 if !lines.is_empty() => drop(lines.remove(at)),
                1 if !lines.is_empty() => lines.insert(at, lines[at]),
                _ if !foreign.is_empty() => lines.insert(at, foreign[dice.below(foreign.len())]),
                _ => {}
            }
            *bytes = lines.concat();
        }
        2 => {
            // A word becomes a hostile one.
            let text = String::from_utf8_lossy(bytes).into_owned();
            let words: Vec<&str> =
                text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| w.len() > 2).collect();
            if !words.is_empty() {
                let word = words[dice.below(words.len())];
                let new =
                    dice.text().replace('\u{0}', "\\u0000").replace('\n', "\\n").replace('\u{1b}', "\\u001b");
                *bytes = text.replacen(word, &new, 1 + dice.below(3)).into_bytes();
            }
        }
        _ => dice.replace_number(bytes),
    }
}

/// A folder with some of its files changed.
fn folder(dice: &mut Dice, seeds: &[Files]) -> Files {
    let mut files = dice.pick(seeds).clone();
    let foreign = dice.pick(seeds);
    let other = dice.pick(foreign).1.clone();
    for _ in 0..=dice.below(4) {
        let at = if dice.once_in(3) { record(&files) } else { dice.below(files.len()) };
        change(dice, &mut files[at].1, &other);
    }
    if dice.once_in(40) {
        let at = dice.below(files.len());
        files.remove(at);
    }
    files
}

fn record(files: &Files) -> usize {
    files.iter().position(|(name, _)| name == "record.json").unwrap_or(0)
}

/// Puts the files into `folder` instead of those of the last input.
fn put(files: &Files, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && !files.iter().any(|(name, _)| path.ends_with(name)) {
            fs::remove_file(path).unwrap();
        }
    }
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

fn show(files: &Files) -> Vec<u8> {
    let one = |(name, bytes): &(String, Vec<u8>)| [format!("\n--- {name} ---\n").as_bytes(), bytes].concat();
    files.iter().rev().flat_map(one).collect()
}

fn read(folder: &Path) -> Result<Results, String> {
    Folder::open(folder).read().map_err(|error| {
        assert_eq!(error.exit_code(), 2);
        let message = error.to_string();
        assert!(message.starts_with(&folder.display().to_string()), "no place in: {message}");
        message
    })
}

#[test]
fn results_folders() {
    let (seeds, folder_of) = (seeds(), tempfile::tempdir().unwrap());
    let attack =
        Attack { name: "results_folders", inputs: 3_000, patience: Duration::from_secs(2), memory: 64 << 20 };
    attack.run(
        |dice| folder(dice, &seeds),
        |files| {
            put(files, folder_of.path());
            let results = read(folder_of.path())?;
            summary_text(&results, "results");
            let svg = sketch(&results).map_err(|error| format!("{error};"))?;
            // Characters that XML cannot hold would make a file that no reader opens.
            assert!(svg.iter().all(|(_, text)| text.chars().all(|c| !c.is_control() || c == '\n')));
            Ok(())
        },
        show,
    );
}

#[test]
fn figures_of_results_folders() {
    let (seeds, folder_of) = (seeds(), tempfile::tempdir().unwrap());
    let threads = Threads::new(1).unwrap();
    let attack = Attack {
        name: "figures_of_results_folders",
        inputs: 2,
        patience: Duration::from_secs(20),
        memory: 512 << 20,
    };
    attack.run(
        |dice| folder(dice, &seeds),
        |files| {
            put(files, folder_of.path());
            drawn(&read(folder_of.path())?, folder_of.path(), &threads)
        },
        show,
    );
}

/// Draws, and looks where the files went.
fn drawn(results: &Results, folder: &Path, threads: &Threads) -> Answer {
    let figures = Folder::open(folder).own_figures().unwrap();
    let files = draw(results, &figures, threads).map_err(|error| {
        assert_eq!(error.exit_code(), 1);
        format!("{error};")
    })?;
    assert!(files.iter().all(|file| file.parent() == Some(&figures) && file.is_file()));
    Ok(())
}
