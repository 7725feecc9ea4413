//! The tests of the whole: exact facts first, then laws with power, then everything that a user meets.

#[path = "../support/mod.rs"]
mod support;

mod agreement;
mod agreement_linear;
mod allocation;
mod analysis;
mod certify;
mod checks;
mod cli;
mod constants;
mod controls;
mod coverage;
mod deep;
mod derivatives;
mod draws;
mod exact;
mod experiments;
mod faults;
mod flow;
mod golden;
mod inputs;
mod laws;
mod least_squares;
mod linear_response;
mod lojasiewicz;
mod memory;
mod momentum;
mod noisy_descent;
mod ntk;
mod order;
mod processes;
mod reliability;
mod resume;
mod runs;
mod samplers;
mod shares;
mod stability;
mod stable_steps;
mod states;
mod supply;
mod threads;
mod unsafe_code;
