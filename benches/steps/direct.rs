//! A workload on the kernels themselves: blocks of particles, noise, gradient, update. Either precision.

use crate::Program;
use crate::data::{NetData, error, start};
use crate::workloads::{EIGENVALUES, Kind, LAMBDA, S, Workload};
use sgd_sde::numerics::{
    Backend, Loss, NetKernel, NetWork, NormalSource, Reading, Real, Rows, double_well_gradient,
    euler_maruyama_update, fill_indices, gradient_update, quadratic_gradient,
};
use sgd_sde::parallel::Threads;
use sgd_sde::random::{Key, Purpose};

pub struct Direct<T> {
    plan: Plan<T>,
    blocks: Vec<Block<T>>,
    threads: Threads,
    step: u64,
    risk: f64,
}

/// What all threads read.
struct Plan<T> {
    workload: Workload,
    backend: Backend,
    net: Option<Net<T>>,
    eigenvalues: Vec<T>,
}

struct Net<T> {
    kernel: NetKernel<T>,
    inputs: Vec<T>,
    labels: Vec<T>,
}

struct Block<T> {
    first: usize,
    weights: Vec<T>,
}

/// Buffers of a thread.
struct Work<T> {
    gradient: Vec<T>,
    noise: Vec<T>,
    source: NormalSource,
    batch: Vec<u32>,
    net: Option<NetWork<T>>,
    readings: Vec<Reading>,
}

/// Particles of a block of the potentials.
const BLOCK: usize = 512;

fn cast<T: Real>(numbers: &[f64]) -> Vec<T> {
    numbers.iter().map(|x| T::from_f64(*x)).collect()
}

impl<T: Real> Net<T> {
    fn rows(&self) -> Rows<'_, T> {
        Rows {
            inputs: &self.inputs,
            labels: &self.labels,
            dim: self.kernel.dim(),
        }
    }
}

impl<T: Real> Plan<T> {
    fn new(workload: Workload, backend: Backend) -> Self {
        let net = (workload.n > 0).then(|| {
            let data = NetData::new(&workload);
            let NetData {
                activation,
                ref outer,
                ..
            } = data;
            Net {
                kernel: NetKernel::new(
                    backend,
                    activation,
                    1.0,
                    Loss::Logistic,
                    outer,
                    LAMBDA,
                    workload.d,
                ),
                inputs: cast(&data.inputs),
                labels: cast(&data.labels),
            }
        });
        let eigenvalues = cast(&EIGENVALUES);
        Self {
            workload,
            backend,
            net,
            eigenvalues,
        }
    }

    fn block_len(&self) -> usize {
        self.net
            .as_ref()
            .map_or(BLOCK, |net| net.kernel.block_len(self.workload.n))
    }

    fn work(&self) -> Work<T> {
        let (count, len) = (self.block_len(), self.block_len() * self.workload.dim());
        Work {
            gradient: vec![T::default(); len],
            noise: vec![T::default(); len],
            source: NormalSource::new(self.backend),
            batch: vec![0; count * self.workload.b],
            net: self
                .net
                .as_ref()
                .map(|net| net.kernel.work(self.workload.n.max(self.workload.b))),
            readings: vec![Reading::default(); count],
        }
    }

    fn gradient(&self, weights: &[T], work: &mut Work<T>) {
        let gradient = &mut work.gradient[..weights.len()];
        match (self.workload.kind, &self.net, &mut work.net) {
            (Kind::DoubleWell, ..) => double_well_gradient(self.backend, weights, gradient),
            (Kind::Quadratic, ..) => quadratic_gradient(self.backend, &self.eigenvalues, weights, gradient),
            (Kind::Sgd, Some(net), Some(scratch)) => {
                let count = weights.len() / self.workload.dim();
                let batch = &work.batch[..count * self.workload.b];
                net.kernel
                    .minibatch_gradient(net.rows(), batch, weights, gradient, scratch);
            }
            (_, Some(net), Some(scratch)) => {
                net.kernel.gradient(net.rows(), weights, gradient, scratch);
            }
            _ => unreachable!("a net has its kernel and its scratch"),
        }
    }

