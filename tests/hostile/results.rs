//! Folders of results: the record, every table, and the figures and the summary that are made from them.

use crate::attack::{Answer, Attack};
use crate::dice::Dice;
use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::report::{Folder, RunFacts, draw, sketch, summary_text};
use sgd_sde::study::{Plan, Points, Results, Silent, Source, draws, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

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
    for point in Points::of(&source).unwrap().iter() {
        let plan = Plan::new(&point.source, Backend::Portable).unwrap();
        let mut outcome = run(&plan, point.number, point.settings, &threads, &mut Silent);
        outcome.results.points[0].replicate = point.replicate;
        results.extend(outcome.results);
    }
    let (rows, estimates) = draws(&results);
    results.draws = rows;
    results.estimates.extend(estimates);
    let folder = Folder::free(folder, false).unwrap();
    fs::create_dir_all(folder.path()).unwrap();
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

/// Some files of one of the folders, changed; without bytes where a file is gone.
struct Changed {
    folder: usize,
    files: Vec<(usize, Option<Vec<u8>>)>,
}

fn changed(dice: &mut Dice, folders: &[Kept]) -> Changed {
    let folder = dice.below(folders.len());
    let (files, foreign) = (&folders[folder].files, dice.pick(folders));
    let other = &dice.pick(&foreign.files).1;
    let mut changed: Vec<(usize, Option<Vec<u8>>)> = Vec::new();
    for _ in 0..=dice.below(3) {
        let record = files.iter().position(|(path, _)| path.ends_with("record.json")).unwrap_or(0);
        let at = if dice.once_in(4) { record } else { dice.below(files.len()) };
        if changed.iter().any(|(known, _)| *known == at) {
            continue;
        }
        let mut bytes = files[at].1.clone();
        for _ in 0..=dice.below(4) {
            change(dice, &mut bytes, other);
        }
        changed.push((at, (!dice.once_in(40)).then_some(bytes)));
    }
    Changed { folder, files: changed }
}

/// A folder of results and what stands in its files.
struct Kept {
    folder: TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Kept {
    fn of(study: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        written(study, folder.path());
        let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = entries.filter(|path| path.is_file()).collect();
        files.sort();
        let files = files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        Self { folder, files }
    }

    /// Calls `read` while the files are changed.
    fn with(&self, changed: &Changed, read: impl FnOnce(&Path) -> Answer) -> Answer {
        for (at, bytes) in &changed.files {
            let path = &self.files[*at].0;
            bytes.as_ref().map_or_else(|| fs::remove_file(path), |bytes| fs::write(path, bytes)).unwrap();
        }
        let answer = read(self.folder.path());
        changed.files.iter().for_each(|(at, _)| fs::write(&self.files[*at].0, &self.files[*at].1).unwrap());
        answer
    }
}

fn show(changed: &Changed, folders: &[Kept]) -> Vec<u8> {
    let one = |(at, bytes): &(usize, Option<Vec<u8>>)| {
        let name = folders[changed.folder].files[*at].0.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = bytes.clone().unwrap_or_else(|| b"(gone)".to_vec());
        [format!("\n--- folder {}: {name} ---\n", changed.folder).into_bytes(), bytes].concat()
    };
    changed.files.iter().flat_map(one).collect()
}

fn read(folder: &Path) -> Result<Results, String> {
    Folder::open(folder).read().map_err(|error| {
        assert_eq!(error.exit_code(), 2);
        let message = error.to_string();
        assert!(message.starts_with(&folder.display().to_string()), "no place in: {message}");
        message
    })
}

/// Reads changed folders and hands what could be read to `then`.
fn attack(attack: &Attack, then: impl Fn(&Results, &Path) -> Answer) {
    let folders: Vec<Kept> = STUDIES.iter().map(|study| Kept::of(study)).collect();
    attack.run(
        |dice| changed(dice, &folders),
        |changed| folders[changed.folder].with(changed, |folder| then(&read(folder)?, folder)),
        |changed| show(changed, &folders),
    );
}

#[test]
fn results_folders() {
    let (patience, memory) = (Duration::from_secs(2), 64 << 20);
    attack(&Attack { name: "results_folders", inputs: 3_000, patience, memory }, |results, _| {
        summary_text(results, "results");
        Ok(())
    });
}

#[test]
fn sketches_of_results_folders() {
    let (patience, memory) = (Duration::from_secs(5), 256 << 20);
    attack(&Attack { name: "sketches_of_results_folders", inputs: 60, patience, memory }, |results, _| {
        let svg = sketch(results).map_err(|error| format!("{error};"))?;
        // Characters that XML cannot hold would make a file that no reader opens.
        assert!(svg.iter().all(|(_, text)| text.chars().all(|c| !c.is_control() || c == '\n')));
        Ok(())
    });
}

#[test]
fn figures_of_results_folders() {
    let (threads, patience, memory) = (Threads::new(1).unwrap(), Duration::from_secs(20), 512 << 20);
    attack(&Attack { name: "figures_of_results_folders", inputs: 2, patience, memory }, |results, folder| {
        drawn(results, folder, &threads)
    });
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
