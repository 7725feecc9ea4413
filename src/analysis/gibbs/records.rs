//! What the chains at the noise scale s have said: a series of numbers for each chain, and a thinned set of their places.

use super::Observable;
use super::kernel::{Block, Work};
use crate::problem::{Potential, Quantity};
use crate::random::{Key, Purpose};
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// How many random directions are watched.
const DIRECTIONS: usize = 4;

/// What is read off every draw.
pub(super) struct Panel<'a> {
    pub quantities: Vec<Quantity>,
    /// Unit vectors, one after another.
    directions: Vec<f64>,
    pub observables: &'a [Observable<'a>],
}

impl<'a> Panel<'a> {
    pub fn new(potential: &dyn Potential, seed: u64, observables: &'a [Observable<'a>]) -> Self {
        let dim = potential.dim();
        let mut directions = Vec::new();
        for k in 0..DIRECTIONS.min(dim.saturating_sub(1)) {
            let mut stream = Key::new(seed, Purpose::Direction).stream(k as u64, 0);
            let mut u: Vec<f64> = (0..dim).map(|_| stream.sample(StandardNormal)).collect();
            let norm = u.iter().map(|x| x * x).sum::<f64>().sqrt();
            u.iter_mut().for_each(|x| *x /= norm);
            directions.extend(u);
        }
        let quantities = Quantity::ALL.into_iter().filter(|&q| potential.has(q)).collect();
        Self { quantities, directions, observables }
    }

    /// The names of the columns.
    pub fn names(&self, dim: usize) -> Vec<String> {
        let mut names: Vec<String> = self.quantities.iter().map(|q| q.name().into()).collect();
        names.push("first weight".into());
        names.extend((0..self.directions.len() / dim).map(|k| format!("direction {k}")));
        names.extend(self.observables.iter().map(|o| o.name.clone()));
        names
    }

    /// Appends a row of numbers for each chain of `block`. Cost: one gradient and one Laplacian a chain.
    pub fn read(&self, potential: &dyn Potential, block: &mut Block, work: &mut Work, rows: &mut Vec<f64>) {
        let dim = potential.dim();
        let readings = &mut work.readings[..block.count()];
        let gradient = &mut block.gradient;
        potential.block_readings(&block.weights, &self.quantities, readings, gradient, &mut work.scratch);
        for (w, reading) in block.weights.chunks_exact(dim).zip(readings) {
            rows.extend(self.quantities.iter().map(|&q| reading[q as usize]));
            rows.push(w[0]);
            for u in self.directions.chunks_exact(dim) {
                rows.push(u.iter().zip(w).map(|(a, b)| a * b).sum());
            }
            rows.extend(self.observables.iter().map(|o| (o.value)(w)));
        }
    }
}

/// The series of all chains.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Records {
    pub names: Vec<String>,
    pub quantities: Vec<Quantity>,
    pub chains: usize,
    pub dim: usize,
    /// `series[column * chains + chain]`.
    #[serde(with = "crate::packed::rows")]
    series: Vec<Vec<f64>>,
    /// Kept places of each chain.
    #[serde(with = "crate::packed::rows")]
    kept: Vec<Vec<f64>>,
    /// Every so many rows a place is kept.
    every: usize,
    /// Kept places of a chain at most.
    most: usize,
}

impl Records {
    pub fn new(panel: &Panel, chains: usize, dim: usize, draws: usize) -> Self {
        let names = panel.names(dim);
        Self {
            series: vec![Vec::new(); names.len() * chains],
            kept: vec![Vec::new(); chains],
            every: 1,
            most: (draws / chains).max(1),
            quantities: panel.quantities.clone(),
            names,
            chains,
            dim,
        }
    }

    /// Whether the lists have the lengths that they have for so many chains in `dim` weights.
    pub fn fits(&self, chains: usize, dim: usize) -> bool {
        let rows = self.series.first().map_or(0, Vec::len);
        (self.chains, self.dim, self.kept.len()) == (chains, dim, chains)
            && self.quantities.len() <= self.names.len()
            && self.names.len().checked_mul(chains) == Some(self.series.len())
            && rows > 0
            && self.series.iter().all(|series| series.len() == rows)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.series[0].len()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.series.iter_mut().chain(&mut self.kept).for_each(Vec::clear);
        self.every = 1;
    }

    /// Adds a row for each of some chains, the first of which is `first`.
    pub fn push(&mut self, first: usize, rows: &[f64], weights: &[f64], index: usize) {
        let columns = self.names.len();
        for (i, row) in rows.chunks_exact(columns).enumerate() {
            for (column, x) in row.iter().enumerate() {
                self.series[column * self.chains + first + i].push(*x);
            }
        }
        if index.is_multiple_of(self.every) {
            for (i, w) in weights.chunks_exact(self.dim).enumerate() {
                self.kept[first + i].extend_from_slice(w);
            }
        }
    }

    /// Keeps every other place when there are too many; to be called when all chains have the same rows.
    pub fn thin(&mut self) {
        while self.kept[0].len() > self.most * self.dim {
            let dim = self.dim;
            for kept in &mut self.kept {
                *kept = kept.chunks_exact(dim).step_by(2).flatten().copied().collect();
            }
            self.every *= 2;
        }
    }

    /// The chains of one column.
    pub fn column(&self, column: usize) -> Vec<&[f64]> {
        self.series[column * self.chains..][..self.chains].iter().map(Vec::as_slice).collect()
    }

    /// The chains of a quantity, where the potential has it.
    pub fn quantity(&self, quantity: Quantity) -> Option<Vec<&[f64]>> {
        self.quantities.iter().position(|&q| q == quantity).map(|column| self.column(column))
    }

    /// Kept draws, chain after chain, equally many of each.
    pub fn draws(&self) -> Vec<f64> {
        self.kept.concat()
    }
}
