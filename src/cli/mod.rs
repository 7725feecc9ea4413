//! The command line: reads arguments, calls the library, prints.

#![forbid(unsafe_code)]

mod bar;
mod file_size;
mod guard;
mod interrupt;
mod merge;
mod ready;
mod run;
mod terminal;

use crate::error::{Error, Result};
use crate::numerics::Backend;
use crate::parallel::Threads;
use crate::report::{Folder, certificate_text, draw, outlook_text};
use crate::study::{Certificate, Plan, Points, Share, Source, TEMPLATE, check};
use bar::Bar;
use clap::{Args, Parser, Subcommand};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// SGD on two-layer nets beside its stochastic differential equation, with error bars.
#[derive(Debug, Parser)]
#[command(name = "sgd-sde", version, about, max_term_width = 100)]
struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run a study: simulate, estimate, write tables and figures.
    Run(RunArguments),
    /// Join the shares that `run --part` has left, as if one run had made them.
    Merge(MergeArguments),
    /// Say what a study would cost and whether it can resolve the decay of the risk.
    Check(StudyArguments),
    /// Say what the theorems give for a study: constants, bounds, verdicts. Nothing is simulated.
    Certify {
        #[command(flatten)]
        study: StudyArguments,
        /// Print one JSON object a point of the study instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Draw the figures of a results folder again from what is stored there.
    Plot {
        /// A folder that `run` has written.
        dir: PathBuf,
    },
    /// Write a commented study file to start from.
    New {
        /// The file to write; without it the study is printed.
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
struct StudyArguments {
    /// The study file.
    study: PathBuf,
    /// Change a value of the study, for example --set problem.width=32 or --set process.sgd.s=0.01.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Threads to use; 0, the default, is one a core. The numbers do not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    /// Vector instructions: avx512, avx2 or portable; by default the widest this processor has.
    #[arg(long, value_name = "B")]
    backend: Option<Backend>,
}

#[derive(Debug, Args)]
struct RunArguments {
    #[command(flatten)]
    study: StudyArguments,
    /// The results folder; by default results/<name of the study file>.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make the steps of the i-th of N shares of the particles alone; `merge` joins the shares.
    #[arg(long, value_name = "i/N")]
    part: Option<Share>,
    #[command(flatten)]
    keeping: KeepingArguments,
}

/// How what is found is kept.
#[derive(Debug, Args)]
struct KeepingArguments {
    /// Go on where it was interrupted: the same study or shares, the same --out. The results are those of a run that never stopped.
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Seconds from one checkpoint to the next, at least; they never take more than 2 % of the time.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    checkpoint: Duration,
    /// Replace results that the folder holds already.
    #[arg(long)]
    force: bool,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, Args)]
struct MergeArguments {
    /// The results folders of all shares, in any order.
    #[arg(required = true, value_name = "DIR")]
    shares: Vec<PathBuf>,
    /// The results folder of the whole.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Threads to use; 0, the default, is one a core. The numbers do not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
    #[command(flatten)]
    keeping: KeepingArguments,
}

/// A time of at least 0 seconds.
fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let number = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    number.ok_or_else(|| "must be a number of seconds from 0; write for example --checkpoint 30".into())
}

/// Runs the program and returns its exit code: 0 done, 1 failed while running, 2 bad input, 130 interrupted.
pub fn main() -> u8 {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) => {
            // Nothing more can be said if the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    file_size::make_the_limit_an_error();
    let results = match &command.action {
        Action::Run(arguments) => Some(run::results_folder(arguments)),
        _ => None,
    };
    let done = guard::guarded(results.as_deref(), || match command.action {
        Action::Run(arguments) => run::run_study(&arguments),
        Action::Merge(arguments) => merge::merge(&arguments),
        Action::Check(arguments) => check_study(&arguments),
        Action::Certify { study, json } => certify(&study, json),
        Action::Plot { dir } => plot(&dir),
        Action::New { file } => new(file.as_deref()),
    });
    match done {
        Ok(()) => 0,
        Err(error) => {
            let interrupted = matches!(error, Error::Interrupted { .. });
            let message = error.to_string();
            match interrupted {
                true => say(&terminal::harmless(&message)),
                false => say(&format!("error: {}", terminal::one_line(&message))),
            }
            error.exit_code()
        }
    }
}

/// More threads than any machine runs at once; a larger number is a mistake.
const MOST_THREADS: usize = 4096;

