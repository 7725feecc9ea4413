//! The least time that a step of a workload can take: its components one after another, each at its measured rate.
//!
//! Flops: 4·n·p·d of a gradient (two products). Activations: n·p. Normals: p·d. SGD: b rows instead of n, no normals.
//! Reading E L̃ every k steps: n/k values of the loss, which is a softplus. Nothing is counted for the residuals, for the
//! update, for memory, and nothing is taken to overlap.

use crate::components::Component;
use crate::workloads::{Kind, Workload};

/// What one particle-step needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needs {
    pub flops: f64,
    pub activation: Component,
    pub activations: f64,
    pub softplus: f64,
    pub normals: f64,
}

impl Needs {
    pub fn of(w: &Workload) -> Self {
        let rows = if w.kind == Kind::Sgd { w.b } else { w.n } as f64;
        let (p, d) = (w.p as f64, w.d as f64);
        Self {
            flops: match w.kind {
                // x(x² − 1), then w − hg + cξ.
                Kind::DoubleWell => 7.0,
                // Two times θw, then w − hg + cξ.
                Kind::Quadratic => 10.0,
                _ => 4.0 * rows * p * d,
            },
            activation: if w.kind == Kind::Tanh { Component::Tanh } else { Component::Sigmoid },
            activations: rows * p,
            softplus: match w.observe_every {
                0 => 0.0,
                every => rows / every as f64,
            },
            normals: if w.kind == Kind::Sgd { 0.0 } else { p * d },
        }
    }
}

/// The floor of a workload: particle-steps a second and how the time divides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floor {
    pub particle_steps: f64,
    /// Products, activations (with the loss), noise; they add up to 1.
    pub shares: [f64; 3],
}

impl Floor {
    /// `rate`: units a second of each component.
    pub fn of(needs: Needs, rate: impl Fn(Component) -> f64) -> Self {
        let times = [
            needs.flops / rate(Component::Fma),
            needs.activations / rate(needs.activation) + needs.softplus / rate(Component::SoftPlus),
            needs.normals / rate(Component::Normals),
        ];
        let time: f64 = times.iter().sum();
        Self { particle_steps: 1.0 / time, shares: times.map(|part| part / time) }
    }
}
