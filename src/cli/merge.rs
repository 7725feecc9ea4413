//! `sgd-sde merge`: joins the shares that `run --part` has left into the results of the whole.

use super::bar::Bar;
use super::interrupt::Interrupt;
use super::run::Run;
use super::{MergeArguments, thread_pool};
use crate::error::{Error, Result};
use crate::numerics::Backend;
use crate::report::{Begun, Folder, Shares};
use crate::study::{Plan, Points, Share, Source};
use std::time::Instant;

/// Joins shares, answers what the study asks, and writes results as a single run would have; the shares are only read.
///
/// # Errors
/// [`Error::Unfit`] when the shares are not all of one run, and what a run refuses and meets.
pub fn merge(arguments: &MergeArguments) -> Result<()> {
    let (started, interrupt) = (Instant::now(), Interrupt::listen());
    let shares = Shares::open(&arguments.shares)?;
    let begun = Begun { share: Share::WHOLE, ..shares.begun.clone() };
    let unfit = |reason: String, remedy: &str| Error::Unfit {
        path: arguments.shares[0].clone(),
        verb: "merged",
        reason,
        remedy: remedy.into(),
    };
    let (program, this) = (&begun.program, Begun::this_program());
    if *program != this {
        let reason = format!("it was made by {program}, and this is {this}");
        return Err(unfit(reason, "merge with the program that made the shares"));
    }
    let backend: Option<Backend> = begun.backend.parse().ok().filter(|b: &Backend| b.is_available());
    let backend = backend.ok_or_else(|| {
        let reason = format!("it was made with the vector instructions {}", begun.backend);
        unfit(reason, "merge on a machine that has them, or run all shares with --backend portable")
    })?;
    let source = Source::parse(&begun.file, &begun.study)?;
    let (all, threads) = (Points::of(&source)?, thread_pool(arguments.threads)?);
    let out = arguments.out.as_path();
    if arguments.shares.iter().any(|share| same(share, out)) {
        return Err(unfit("it is a share itself".into(), "give the whole another folder with --out"));
    }
    let first = Plan::new(&all.point(0).source, backend)?.identity().study;
    let (folder, quiet, shares) = (Folder::open(out), arguments.keeping.quiet, Some(shares));
    let mut bar = Bar::new(all.count(), !quiet);
    let run = Run { all, backend, threads, folder, begun, shares, interrupt: &interrupt, started, quiet };
    run.carry_out(&arguments.keeping, (1, &first), &mut bar)
}

fn same(a: &std::path::Path, b: &std::path::Path) -> bool {
    a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b)
}
