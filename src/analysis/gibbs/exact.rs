//! Independent draws where the measure is a known Gaussian.

use super::kernel::{Block, Work};
use super::records::{Panel, Records};
use crate::parallel::Threads;
use crate::problem::Potential;
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;

/// Tag of the streams.
const EXACT: u64 = 7;

/// `rows` rows of independent draws from N(0, diag(variances)) for each of the chains of `records`.
pub(super) fn draw(
    potential: &dyn Potential,
    variances: &[f64],
    seed: u64,
    panel: &Panel,
    rows: usize,
    records: &mut Records,
    threads: &Threads,
) {
    let (dim, before) = (potential.dim(), records.len());
    let key = Key::new(seed, Purpose::Reference).tagged(EXACT);
    let deviations: Vec<f64> = variances.iter().map(|v| v.sqrt()).collect();
    let mut chains: Vec<usize> = (0..records.chains).collect();
    let results = threads.map(
        &mut chains,
        || Work::new(potential, 1),
        |&mut chain, work| {
            let (mut numbers, mut places) = (Vec::new(), Vec::new());
            let first = chain as u64;
            let mut block =
                Block { first, weights: vec![0.0; dim], gradient: vec![0.0; dim], risk: vec![0.0] };
            for row in before..before + rows {
                let mut stream = key.stream(first, row as u64);
                for (w, deviation) in block.weights.iter_mut().zip(&deviations) {
                    *w = deviation * stream.sample::<f64, _>(StandardNormal);
                }
                panel.read(potential, &mut block, work, &mut numbers);
                places.extend_from_slice(&block.weights);
            }
            (numbers, places)
        },
    );
    for (chain, (numbers, places)) in results.into_iter().enumerate() {
        let pieces = numbers.chunks_exact(numbers.len() / rows).zip(places.chunks_exact(dim));
        for (row, (numbers, place)) in pieces.enumerate() {
            records.push(chain, numbers, place, before + row);
        }
    }
    records.thin();
}
