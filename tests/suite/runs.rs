//! Runs that meet other runs: occupied folders, sweeps, failures, starts from earlier particles.

use crate::support::program::{STUDY, fits_80_columns, folder, lines, names, program};
use ndarray::ArrayD;
use ndarray_npy::ReadNpyExt;
use std::fs;

#[test]
fn a_folder_with_results_is_refused_without_force() {
    let folder = folder(STUDY);
    program(folder.path(), &["run", "study.toml", "--quiet"]).done();
    let before = fs::read(folder.path().join("results/study/record.json")).unwrap();
    let said = program(folder.path(), &["run", "study.toml", "--set", "seed=3"]);
    assert_eq!(said.code, 2);
    assert_eq!(
        said.err,
        "error: results/study: already holds results; choose another folder with --out, or replace them with --force\n"
    );
    assert_eq!(before, fs::read(folder.path().join("results/study/record.json")).unwrap());
    program(folder.path(), &["run", "study.toml", "--set", "seed=3", "--force", "--quiet"]).done();
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("results/study/record.json")).unwrap()).unwrap();
    assert_eq!((&record["seed"], &record["set"][0]), (&3.into(), &"seed=3".into()));
}

#[test]
fn a_sweep_names_its_points() {
    let folder = folder(&format!("{STUDY}[sweep]\n'problem.width' = [2, 3]\n'process.sgd.batch' = [4, 8]\n"));
    let said = program(folder.path(), &["run", "study.toml", "--out", "out"]).done();
    fits_80_columns(&said);
    let points = lines(&folder.path().join("out/points.csv"));
    assert_eq!(points, ["point,problem.width,process.sgd.batch", "0,2,4", "1,2,8", "2,3,4", "3,3,8"]);
    assert_eq!(names(&folder.path().join("out/particles")).len(), 8);
    let array =
        ArrayD::<f64>::read_npy(fs::File::open(folder.path().join("out/particles/3-sde.npy")).unwrap());
    assert_eq!(array.unwrap().shape(), [12, 3, 2]);
}

/// A run that loses every particle ends with 1 and leaves whole results.
#[test]
fn a_failed_run_ends_with_1_and_keeps_what_it_has() {
    let folder = folder(
        "[problem]\nkind = 'double-well'\n[start]\nlaw = 'point'\nat = [1e3]\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.5\nparticles = 20\n[time]\nhorizon = 10\npoints = 3\n",
    );
    let said = program(folder.path(), &["run", "study.toml"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("all 20 particles left the finite numbers"), "{}", said.err);
    assert!(said.out.contains("sgd-sde"), "the summary is printed: {}", said.out);
    let curves = lines(&folder.path().join("results/study/curves.csv"));
    assert!(curves.last().unwrap().contains(",0,,,,"), "no made-up numbers: {:?}", curves.last());
    for file in
        ["record.json", "estimates.csv", "particles/0-sgd-sde.npy", "figures/risk.svg", "figures/risk.pdf"]
    {
        assert!(folder.path().join("results/study").join(file).is_file(), "no {file}");
    }
}

/// Particles of a run are the start of another.
#[test]
fn a_run_starts_from_the_particles_of_another() {
    let folder = folder(STUDY);
    program(folder.path(), &["run", "study.toml", "--out", "first", "--quiet"]).done();
    let from = [
        "--set",
        "start.law=file",
        "--set",
        "start.path=first/particles/0-sde.npy",
        "--set",
        "process.sde.s=0.0",
    ];
    let step = [
        "--set",
        "process.sde.dt=1e-9",
        "--set",
        "time.horizon=1e-9",
        "--set",
        "process.sgd.s=1e-9",
        "--quiet",
    ];
    program(folder.path(), &[&["run", "study.toml", "--out", "second"], &from[..], &step[..]].concat())
        .done();
    let read =
        |file: &str| ArrayD::<f64>::read_npy(fs::File::open(folder.path().join(file)).unwrap()).unwrap();
    let (first, second) = (read("first/particles/0-sde.npy"), read("second/particles/0-sde.npy"));
    assert_eq!(first.shape(), second.shape());
    assert!(first.iter().zip(&second).all(|(a, b)| (a - b).abs() < 1e-6));
}
