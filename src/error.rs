//! Everything that can go wrong, a variant per condition; the remedy stands in the sentence.

#![forbid(unsafe_code)]

use crate::estimates::significant;
use crate::report::figure::FigureError;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The result of anything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A condition that stops a study. [`Error::exit_code`] tells bad input (2) from failures while running (1).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value in a study file, or on the command line, that the rules exclude.
    #[error("{place}: {field} = {value}: must be {rule}; {remedy}")]
    Invalid {
        /// `file:line`, or the command-line option that set the value.
        place: String,
        /// The dotted name of the key.
        field: String,
        /// The value as it was given.
        value: String,
        /// What the value must be.
        rule: String,
        /// What to do about it.
        remedy: String,
    },
    /// A key that a section needs and does not have.
    #[error("{place}: {field} is missing: {rule}; {remedy}")]
    Missing {
        /// `file:line` of the section.
        place: String,
        /// The dotted name of the key.
        field: String,
        /// Why it is needed.
        rule: String,
        /// A line to add.
        remedy: String,
    },
    /// A study file that is not TOML, or whose keys or types are not those of a study.
    #[error("{place}: {message}; {remedy}")]
    Study {
        /// `file:line`.
        place: String,
        /// What is wrong there.
        message: String,
        /// What to do about it.
        remedy: String,
    },
    /// A data set that could not be read or made.
    #[error("{place}: {source}")]
    Data {
        /// `file:line` of the data section.
        place: String,
        /// The reader's own sentence.
        source: crate::problem::data::DataError,
    },
    /// A file or folder that could not be read.
    #[error("{}: cannot be read ({source}); {}", path.display(), reading_remedy(source))]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file for a new study that exists already.
    #[error("{}: exists already, and a new study replaces nothing; name another file, or remove this one", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// A file for a new study in a folder that does not exist.
    #[error("{}: there is no such folder; make it, or name a file in another", path.display())]
    NoFolder {
        /// Which folder.
        path: PathBuf,
    },
    /// A results folder that holds results already.
    #[error("{}: already holds results; choose another folder with --out, or replace them with --force", path.display())]
    Occupied {
        /// Which folder.
        path: PathBuf,
    },
    /// A results folder that holds a run which was stopped.
    #[error(
        "{}: holds a run that was interrupted; go on with --resume, replace it with --force, or choose another folder with --out",
        path.display()
    )]
    Unfinished {
        /// Which folder.
        path: PathBuf,
    },
    /// A results folder that another process writes to.
    #[error("{}: another run is writing there; wait for it, or choose another folder with --out", path.display())]
    Busy {
        /// Which folder.
        path: PathBuf,
    },
    /// What a run cannot go on from, or be joined with.
    #[error("{}: cannot be {verb}: {reason}; {remedy}", path.display())]
    Unfit {
        /// Which folder or file.
        path: PathBuf,
        /// What was to be done with it.
        verb: &'static str,
        /// What is wrong with it.
        reason: String,
        /// What to do about it.
        remedy: String,
    },
    /// A path for results that is a file, or leads through one.
    #[error("{}: is a file, not a folder; choose another folder with --out", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// A folder that was to hold results and does not.
    #[error("{}: is no results folder ({reason}); name a folder that `sgd-sde run` has written", path.display())]
    NoResults {
        /// Which folder.
        path: PathBuf,
        /// What is missing or unreadable in it.
        reason: String,
    },
    /// A file that could not be written.
    #[error("{}: cannot be written ({source}); {}", path.display(), writing_remedy(source))]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Standard output takes no more, as on a full disk.
    #[error(
        "standard output: cannot be written ({source}); what was to be printed is lost, files that were written are whole"
    )]
    Output {
        /// What the system said.
        source: std::io::Error,
    },
    /// A panic: a mistake in this program.
    #[error(
        "a fault of the program, not of the study: {message} ({place}){kept}; please report it with the study file, its seed, the \
         command and this build: {build}"
    )]
    Fault {
        /// What the panic said.
        message: String,
        /// Source file and line.
        place: String,
        /// What is on disk, as a part of the sentence; empty where nothing is.
        kept: String,
        /// Version, commit, system and back end.
        build: String,
    },
    /// Every particle of a process left the finite numbers.
    #[error(transparent)]
    AllDiverged(#[from] AllDiverged),
    /// A run that was asked to stop, and did between two steps.
    #[error("interrupted at t = {} of {} (point {point}){resume}", significant(*time), significant(*end))]
    Interrupted {
        /// The sweep point.
        point: usize,
        /// The time t at which it stopped.
        time: f64,
        /// The horizon.
        end: f64,
        /// How to go on, as the end of the sentence.
        resume: String,
    },
    /// A failure of a run that can go on from its checkpoint.
    #[error("{source}; then go on with --resume")]
    Resumable {
        /// The failure, with its remedy.
        source: Box<Error>,
    },
    /// The thread pool could not be made.
    #[error("the thread pool of {threads} threads could not be started ({source}); try a smaller --threads")]
    Threads {
        /// How many threads were asked for.
        threads: usize,
        /// What the pool said.
        source: rayon::ThreadPoolBuildError,
    },
    /// A figure that could not be drawn or written.
    #[error(transparent)]
    Figure(FigureError),
}

