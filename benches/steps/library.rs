//! A workload through the public library: a potential, a process, an ensemble, threads.

use crate::Program;
use crate::data::{NetData, error, start};
use crate::workloads::{EIGENVALUES, Kind, LAMBDA, S, Workload};
use sgd_sde::dynamics::{EulerMaruyama, Process, Sampling, Sgd};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::numerics::{Backend, Loss};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::data::{LabelKind, Rows, Split};
use sgd_sde::problem::{DoubleWell, Potential, Precision, Quadratic, Quantity, TwoLayer, TwoLayerSettings};

pub struct Library {
    workload: Workload,
    ensemble: Ensemble<'static>,
    threads: Threads,
    /// The last E L̃ read.
    risk: f64,
}

fn two_layer(data: &NetData, backend: Backend, precision: Precision) -> TwoLayer {
    let train = Rows { inputs: data.inputs.clone(), labels: data.labels.clone(), dim: data.dim };
    let test = Rows { inputs: Vec::new(), labels: Vec::new(), dim: data.dim };
    let split = Split { train_indices: (0..train.len()).collect(), test_indices: Vec::new(), train, test };
    let settings = TwoLayerSettings {
        activation: data.activation,
        beta: 1.0,
        loss: Loss::Logistic,
        outer: data.outer.clone(),
        lambda: LAMBDA,
        backend,
        precision,
    };
    TwoLayer::new(settings, split, LabelKind::Signs)
}

/// Potentials and processes live as long as the program, which runs one workload.
fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

impl Library {
    pub fn new(workload: Workload, threads: Threads, backend: Backend, precision: Precision) -> Self {
        let seed = 1;
        let net = || keep(two_layer(&NetData::new(&workload), backend, precision));
        let sde = |potential: &'static dyn Potential| -> &'static dyn Process {
            keep(EulerMaruyama::new(potential, S, workload.dt, seed).with_backend(backend))
        };
        let process: &dyn Process = match workload.kind {
            Kind::Sigmoid | Kind::Tanh => sde(net()),
            Kind::DoubleWell => sde(keep(DoubleWell)),
            Kind::Quadratic => sde(keep(Quadratic::new(EIGENVALUES.to_vec()))),
            Kind::Sgd => {
                let sgd = Sgd::new(net(), workload.dt, workload.b, Sampling::WithReplacement, seed);
                keep(sgd.with_backend(backend))
            }
        };
        let points = (0..workload.particles).map(|i| start(i, workload.dim()));
        let start = Start::Points { weights: points.flatten().collect() };
        Self {
            workload,
            ensemble: Ensemble::new(process, &start, workload.particles as u64, seed),
            threads,
            risk: f64::NAN,
        }
    }
}

impl Program for Library {
    fn gradient_error(&self) -> f64 {
        let (process, w) = (self.ensemble.process(), start(0, self.ensemble.process().potential().dim()));
        let potential = process.potential();
        let (mut gradient, mut scratch) = (vec![0.0; w.len()], potential.scratch());
        let rows = match self.workload.kind {
            Kind::DoubleWell => {
                potential.block_gradient(&w, &mut gradient, &mut scratch);
                return error(&gradient, &[w[0].powi(3) - w[0]]);
            }
            Kind::Quadratic => {
                potential.block_gradient(&w, &mut gradient, &mut scratch);
                return error(&gradient, &[EIGENVALUES[0] * w[0], EIGENVALUES[1] * w[1]]);
            }
            Kind::Sgd => {
                let batch: Vec<u32> = (0..self.workload.b as u32).collect();
                let sum = potential.finite_sum().expect("a net is a finite sum");
                sum.minibatch_gradient(&w, &batch, &mut gradient, &mut scratch);
                batch.len()
            }
            Kind::Sigmoid | Kind::Tanh => {
                potential.block_gradient(&w, &mut gradient, &mut scratch);
                self.workload.n
            }
        };
        error(&gradient, &NetData::new(&self.workload).plain_gradient(rows, &w))
    }

    fn advance(&mut self, steps: u64) {
        let to = self.ensemble.step() + steps;
        while self.ensemble.step() < to {
            let now = self.ensemble.step();
            let every = self.workload.observe_every;
            let next = if every == 0 { to } else { to.min(now + every) };
            self.ensemble.advance(next, &self.threads);
            if every > 0 {
                let readings = self.ensemble.observe(&[Quantity::Risk], &self.threads);
                let sum: f64 = readings.iter().map(|r| r[Quantity::Risk as usize]).sum();
                self.risk = sum / readings.len() as f64;
            }
        }
    }

    fn mean_squared_norm(&self) -> f64 {
        let weights = self.ensemble.blocks().iter().flat_map(|block| &block.weights);
        weights.map(|w| w * w).sum::<f64>() / self.workload.particles as f64
    }

    fn risk(&self) -> f64 {
        self.risk
    }
}
