//! The smallest value of a potential, by many local searches.

use super::{Potential, Scratch};
use argmin::core::{CostFunction, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use std::cell::RefCell;

/// The lowest of several local minima.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// L̃ there: an upper bound of inf L̃.
    pub value: f64,
    /// Where, in the order of the potential's weights.
    pub weights: Vec<f64>,
    /// ‖∇L̃‖ there. Where L̃ is μ-strongly convex, L̃ − inf L̃ ≤ ‖∇L̃‖²/(2μ).
    pub gradient_norm: f64,
    /// How many local searches ended at a finite value.
    pub searches: usize,
    /// How many different values these ended at: values within 1e-6·max(|lowest|, 1e-6) of the next count once.
    pub distinct: usize,
}

/// Vectors that L-BFGS remembers.
const MEMORY: usize = 10;
/// Steps after which a search that still moves is ended.
const STEPS: u64 = 2000;
/// Evaluations in a row without a lower value after which a search is ended: where gradients overflow, its line search never ends by itself.
const PATIENCE: u32 = 1000;

/// Searches for min L̃ by L-BFGS with the line search of Moré and Thuente (Nocedal, Wright, *Numerical Optimization*, 2nd
/// ed., algorithms 7.5 and 3.5–3.6; the crate `argmin`) from each of `starts`. A local method: the result is the lowest
/// minimum *found*. `None` when no search ends at a finite value. Cost: about 2 value-and-gradient evaluations a step,
/// at most 2000 steps a search.
pub fn minimise(potential: &dyn Potential, starts: &[Vec<f64>]) -> Option<Minimum> {
    let mut found: Vec<(f64, Vec<f64>)> = starts
        .iter()
        .filter_map(|start| search(potential, start))
        .filter(|(value, _)| value.is_finite())
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    let values: Vec<f64> = found.iter().map(|f| f.0).collect();
    let (value, weights) = found.into_iter().next()?;
    let mut gradient = vec![0.0; weights.len()];
    potential.value_gradient(&weights, &mut gradient, &mut potential.scratch());
    let gradient_norm = norm(&gradient);
    let close = 1e-6 * value.abs().max(1e-6);
    let distinct = 1 + values.windows(2).filter(|pair| pair[1] - pair[0] > close).count();
    Some(Minimum { value, weights, gradient_norm, searches: values.len(), distinct })
}

pub(super) fn search(potential: &dyn Potential, start: &[f64]) -> Option<(f64, Vec<f64>)> {
    let objective = Objective {
        potential,
        buffers: RefCell::new(Buffers {
            scratch: potential.scratch(),
            gradient: vec![0.0; start.len()],
            lowest: None,
            in_vain: 0,
        }),
    };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), MEMORY).with_tolerance_grad(1e-9).ok()?;
    let configured = |state: argmin::core::IterState<Vec<f64>, Vec<f64>, (), (), (), f64>| {
        state.param(start.to_vec()).max_iters(STEPS)
    };
    // A line search that finds no lower point ends the run with an error. That is no matter: the objective remembers the
    // lowest point it was asked about, whichever way the run ends.
    let _ = Executor::new(&objective, solver).configure(configured).run();
    objective.buffers.into_inner().lowest
}

struct Objective<'a> {
    potential: &'a dyn Potential,
    buffers: RefCell<Buffers>,
}

struct Buffers {
    scratch: Scratch,
    gradient: Vec<f64>,
    lowest: Option<(f64, Vec<f64>)>,
    /// Evaluations since the last lower value.
    in_vain: u32,
}

impl Objective<'_> {
    /// L̃(w), with the gradient left in the buffers.
    fn evaluate(&self, w: &[f64], buffers: &mut Buffers) -> Result<f64, argmin::core::Error> {
        let value = self.potential.value_gradient(w, &mut buffers.gradient, &mut buffers.scratch);
        if value.is_finite() && buffers.lowest.as_ref().is_none_or(|(lowest, _)| value < *lowest) {
            buffers.lowest = Some((value, w.to_vec()));
            buffers.in_vain = 0;
        }
        buffers.in_vain += 1;
        if buffers.in_vain > PATIENCE { Err(argmin::core::Error::msg("no lower value")) } else { Ok(value) }
    }
}

impl CostFunction for &Objective<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, w: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        self.evaluate(w, &mut self.buffers.borrow_mut())
    }
}

impl Gradient for &Objective<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, w: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        let buffers = &mut *self.buffers.borrow_mut();
        self.evaluate(w, buffers)?;
        Ok(buffers.gradient.clone())
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{DoubleWell, Quadratic};

    #[test]
    fn known_minima_are_found() {
        let quadratic = Quadratic::new(vec![0.01, 1.0, 100.0]);
        let minimum = minimise(&quadratic, &[vec![3.0, -2.0, 1.0]]).unwrap();
        assert!(minimum.value < 1e-14 && minimum.gradient_norm < 1e-6, "{minimum:?}");
        let minimum = minimise(&DoubleWell, &[vec![0.3], vec![-0.4]]).unwrap();
        assert!(minimum.value < 1e-14 && (minimum.weights[0].abs() - 1.0).abs() < 1e-7);
        assert_eq!((minimum.searches, minimum.distinct), (2, 1));
    }
}
