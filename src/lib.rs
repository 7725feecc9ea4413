//! Stochastic gradient descent on two-layer nets beside its stochastic differential equation.
pub mod problem;
pub mod random;
