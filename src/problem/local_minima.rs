//! The different local minima that searches from many starts find.

use super::Potential;
use super::minimum::search;
use crate::parallel::Threads;
use serde::{Deserialize, Serialize};

/// A local minimum and how often it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalMinimum {
    /// L̃ there.
    pub value: f64,
    /// Where, in the order of the potential's weights.
    pub weights: Vec<f64>,
    /// How many searches ended there.
    pub searches: usize,
}

/// Values closer than this share of max(|value|, 1e-6) are one.
const SAME_VALUE: f64 = 1e-6;
/// Places closer than this share of max(‖w‖, 1) are one: L-BFGS leaves soft directions long before stiff ones.
const SAME_PLACE: f64 = 1e-2;

/// The different local minima found by L-BFGS from each of `starts` (as [`minimise`](super::minimise)), lowest first.
///
/// Two ends are the same minimum when their values agree to 10⁻⁶ and their places to 10⁻² of their size, after the rows
/// of one (its hidden units, by [`Potential::shape`]) have been matched to the nearest rows of the other: a net whose
/// outer weights are equal has the same minimum under every permutation of its units. Minima that no start leads to are not
/// found. Cost: about 2 gradients a step, at most 2000 steps a start.
pub fn local_minima(potential: &dyn Potential, starts: &[Vec<f64>], threads: &Threads) -> Vec<LocalMinimum> {
    let mut starts: Vec<&Vec<f64>> = starts.iter().collect();
    let ends = threads.map(&mut starts, || (), |start, ()| search(potential, start));
    let mut ends: Vec<(f64, Vec<f64>)> = ends.into_iter().flatten().filter(|end| end.0.is_finite()).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut minima: Vec<LocalMinimum> = Vec::new();
    for (value, weights) in ends {
        let close = SAME_VALUE * value.abs().max(1e-6);
        let known = minima.iter_mut().find(|m| {
            (m.value - value).abs() <= close && same_place(potential.shape(), potential, &m.weights, &weights)
        });
        match known {
            Some(minimum) => minimum.searches += 1,
            None => minima.push(LocalMinimum { value, weights, searches: 1 }),
        }
    }
    minima
}

fn same_place((units, inputs): (usize, usize), potential: &dyn Potential, a: &[f64], b: &[f64]) -> bool {
    let rows = |w: &[f64]| {
        let mut rows = vec![0.0; w.len()];
        potential.write_row_major(w, &mut rows);
        rows
    };
    let (a, b) = (rows(a), rows(b));
    let size = a.iter().map(|x| x * x).sum::<f64>().sqrt().max(1.0);
    let squared = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
    let mut free: Vec<&[f64]> = b.chunks_exact(inputs).collect();
    let mut total = 0.0;
    for row in a.chunks_exact(inputs).take(units) {
        let nearest =
            (0..free.len()).min_by(|&i, &j| squared(row, free[i]).total_cmp(&squared(row, free[j])));
        if let Some(nearest) = nearest {
            total += squared(row, free.swap_remove(nearest));
        }
    }
    total.sqrt() <= SAME_PLACE * size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{DoubleWell, Quadratic, Scratch};

    /// Two units of one input with equal outer weights: f(u) + f(v), f = the double well tilted by 0.1.
    struct TwoUnits;

    impl Potential for TwoUnits {
        fn dim(&self) -> usize {
            2
        }
        fn shape(&self) -> (usize, usize) {
            (2, 1)
        }
        fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _: &mut Scratch) -> f64 {
            gradient.iter_mut().zip(w).for_each(|(g, x)| *g = x * (x * x - 1.0) + 0.1);
            w.iter().map(|x| 0.25 * (x * x - 1.0).powi(2) + 0.1 * x).sum()
        }
    }

    #[test]
    fn minima_are_told_apart_by_place_and_not_by_the_order_of_units() {
        let threads = Threads::new(1).unwrap();
        let found = local_minima(&DoubleWell, &[vec![0.3], vec![-0.4], vec![2.0]], &threads);
        assert_eq!(found.len(), 2);
        assert_eq!(found.iter().map(|m| m.searches).sum::<usize>(), 3);
        let starts = [vec![1.2, -1.2], vec![-0.7, 0.8], vec![0.9, 1.1], vec![-1.0, -0.8]];
        let found = local_minima(&TwoUnits, &starts, &threads);
        assert_eq!(found.iter().map(|m| m.searches).collect::<Vec<_>>(), [1, 2, 1]);
        assert!(found[0].weights.iter().all(|&x| x < 0.0));
        let bowl =
            local_minima(&Quadratic::new(vec![0.01, 1.0]), &[vec![1.0, 2.0], vec![-3.0, 4.0]], &threads);
        assert_eq!((bowl.len(), bowl[0].searches), (1, 2));
    }
}
