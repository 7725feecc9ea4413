//! α(θ₀, r), the infimum of ‖∇F‖²/F over a ball, by descent from many points of the ball.

use super::log_ratio::LogRatio;
use crate::parallel::Threads;
use crate::problem::Potential;
use crate::random::Key;
use rand::RngExt;
use rand_distr::StandardNormal;

/// B(θ₀, r).
#[derive(Debug, Clone, PartialEq)]
pub struct Ball {
    /// θ₀.
    pub centre: Vec<f64>,
    /// r > 0.
    pub radius: f64,
}

/// The smallest ‖∇F‖²/F that a number of searches has found in a ball.
#[derive(Debug, Clone, PartialEq)]
pub struct SmallestRatio {
    /// The smallest value: **an upper bound of α(θ₀, r)**, for a search may miss the infimum.
    pub alpha: f64,
    /// How many searches ended at a value.
    pub searches: usize,
    /// How many of them ended within 1 % of the smallest: few make it doubtful that nothing smaller exists.
    pub agreeing: usize,
    /// The largest value that a search ended at.
    pub worst: f64,
}

/// The most steps of a search.
const STEPS: usize = 300;
/// A search ends when a full step would move it by less than this share of the radius.
const STILL: f64 = 1e-7;
/// Share of the predicted decrease that a step must make (Armijo).
const ENOUGH: f64 = 1e-4;

impl Ball {
    /// The nearest point of the ball, in place.
    pub(super) fn project(&self, w: &mut [f64]) {
        let length = w.iter().zip(&self.centre).map(|(x, c)| (x - c).powi(2)).sum::<f64>().sqrt();
        if length > self.radius {
            let share = self.radius / length;
            w.iter_mut().zip(&self.centre).for_each(|(x, c)| *x = c + share * (*x - c));
        }
    }

    /// Point number `number`: 0 is the centre; every other one has a uniform direction, and a distance that is uniform on [0, r]
    /// for odd numbers and r for even ones (in many dimensions nearly all of a ball lies near its surface).
    pub(super) fn point(&self, number: u64, key: Key, stream_of: u64) -> Vec<f64> {
        if number == 0 {
            return self.centre.clone();
        }
        let mut stream = key.stream(stream_of, number);
        let share = if number % 2 == 1 { stream.random::<f64>() } else { 1.0 };
        let direction: Vec<f64> = self.centre.iter().map(|_| stream.sample(StandardNormal)).collect();
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        self.centre.iter().zip(&direction).map(|(c, x)| c + share * self.radius * x / length).collect()
    }
}

/// For each of `balls` the smallest ‖∇F‖²/F found by `searches` ≥ 1 searches; `None` where none had a value.
///
/// A search is a spectral projected gradient descent of ln(‖∇F‖²/F) (Birgin, Martínez, Raydan, SIAM J. Optim. 10, 2000, with
/// Armijo's rule instead of their nonmonotone one), from the centre, then from random points. Search k of ball i draws from the
/// stream (i, k) of `key`: the same for any number of threads. What is found is an upper bound of the infimum; a critical point
/// with F > 0 in the ball would make α = 0 and need not be found. Cost: at most 300 Hessian–vector products and some
/// gradients a search; memory some 40 bytes a search.
pub fn smallest_ratios(
    potential: &dyn Potential,
    balls: &[Ball],
    searches: u64,
    key: Key,
    threads: &Threads,
) -> Vec<Option<SmallestRatio>> {
    smallest_ratios_of(potential, (balls.len(), &|i| balls[i].clone()), searches, key, threads)
}

/// The same for `count` balls that `ball` makes, one for each search while it lasts: as many as that need not fit in memory.
pub fn smallest_ratios_of(
    potential: &dyn Potential,
    (count, ball): (usize, &(dyn Fn(usize) -> Ball + Sync)),
    searches: u64,
    key: Key,
    threads: &Threads,
) -> Vec<Option<SmallestRatio>> {
    let mut items: Vec<(usize, u64)> =
        (0..count).flat_map(|ball| (0..searches).map(move |search| (ball, search))).collect();
    let ended = threads.map(
        &mut items,
        || LogRatio::new(potential),
        |&mut (number, search), ratio| {
            let ball = ball(number);
            let start = ball.point(search, key, number as u64);
            descend(ratio, &ball, start)
        },
    );
    ended.chunks(searches.max(1) as usize).map(best).collect()
}

