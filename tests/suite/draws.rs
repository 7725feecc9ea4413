//! Repeated studies: every cell for every draw, and what the draws say.

use crate::support::program::{fits_80_columns, folder, lines, names, program};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A net over two widths, four draws of a and three splits, three particles each.
const REPEATED: &str = "title = 'draws'\nseed = 4\n[problem]\nkind = 'two-layer'\nactivation = 'sigmoid'\nwidth = 3\nlambda = 0.01\n\
                        [problem.data]\nkind = 'margin'\nsamples = 50\ndim = 3\ntest_fraction = 0.2\n\
                        [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.5\nbatch = { fraction = 0.25 }\nsampling = 'epochs'\nparticles = 3\n\
                        [time]\nhorizon = { epochs = 6 }\npoints = 4\n[observe]\nquantities = ['test_risk', 'test_accuracy']\n\
                        [sweep]\n'problem.width' = [2, 3]\n\
                        [repeat]\n'problem.outer.draw' = 4\n'problem.data.split_draw' = 3\n";

/// The rows of a table by column name.
fn table(file: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv_lines(&fs::read_to_string(file).unwrap());
    let head = reader.remove(0);
    reader.into_iter().map(|row| head.iter().cloned().zip(row).collect()).collect()
}

/// Fields of a comma-separated text; fields in quotes hold commas.
fn csv_lines(text: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| {
        let (mut fields, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(String::new()),
                c => fields.last_mut().unwrap().push(c),
            }
        }
        fields
    };
    text.lines().map(fields).collect()
}

fn number(row: &HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {row:?}"))
}

#[test]
fn every_cell_is_run_for_every_draw_and_threads_change_nothing() {
    let folder = folder(REPEATED);
    let at = |name: &str| folder.path().join(name);
    for threads in ["1", "2", "5"] {
        let said =
            program(folder.path(), &["run", "study.toml", "--out", threads, "--threads", threads]).done();
        fits_80_columns(&said);
        assert!(said.out.contains("medians over problem.outer.draw"), "{}", said.out);
    }
    for file in ["curves.csv", "draws.csv", "estimates.csv", "readings.csv", "points.csv"] {
        let bytes = |threads: &str| fs::read(at(threads).join(file)).unwrap();
        assert!(bytes("1") == bytes("2") && bytes("1") == bytes("5"), "{file}");
    }
    let points = lines(&at("2").join("points.csv"));
    assert_eq!(points[0], "point,problem.width,problem.outer.draw,problem.data.split_draw");
    assert_eq!((points.len(), points[1].as_str(), points[24].as_str()), (25, "0,2,0,0", "23,3,3,2"));
    assert_eq!(names(&at("2").join("particles")).len(), 24);
    assert_eq!(lines(&at("2").join("readings.csv")).len(), 1 + 24 * 3 * 3);
    // Each point is what the study gives with these values written in it.
    let alone =
        ["run", "study.toml", "--out", "alone", "--set", "problem.width=3", "--set", "problem.outer.draw=3"];
    let more = ["--set", "problem.data.split_draw=2", "--set", "sweep={}", "--set", "repeat={}"];
    program(folder.path(), &[&alone[..], &more[..]].concat()).done();
    let curve = |name: &str, point: &str| {
        let rows = lines(&at(name).join("curves.csv"));
        let of = rows.iter().filter_map(|row| row.strip_prefix(&format!("{point},"))).map(str::to_owned);
        of.collect::<Vec<String>>()
    };
    assert_eq!(curve("2", "23"), curve("alone", "0"));
}

/// Medians and shares, computed here from the curves and readings.
#[test]
fn draws_are_means_over_all_else_that_is_drawn() {
    let folder = folder(REPEATED);
    program(folder.path(), &["run", "study.toml", "--out", "out", "--quiet"]).done();
    let file = |name: &str| table(&folder.path().join("out").join(name));
    let (points, curves, draws) = (file("points.csv"), file("curves.csv"), file("draws.csv"));
    let value = |point: &str| {
        let of = |row: &&HashMap<String, String>| row["point"] == point && row["quantity"] == "test_accuracy";
        number(curves.iter().rfind(of).unwrap(), "mean")
    };
    let mut by_draw = [0.0; 4];
    for point in points.iter().filter(|p| p["problem.width"] == "3") {
        by_draw[point["problem.outer.draw"].parse::<usize>().unwrap()] += value(&point["point"]) / 3.0;
    }
    by_draw.sort_by(f64::total_cmp);
    let wanted = |over: &str| {
        let of = |row: &&HashMap<String, String>| {
            row["point"] == "12"
                && row["quantity"] == "test_accuracy"
                && row["over"] == over
                && row["process"] == "sgd"
        };
        draws.iter().rfind(of).unwrap().clone()
    };
    let row = wanted("problem.outer.draw");
    assert_eq!((row["n"].as_str(), row["cell"].as_str()), ("4", "problem.width = 3"));
    assert!((number(&row, "median") - 0.5 * (by_draw[1] + by_draw[2])).abs() < 1e-12, "{row:?} {by_draw:?}");
    assert!((number(&row, "most") - by_draw[3]).abs() < 1e-12);
    assert!(row["ci_low"].is_empty() && row["note"].starts_with("fewer than 6 draws"), "{row:?}");
    assert_eq!(wanted("particles")["n"], "3");
    let runs = wanted("runs");
    assert!(runs["n"] == "36" && runs["note"].contains("not independent"), "{runs:?}");
    let shares: f64 = file("estimates.csv")
        .iter()
        .filter(|row| row["name"] == "variance_share" && row["point"] == "12" && row["process"] == "sgd")
        .filter(|row| row["quantity"].starts_with("test_risk: "))
        .map(|row| number(row, "value"))
        .sum();
    assert!((shares - 1.0).abs() < 1e-9, "{shares}");
}

