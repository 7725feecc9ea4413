//! The observables in which slow modes are sought, with their gradients.

use super::directions::{Directions, MOST_WEIGHTS};
use crate::numerics::Activation;
use crate::parallel::Threads;
use crate::problem::{Potential, Scratch, TwoLayer};

/// On how many rows the net's output is read.
const OUTPUT_ROWS: usize = 8;
/// Up to so many hidden units have ‖w_j‖² as functions of their own.
const MOST_UNITS: usize = 32;
/// One function of W.
#[derive(Debug, Clone, PartialEq)]
pub enum Observable {
    /// w_k, in the potential's own order.
    Weight(usize),
    /// ⟨v, W⟩ for a unit vector v of length D.
    Direction(Vec<f64>),
    /// w_k².
    SquaredWeight(usize),
    /// ‖w_j‖² of hidden unit j.
    UnitNorm(usize),
    /// ‖W‖².
    SquaredNorm,
    /// f(x_i; W) of training row i.
    Output(usize),
    /// L̃(W).
    Risk,
}

/// A net's own parts: what outputs and units need.
struct Net<'a> {
    inputs: &'a [f64],
    dim: usize,
    outer: &'a [f64],
    activation: Activation,
    beta: f64,
}

/// Functions φ_1 … φ_m of the weights of one potential.
pub struct Basis<'a> {
    potential: &'a dyn Potential,
    net: Option<Net<'a>>,
    observables: Vec<Observable>,
}

/// Buffers of one thread for a [`Basis`].
pub struct BasisWork {
    scratch: Scratch,
    gradient: Vec<f64>,
}

impl<'a> Basis<'a> {
    /// {weights or directions, their squares (up to D = 12) or ‖W‖², L̃} of any potential.
    pub fn of_potential(potential: &'a dyn Potential, directions: Directions) -> Self {
        let dim = potential.dim();
        let mut observables = directions.observables(dim);
        if dim <= MOST_WEIGHTS {
            observables.extend((0..dim).map(Observable::SquaredWeight));
        } else {
            observables.push(Observable::SquaredNorm);
        }
        observables.push(Observable::Risk);
        Self { potential, net: None, observables }
    }

    /// {weights or directions, net outputs f_i on up to eight training rows, L̃, ‖w_j‖² (‖W‖² above 32 units)} of a net. The
    /// rows are spread evenly over the training rows.
    pub fn of_net(net: &'a TwoLayer, directions: Directions) -> Self {
        let rows = net.train_rows();
        let (n, settings) = (rows.len(), net.settings());
        let mut observables = directions.observables(net.dim());
        let count = n.min(OUTPUT_ROWS);
        observables.extend((0..count).map(|k| Observable::Output(k * n / count)));
        if net.width() <= MOST_UNITS {
            observables.extend((0..net.width()).map(Observable::UnitNorm));
        } else {
            observables.push(Observable::SquaredNorm);
        }
        observables.push(Observable::Risk);
        let net_parts = Net {
            inputs: rows.inputs,
            dim: rows.dim,
            outer: &settings.outer,
            activation: settings.activation,
            beta: settings.beta,
        };
        Self { potential: net, net: Some(net_parts), observables }
    }