/// A pool of as many threads as were asked for.
fn thread_pool(threads: usize) -> Result<Threads> {
    if threads <= MOST_THREADS {
        return Threads::new(threads);
    }
    Err(Error::Invalid {
        place: "--threads".into(),
        field: "threads".into(),
        value: threads.to_string(),
        rule: format!("a whole number from 0 to {MOST_THREADS}"),
        remedy: "leave --threads out for one a core".into(),
    })
}

impl StudyArguments {
    fn source(&self) -> Result<Source> {
        let mut source = Source::read(&self.study)?;
        self.set.iter().try_for_each(|assignment| source.set(assignment))?;
        Ok(source)
    }

    fn threads(&self) -> Result<Threads> {
        thread_pool(self.threads)
    }

    fn backend(&self) -> Result<Backend> {
        let backend = self.backend.unwrap_or_else(Backend::detect);
        if backend.is_available() {
            return Ok(backend);
        }
        Err(Error::Invalid {
            place: "--backend".into(),
            field: "backend".into(),
            value: backend.to_string(),
            rule: "vector instructions that this processor has".into(),
            remedy: "leave --backend out, or use portable".into(),
        })
    }
}

fn check_study(arguments: &StudyArguments) -> Result<()> {
    let threads = arguments.threads()?;
    for_points(arguments, true, |plan, points| {
        print(&outlook_text(plan, &check(plan, threads.count(), points)))
    })
}

fn certify(arguments: &StudyArguments, json: bool) -> Result<()> {
    let threads = arguments.threads()?;
    if !json {
        return for_points(arguments, true, |plan, _| {
            print(&certificate_text(&Certificate::new(plan, None, &threads)))
        });
    }
    for_points(arguments, false, |plan, _| {
        let object = serde_json::to_string(&Certificate::new(plan, None, &threads));
        print(&format!("{}\n", object.expect("a certificate has text keys and numbers alone")))
    })
}

/// Calls `say` for the first draw of every point of a study, and with the number of all points; each under its heading where
/// there are several and headings are wanted.
fn for_points(
    arguments: &StudyArguments,
    headings: bool,
    mut say: impl FnMut(&Plan, usize) -> Result<()>,
) -> Result<()> {
    let (all, backend, threads) =
        (Points::of(&arguments.source()?)?, arguments.backend()?, arguments.threads()?);
    // As for a run: a mistake in the last point is said before anything else.
    let mut bar = Bar::new(all.count(), true);
    ready::make_ready(&all, backend, &threads, None, &mut bar)?;
    bar.finish();
    let (draws, cells) = (all.draws(), all.count() / all.draws());
    if headings && draws > 1 {
        print(&format!("{cells} points, {draws} draws each; of each the first draw:\n\n"))?;
    }
    for point in (0..cells).map(|cell| all.point(cell * draws)) {
        let plan = Plan::new(&point.source, backend)?;
        if headings && cells > 1 {
            let settings: Vec<String> = point.settings.iter().map(|(k, v)| format!("{k} = {v}")).collect();
            print(&format!("point {}: {}\n", point.number, settings.join(", ")))?;
        }
        say(&plan, all.count())?;
        if headings && cells > 1 {
            print("\n")?;
        }
    }
    Ok(())
}

fn plot(dir: &Path) -> Result<()> {
    let folder = Folder::open(dir);
    let results = folder.read()?;
    for file in draw(&results, &folder.own_figures()?, &Threads::new(0)?)? {
        print(&format!("{}\n", file.display()))?;
    }
    Ok(())
}

fn new(file: Option<&Path>) -> Result<()> {
    let Some(file) = file else {
        return print(TEMPLATE);
    };
    let written = std::fs::File::create_new(file).and_then(|mut f| f.write_all(TEMPLATE.as_bytes()));
    written.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => Error::Exists { path: file.into() },
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            Error::NoFolder { path: file.parent().unwrap_or(file).into() }
        }
        _ => Error::Write { path: file.into(), source },
    })
}

/// Prints to standard output; a reader that has gone away is no error.
///
/// # Errors
/// [`Error::Output`] where the text cannot be taken, as on a full disk.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let text = terminal::harmless(text);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(Error::Output { source }),
        _ => Ok(()),
    }
}

/// A line on standard error. Nothing more can be said where that cannot be written.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
