//! The limit of file sizes that a shell may set (`ulimit -f`).

/// Beyond that limit the system sends SIGXFSZ, which ends a process at once. A handler that does nothing makes it what a full disk is: a
/// write that fails, which leaves its sentence and no half file.
#[cfg(unix)]
pub fn make_the_limit_an_error() {
    let noted = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    // Where there can be no handler the program ends as any other does.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noted);
}

/// Other systems have no such signal.
#[cfg(not(unix))]
pub fn make_the_limit_an_error() {}