/// The smallest of the values that searches ended at.
fn best(ended: &[Option<f64>]) -> Option<SmallestRatio> {
    let found = || ended.iter().flatten();
    let value = found().copied().min_by(f64::total_cmp)?;
    Some(SmallestRatio {
        alpha: value.exp(),
        searches: found().count(),
        agreeing: found().filter(|other| **other <= value + 0.01).count(),
        worst: found().map(|other| other.exp()).fold(0.0, f64::max),
    })
}

/// One search: the ln ratio where it ended.
fn descend(ratio: &mut LogRatio, ball: &Ball, start: Vec<f64>) -> Option<f64> {
    let (mut w, dim) = (start, ball.centre.len());
    let (mut slope, mut next_slope) = (vec![0.0; dim], vec![0.0; dim]);
    let mut value = ratio.gradient(&w, &mut slope);
    if value.is_nan() {
        return None;
    }
    let mut step = 0.1 * ball.radius / norm(&slope).max(f64::MIN_POSITIVE);
    for _ in 0..STEPS {
        let mut aim: Vec<f64> = w.iter().zip(&slope).map(|(x, g)| x - step * g).collect();
        ball.project(&mut aim);
        let direction: Vec<f64> = aim.iter().zip(&w).map(|(a, x)| a - x).collect();
        let predicted = dot(&direction, &slope);
        if norm(&direction) < STILL * ball.radius || predicted >= 0.0 || value == f64::NEG_INFINITY {
            break;
        }
        let mut share = 1.0;
        let moved = loop {
            let trial: Vec<f64> = w.iter().zip(&direction).map(|(x, d)| x + share * d).collect();
            if ratio.value(&trial) <= value + ENOUGH * share * predicted {
                break Some(trial);
            }
            share *= 0.5;
            if share < 1e-10 {
                break None;
            }
        };
        let Some(moved) = moved else { break };
        value = ratio.gradient(&moved, &mut next_slope);
        let (mut along, mut squares) = (0.0, 0.0);
        for k in 0..dim {
            let s = moved[k] - w[k];
            (along, squares) = (along + s * (next_slope[k] - slope[k]), squares + s * s);
        }
        // Barzilai and Borwein's step, kept within reach where the curvature is negative.
        let reach = ball.radius / norm(&next_slope).max(f64::MIN_POSITIVE);
        step = if along > 0.0 { (squares / along).min(100.0 * reach) } else { reach };
        (w, slope) = (moved, next_slope.clone());
    }
    Some(value)
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Quadratic;
    use crate::random::Purpose;

    /// On ½Σθ_k w_k² the ratio is 2Σθ²w²/Σθw², a mean of the 2θ_k; its infimum over a ball that reaches the axis of the smallest is
    /// 2θ_1, and over one that does not it lies on the sphere.
    #[test]
    fn the_constant_of_a_quadratic_is_found() {
        let potential = Quadratic::new(vec![0.5, 2.0, 7.0]);
        let key = Key::new(1, Purpose::Direction);
        let threads = Threads::new(2).unwrap();
        let wide = Ball { centre: vec![1.0, 1.0, 1.0], radius: 2.0 };
        let narrow = Ball { centre: vec![0.0, 1.0, 0.0], radius: 0.6 };
        let found = smallest_ratios(&potential, &[wide, narrow], 8, key, &threads);
        let wide = found[0].as_ref().unwrap();
        assert!((wide.alpha - 1.0).abs() < 1e-6, "{wide:?}");
        // Tangents from 0 to the disc about (0, 1): the direction (sin φ, cos φ), sin φ = 0.6.
        let (s, c): (f64, f64) = (0.36, 0.64);
        let want = 2.0 * (0.25 * s + 4.0 * c) / (0.5 * s + 2.0 * c);
        let narrow = found[1].as_ref().unwrap();
        assert!((narrow.alpha / want - 1.0).abs() < 1e-5, "{} {want}", narrow.alpha);
        assert!(narrow.searches == 8 && narrow.agreeing >= 6 && narrow.worst >= narrow.alpha);
        let one = smallest_ratios(
            &potential,
            &[Ball { centre: vec![1.0; 3], radius: 2.0 }],
            8,
            key,
            &Threads::new(1).unwrap(),
        );
        assert_eq!(one[0].as_ref(), Some(wide));
    }
}
