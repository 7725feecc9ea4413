//! One grid: cells of a box, and the reversible walk between them.

use super::GridError;
use super::extent::Extent;
use crate::problem::{Potential, Quantity, Readings};

/// Cells of a box for one cell width.
///
/// The axis with fewer cells runs fastest, so that neighbours are at most `band` cells apart. All of it is in terms of
/// g_i = e^{−(L̃_i − min L̃)/s}, the square root of the density: μ_i = g_i²/Σg², and the rate from i to j is κ g_j/g_i.
#[derive(Debug, Clone)]
pub(super) struct Level {
    /// Lower end of the box, along the weights.
    pub lo: Vec<f64>,
    /// Cell widths, along the weights.
    pub width: Vec<f64>,
    /// Numbers of cells, along the weights.
    pub cells: Vec<usize>,
    /// Which weight runs fastest.
    pub fast: usize,
    /// How far apart neighbours along the other weight are; 1 for one weight.
    pub band: usize,
    /// g of each cell; 0 where it is beyond the range of the numbers: no cell of the walk.
    pub root: Vec<f64>,
    /// Σ g².
    pub total: f64,
    /// min L̃ over the cells.
    pub lowest: f64,
    /// κ = s/2h² along the fast weight and along the other.
    pub conductance: [f64; 2],
}

/// Cells with (L̃ − min L̃)/s above this take no part: a density of e^{−1200} of the peak.
const DEEPEST: f64 = 600.0;

impl Level {
    pub fn new(
        potential: &dyn Potential,
        s: f64,
        extent: &Extent,
        cells: &[usize],
    ) -> Result<Self, GridError> {
        let dim = cells.len();
        let width: Vec<f64> = (0..dim).map(|k| (extent.hi[k] - extent.lo[k]) / cells[k] as f64).collect();
        let fast = if dim == 2 && cells[1] < cells[0] { 1 } else { 0 };
        let band = if dim == 1 { 1 } else { cells[fast] };
        let kappa = |k: usize| s / (2.0 * width[k] * width[k]);
        let conductance = [kappa(fast), if dim == 2 { kappa(1 - fast) } else { 0.0 }];
        let lo = extent.lo.clone();
        let mut level = Self {
            lo,
            width,
            cells: cells.to_vec(),
            fast,
            band,
            root: Vec::new(),
            total: 0.0,
            lowest: 0.0,
            conductance,
        };
        let values = level.read(potential, &[Quantity::Risk]).swap_remove(0);
        level.lowest = values.iter().copied().filter(|v| v.is_finite()).fold(f64::INFINITY, f64::min);
        if !level.lowest.is_finite() {
            return Err(GridError::NotFinite);
        }
        let root = |value: &f64| {
            let depth = (value - level.lowest) / s;
            if depth <= DEEPEST { (-depth).exp() } else { 0.0 }
        };
        level.root = values.iter().map(root).collect();
        level.total = level.root.iter().map(|g| g * g).sum();
        Ok(level)
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.iter().product()
    }

    /// Writes the centre of a cell into `w`.
    pub fn centre(&self, cell: usize, w: &mut [f64]) {
        let fast = self.cells[self.fast];
        for (k, x) in w.iter_mut().enumerate() {
            let index = if k == self.fast { cell % fast } else { cell / fast };
            *x = self.lo[k] + (index as f64 + 0.5) * self.width[k];
        }
    }

    /// The cell with these indices along the weights.
    pub fn cell(&self, index: &[usize]) -> usize {
        let slow = if index.len() == 2 { index[1 - self.fast] } else { 0 };
        slow * self.cells[self.fast] + index[self.fast]
    }

    /// A function of the centre of each cell.
    pub fn map(&self, mut function: impl FnMut(&[f64]) -> f64) -> Vec<f64> {
        let mut w = vec![0.0; self.cells.len()];
        (0..self.len())
            .map(|cell| {
                self.centre(cell, &mut w);
                function(&w)
            })
            .collect()
    }

    /// Each of the `wanted` quantities at each cell's centre.
    pub fn read(&self, potential: &dyn Potential, wanted: &[Quantity]) -> Vec<Vec<f64>> {
        let (dim, len) = (self.cells.len(), potential.block_len());
        let mut scratch = potential.scratch();
        let (mut weights, mut gradient) = (vec![0.0; len * dim], vec![0.0; len * dim]);
        let mut readings = vec![[f64::NAN; Quantity::COUNT]; len];
        let mut out = vec![Vec::with_capacity(self.len()); wanted.len()];
        for first in (0..self.len()).step_by(len) {
            let count = len.min(self.len() - first);
            let weights = &mut weights[..count * dim];
            weights.chunks_exact_mut(dim).enumerate().for_each(|(i, w)| self.centre(first + i, w));
            let readings: &mut [Readings] = &mut readings[..count];
            potential.block_readings(weights, wanted, readings, &mut gradient[..count * dim], &mut scratch);
            for (values, quantity) in out.iter_mut().zip(wanted) {
                values.extend(readings.iter().map(|reading| reading[*quantity as usize]));
            }
        }
        out
    }

    /// μ_i.
    pub fn mass(&self, cell: usize) -> f64 {
        self.root[cell] * self.root[cell] / self.total
    }

    /// E_μ φ.
    pub fn mean(&self, values: &[f64]) -> f64 {
        let kept = self.root.iter().zip(values).filter(|(g, _)| **g > 0.0);
        kept.map(|(g, v)| g * g * v).sum::<f64>() / self.total
    }

    /// The volume of a cell.
    pub fn volume(&self) -> f64 {
        self.width.iter().product()
    }

    /// The cell with the largest density, the first of equals.
    pub fn peak(&self) -> usize {
        (0..self.len()).fold(0, |best, i| if self.root[i] > self.root[best] { i } else { best })
    }

    /// Calls `body` with each pair of neighbours that take part, and κ between them.
    pub fn for_edges(&self, mut body: impl FnMut(usize, usize, f64)) {
        let (fast, len) = (self.cells[self.fast], self.len());
        for i in 0..len {
            if self.root[i] == 0.0 {
                continue;
            }
            if (i + 1) % fast != 0 && self.root[i + 1] > 0.0 {
                body(i, i + 1, self.conductance[0]);
            }
            if self.cells.len() == 2 && i + fast < len && self.root[i + fast] > 0.0 {
                body(i, i + fast, self.conductance[1]);
            }
        }
    }

    /// The generator applied to u: Σ_j κ (g_j/g_i)(u_j − u_i).
    pub fn generator(&self, u: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; u.len()];
        self.for_edges(|i, j, kappa| {
            let flow = kappa * (u[j] - u[i]);
            out[i] += flow * self.root[j] / self.root[i];
            out[j] -= flow * self.root[i] / self.root[j];
        });
        out
    }
}
