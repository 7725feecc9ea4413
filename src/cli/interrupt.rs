//! Ctrl-C, and the signals by which a cluster ends a job: the step at hand is finished and kept, then the program ends with 130.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The exit code of an interrupted run.
const INTERRUPTED: i32 = 130;

/// Whether a run was asked to stop.
#[derive(Default)]
pub struct Interrupt {
    stop: AtomicBool,
    stepping: AtomicBool,
    farewell: Mutex<String>,
}

impl Interrupt {
    /// Listens from now on. While steps are made the first signal asks for a stop after the step at hand; a second one, and one at
    /// any other time, ends the program: every file is whole then, and what was kept is.
    pub fn listen() -> Arc<Self> {
        let interrupt = Arc::new(Self::default());
        interrupt.say("nothing was written");
        interrupt.clone().hear_signals();
        interrupt
    }

    /// Where there can be no handler a signal ends the program at once; what was kept is whole all the same.
    #[cfg(unix)]
    fn hear_signals(self: Arc<Self>) {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
            return;
        };
        let heard = std::thread::Builder::new().name("signals".into());
        // Without a thread to hear them the handlers are taken back with `signals`.
        drop(heard.spawn(move || signals.forever().for_each(|_| self.hear())));
    }

    #[cfg(not(unix))]
    fn hear_signals(self: Arc<Self>) {}

    fn hear(&self) {
        let first = !self.stop.swap(true, Ordering::Relaxed);
        if first && self.stepping.load(Ordering::Relaxed) {
            super::say("\nthe step at hand is finished and kept; once more stops at once");
            return;
        }
        let farewell = self.farewell.lock().unwrap_or_else(PoisonError::into_inner);
        super::say(&format!("\ninterrupted; {farewell}"));
        exit(INTERRUPTED);
    }

    /// Set when the run is to stop.
    pub fn stop(&self) -> &AtomicBool {
        &self.stop
    }

    /// Says whether steps are being made, after each of which the run would stop of itself.
    pub fn stepping(&self, stepping: bool) {
        self.stepping.store(stepping, Ordering::Relaxed);
    }

    /// What to tell a user who stops the program from now on.
    pub fn say(&self, farewell: &str) {
        farewell.clone_into(&mut self.farewell.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The command line that goes on with this run: as it was given, with `--resume`.
pub fn resume_command() -> String {
    let given = std::env::args().filter(|word| word != "--force" && word != "--resume");
    given.chain(["--resume".to_owned()]).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_is_quoted_where_a_shell_needs_it() {
        assert_eq!(quoted("--set=a.b=1"), "--set=a.b=1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
