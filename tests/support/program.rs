//! The program as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What a run of the program left.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs the program in `folder`.
pub fn program(folder: &Path, arguments: &[&str]) -> Said {
    let run = Command::new(env!("CARGO_BIN_EXE_sgd-sde"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts");
    Said {
        code: run.status.code().expect("the program ends by itself"),
        out: String::from_utf8(run.stdout).expect("text"),
        err: String::from_utf8(run.stderr).expect("text"),
    }
}

/// The program at work, to be stopped.
pub struct Running(Child);

/// Starts the program in `folder`.
pub fn started(folder: &Path, arguments: &[&str]) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sgd-sde"));
    command.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running(command.spawn().expect("the program starts"))
}

impl Running {
    /// Waits until `path` is there, or the program has ended.
    pub fn until(mut self, path: &Path) -> Self {
        while !path.exists() && self.0.try_wait().expect("a child").is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        self
    }

    /// Kills it, as a machine that loses power does.
    pub fn killed(mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        self.0.wait().expect("a child");
    }

    /// Sends it a signal, such as INT, and waits for its end.
    pub fn signalled(self, signal: &str) -> Said {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.0.id().to_string()]).status();
        assert!(sent.expect("`kill` is there").success(), "the program had ended before the signal");
        self.ended()
    }

    /// Waits for its end.
    pub fn ended(self) -> Said {
        let run = self.0.wait_with_output().expect("a child");
        Said {
            code: run.status.code().expect("the program ends by itself"),
            out: String::from_utf8(run.stdout).expect("text"),
            err: String::from_utf8(run.stderr).expect("text"),
        }
    }
}

impl Said {
    /// It ended well and said nothing on standard error: no bar, no warning.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self
    }
}

/// The names in a folder, sorted; folders end in '/'.
pub fn names(folder: &Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable"));
    let mut names: Vec<String> = entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() { name + "/" } else { name }
        })
        .collect();
    names.sort();
    names
}

/// A small study of a net with two processes.
pub const STUDY: &str = "title = 'a small study'\nseed = 2\n[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 3\nlambda = 0.1\n\
                     [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 2\ntest_fraction = 0.2\n\
                     [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.01\ndt = 0.1\nparticles = 12\n\
                     [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 5\nparticles = 10\n\
                     [time]\nhorizon = 1.0\npoints = 3\n[observe]\nquantities = ['risk', 'test_accuracy']\n";

/// A new folder with `study.toml` in it.
pub fn folder(study: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("study.toml"), study).unwrap();
    folder
}

/// The lines of a file.
pub fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// What was printed fits 80 columns.
#[track_caller]
pub fn fits_80_columns(said: &Said) {
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line:?}");
    }
}
