//! The whole command on workload A, from the start of the process to the last file: `cargo bench --bench whole`.
//!
//! Runs `sgd-sde run` with a number of steps and with half of it, at equal points of observation. The time that does not
//! grow with the steps is what the command spends outside of them.

use std::io::{Error, Result};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HELP: &str = "\
Wall time and peak memory of `sgd-sde run` on workload A.
  --steps 20000         steps of the longer run
  --rounds 3            runs of each length, in alternation
  --threads 2           threads of the command";

/// Workload A of `docs/performance.md`, on the margin data of the library.
fn study(steps: u64) -> String {
    let horizon = steps as f64 * 0.125;
    format!(
        r#"title = "workload A"
seed = 1

[problem]
kind = "two-layer"
activation = "sigmoid"
loss = "logistic"
width = 16
lambda = 0.13

[problem.data]
kind = "margin"
samples = 512
dim = 10
test_fraction = 0.0

[start]
law = "gaussian"
std = 1.0

[[process]]
name = "sde"
kind = "sgd-sde"
s = 0.05
dt = 0.125
particles = 256

[time]
horizon = {horizon:?}
points = 101

[observe]
quantities = ["risk", "squared_norm", "virial"]
"#
    )
}

/// Wall time in seconds and largest resident size in MiB (0 where the system does not tell).
fn run(folder: &Path, steps: u64, threads: usize) -> Result<(f64, f64)> {
    let (study_file, out) = (folder.join("study.toml"), folder.join("out"));
    std::fs::write(&study_file, study(steps))?;
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sgd-sde"))
        .args(["run", "--quiet", "--threads", &threads.to_string()])
        .arg(&study_file)
        .arg("--out")
        .arg(&out)
        .stdout(Stdio::null())
        .spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0.0f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        let text = std::fs::read_to_string(&status_file).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(kib.unwrap_or(0.0) / 1024.0);
        std::thread::sleep(Duration::from_millis(2));
    };
    let seconds = begin.elapsed().as_secs_f64();
    if !status.success() {
        return Err(Error::other(format!("the command ended with {status}")));
    }
    Ok((seconds, peak))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let (mut steps, mut rounds, mut threads) = (20_000u64, 3usize, 2usize);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--steps" => steps = value()?.parse()?,
            "--rounds" => rounds = value()?.parse()?,
            "--threads" => threads = value()?.parse()?,
            "--bench" => {}
            "--help" => {
                println!("{HELP}");
                return Ok(());
            }
            other => return Err(format!("unknown argument {other}\n{HELP}").into()),
        }
    }
    if rounds == 0 || steps < 200 {
        return Err("rounds ≥ 1, steps ≥ 200".into());
    }
    steps = steps / 200 * 200;
    let folder = tempfile::tempdir()?;
    let (mut long, mut short, mut outside, mut peak) = (Vec::new(), Vec::new(), Vec::new(), 0.0f64);
    for _ in 0..rounds {
        let (a, peak_a) = run(folder.path(), steps, threads)?;
        let (b, peak_b) = run(folder.path(), steps / 2, threads)?;
        long.push(a);
        short.push(b);
        outside.push(2.0 * b - a);
        peak = peak.max(peak_a).max(peak_b);
    }
    let (whole, rest) = (median(&long), median(&outside));
    println!("| quantity | median | rounds |\n|---|---|---|");
    println!("| {steps} steps [s] | {whole:.3} | {long:.3?} |");
    println!("| {} steps [s] | {:.3} | {short:.3?} |", steps / 2, median(&short));
    println!("| outside the steps [s] | {rest:.3} | {outside:.3?} |");
    println!("| in steps | {:.1} % | |", 100.0 * (1.0 - rest / whole));
    println!("| particle-steps/s in steps | {:.0} | |", (steps * 256) as f64 / (whole - rest));
    println!("| peak memory [MiB] | {peak:.1} | |");
    Ok(())
}
