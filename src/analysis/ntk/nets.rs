//! Nets of finite width and the regression they tend to, run on the same samples.

use crate::dynamics::{OnePassSgd, falling_step};
use crate::ensemble::{Ensemble, Start};
use crate::estimates::{Estimate, Moments};
use crate::parallel::Threads;
use crate::problem::ntk::{CircleTask, KernelRegression, NtkNet, NtkOuter};
use crate::problem::{Potential, Quantity};

/// Runs of one-pass SGD from f = 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnePass {
    /// Step number k has s/(k+1)^q.
    pub s: f64,
    /// q.
    pub power: f64,
    /// Fresh samples a step.
    pub batch: usize,
    /// T, steps.
    pub steps: u64,
    /// Independent runs, at least 2.
    pub particles: u64,
    /// Samples and starts are functions of it.
    pub seed: u64,
}

impl OnePass {
    /// The size of step number k.
    pub fn step_size(&self, k: u64) -> f64 {
        falling_step(self.s, self.power, k)
    }

    fn process<'a>(&self, problem: &'a dyn Potential) -> OnePassSgd<'a> {
        let oracle = problem.oracle().expect("both problems draw fresh samples");
        OnePassSgd::new(oracle, self.s, self.batch, self.seed).with_power(self.power)
    }

    /// Runs `problem` from `start` to the end; `read` sees the ensemble there.
    fn run<R>(
        &self,
        problem: &dyn Potential,
        start: &Start,
        threads: &Threads,
        read: impl FnOnce(&mut Ensemble) -> R,
    ) -> R {
        let process = self.process(problem);
        let mut ensemble = Ensemble::new(&process, start, self.particles, self.seed);
        ensemble.advance(self.steps, threads);
        read(&mut ensemble)
    }
}

fn zero(problem: &dyn Potential) -> Start {
    Start::Points { weights: vec![0.0; problem.dim()] }
}

/// The excess risk at the end of each run of the regression, for comparison with [`expected_risk`](super::expected_risk).
pub fn limit_risks(task: &CircleTask, run: &OnePass, threads: &Threads) -> Option<Estimate> {
    let regression = KernelRegression::new(task.clone());
    run.run(&regression, &zero(&regression), threads, |ensemble| {
        let readings = ensemble.observe(&[Quantity::Risk], threads);
        Moments::of(readings.iter().map(|r| r[Quantity::Risk as usize])).estimate()
    })
}

/// A net of width m and the regression after the same steps on the same samples; means over runs, each with its own start.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct NetBesideLimit {
    /// E ‖f_m − f_∞‖ in L² of the circle.
    pub distance: Estimate,
    /// E L of the net.
    pub net: Estimate,
    /// E (L of the net − L of the regression), paired.
    pub difference: Estimate,
    /// Runs of the net that left the finite numbers, and are left out.
    pub lost: usize,
}

/// Trains a net of `width` (even) from antisymmetric starts with outer weights of law `outer`, beside kernel regression.
///
/// The kernel of the regression is cut to the task's frequencies, that of the net is not; what this makes in the distance is of the
/// order of the root of the target's and the trace's missing parts times the step size. `nodes`: points of the L² norm. `None` where
/// no run of the net stayed finite. Cost: particles × steps × batch × (10 m + 20 D).
pub fn net_beside_limit(
    task: &CircleTask,
    (width, nodes, outer): (usize, usize, NtkOuter),
    run: &OnePass,
    threads: &Threads,
) -> Option<NetBesideLimit> {
    let (net, regression) = (NtkNet::new(task.clone(), width, nodes), KernelRegression::new(task.clone()));
    let points: Vec<[f64; 2]> = net.nodes().collect();
    let targets: Vec<f64> = points.iter().map(|point| task.target_at(*point)).collect();
    let of_net = run.run(&net, &Start::Antisymmetric { outer }, threads, |ensemble| {
        functions(ensemble, nodes, |w, out| net.predictions(w, out))
    });
    let mut room = vec![0.0; regression.dim()];
    let of_limit = run.run(&regression, &zero(&regression), threads, |ensemble| {
        functions(ensemble, nodes, |w, out| {
            out.iter_mut().zip(&points).for_each(|(f, point)| *f = regression.predict(w, *point, &mut room));
        })
    });
    let squared =
        |f: &[f64], g: &[f64]| f.iter().zip(g).map(|(f, g)| (f - g).powi(2)).sum::<f64>() / nodes as f64;
    let pairs = || of_net.chunks_exact(nodes).zip(of_limit.chunks_exact(nodes));
    let mean = |of: &dyn Fn(&[f64], &[f64]) -> f64| Moments::of(pairs().map(|(f, g)| of(f, g))).estimate();
    let distance = mean(&|f, g| squared(f, g).sqrt())?;
    Some(NetBesideLimit {
        distance,
        net: mean(&|f, _| 0.5 * squared(f, &targets))?,
        difference: mean(&|f, g| 0.5 * (squared(f, &targets) - squared(g, &targets)))?,
        lost: run.particles as usize - distance.n as usize,
    })
}

/// The functions of all particles at the nodes, one after another.
fn functions(ensemble: &Ensemble, nodes: usize, mut of: impl FnMut(&[f64], &mut [f64])) -> Vec<f64> {
    let mut all = Vec::new();
    for block in ensemble.blocks() {
        for w in block.weights.chunks_exact(block.dim) {
            let from = all.len();
            all.resize(from + nodes, 0.0);
            of(w, &mut all[from..]);
        }
    }
    all
}
