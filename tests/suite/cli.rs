//! The program: what it writes, what it says, how it ends.

use crate::support::program::{STUDY, fits_80_columns, folder, lines, names, program};
use ndarray::ArrayD;
use ndarray_npy::ReadNpyExt;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[test]
fn a_run_leaves_the_folder_of_the_contract() {
    let folder = folder(STUDY);
    let said = program(folder.path(), &["run", "study.toml", "--threads", "2"]).done();
    fits_80_columns(&said);
    for word in ["sde ", "sgd ", "sde − sgd", "results/study"] {
        assert!(said.out.contains(word), "{word} in {}", said.out);
    }
    let results = folder.path().join("results/study");
    assert_eq!(names(&results), ["curves.csv", "estimates.csv", "figures/", "particles/", "record.json"]);
    assert_eq!(names(&results.join("particles")), ["0-sde.npy", "0-sgd.npy"]);
    let curves = lines(&results.join("curves.csv"));
    assert_eq!(curves[0], "point,process,quantity,step,time,n,mean,std_err,ci_low,ci_high");
    assert_eq!(curves.len() - 1, 3 * 3 * 2, "times × (two processes and their difference) × quantities");
    let estimates = lines(&results.join("estimates.csv"));
    assert_eq!(estimates[0], "point,process,name,quantity,value,std_err,ci_low,ci_high,method,note");
    let array =
        ArrayD::<f64>::read_npy(fs::File::open(results.join("particles/0-sgd.npy")).unwrap()).unwrap();
    assert_eq!(array.shape(), [10, 3, 2]);
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(results.join("record.json")).unwrap()).unwrap();
    for key in
        ["version", "commit", "study", "seed", "threads", "machine", "wall_seconds", "backend", "estimates"]
    {
        assert!(!record[key].is_null(), "record.json has no {key}");
    }
    assert_eq!(record["study"]["process"][1]["sampling"], "with-replacement", "defaults are filled in");
    for key in [
        "point",
        "name",
        "kind",
        "particles",
        "dim",
        "steps",
        "seconds_in_steps",
        "particle_steps_per_second",
        "divergences",
    ] {
        assert!(!record["processes"][0][key].is_null(), "a process has no {key}");
    }
}

fn figures(results: &Path) -> BTreeMap<String, Vec<u8>> {
    let folder = results.join("figures");
    let read = |name: String| (name.clone(), fs::read(folder.join(name)).unwrap());
    names(&folder).into_iter().map(read).collect()
}

#[test]
fn plot_draws_the_same_figures_again() {
    let folder = folder(STUDY);
    program(folder.path(), &["run", "study.toml", "--out", "here", "--quiet"]).done();
    let first = figures(&folder.path().join("here"));
    for kind in ["svg", "png", "pdf"] {
        assert!(first.keys().any(|name| name.ends_with(kind)), "no {kind} among {:?}", first.keys());
    }
    fs::remove_dir_all(folder.path().join("here/figures")).unwrap();
    program(folder.path(), &["plot", "here"]).done();
    let again = figures(&folder.path().join("here"));
    assert_eq!(first.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(again[name] == *bytes, "{name} differs");
    }
    let said = program(folder.path(), &["plot", "nothing-here"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("is no results folder"), "{}", said.err);
}

#[test]
fn bad_input_ends_with_2_and_writes_nothing() {
    let folder = folder(&STUDY.replace("width = 3", "width = 0"));
    let bad: [&[&str]; 9] = [
        &["run", "study.toml", "--set", "problem.width=3", "--threads", "99999999"],
        &["run", "study.toml", "--set", "problem..width=3"],
        &["run", "study.toml", "--set", "=3"],
        &["run", "study.toml"],
        &["run", "no-such-study.toml"],
        &["run", "study.toml", "--set", "problem.width"],
        &["run", "study.toml", "--set", "problem.width=3", "--set", "process.other.s=1"],
        &["run", "study.toml", "--set", "problem.width=3", "--backend", "sse"],
        &["run"],
    ];
    for arguments in bad {
        let said = program(folder.path(), arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
        assert!(said.err.starts_with("error: "), "{}", said.err);
    }
    assert_eq!(names(folder.path()), ["study.toml"]);
}

#[test]
fn new_writes_a_study_that_is_ready_and_overwrites_none() {
    let folder = tempfile::tempdir().unwrap();
    let said = program(folder.path(), &["new"]).done();
    program(folder.path(), &["new", "mine.toml"]).done();
    assert_eq!(fs::read_to_string(folder.path().join("mine.toml")).unwrap(), said.out);
    let small = ["--set", "process.sde.particles=8", "--set", "process.sgd.particles=8"];
    let said = program(folder.path(), &[&["check", "mine.toml"], &small[..]].concat()).done();
    assert!(said.out.contains("this study can"), "{}", said.out);
    let again = program(folder.path(), &["new", "mine.toml"]);
    assert_eq!((again.code, again.out.as_str()), (2, ""));
    assert_eq!(
        again.err.trim_end(),
        "error: mine.toml: exists already, and a new study replaces nothing; name another file, or remove this one"
    );
    for nowhere in ["no-such-folder", "mine.toml"] {
        let said = program(folder.path(), &["new", &format!("{nowhere}/x.toml")]);
        assert_eq!(said.code, 2);
        let message = "there is no such folder; make it, or name a file in another";
        assert_eq!(said.err.trim_end(), format!("error: {nowhere}: {message}"));
    }
    assert_eq!(names(folder.path()), ["mine.toml"]);
}

#[test]
fn check_gives_its_verdict_and_writes_nothing() {
    let folder = folder(STUDY);
    let far = ["--set", "start.std=100", "--set", "process.sde.s=0.0001", "--set", "process.sgd.s=0.001"];
    let said = program(folder.path(), &[&["check", "study.toml"], &far[..]].concat()).done();
    fits_80_columns(&said);
    assert!(said.out.contains("this study can resolve the decay"), "{}", said.out);
    let near = ["--set", "start.std=0.01", "--set", "process.sde.s=1.0"];
    let said = program(folder.path(), &[&["check", "study.toml"], &near[..]].concat()).done();
    assert!(said.out.contains("this study cannot resolve the decay"), "{}", said.out);
    assert_eq!(names(folder.path()), ["study.toml"]);
}
