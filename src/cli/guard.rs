//! A fault of the program itself, a panic in any thread, becomes one sentence and an exit code.

use crate::error::{Error, Result};
use crate::numerics::Backend;
use std::backtrace::Backtrace;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What the first panic said, and where.
#[derive(Debug, Clone)]
struct Panic {
    message: String,
    place: String,
}

/// Runs `action`; a panic in it, or in a worker thread whose panic it carries on, becomes [`Error::Fault`]. `results` is the folder that
/// holds what was finished before, where there is one.
///
/// Nothing else is printed, unless `RUST_BACKTRACE` is set: then the stack of the panic as well. The hook of the process is taken
/// for this and given back at the end.
pub fn guarded(results: Option<&Path>, action: impl FnOnce() -> Result<()>) -> Result<()> {
    let first: Arc<Mutex<Option<Panic>>> = Arc::default();
    let seen = Arc::clone(&first);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| note(&seen, info)));
    // What the action leaves behind is not looked at again, so it may be in any state.
    let done = catch_unwind(AssertUnwindSafe(action));
    std::panic::set_hook(before);
    done.unwrap_or_else(|_| {
        let panic = first.lock().ok().and_then(|mut first| first.take());
        let unknown = || Panic { message: "no message".into(), place: "an unknown place".into() };
        let Panic { message, place } = panic.unwrap_or_else(unknown);
        let kept = results.filter(|folder| folder.exists()).map_or(String::new(), |folder| {
            format!("; what was finished before is whole, in {}", folder.display())
        });
        Err(Error::Fault { message, place, kept, build: build() })
    })
}

/// Keeps the first panic: the others are mostly its consequences.
fn note(first: &Mutex<Option<Panic>>, info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let message = message.lines().collect::<Vec<_>>().join(" ");
    let place = info.location().map_or("an unknown place".into(), ToString::to_string);
    if std::env::var_os("RUST_BACKTRACE").is_some_and(|wanted| wanted != "0") {
        super::say(&format!("{message} ({place})\n{}", Backtrace::force_capture()));
    }
    if let Ok(mut first) = first.lock() {
        first.get_or_insert(Panic { message, place });
    }
}

/// What a report of a fault must name besides the study and the command.
fn build() -> String {
    let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("SGD_SDE_COMMIT"));
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    format!(
        "version {version}, commit {commit}, {system} on {processor}, widest back end {}",
        Backend::detect()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::EulerMaruyama;
    use crate::ensemble::{Ensemble, Start};
    use crate::parallel::Threads;
    use crate::problem::{Potential, Scratch};
    use crate::report::{Folder, RunFacts};
    use crate::study::{Plan, Silent, Source, run};
    use std::process::Command;

    const RESULTS: &str = "results";
    const STUDY: &str = "seed = 1\n[problem]\nkind = 'quadratic'\neigenvalues = [1.0]\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 4\n[time]\nhorizon = 1.0\npoints = 2\n";

    /// A user's potential with a mistake that shows beyond 2.5.
    struct Mistaken;

    impl Potential for Mistaken {
        fn dim(&self) -> usize {
            1
        }

        fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
            assert!(w[0] < 2.5, "no value at {}", w[0]);
            gradient[0] = -1.0;
            -w[0]
        }
    }

    /// Writes the results of a point, as a run does.
    fn first_point(folder: &Path, threads: &Threads) -> Result<()> {
        let plan = Plan::new(&Source::parse(Path::new("study.toml"), STUDY)?, Backend::detect())?;
        let outcome = run(&plan, 0, Vec::new(), threads, &mut Silent);
        let folder = Folder::free(folder, false)?;
        folder.create()?;
        folder.write_particles(&outcome, 0)?;
        let facts = RunFacts {
            study_file: "study.toml".into(),
            set: Vec::new(),
            study: outcome.results.points[0].study.clone(),
            seed: 1,
            threads: threads.count(),
            backend: Backend::detect().to_string(),
            wall_seconds: 0.0,
        };
        folder.write_tables(facts, &outcome.results)
    }

    /// A second point whose steps panic in the worker threads.
    fn second_point(threads: &Threads) -> Result<()> {
        let process = EulerMaruyama::new(&Mistaken, 0.0, 1.0, 1);
        let mut ensemble = Ensemble::new(&process, &Start::Points { weights: vec![0.0] }, 2000, 1);
        ensemble.advance(10, threads);
        Ok(())
    }

    #[test]
    #[ignore = "the program that the next test runs as a process of its own"]
    fn a_run_with_a_mistake() {
        let threads = Threads::new(2).unwrap();
        let folder = Path::new(RESULTS);
        let done =
            guarded(Some(folder), || first_point(folder, &threads).and_then(|()| second_point(&threads)));
        let error = done.unwrap_err();
        crate::cli::say(&format!("error: {error}"));
        std::process::exit(error.exit_code().into());
    }

    /// A real panic in a real worker thread: one sentence, exit 1, and what the run had finished stays whole.
    #[test]
    fn a_panic_of_a_worker_ends_in_a_sentence_and_keeps_what_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let run = |backtrace: &str| {
            let _ = std::fs::remove_dir_all(folder.path().join(RESULTS));
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "cli::guard::tests::a_run_with_a_mistake", "--ignored", "--nocapture"])
                .env("RUST_BACKTRACE", backtrace)
                .current_dir(folder.path())
                .output()
                .unwrap()
        };
        let ended = run("0");
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        let start = "error: a fault of the program, not of the study: no value at 3 (src/cli/guard.rs:";
        assert!(said.starts_with(start) && said.lines().count() == 1, "{said}");
        let kept = "; what was finished before is whole, in results; please report it with the study file, its seed, the command";
        assert!(said.contains(kept) && said.contains(&format!("back end {}", Backend::detect())), "{said}");
        let results = Folder::open(&folder.path().join(RESULTS)).read().unwrap();
        assert_eq!((results.processes.len(), results.curves.len()), (1, 2));
        assert!(folder.path().join("results/particles/0-sgd-sde.npy").is_file());
        let traced = String::from_utf8(run("1").stderr).unwrap();
        assert!(
            traced.contains("second_point")
                && traced.trim_end().lines().last().unwrap().starts_with("error: "),
            "{traced}"
        );
    }
}
