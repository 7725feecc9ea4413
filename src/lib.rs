#![doc = include_str!("../README.md")]
//! # Rooms
//!
//! Data flows one way; each module imports only from those before it:
//! [`error`], [`machine`], `packed`, [`random`], [`parallel`], [`numerics`], [`problem`], [`dynamics`], [`ensemble`],
//! [`estimates`], [`analysis`],
//! [`study`], [`report`], [`cli`].

pub mod analysis;
pub mod cli;
pub mod dynamics;
pub mod ensemble;
pub mod error;
pub mod estimates;
pub mod machine;
pub mod numerics;
mod packed;
pub mod parallel;
pub mod problem;
pub mod random;
pub mod report;
pub mod study;
