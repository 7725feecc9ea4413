//! Hostile input: every reader takes mutated files by the thousand, and answers each with a result or with a sentence.
//!
//! Each attack is a seeded loop, so that every run tries the same inputs. `SGD_SDE_HOSTILE_INPUTS=10000000` sets their
//! number; `SGD_SDE_HOSTILE_FIRST=n` starts at input number n; a failure prints the number to start from again.

mod attack;
mod checkpoint;
mod csv;
mod dice;
mod findings;
mod idx;
mod limits;
#[cfg(unix)]
mod names;
mod npy;
mod results;
mod scales;
mod study;
