//! The tests of the whole: exact facts first, then laws with power, then everything that a user meets.

#[path = "../support/mod.rs"]
mod support;

mod checks;
mod derivatives;
mod exact;
mod inputs;
mod laws;
mod samplers;
