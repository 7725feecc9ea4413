//! Stochastic gradient descent on two-layer nets beside its stochastic differential equation.
pub mod cli;
pub mod dynamics;
pub mod ensemble;
pub mod error;
pub mod estimates;
pub mod numerics;
pub mod parallel;
pub mod problem;
pub mod random;
pub mod report;
pub mod study;
