//! One workload of `docs/performance.md` by this library: `cargo bench --bench steps -- A f64 2`.

mod data;
mod library;
#[path = "../shared/workloads.rs"]
#[allow(dead_code, reason = "shared with the limit program")]
mod workloads;

use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::problem::Precision;
use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;
use workloads::{Kind, Workload};

const HELP: &str = "\
steps WORKLOAD DTYPE THREADS [options]: particle-steps a second of a workload, as JSON.
  WORKLOAD              A, B, C, D, E1, E2 or F
  DTYPE                 f64, or f32 for the particle kernels of A, B, C, D and F (weights and noise stay f64)
  --seconds 2           length of a measurement
  --backend NAME        avx512, avx2 or portable; the widest there is by default
  --serve               print a line when ready, then measure once for every line of standard input
  --d, --p, --n, --b, --particles NUMBER    other sizes";

/// A workload in memory.
trait Program {
    /// Error of the gradient against the plain scalar formula, relative to the largest entry.
    fn gradient_error(&self) -> f64;
    fn advance(&mut self, steps: u64);
    /// E‖W‖² over the particles.
    fn mean_squared_norm(&self) -> f64;
    /// The last E L̃ read; NaN where none is.
    fn risk(&self) -> f64;
}

struct Options {
    workload: Workload,
    single: bool,
    threads: usize,
    seconds: f64,
    backend: Backend,
    serve: bool,
}

fn parse<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("cannot read \"{text}\""))
}

fn options() -> Result<Option<Options>, String> {
    let mut places = Vec::new();
    let (mut seconds, mut backend) = (2.0, Backend::detect());
    let mut serve = false;
    let mut sizes = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--seconds" => seconds = parse(&value()?)?,
            "--backend" => backend = value()?.parse().map_err(|e| format!("{e}"))?,
            "--serve" => serve = true,
            "--d" | "--p" | "--n" | "--b" | "--particles" => sizes.push((argument.clone(), value()?)),
            // Cargo's own.
            "--bench" => {}
            "--help" => return Ok(None),
            other if other.starts_with('-') => return Err(format!("unknown argument {other}")),
            _ => places.push(argument),
        }
    }
    let [name, dtype, threads] = places.as_slice() else {
        return if places.is_empty() { Ok(None) } else { Err("three arguments are needed".to_owned()) };
    };
    let mut workload: Workload = name.parse()?;
    for (size, value) in sizes {
        let place = match size.as_str() {
            "--d" => &mut workload.d,
            "--p" => &mut workload.p,
            "--n" => &mut workload.n,
            "--b" => &mut workload.b,
            _ => &mut workload.particles,
        };
        *place = parse(&value)?;
    }
    let single = match dtype.as_str() {
        "f64" => false,
        "f32" => true,
        other => return Err(format!("no precision \"{other}\": f64 or f32")),
    };
    let threads = parse(threads)?;
    Ok(Some(Options { workload, single, threads, seconds, backend, serve }))
}

/// Largest resident size so far in MiB, where the system tells.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let Options { workload, backend, .. } = options;
    let threads = Threads::new(options.threads)?;
    let precision = if options.single { Precision::F32 } else { Precision::F64 };
    if options.single && matches!(workload.kind, Kind::DoubleWell | Kind::Quadratic) {
        return Err("only the kernels of nets have 32-bit arithmetic".into());
    }
    let mut program: Box<dyn Program> =
        Box::new(library::Library::new(workload, threads, backend, precision));
    let error = program.gradient_error();
    let tolerance = if options.single { 1e-4 } else { 1e-12 };
    if error.is_nan() || error >= tolerance {
        return Err(format!("the gradient is off by {error:e}").into());
    }
    program.advance(workload.chunk);
    let dtype = if options.single { "f32" } else { "f64" };
    let head = format!(
        r#""program":"sgd-sde","workload":"{}","dtype":"{dtype}","threads":{},"backend":"{backend}""#,
        workload.name, options.threads
    );
    println!(
        r#"{{{head},"ready":true,"gradient_error":{error:e},"mean_squared_norm":{:e}}}"#,
        program.mean_squared_norm()
    );
    let mut measure = || {
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed().as_secs_f64() < options.seconds {
            program.advance(workload.chunk);
            steps += workload.chunk;
        }
        let seconds = start.elapsed().as_secs_f64();
        black_box(program.risk());
        let rate = (steps * workload.particles as u64) as f64 / seconds;
        println!(
            r#"{{{head},"particle_steps_per_second":{rate:e},"steps":{steps},"seconds":{seconds:.4},"mean_squared_norm":{:e},"peak_mib":{:.1}}}"#,
            program.mean_squared_norm(),
            peak_mib()
        );
    };
    if options.serve {
        for line in std::io::stdin().lock().lines() {
            line?;
            measure();
        }
    } else {
        measure();
    }
    Ok(())
}