/// Fractions and epochs become numbers once the rows are known: 40 rows for training, ten a batch, four steps an epoch of 0.5.
#[test]
fn fractions_and_epochs_are_recorded_as_numbers() {
    let folder = folder(REPEATED);
    let once = ["run", "study.toml", "--out", "out", "--quiet", "--set", "sweep={}", "--set", "repeat={}"];
    program(folder.path(), &once).done();
    let text = fs::read(folder.path().join("out/record.json")).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(record["study"]["process"][0]["batch"], 10);
    assert_eq!(record["study"]["time"]["horizon"], 12.0);
    assert_eq!(record["processes"][0]["steps"], 24);
    assert_eq!(record["study"]["problem"]["data"]["split_draw"], 0);
    assert!(!folder.path().join("out/draws.csv").exists());
}

/// The minimiser is read where it exists, and its absence is said.
#[test]
fn the_minimiser_is_read_where_there_is_one() {
    let folder = folder(REPEATED);
    let once = ["--quiet", "--set", "sweep={}", "--set", "repeat={}"];
    let estimate = |name: &str, more: &[&str]| {
        program(folder.path(), &[&["run", "study.toml", "--out", name], &once[..], more].concat()).done();
        let rows = table(&folder.path().join(name).join("estimates.csv"));
        rows.into_iter().find(|row| row["name"] == "minimum_test_accuracy").unwrap()
    };
    let far =
        ["--set", "time.horizon={ epochs = 4000 }", "--set", "process.0.batch=40", "--set", "time.points=2"];
    let found = number(&estimate("at", &far), "value");
    let curves = table(&folder.path().join("at/curves.csv"));
    let trained = curves.iter().rfind(|row| row["quantity"] == "test_accuracy").unwrap();
    assert_eq!(number(trained, "mean"), found, "full batches end at the minimiser, t lambda = 20");
    let none = estimate("without", &["--set", "problem.lambda=0.0"]);
    assert!(none["value"].is_empty() && none["note"].contains("lambda = 0"), "{none:?}");
}

#[test]
fn figures_of_draws_are_drawn_again_from_the_tables() {
    let swept = folder(REPEATED);
    program(swept.path(), &["run", "study.toml", "--out", "out", "--quiet"]).done();
    let figures = swept.path().join("out/figures");
    let before = names(&figures);
    for name in ["draws-test_accuracy.svg", "draws-sum-test_risk-sgd.svg"] {
        assert!(before.iter().any(|file| file == name), "{name}: {before:?}");
    }
    let bytes = fs::read(figures.join("draws-test_accuracy.svg")).unwrap();
    fs::remove_file(figures.join("draws-test_accuracy.svg")).unwrap();
    let said = program(swept.path(), &["plot", "out"]);
    assert_eq!((said.code, names(&figures)), (0, before));
    assert_eq!(bytes, fs::read(figures.join("draws-test_accuracy.svg")).unwrap());
    let arguments = |sweep: &'static str| ["run", "study.toml", "--out", sweep, "--quiet", "--set", sweep];
    program(swept.path(), &arguments("sweep={}")).done();
    let figures = names(&swept.path().join("sweep={}/figures"));
    for name in ["draws-shares.svg", "draws-distribution-test_accuracy.svg", "draws-time-test_risk.svg"] {
        assert!(figures.iter().any(|file| file == name), "{name}: {figures:?}");
    }
    let two = "sweep={ 'problem.width' = [2, 3], 'problem.lambda' = [0.1, 0.2] }";
    program(swept.path(), &["run", "study.toml", "--out", "two", "--quiet", "--set", two]).done();
    let figures = names(&swept.path().join("two/figures"));
    for name in [
        "map-test_accuracy-sgd-median.svg",
        "map-minimum_test_accuracy-q10.svg",
        "draws-sum-test_accuracy-sgd-1.svg",
    ] {
        assert!(figures.iter().any(|file| file == name), "{name}: {figures:?}");
    }
}