impl From<FigureError> for Error {
    /// A figure that cannot be written is like any other file.
    fn from(error: FigureError) -> Self {
        match error {
            FigureError::Write { path, source } => Self::Write { path, source },
            other => Self::Figure(other),
        }
    }
}

/// What to do about a file that cannot be read.
fn reading_remedy(source: &std::io::Error) -> &'static str {
    if too_many_files(source) { RAISE_FILES } else { "check the path and its permissions" }
}

/// What to do about a file that cannot be written.
fn writing_remedy(source: &std::io::Error) -> &'static str {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full or your share of it: make room, or choose another folder with --out"
        }
        ErrorKind::FileTooLarge => "a limit of file sizes is in the way: raise it (ulimit -f)",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "this folder may not be written to: choose another with --out"
        }
        ErrorKind::NotFound => "the folder has gone, perhaps removed in the meantime: run again",
        _ if too_many_files(source) => RAISE_FILES,
        _ => "check the disk space and the folder's permissions",
    }
}

const RAISE_FILES: &str = "raise the limit of open files (ulimit -n)";

/// EMFILE and ENFILE, which the standard library has no kind for.
fn too_many_files(source: &std::io::Error) -> bool {
    cfg!(unix) && matches!(source.raw_os_error(), Some(23 | 24))
}

/// A process of which every particle left the finite numbers.
#[derive(Debug, Clone, PartialEq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error(
    "process '{process}': all {particles} particles left the finite numbers, the first (particle {particle}) at step \
     {step} (t = {}); {advice}",
    significant(*time)
)]
pub struct AllDiverged {
    /// The process.
    pub process: String,
    /// How many particles it had.
    pub particles: u64,
    /// The particle that left first.
    pub particle: u64,
    /// At which step.
    pub step: u64,
    /// At which time t.
    pub time: f64,
    /// Which step is stable and what to write, as the end of the sentence.
    pub advice: String,
}

impl Error {
    /// 2 for bad input (nothing was written), 1 for a failure while running, 130 for an interrupted run.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Invalid { .. }
            | Error::Missing { .. }
            | Error::Study { .. }
            | Error::Data { .. }
            | Error::Read { .. }
            | Error::Exists { .. }
            | Error::NoFolder { .. }
            | Error::Occupied { .. }
            | Error::Unfinished { .. }
            | Error::Busy { .. }
            | Error::Unfit { .. }
            | Error::NotAFolder { .. }
            | Error::NoResults { .. } => 2,
            Error::Interrupted { .. } => 130,
            Error::Write { .. }
            | Error::Output { .. }
            | Error::Fault { .. }
            | Error::Resumable { .. }
            | Error::AllDiverged(_)
            | Error::Threads { .. }
            | Error::Figure(_) => 1,
        }
    }
}
