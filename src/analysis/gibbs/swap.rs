//! Exchanges of states between neighbouring noise scales.

use super::kernel::Block;
use crate::random::Key;
use rand::RngExt;

/// Tag of the streams.
const SWAP: u64 = 4;

/// Accepted and proposed exchanges of one pair of neighbours.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub accepted: f64,
    pub proposed: f64,
}

impl Tally {
    /// The mean acceptance probability.
    pub fn rate(&self) -> Option<f64> {
        (self.proposed > 0.0).then(|| self.accepted / self.proposed)
    }
}

/// Proposes to exchange the states of the rungs r and r + 1 of every ladder, for even r or for odd r by turns (Okabe et
/// al. 2001; Syed, Bouchard-Côté, Deligiannidis, Doucet, *JRSS B* 84, 2022: the rate of round trips then does not fall to
/// zero with the number of rungs). Accepted with probability min(1, exp((2/s_r − 2/s_{r+1})(L̃_r − L̃_{r+1}))).
pub(super) fn swap(
    rungs: &mut [Vec<Block>],
    scales: &[f64],
    key: Key,
    iteration: u64,
    tallies: &mut [Tally],
) {
    let mut lower = (iteration % 2) as usize;
    while lower + 1 < rungs.len() {
        let (below, above) = rungs.split_at_mut(lower + 1);
        let factor = 2.0 / scales[lower] - 2.0 / scales[lower + 1];
        for (cold, hot) in below[lower].iter_mut().zip(&mut above[0]) {
            for i in 0..cold.count() {
                let probability = (factor * (cold.risk[i] - hot.risk[i])).exp().min(1.0);
                tallies[lower].proposed += 1.0;
                tallies[lower].accepted += probability;
                let mut stream = key.tagged(SWAP).stream(cold.first + i as u64, iteration);
                if stream.random::<f64>() < probability {
                    exchange(cold, hot, i);
                }
            }
        }
        lower += 2;
    }
}

fn exchange(cold: &mut Block, hot: &mut Block, i: usize) {
    let dim = cold.weights.len() / cold.count();
    let own = i * dim..(i + 1) * dim;
    cold.weights[own.clone()].swap_with_slice(&mut hot.weights[own.clone()]);
    cold.gradient[own.clone()].swap_with_slice(&mut hot.gradient[own]);
    std::mem::swap(&mut cold.risk[i], &mut hot.risk[i]);
}
