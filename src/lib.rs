//! Stochastic gradient descent on two-layer nets beside its stochastic differential equation.
pub mod random;
pub mod report;
