//! What this machine can do, and from it the floors of the workloads: `cargo bench --bench limits -- --help`.

mod components;
mod floors;
mod fma;
mod measure;
#[path = "../shared/workloads.rs"]
#[allow(dead_code, reason = "the step program needs more of it")]
mod workloads;

use components::Component;
use floors::{Floor, Needs};
use measure::Rounds;
use sgd_sde::numerics::{Backend, Real};
use std::time::Duration;

const HELP: &str = "\
Rates of the components of a step and floors of the workloads, median (min-max) over rounds.
  --threads 1,2         how many threads, one table each
  --rounds 7            rounds; all components are measured once a round
  --milliseconds 40     length of one measurement
  --backend NAME        avx512, avx2 or portable; the widest there is by default
  --json                one JSON line instead of tables";

struct Options {
    threads: Vec<usize>,
    rounds: usize,
    span: Duration,
    backend: Backend,
    json: bool,
}

fn options() -> Result<Option<Options>, String> {
    let mut options = Options {
        threads: vec![1, 2],
        rounds: 7,
        span: Duration::from_millis(40),
        backend: Backend::detect(),
        json: false,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |text: String| match text.parse::<usize>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("\"{text}\" is not a positive whole number")),
        };
        match argument.as_str() {
            "--threads" => {
                let list = value()?;
                let numbers = list.split(',').map(|part| number(part.to_owned()));
                options.threads = numbers.collect::<Result<_, _>>()?;
            }
            "--rounds" => options.rounds = number(value()?)?,
            "--milliseconds" => options.span = Duration::from_millis(number(value()?)? as u64),
            "--backend" => {
                let backend: Backend = value()?.parse().map_err(|e| format!("{e}"))?;
                if !backend.is_available() {
                    return Err(format!("this processor lacks the back end {backend}"));
                }
                options.backend = backend;
            }
            "--json" => options.json = true,
            // Cargo's own.
            "--bench" => {}
            "--help" => return Ok(None),
            other => return Err(format!("unknown argument {other}")),
        }
    }
    Ok(Some(options))
}

/// Rates of all components in both precisions.
struct Table([Vec<Rounds>; 2]);

const PRECISIONS: [&str; 2] = [f64::NAME, f32::NAME];

impl Table {
    fn new() -> Self {
        Self([(); 2].map(|()| vec![Rounds::default(); Component::ALL.len()]))
    }

    fn measure(&mut self, options: &Options, threads: usize) {
        for (i, component) in Component::ALL.into_iter().enumerate() {
            self.0[0][i].push(component.rate::<f64>(options.backend, threads, options.span));
            self.0[1][i].push(component.rate::<f32>(options.backend, threads, options.span));
        }
    }

    fn floor(&self, precision: usize, needs: Needs) -> Floor {
        let rate = |component| {
            let index = Component::ALL.iter().position(|c| *c == component);
            index.map_or(f64::NAN, |i| self.0[precision][i].median())
        };
        Floor::of(needs, rate)
    }
}

fn print_tables(options: &Options, tables: &[Table]) {
    println!("Back end {}, median (min–max) of {} rounds.\n", options.backend, options.rounds);
    for (threads, table) in options.threads.iter().zip(tables) {
        println!("Threads: {threads}\n\n| component | unit | f64 | f32 |\n|---|---|---|---|");
        for (i, component) in Component::ALL.into_iter().enumerate() {
            let [f64, f32] = [0, 1].map(|precision| {
                let rounds = &table.0[precision][i];
                let [median, min, max] = [rounds.median(), rounds.min(), rounds.max()].map(|rate| rate / 1e9);
                format!("{median:.3} ({min:.3}–{max:.3})")
            });
            println!("| {} | {} | {f64} | {f32} |", component.name(), component.unit());
        }
        println!(
            "\n| workload | dtype | floor (particle-steps/s) | products | activations | noise |\n|---|---|---|---|---|---|"
        );
        for workload in &workloads::ALL {
            for (precision, name) in PRECISIONS.iter().enumerate() {
                let floor = table.floor(precision, Needs::of(workload));
                let [products, activations, noise] = floor.shares.map(|share| 100.0 * share);
                println!(
                    "| {} | {name} | {:.0} | {products:.0} % | {activations:.0} % | {noise:.0} % |",
                    workload.name, floor.particle_steps
                );
            }
        }
        println!();
    }
}

fn print_json(options: &Options, tables: &[Table]) {
    let threads = options.threads.iter().zip(tables).map(|(threads, table)| {
        let mut rates = Vec::new();
        let mut floors = Vec::new();
        for (precision, name) in PRECISIONS.iter().enumerate() {
            for (component, rounds) in Component::ALL.iter().zip(&table.0[precision]) {
                let [median, min, max] = [rounds.median(), rounds.min(), rounds.max()];
                let component = component.name();
                rates.push(format!(r#""{component} {name}":[{median:e},{min:e},{max:e}]"#));
            }
            for workload in &workloads::ALL {
                let Floor {
                    particle_steps,
                    shares,
                } = table.floor(precision, Needs::of(workload));
                let [products, activations, noise] = shares;
                floors.push(format!(
                    r#""{} {name}":{{"particle_steps_per_second":{particle_steps:e},"products":{products:.4},"activations":{activations:.4},"noise":{noise:.4}}}"#,
                    workload.name
                ));
            }
        }
        let (rates, floors) = (rates.join(","), floors.join(","));
        format!(r#"{{"threads":{threads},"rates":{{{rates}}},"floors":{{{floors}}}}}"#)
    });
    println!(
        r#"{{"program":"limits","backend":"{}","rounds":{},"tables":[{}]}}"#,
        options.backend,
        options.rounds,
        threads.collect::<Vec<_>>().join(",")
    );
}

fn main() -> std::process::ExitCode {
    let options = match options() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return std::process::ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("{message}\n{HELP}");
            return std::process::ExitCode::from(2);
        }
    };
    let mut tables: Vec<Table> = options.threads.iter().map(|_| Table::new()).collect();
    for _ in 0..options.rounds {
        for (threads, table) in options.threads.iter().zip(&mut tables) {
            table.measure(&options, *threads);
        }
    }
    if options.json {
        print_json(&options, &tables);
    } else {
        print_tables(&options, &tables);
    }
    std::process::ExitCode::SUCCESS
}
