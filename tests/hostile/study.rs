//! Study files and `--set`: read, judged, spread over their sweep, and made ready where they are small.

use crate::attack::{Answer, Attack};
use crate::dice::Dice;
use serde_json::Value;
use sgd_sde::numerics::Backend;
use sgd_sde::study::{Plan, Points, Source, Study, TEMPLATE};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The studies to start from: the one that `new` writes and every good one, seven times, and every bad one.
fn seeds() -> Vec<String> {
    let mut texts = vec![TEMPLATE.to_owned()];
    for folder in ["good", "good", "good", "good", "good", "good", "good", "bad"] {
        let folder = inputs().join(folder);
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        let studies = files.iter().filter(|file| file.extension().is_some_and(|e| e == "toml"));
        // Some of the bad ones are no text.
        texts.extend(studies.filter_map(|file| std::fs::read_to_string(file).ok()));
    }
    texts
}

fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inputs")
}

/// A value as TOML.
fn value(dice: &mut Dice) -> String {
    let texts =
        ["\"tanh\"", "true", "false", "[]", "{}", "[1, 2]", "2020-01-01", "\"\"", "'''\n'''", "0x10", "1_0"];
    match dice.below(8) {
        0 => (*dice.pick(&texts)).to_owned(),
        1 => toml::Value::String(dice.text()).to_string(),
        2 => format!("[{}, {}]", dice.number(), dice.number()),
        3 => format!("{{ {} = {} }}", dice.pick(&KEYS).rsplit('.').next().unwrap(), dice.number()),
        _ => dice.number(),
    }
}

/// Keys of studies, as `--set` and sweeps name them.
const KEYS: [&str; 56] = [
    "title",
    "seed",
    "precision",
    "problem.kind",
    "problem.width",
    "problem.depth",
    "problem.beta",
    "problem.lambda",
    "problem.lambda.times_critical",
    "problem.outer.values",
    "problem.outer.draw",
    "problem.data.kind",
    "problem.data.samples",
    "problem.data.dim",
    "problem.data.gap",
    "problem.data.test_fraction",
    "problem.data.path",
    "problem.data.split_draw",
    "problem.data.noise_variance",
    "problem.data.condition",
    "problem.data.width",
    "problem.eigenvalues",
    "problem.modes",
    "problem.nodes",
    "problem.regularity",
    "problem.margin",
    "problem.noise",
    "problem.dim",
    "problem.teacher_norm",
    "problem.attack_size",
    "start.law",
    "start.std",
    "start.at",
    "start.path",
    "start.gain",
    "process.0.name",
    "process.0.kind",
    "process.0.s",
    "process.0.dt",
    "process.0.batch",
    "process.0.particles",
    "process.0.l",
    "process.0.refinement",
    "process.0.momentum",
    "process.0.stop_radius",
    "process.0.power",
    "process.0.noise",
    "process.0",
    "time.horizon",
    "time.points",
    "observe.quantities",
    "analysis.gibbs",
    "analysis.agreement",
    "analysis.certificate",
    "sweep.seed",
    "repeat.seed",
];

fn line_of<'a>(dice: &mut Dice, text: &'a str) -> &'a str {
    let lines: Vec<&'a str> = text.lines().collect();
    if lines.is_empty() { "" } else { lines[dice.below(lines.len())] }
}

/// One change of a study's text.
fn change(dice: &mut Dice, text: &mut String, seeds: &[String]) {
    let lines: Vec<&str> = text.lines().collect();
    let at = dice.below(lines.len() + 1);
    let with = |new: String| {
        let mut lines: Vec<&str> = lines.clone();
        lines.insert(at, &new);
        lines.join("\n") + "\n"
    };
    *text = match dice.below(14) {
        0..=3 => {
            let mut bytes = text.clone().into_bytes();
            dice.replace_number(&mut bytes);
            String::from_utf8(bytes).unwrap()
        }
        4 => {
            // A value of a key that is there.
            let place = at.min(lines.len().saturating_sub(1));
            let new = value(dice);
            let change = |(i, line): (usize, &&str)| match line.split_once('=') {
                Some((key, _)) if i == place => format!("{key}= {new}\n"),
                _ => format!("{line}\n"),
            };
            lines.iter().enumerate().map(change).collect()
        }
        5 => {
            let other = dice.pick(seeds).clone();
            with(line_of(dice, &other).to_owned())
        }
        6 => with(line_of(dice, text).to_owned()),
        7 => {
            lines.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, line)| format!("{line}\n")).collect()
        }
        8 => {
            let key = dice.pick(&KEYS).rsplit('.').next().unwrap();
            with(format!("{key} = {}", value(dice)))
        }
        9 => with(format!(
            "[{}]",
            dice.pick(&["problem", "sweep", "repeat", "time", "process", "x.y", "problem.data"])
        )),
        10 => with(format!("\"{}\" = [{}]", dice.pick(&KEYS), vec![value(dice); dice.below(5)].join(", "))),
        11 => nested(dice, with),
        12 => {
            let key = toml::Value::String(dice.text());
            with(format!("{key} = {}", value(dice)))
        }
        _ => {
            let mut bytes = text.clone().into_bytes();
            let other = dice.pick(seeds).clone();
            dice.mangle(&mut bytes, other.as_bytes());
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
}

