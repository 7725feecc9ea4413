//! The program as a user runs it.

use std::path::Path;
use std::process::Command;

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
    let entries = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable"));
    let mut names: Vec<String> = entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() { name + "/" } else { name }
        })
        .collect();
    names.sort();
    names
}
