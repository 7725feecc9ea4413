//! The workloads A to F of `docs/performance.md`: what every program that is compared computes.

use std::str::FromStr;

/// What is advanced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Euler–Maruyama on a two-layer net with sigmoid gates.
    Sigmoid,
    /// The same with tanh.
    Tanh,
    /// SGD with a minibatch of its own for every particle, sigmoid gates.
    Sgd,
    /// Euler–Maruyama on L̃(x) = (x² − 1)²/4.
    DoubleWell,
    /// Euler–Maruyama on ½(θ₁x² + θ₂y²).
    Quadratic,
}

/// Sizes of one workload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// "A", …, "F".
    pub name: &'static str,
    pub kind: Kind,
    /// Inputs d (for the potentials: weights of a particle).
    pub d: usize,
    /// Hidden units p.
    pub p: usize,
    /// Rows n.
    pub n: usize,
    /// Rows of a minibatch (D only).
    pub b: usize,
    pub particles: usize,
    /// Time step (D: the step size s of SGD).
    pub dt: f64,
    /// Steps between two readings of E L̃; 0 for none.
    pub observe_every: u64,
    /// Steps made at a time, and after which E‖W‖² is compared between programs.
    pub chunk: u64,
}

/// Noise scale s of the SDE.
pub const S: f64 = 0.05;
/// Penalty of the nets.
pub const LAMBDA: f64 = 0.13;
/// Eigenvalues of the quadratic.
pub const EIGENVALUES: [f64; 2] = [1.0, 2.0];

const A: Workload = Workload {
    name: "A",
    kind: Kind::Sigmoid,
    d: 10,
    p: 16,
    n: 512,
    b: 0,
    particles: 256,
    dt: 0.125,
    observe_every: 0,
    chunk: 100,
};

/// All of them.
pub const ALL: [Workload; 7] = [
    A,
    Workload { name: "B", kind: Kind::Tanh, p: 128, n: 1024, particles: 64, chunk: 20, ..A },
    Workload { name: "C", d: 784, p: 12, n: 2048, particles: 16, chunk: 10, ..A },
    Workload { name: "D", kind: Kind::Sgd, b: 32, particles: 1024, dt: S, ..A },
    Workload {
        name: "E1",
        kind: Kind::DoubleWell,
        d: 1,
        p: 1,
        n: 0,
        particles: 1_000_000,
        dt: 1.0 / 64.0,
        chunk: 64,
        ..A
    },
    Workload {
        name: "E2",
        kind: Kind::Quadratic,
        d: 2,
        p: 1,
        n: 0,
        particles: 1_000_000,
        dt: 1.0 / 64.0,
        chunk: 64,
        ..A
    },
    Workload { name: "F", observe_every: 10, ..A },
];

impl Workload {
    /// D, weights of a particle.
    pub fn dim(&self) -> usize {
        self.p * self.d
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = ALL.iter().find(|w| w.name.eq_ignore_ascii_case(name));
        found.copied().ok_or_else(|| format!("no workload \"{name}\": A, B, C, D, E1, E2 or F"))
    }
}