/// Depth, length and number without end.
fn nested(dice: &mut Dice, with: impl Fn(String) -> String) -> String {
    let many = 1 << if dice.once_in(50) { dice.below(16) } else { dice.below(8) };
    with(match dice.below(7) {
        0 => format!("x = {}", "[".repeat(many)),
        1 => format!("x = {}1{}", "[".repeat(many), "]".repeat(many)),
        2 => format!("x = {}1{}", "{a = ".repeat(many), "}".repeat(many)),
        3 => format!("{}x = 1", "a.".repeat(many)),
        4 => format!("[{}x]", "a.".repeat(many)),
        5 => "[[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\n".repeat(many),
        _ => format!("eigenvalues = [{}]", "1.0, ".repeat(many)),
    })
}

/// A study's text and what the command line sets.
fn study(dice: &mut Dice, seeds: &[String]) -> (String, Vec<String>) {
    let mut text = dice.pick(seeds).clone();
    if !dice.once_in(3) {
        // Numbers alone: most of these are studies still.
        let mut bytes = text.into_bytes();
        for _ in 0..=dice.below(3) {
            dice.vary_number(&mut bytes);
        }
        return (String::from_utf8(bytes).unwrap(), Vec::new());
    }
    for _ in 0..=dice.below(3) {
        change(dice, &mut text, seeds);
    }
    let set = |dice: &mut Dice| match dice.below(6) {
        0 => dice.text(),
        1 => format!("{}={}", dice.text(), dice.text()),
        2 => format!("{}={}", "a.".repeat(1 << dice.below(8)), value(dice)),
        _ => format!("{}={}", dice.pick(&KEYS), value(dice)),
    };
    let count = if dice.once_in(3) { dice.below(3) } else { 0 };
    (text, (0..count).map(|_| set(dice)).collect())
}

/// Whether every whole number of a study is small, so that making it ready costs little.
fn is_small(study: &Study) -> bool {
    fn small(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.as_u64().is_none_or(|n| n <= 400),
            Value::Array(list) => list.len() <= 200 && list.iter().all(small),
            Value::Object(map) => map.iter().all(|(key, value)| {
                key == "seed" || key.ends_with("draw") || key == "particles" || small(value)
            }),
            _ => true,
        }
    }
    small(&serde_json::to_value(study).unwrap())
}

/// Reads a study, and makes it ready where `ready` says so and it is small.
fn read(file: &Path, text: &str, set: &[String], ready: bool) -> Answer {
    let said = |error: sgd_sde::error::Error| {
        assert_eq!(error.exit_code(), 2);
        let message = error.to_string();
        let place = message.starts_with(&file.display().to_string()) || message.starts_with("--set ");
        assert!(place, "no place in: {message}");
        message
    };
    let mut source = Source::parse(file, text).map_err(said)?;
    for assignment in set {
        source.set(assignment).map_err(said)?;
    }
    let points = Points::of(&source).map_err(said)?;
    for point in points.iter().take(2) {
        let study = Study::read(&point.source).map_err(said)?;
        if ready && is_small(&study) {
            let plan = Plan::new(&point.source, Backend::Portable).map_err(said)?;
            assert!(plan.clock.observations.len() >= 2 && plan.clock.end() > 0.0);
            assert!(plan.processes().iter().all(|p| p.step_length() > 0.0));
        }
    }
    Ok(())
}

fn attack(attack: &Attack, ready: bool) {
    let seeds = seeds();
    let file = inputs().join("good/study.toml");
    attack.run(
        |dice| study(dice, &seeds),
        |(text, set)| read(&file, text, set, ready),
        |(text, set)| format!("{text}\n--- --set ---\n{}", set.join("\n")).into_bytes(),
    );
}

#[test]
fn studies() {
    let (patience, memory) = (Duration::from_secs(2), 256 << 20);
    attack(&Attack { name: "studies", inputs: 10_000, patience, memory }, false);
}

#[test]
fn studies_made_ready() {
    let patience = Duration::from_secs(2);
    attack(&Attack { name: "studies_made_ready", inputs: 3_000, patience, memory: 1 << 30 }, true);
}
