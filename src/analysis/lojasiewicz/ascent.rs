//! C_L, the Lipschitz constant of ∇F in a ball: the largest |eigenvalue| of the Hessian, by ascent from many points.

use super::search::Ball;
use crate::analysis::curvature::extreme_curvatures;
use crate::parallel::Threads;
use crate::problem::{Potential, Scratch};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// The largest curvature that was found in a ball.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothness {
    /// The largest |eigenvalue| of ∇²F at any point looked at: **a lower bound of C_L**.
    pub constant: f64,
    /// How many climbs it is the largest of.
    pub climbs: usize,
    /// The smallest value that a climb ended at.
    pub worst: f64,
}

/// Proposals of a climb.
const PROPOSALS: u64 = 60;

/// The largest |eigenvalue| of ∇²F over `ball`, by `climbs` ≥ 1 random climbs, from the centre and from random points: a proposal is
/// a Gaussian move, projected to the ball, kept where the curvature grows; its size halves after five failures in a row.
///
/// A lower bound of the Lipschitz constant of ∇F in the ball, since climbs may miss the largest curvature. `None` where no Hessian
/// product is finite. The same for any number of threads. Cost: 60·min(D, 200) Hessian–vector products a climb.
pub fn smoothness(
    potential: &dyn Potential,
    ball: &Ball,
    climbs: u64,
    seed: u64,
    threads: &Threads,
) -> Option<Smoothness> {
    let mut numbers: Vec<u64> = (0..climbs).collect();
    let ended = threads.map(
        &mut numbers,
        || potential.scratch(),
        |climb, scratch| climb_from(potential, ball, *climb, seed, scratch),
    );
    let found = || ended.iter().flatten().copied();
    let constant = found().reduce(f64::max)?;
    Some(Smoothness { constant, climbs: found().count(), worst: found().fold(constant, f64::min) })
}

/// Tags of the random numbers used here.
const POINTS: u64 = 0x6c69_7073;
const MOVES: u64 = 0x6c69_706d;

fn climb_from(
    potential: &dyn Potential,
    ball: &Ball,
    climb: u64,
    seed: u64,
    scratch: &mut Scratch,
) -> Option<f64> {
    let key = |tag: u64| Key::new(seed, Purpose::Direction).tagged(tag);
    let mut curvature = |w: &[f64]| {
        let extremes = extreme_curvatures(potential, w, key(POINTS), scratch)?;
        Some(extremes.largest.value.abs().max(extremes.smallest.value.abs()))
    };
    let mut w = ball.point(climb, key(POINTS), 0);
    let mut best = curvature(&w)?;
    let mut stream = key(MOVES).stream(climb, 0);
    let (mut size, mut failures) = (ball.radius, 0);
    for _ in 0..PROPOSALS {
        let scale = size / (w.len() as f64).sqrt();
        let mut trial: Vec<f64> =
            w.iter().map(|x| x + scale * stream.sample::<f64, _>(StandardNormal)).collect();
        ball.project(&mut trial);
        match curvature(&trial).filter(|value| *value > best) {
            Some(value) => (w, best, failures) = (trial, value, 0),
            None => failures += 1,
        }
        if failures == 5 {
            (size, failures) = (0.5 * size, 0);
        }
    }
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{DoubleWell, Quadratic};

    #[test]
    fn the_largest_curvature_of_a_ball_is_found() {
        let threads = Threads::new(1).unwrap();
        let quadratic = Quadratic::new(vec![0.5, 7.0]);
        let ball = Ball { centre: vec![1.0, 1.0], radius: 0.5 };
        let found = smoothness(&quadratic, &ball, 3, 1, &threads).unwrap();
        assert!((found.constant - 7.0).abs() < 1e-9 && (found.worst - 7.0).abs() < 1e-9);
        // (x² − 1)²/4 has curvature 3x² − 1: on [0.5, 1.5] it is largest at 1.5, 5.75.
        let ball = Ball { centre: vec![1.0], radius: 0.5 };
        let found = smoothness(&DoubleWell, &ball, 4, 1, &threads).unwrap();
        assert!(found.constant > 5.7 && found.constant < 5.75 + 1e-6, "{found:?}");
    }
}
