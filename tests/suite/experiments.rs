//! Every study in experiments/ runs, at reduced scale.

use crate::support::program::{names, program};
use std::fs;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments")
}

/// IDX files of 30 images of 28 × 28 pixels of two classes.
fn small_idx(at: &Path, classes: &[Value]) -> (PathBuf, PathBuf) {
    let class = |i: usize| classes[i % 2].as_integer().unwrap() as u8;
    let word = |n: u32| n.to_be_bytes();
    let mut images = [word(0x803), word(30), word(28), word(28)].concat();
    images.extend((0..30_usize * 784).map(|i| ((i / 784 % 2) * 90 + i * i % 97) as u8));
    let mut labels = [word(0x801), word(30)].concat();
    labels.extend((0..30).map(class));
    let paths = (at.join("images.idx"), at.join("labels.idx"));
    fs::write(&paths.0, images).unwrap();
    fs::write(&paths.1, labels).unwrap();
    paths
}

/// The files of the real test images where SGD_SDE_MNIST names their folder, else small ones made here.
fn idx_files(name: &str, at: &Path, classes: &[Value]) -> (PathBuf, PathBuf) {
    let Some(real) = std::env::var_os("SGD_SDE_MNIST").map(PathBuf::from) else {
        println!(
            "{name}: SGD_SDE_MNIST names no folder with the MNIST files; 30 made-up images stand for them"
        );
        return small_idx(at, classes);
    };
    let file = |stem: &str| {
        let packed = real.join(format!("{stem}.gz"));
        if packed.exists() { packed } else { real.join(stem) }
    };
    (file("t10k-images-idx3-ubyte"), file("t10k-labels-idx1-ubyte"))
}

/// Whether s is the step of a process.
fn steps_by_s(kind: &Value) -> bool {
    matches!(kind.as_str(), Some("sgd" | "one-pass-sgd"))
}

/// Two draws of each repeated key, and in a repeated study two values of each swept key.
fn few_draws(study: &Table) -> Vec<String> {
    let keys = |section: &str| study.get(section).and_then(Value::as_table).cloned().unwrap_or_default();
    let draws = keys("repeat");
    let cells = if draws.is_empty() { Table::new() } else { keys("sweep") };
    let two = |(key, values): (&String, &Value)| {
        let values: Vec<String> = values.as_array().unwrap().iter().take(2).map(Value::to_string).collect();
        format!("sweep.{key}=[{}]", values.join(", "))
    };
    draws.keys().map(|key| format!("repeat.{key}=2")).chain(cells.iter().map(two)).collect()
}

/// `--set` options for few particles, few rows and a few steps.
fn reduced(name: &str, study: &Table, at: &Path) -> Vec<String> {
    let mut set = vec!["time.points=3".to_owned()];
    let mut longest = 0.0_f64;
    for (i, process) in study["process"].as_array().unwrap().iter().enumerate() {
        set.push(format!("process.{i}.particles=6"));
        let step = process
            .get("dt")
            .or(process.get("step"))
            .or(process.get("s").filter(|_| steps_by_s(&process["kind"])));
        longest = longest.max(step.and_then(Value::as_float).unwrap_or(0.0));
    }
    if study["time"]["horizon"].is_table() {
        set.push("time.horizon={ epochs = 2 }".into());
    } else if longest > 0.0 {
        set.push(format!("time.horizon={}", 2.0 * longest));
    }
    for (i, process) in study["process"].as_array().unwrap().iter().enumerate() {
        if process.get("batch").is_some_and(|batch| batch.as_integer().is_none_or(|rows| rows > 32)) {
            set.push(format!("process.{i}.batch=10"));
        }
    }
    set.extend(few_draws(study));
    match study["problem"].get("data") {
        Some(data) if data["kind"].as_str() == Some("idx") => {
            let (images, labels) = idx_files(name, at, data["classes"].as_array().unwrap());
            set.push(format!("problem.data.images={}", images.display()));
            set.push(format!("problem.data.labels={}", labels.display()));
        }
        // No more rows than inputs: few anyway.
        Some(data) if data["kind"].as_str() == Some("independent-inputs") => {}
        Some(data) if data.get("samples").is_some() => set.push("problem.data.samples=60".into()),
        _ => {}
    }
    if study.get("analysis").and_then(|analysis| analysis.get("gibbs")).is_some() {
        set.push("analysis.gibbs={ draws = 64, times = 1, replicates = 19 }".into());
    }
    if study.get("analysis").and_then(|analysis| analysis.get("agreement")).is_some() {
        set.extend(["analysis.agreement.particles=8".to_owned(), "analysis.agreement.at=[]".to_owned()]);
    }
    if study.get("analysis").and_then(|analysis| analysis.get("lojasiewicz")).is_some() {
        set.push("analysis.lojasiewicz.searches=1".into());
        set.push("analysis.lojasiewicz.starts=2".into());
    }
    if let Some(ntk) = study.get("analysis").and_then(|analysis| analysis.get("ntk")) {
        set.extend(["analysis.ntk.draws=4".to_owned(), "analysis.ntk.particles=4".to_owned()]);
        set.push("time.horizon=8".into());
        for (key, few) in [("widths", "[4, 8, 16]"), ("horizons", "[4, 8, 16]")] {
            if ntk.get(key).is_some() {
                set.push(format!("analysis.ntk.{key}={few}"));
            }
        }
    }
    // A reference sample for each point of a sweep would take minutes.
    if study.contains_key("sweep")
        && study.get("analysis").and_then(|analysis| analysis.get("mixing")).is_some()
    {
        set.push("analysis.mixing=false".into());
    }
    set
}

#[test]
fn every_experiment_runs_at_reduced_scale() {
    let files: Vec<String> = names(&folder()).into_iter().filter(|name| name.ends_with(".toml")).collect();
    assert!(files.len() >= 7, "{files:?}");
    let scratch = tempfile::tempdir().unwrap();
    for name in files {
        let text = fs::read_to_string(folder().join(&name)).unwrap();
        for word in ["# Question", "# Source", "# Expected"] {
            assert!(text.contains(word), "{name}: the header has no line '{word}'");
        }
        let set = reduced(&name, &toml::from_str(&text).unwrap(), scratch.path());
        let study = folder().join(&name).display().to_string();
        let mut arguments = vec!["run", &study, "--out", &name];
        set.iter().for_each(|assignment| arguments.extend(["--set", assignment]));
        let said = program(scratch.path(), &arguments).done();
        assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{name}: {}", said.out);
        assert!(scratch.path().join(&name).join("curves.csv").is_file(), "{name}");
    }
}