    /// m, the number of functions; never 0.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.observables.len()
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.potential.dim()
    }

    /// The functions.
    pub fn observables(&self) -> &[Observable] {
        &self.observables
    }

    /// Their names, such as `w[3]`, `|w_2|^2`, `f[17]`, `risk`; directions are numbered.
    pub fn names(&self) -> Vec<String> {
        let name = |(number, observable): (usize, &Observable)| match observable {
            Observable::Weight(k) => format!("w[{k}]"),
            Observable::Direction(_) => format!("direction[{number}]"),
            Observable::SquaredWeight(k) => format!("w[{k}]^2"),
            Observable::UnitNorm(j) => format!("|w_{j}|^2"),
            Observable::SquaredNorm => "|W|^2".into(),
            Observable::Output(i) => format!("f[{i}]"),
            Observable::Risk => "risk".into(),
        };
        self.observables.iter().enumerate().map(name).collect()
    }

    /// Buffers for one thread.
    pub fn work(&self) -> BasisWork {
        BasisWork { scratch: self.potential.scratch(), gradient: vec![0.0; self.dim()] }
    }

    /// The functions of every particle of `weights` (one after another): particles × m. Particles that are not finite give NaN.
    pub fn values(&self, weights: &[f64], threads: &Threads) -> Vec<f64> {
        let dim = self.dim();
        let mut blocks: Vec<&[f64]> = weights.chunks(self.potential.block_len() * dim).collect();
        let read = threads.map(
            &mut blocks,
            || self.work(),
            |block, work| {
                let mut out = vec![f64::NAN; block.len() / dim * self.len()];
                for (w, values) in block.chunks_exact(dim).zip(out.chunks_exact_mut(self.len())) {
                    if w.iter().all(|x| x.is_finite()) {
                        self.read(w, values, None, work);
                    }
                }
                out
            },
        );
        read.concat()
    }

    /// The functions of one particle, m numbers, and their gradients, m × D.
    pub fn values_and_gradients(
        &self,
        w: &[f64],
        values: &mut [f64],
        gradients: &mut [f64],
        work: &mut BasisWork,
    ) {
        self.read(w, values, Some(gradients), work);
    }

    fn read(&self, w: &[f64], values: &mut [f64], mut gradients: Option<&mut [f64]>, work: &mut BasisWork) {
        let dim = w.len();
        for (k, (observable, value)) in self.observables.iter().zip(values).enumerate() {
            let slope = gradients.as_deref_mut().map(|g| &mut g[k * dim..(k + 1) * dim]);
            *value = self.read_one(observable, w, slope, work);
        }
    }

    fn read_one(
        &self,
        observable: &Observable,
        w: &[f64],
        slope: Option<&mut [f64]>,
        work: &mut BasisWork,
    ) -> f64 {
        let units = self.net.as_ref().map_or(1, |net| net.outer.len());
        // Sets the gradient to `of(k)` at weight k.
        let write = |slope: Option<&mut [f64]>, of: &dyn Fn(usize) -> f64| {
            if let Some(slope) = slope {
                slope.iter_mut().enumerate().for_each(|(k, g)| *g = of(k));
            }
        };
        match observable {
            Observable::Weight(i) => {
                write(slope, &|k| f64::from(u8::from(k == *i)));
                w[*i]
            }
            Observable::Direction(v) => {
                write(slope, &|k| v[k]);
                v.iter().zip(w).map(|(v, x)| v * x).sum()
            }
            Observable::SquaredWeight(i) => {
                write(slope, &|k| if k == *i { 2.0 * w[k] } else { 0.0 });
                w[*i] * w[*i]
            }
            Observable::UnitNorm(j) => {
                write(slope, &|k| if k % units == *j { 2.0 * w[k] } else { 0.0 });
                w.iter().skip(*j).step_by(units).map(|x| x * x).sum()
            }
            Observable::SquaredNorm => {
                write(slope, &|k| 2.0 * w[k]);
                w.iter().map(|x| x * x).sum()
            }
            Observable::Output(row) => self.net.as_ref().map_or(f64::NAN, |net| net.output(*row, w, slope)),
            Observable::Risk => {
                let value = self.potential.value_gradient(w, &mut work.gradient, &mut work.scratch);
                write(slope, &|k| work.gradient[k]);
                value
            }
        }
    }
}

impl Net<'_> {
    /// f(x) = Σ_j a_j σ(w_j·x) of a row and, where asked for, ∂f/∂W_jk = a_j σ'(w_j·x) x_k; W_jk is number k p + j.
    fn output(&self, row: usize, w: &[f64], mut slope: Option<&mut [f64]>) -> f64 {
        let (p, x) = (self.outer.len(), &self.inputs[row * self.dim..(row + 1) * self.dim]);
        let mut value = 0.0;
        for (j, a) in self.outer.iter().enumerate() {
            let z: f64 = x.iter().enumerate().map(|(k, x)| w[k * p + j] * x).sum();
            if let Some(slope) = slope.as_deref_mut() {
                let [sigma, derivative, _] = self.activation.derivatives(self.beta, z);
                value += a * sigma;
                x.iter().enumerate().for_each(|(k, x)| slope[k * p + j] = a * derivative * x);
            } else {
                value += a * self.activation.value(self.beta, z);
            }
        }
        value
    }
}

#[cfg(test)]
#[path = "basis_tests.rs"]
mod tests;
