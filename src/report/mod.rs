//! What a finished study leaves behind for people to read.
pub mod figure;
