//! What ends a run from outside, by its real cause: one sentence, the right exit code, and everything finished on disk whole.

use crate::support::program::{STUDY, Said, folder, names, program};
use crate::support::results::same_results;
use crate::support::shell::{all_whole, as_other_user, is_root, lacking, one_sentence, own_mounts, shell};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Twelve points that each leave 100 particles of 32 weights: a file of 25 KiB.
fn sweep(steps: u32) -> String {
    let ones = vec!["1.0"; 32].join(", ");
    format!(
        "[problem]\nkind = 'quadratic'\neigenvalues = [{ones}]\n\
         [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 100\n\
         [time]\nhorizon = {}\npoints = 3\n[sweep]\nseed = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]\n",
        f64::from(steps) / 10.0
    )
}

/// A study that no machine finishes.
fn endless() -> String {
    let ones = vec!["1.0"; 32].join(", ");
    format!(
        "[problem]\nkind = 'quadratic'\neigenvalues = [{ones}]\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 1000\n[time]\nhorizon = 1e11\npoints = 3\n"
    )
}

const RUN: &str = "\"$PROGRAM\" run study.toml --threads 1";

/// A disk of 160 KiB is full at the fifth or sixth point; the points before are all there.
#[test]
fn a_full_disk_ends_in_a_sentence_and_keeps_the_finished_points() {
    let folder = folder(&sweep(4));
    for name in ["disk", "copy"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let Some(mounts) = own_mounts() else {
        lacking(
            "a disk that is full: this user can mount nothing; a limit of file sizes is tested in its place",
        );
        return;
    };
    let script = format!(
        "mount -t tmpfs -o size=160k tmpfs disk && {{ {RUN} --out disk/results; code=$?; cp -r disk/. copy; exit $code; }}"
    );
    let said = shell(folder.path(), mounts, &script);
    assert_eq!(said.code, 1, "{}", said.err);
    let words =
        ["disk/results/", "No space left on device", "make room, or choose another folder with --out"];
    one_sentence(&said, &words);
    let [particles, tables] = all_whole(&folder.path().join("copy"), ["npy", "csv"]);
    assert!((1..12).contains(&particles) && tables >= 2, "{particles} of 12 points, {tables} tables");
}

/// Once there is room the run goes on, from the points that were kept, to the bytes of a run that met no fault.
#[test]
fn a_run_that_met_a_full_disk_goes_on_when_there_is_room() {
    let folder = folder(&sweep(4));
    for name in ["disk", "copy"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let Some(mounts) = own_mounts() else {
        lacking("a disk that is full and then is not: this user can mount nothing");
        return;
    };
    program(folder.path(), &["run", "study.toml", "--quiet", "--out", "whole"]).done();
    let script = format!(
        "mount -t tmpfs -o size=260k tmpfs disk && {{ {RUN} --quiet --checkpoint 0 --out disk/results && exit 77; \
         test -s disk/results/checkpoint/points-0.state || exit 78; mount -o remount,size=64m disk && \
         {RUN} --quiet --resume --out disk/results; code=$?; cp -r disk/results/. copy; exit $code; }}"
    );
    let said = shell(folder.path(), mounts, &script);
    assert_eq!(said.code, 0, "{}", said.err);
    one_sentence(&said, &["No space left on device", "make room", "then go on with --resume"]);
    same_results(&folder.path().join("whole"), &folder.path().join("copy"));
}

/// A limit of file sizes below one file of particles. Without a handler its signal would end the program without a word.
#[test]
fn a_limit_of_file_sizes_ends_in_a_sentence() {
    let folder = folder(&sweep(4));
    // In units of 512 or 1024 bytes, by the shell: below the 25 KiB of the particles either way.
    let said = shell(folder.path(), &[], &format!("ulimit -f 20; exec {RUN} --out results"));
    assert_eq!(said.code, 1, "{}", said.err);
    one_sentence(&said, &["results/", "File too large", "raise it (ulimit -f)"]);
    all_whole(&folder.path().join("results"), []);
}

/// A folder that cannot be written to is found before the run, which would take for ever.
#[test]
fn a_read_only_folder_is_found_before_the_run() {
    let folder = folder(&endless());
    fs::create_dir(folder.path().join("disk")).unwrap();
    let run = format!("timeout 60 {RUN} --out disk/results");
    let said = match (is_root(), own_mounts()) {
        (_, Some(mounts)) => {
            let script = format!("mount -t tmpfs -o ro tmpfs disk && exec {run}");
            shell(folder.path(), mounts, &script)
        }
        (false, None) => {
            shell(folder.path(), &[], &format!("chmod 555 disk; {run}; c=$?; chmod 755 disk; exit $c"))
        }
        (true, None) => {
            return lacking(
                "a folder that is read-only: permissions do not bind root, who can mount nothing here",
            );
        }
    };
    assert_eq!(said.code, 1, "{}", said.err);
    one_sentence(&said, &["disk/results", "this folder may not be written to: choose another with --out"]);
    assert!(names(&folder.path().join("disk")).is_empty());
}

/// The same where permissions bind.
#[test]
fn a_folder_of_somebody_else_is_found_before_the_run() {
    let folder = folder(&endless());
    let disk = folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let Some(other) = as_other_user() else {
        return lacking(
            "a folder of somebody else: this is root, and cannot run the program as another user",
        );
    };
    let open = |mode: &str| assert_eq!(shell(folder.path(), &[], &format!("chmod {mode} . disk")).code, 0);
    open("555");
    let said = shell(folder.path(), other, &format!("exec timeout 60 {RUN} --out disk/results"));
    open("755");
    assert_eq!(said.code, 1, "{}", said.err);
    one_sentence(&said, &["disk/results", "Permission denied", "choose another with --out"]);
    assert!(names(&disk).is_empty());
}

/// The folder goes while the run is at its points.
#[test]
fn a_results_folder_that_is_removed_while_the_run_goes_on_ends_it() {
    let folder = folder(&sweep(40_000));
    let results = folder.path().join("results");
    let mut run = start(folder.path());
    wait_for(&results.join("particles/0-sde.npy"), &mut run);
    // In one go, so that the program meets no folder that is half removed.
    fs::rename(&results, folder.path().join("gone")).unwrap();
    all_whole_but_one_at_work(&folder.path().join("gone"));
    fs::remove_dir_all(folder.path().join("gone")).unwrap();
    let said = ended(run);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    one_sentence(&said, &["results/", "the folder has gone, perhaps removed in the meantime: run again"]);
    assert!(!results.join("record.json").exists(), "nothing is begun anew in its place");
}

/// A run in `results` that goes on while the test does.
fn start(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_sgd-sde"))
        .args(["run", "study.toml", "--threads", "1", "--out", "results"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What it said by its end.
fn ended(run: Child) -> Said {
    let ended = run.wait_with_output().unwrap();
    Said {
        code: ended.status.code().unwrap(),
        out: String::from_utf8(ended.stdout).unwrap(),
        err: String::from_utf8(ended.stderr).unwrap(),
    }
}

#[track_caller]
fn wait_for(file: &Path, run: &mut Child) {
    let started = Instant::now();
    while !file.exists() {
        assert!(run.try_wait().unwrap().is_none(), "the run ended without {}", file.display());
        assert!(started.elapsed() < Duration::from_secs(60), "no {}", file.display());
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The program may be writing a file aside as its folder goes.
fn all_whole_but_one_at_work(results: &Path) {
    let table = results.join("curves.csv");
    if table.exists() {
        assert!(csv::Reader::from_path(table).unwrap().records().all(|row| row.is_ok()));
    }
}

#[test]
fn a_results_path_that_is_a_file_is_bad_input() {
    let folder = folder(STUDY);
    fs::write(folder.path().join("file"), "mine").unwrap();
    for out in ["file", "file/results", "file/a/b"] {
        let said = program(folder.path(), &["run", "study.toml", "--out", out]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
        assert_eq!(said.err, "error: file: is a file, not a folder; choose another folder with --out\n");
    }
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "mine");
    assert_eq!(names(folder.path()), ["file", "study.toml"]);
}

/// The limit of open files is taken away from under a run; the points before are all there.
#[test]
fn without_file_descriptors_a_sentence_says_so() {
    if !prlimit_works() {
        return lacking("a limit of open files: there is no prlimit to change that of a process");
    }
    let folder = folder(&sweep(40_000));
    let results = folder.path().join("results");
    let mut run = start(folder.path());
    wait_for(&results.join("particles/1-sde.npy"), &mut run);
    let limited = shell(folder.path(), &[], &format!("prlimit --nofile=3:3 --pid {}", run.id()));
    assert_eq!(limited.code, 0, "{}", limited.err);
    let said = ended(run);
    assert_eq!(said.code, 1, "{}", said.err);
    one_sentence(&said, &["results/", "Too many open files", "raise the limit of open files (ulimit -n)"]);
    let [particles] = all_whole(&results, ["npy"]);
    assert!((2..12).contains(&particles), "{particles} of 12 points");
}

fn prlimit_works() -> bool {
    shell(Path::new("."), &[], "prlimit --nofile > /dev/null").code == 0
}

#[test]
fn more_threads_than_the_system_gives_are_refused_before_anything_is_written() {
    let folder = folder(STUDY);
    let open = |mode: &str| assert_eq!(shell(folder.path(), &[], &format!("chmod {mode} .")).code, 0);
    let Some(other) = as_other_user() else {
        return lacking(
            "a limit of threads: it does not bind root, who cannot run the program as another user here",
        );
    };
    let limit = [other, &["prlimit", "--nproc=8:8"]].concat();
    open("777");
    if shell(folder.path(), &limit, "exit 7").code != 7 {
        return lacking(
            "a limit of threads: prlimit is missing, or this user has too many processes already",
        );
    }
    let said = shell(folder.path(), &limit, "exec \"$PROGRAM\" run study.toml --threads 64");
    assert_eq!(said.code, 1, "{}", said.err);
    one_sentence(&said, &["the thread pool of 64 threads could not be started", "try a smaller --threads"]);
    assert_eq!(names(folder.path()), ["study.toml"]);
}

/// A reader that goes away is no error; a disk that takes nothing is.
#[test]
fn standard_output_that_is_closed_or_full() {
    let folder = folder(STUDY);
    let run = "\"$PROGRAM\" run study.toml --out";
    for command in ["\"$PROGRAM\" new", "\"$PROGRAM\" check study.toml"] {
        let script = format!("{{ {command}; echo $? > code; }} | head -1 > first; cat code");
        let said = shell(folder.path(), &[], &script);
        assert_eq!((said.out.as_str(), said.err.as_str()), ("0\n", ""), "{command}");
    }
    shell(folder.path(), &[], &format!("{{ {run} a; echo $? > code; }} | true")).done();
    assert_eq!(fs::read_to_string(folder.path().join("code")).unwrap(), "0\n");
    if !Path::new("/dev/full").exists() {
        return lacking("standard output on a full disk: there is no /dev/full");
    }
    for command in
        ["\"$PROGRAM\" new", "\"$PROGRAM\" check study.toml", "\"$PROGRAM\" run study.toml --out b"]
    {
        let said = shell(folder.path(), &[], &format!("{command} > /dev/full"));
        assert_eq!(said.code, 1, "{command}: {}", said.err);
        one_sentence(&said, &["standard output: cannot be written (No space left on device"]);
    }
    let [tables, figures] = all_whole(&folder.path().join("b"), ["csv", "svg"]);
    assert!(tables >= 2 && figures >= 1 && folder.path().join("b/record.json").is_file());
    let said = shell(folder.path(), &[], "exec \"$PROGRAM\" run missing.toml 2> /dev/full");
    assert_eq!((said.code, said.out.as_str()), (2, ""), "without words, but with its code");
}
