//! Stochastic gradient descent on two-layer nets beside its stochastic differential equation.
pub mod numerics;
pub mod random;
