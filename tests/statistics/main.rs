//! The longer statistical checks, a stage of their own. Each prints its error rate: how often a correct program fails it.
//! The seeds are fixed, so that a program either passes always or never.

#[path = "../support/mod.rs"]
mod support;

mod coverage;
mod distances;
mod gibbs;
mod mixing;
mod order;
mod svag;
mod wells;
