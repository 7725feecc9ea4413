//! Everything that can go wrong, a variant per condition; the remedy stands in the sentence.

#![forbid(unsafe_code)]

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
    #[error("{}: cannot be read ({source}); check the path and its permissions", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
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
    /// A folder that was to hold results and does not.
    #[error("{}: is no results folder ({reason}); name a folder that `sgd-sde run` has written", path.display())]
    NoResults {
        /// Which folder.
        path: PathBuf,
        /// What is missing or unreadable in it.
        reason: String,
    },
    /// A file that could not be written.
    #[error("{}: cannot be written ({source}); check the disk space and the folder's permissions", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Every particle of a process left the finite numbers.
    #[error(
        "process '{process}': all {particles} particles left the finite numbers, the first (particle {particle}) at step \
         {step} (t = {time}); a smaller step than {step_length} usually helps{hint}"
    )]
    AllDiverged {
        /// The process.
        process: String,
        /// How many particles it had.
        particles: u64,
        /// The particle that left first.
        particle: u64,
        /// At which step.
        step: u64,
        /// At which time t.
        time: f64,
        /// The step length of the process.
        step_length: f64,
        /// A stable step where one is known, as the end of the sentence.
        hint: String,
    },
    /// A run that was asked to stop, and did between two steps.
    #[error("interrupted at t = {time} of {end} (point {point}){resume}")]
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
    Figure(#[from] crate::report::figure::FigureError),
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
            | Error::Occupied { .. }
            | Error::Unfinished { .. }
            | Error::Busy { .. }
            | Error::Unfit { .. }
            | Error::NoResults { .. } => 2,
            Error::Interrupted { .. } => 130,
            Error::Write { .. } | Error::AllDiverged { .. } | Error::Threads { .. } | Error::Figure(_) => 1,
        }
    }
}
