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
