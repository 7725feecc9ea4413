//! What both test programs share: law checks with power, small nets with formulas of their own, studies from text.

#![allow(dead_code)] // each of the two programs uses its own part

pub mod coverage;
pub mod law;
pub mod linear;
pub mod nets;
pub mod order;
pub mod program;
pub mod results;
pub mod shell;
pub mod small;
pub mod studies;
pub mod two_weights;
