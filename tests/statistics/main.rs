//! The longer statistical checks, a stage of their own. Each prints its error rate: how often a correct program fails it.
//! The seeds are fixed, so that a program either passes always or never.

#![forbid(unsafe_code)]

#[path = "../support/mod.rs"]
mod support;

mod agreement;
mod certificates;
mod coverage;
mod distances;
mod gibbs;
mod guarantee;
mod mixing;
mod order;
mod svag;
mod wells;