    fn step(&self, block: &mut Block<T>, step: u64, work: &mut Work<T>) {
        let w = &self.workload;
        let (dim, len) = (w.dim(), block.weights.len());
        if w.kind == Kind::Sgd {
            let key = Key::new(1, Purpose::Batch);
            for (particle, batch) in (block.first..)
                .zip(work.batch.chunks_exact_mut(w.b))
                .take(len / dim)
            {
                fill_indices(key, particle as u64, step, w.n as u32, batch);
            }
            self.gradient(&block.weights, work);
            let gradient = &work.gradient[..len];
            gradient_update(self.backend, &mut block.weights, gradient, T::from_f64(w.dt));
        } else {
            self.gradient(&block.weights, work);
            let (key, noise) = (Key::new(1, Purpose::Brownian), &mut work.noise[..len]);
            work.source
                .fill(key, block.first as u64, len / dim, step, dim, noise);
            let (dt, scale) = (T::from_f64(w.dt), T::from_f64((S * w.dt).sqrt()));
            let gradient = &work.gradient[..len];
            euler_maruyama_update(self.backend, &mut block.weights, gradient, noise, dt, scale);
        }
    }

    /// The sum of L̃ over the particles of a block.
    fn risk(&self, block: &Block<T>, work: &mut Work<T>) -> f64 {
        let (Some(net), Some(scratch)) = (&self.net, &mut work.net) else {
            return f64::NAN;
        };
        let readings = &mut work.readings[..block.weights.len() / self.workload.dim()];
        net.kernel.readings(net.rows(), &block.weights, readings, scratch);
        let penalty: f64 = block.weights.iter().map(|w| w.to_f64() * w.to_f64()).sum();
        readings.iter().map(|r| r.data_risk).sum::<f64>() + 0.5 * LAMBDA * penalty
    }
}

impl<T: Real> Direct<T> {
    pub fn new(workload: Workload, threads: Threads, backend: Backend) -> Self {
        let plan = Plan::new(workload, backend);
        let block = |first: usize| {
            let last = workload.particles.min(first + plan.block_len());
            let points = (first..last).map(|i| cast::<T>(&start(i, workload.dim())));
            Block {
                first,
                weights: points.flatten().collect(),
            }
        };
        let blocks = (0..workload.particles)
            .step_by(plan.block_len())
            .map(block)
            .collect();
        Self {
            plan,
            blocks,
            threads,
            step: 0,
            risk: f64::NAN,
        }
    }
}

impl<T: Real> Program for Direct<T> {
    fn gradient_error(&self) -> f64 {
        let (plan, workload) = (&self.plan, &self.plan.workload);
        let w = start(0, workload.dim());
        let mut work = plan.work();
        (0..).zip(&mut work.batch).for_each(|(i, row)| *row = i);
        plan.gradient(&cast(&w), &mut work);
        let got: Vec<f64> = work.gradient[..w.len()].iter().map(|g| g.to_f64()).collect();
        let want = match workload.kind {
            Kind::DoubleWell => vec![w[0].powi(3) - w[0]],
            Kind::Quadratic => vec![EIGENVALUES[0] * w[0], EIGENVALUES[1] * w[1]],
            Kind::Sgd => NetData::new(workload).plain_gradient(workload.b, &w),
            Kind::Sigmoid | Kind::Tanh => NetData::new(workload).plain_gradient(workload.n, &w),
        };
        error(&got, &want)
    }

    fn advance(&mut self, steps: u64) {
        let to = self.step + steps;
        while self.step < to {
            let (plan, from) = (&self.plan, self.step);
            let every = plan.workload.observe_every;
            let next = if every == 0 { to } else { to.min(from + every) };
            let risks = self.threads.map(
                &mut self.blocks,
                || plan.work(),
                |block, work| {
                    (from..next).for_each(|step| plan.step(block, step, work));
                    if every > 0 { plan.risk(block, work) } else { 0.0 }
                },
            );
            self.risk = risks.iter().sum::<f64>() / plan.workload.particles as f64;
            self.step = next;
        }
    }

    fn mean_squared_norm(&self) -> f64 {
        let weights = self.blocks.iter().flat_map(|block| &block.weights);
        weights.map(|w| w.to_f64() * w.to_f64()).sum::<f64>() / self.plan.workload.particles as f64
    }

    fn risk(&self) -> f64 {
        self.risk
    }
}
