//! Orders of convergence on shared Brownian paths, with an interval of the slope.

use sgd_sde::dynamics::Process;
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::parallel::Threads;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A fitted order: the mean slope over independent groups of particles and its 99.9 % interval (Student).
#[derive(Debug)]
pub struct Order {
    pub slope: f64,
    pub half_width: f64,
}

/// What is compared at the end of the paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Error {
    /// E‖W_h − W_ref‖.
    Strong,
    /// |E φ(W_h) − E φ(W_ref)| with φ = ‖W‖².
    Weak,
}

/// Independent groups of particles, one slope each.
const GROUPS: usize = 10;

/// A process by its step dt and the pieces of the common path that a step sums.
pub type Family<'a> = Box<dyn Fn(f64, u32) -> Box<dyn Process + 'a> + 'a>;

pub struct Setting<'a> {
    pub process: Family<'a>,
    pub start: Vec<f64>,
    pub horizon: f64,
    /// Steps to the horizon of each coarse path, each a divisor of `fine`.
    pub coarse: Vec<u64>,
    /// Steps of the path that stands for the limit.
    pub fine: u64,
    pub particles: u64,
}

impl Setting<'_> {
    /// The particles at the horizon after `steps` steps on the common path.
    fn end(&self, steps: u64) -> Vec<f64> {
        let (dt, pieces) = (self.horizon / steps as f64, (self.fine / steps) as u32);
        let process = (self.process)(dt, pieces);
        let start = Start::Points { weights: self.start.clone() };
        let mut ensemble = Ensemble::new(process.as_ref(), &start, self.particles, 33);
        ensemble.advance(steps, &Threads::new(0).expect("threads start"));
        ensemble.blocks().iter().flat_map(|b| b.weights.clone()).collect()
    }

    /// The order of the scheme towards its own limit. The path with step h_ref stands for the limit: errors of order q
    /// differ from it by C (h^q − h_ref^q), so the fit is against that for the order q that is expected. Strong errors of order
    /// ½ add up as squares, to C √(h − h_ref).
    pub fn order(&self, error: Error, expected: f64) -> Order {
        let dim = self.start.len();
        let reference = self.end(self.fine);
        let group = reference.len() / GROUPS / dim * dim;
        let exponent = expected.max(1.0);
        let power = |steps: u64| (self.horizon / steps as f64).powf(exponent);
        let mut points = vec![Vec::new(); GROUPS];
        for &steps in &self.coarse {
            let end = self.end(steps);
            let x = (power(steps) - power(self.fine)).ln() / exponent;
            let groups = end.chunks_exact(group).zip(reference.chunks_exact(group));
            for (points, (got, want)) in points.iter_mut().zip(groups) {
                let pairs = got.chunks_exact(dim).zip(want.chunks_exact(dim));
                let errors: Vec<f64> = pairs.map(|(a, b)| error.of(a, b)).collect();
                let mean = errors.iter().sum::<f64>() / errors.len() as f64;
                points.push((x, mean.abs().ln()));
            }
        }
        let slopes: Vec<f64> = points.iter().map(|points| slope(points)).collect();
        let (mean, variance) = super::law::mean_variance(&slopes);
        let quantile =
            StudentsT::new(0.0, 1.0, GROUPS as f64 - 1.0).map_or(f64::NAN, |law| law.inverse_cdf(0.9995));
        Order { slope: mean, half_width: quantile * (variance / GROUPS as f64).sqrt() }
    }
}

impl Error {
    fn of(self, a: &[f64], b: &[f64]) -> f64 {
        let square = |w: &[f64]| w.iter().map(|x| x * x).sum::<f64>();
        match self {
            Self::Strong => a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
            Self::Weak => square(a) - square(b),
        }
    }
}

/// The slope of a least-squares line.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let above: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    above / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}
