//! A coarse partition of the box into parts of nearly equal Gibbs mass.

use super::Grid;
use super::level::Level;

/// Bins of nearly equal μ_s-mass, made of whole cells of the finest grid.
///
/// For n particles there are about K = 2 n^{2/5} bins, between 4 and 400 (Mann, Wald, *On the choice of the number of class
/// intervals in the application of the chi square test*, Ann. Math. Stat. 13, 1942, give this growth). One weight: slices. Two
/// weights: √K slices along the first weight, each cut into √K along the second. Blind to differences finer than a bin.
#[derive(Debug, Clone)]
pub struct Partition {
    level: Level,
    /// The bin of each cell.
    bin: Vec<u32>,
    masses: Vec<f64>,
}

impl Partition {
    /// Bins for samples of about n particles.
    pub fn new(grid: &Grid, n: usize) -> Self {
        let level = grid.levels[2].clone();
        let wanted = (2.0 * (n as f64).powf(0.4)).round().clamp(4.0, 400.0);
        let bin = match level.cells.len() {
            1 => {
                let masses: Vec<f64> = (0..level.len()).map(|i| level.mass(i)).collect();
                slices(&masses, wanted as u32)
            }
            _ => tiles(&level, wanted.sqrt().round() as u32),
        };
        let used = bin.iter().max().map_or(0, |b| *b as usize + 1);
        let mut masses = vec![0.0; used];
        bin.iter().enumerate().for_each(|(i, b)| masses[*b as usize] += level.mass(i));
        Self { level, bin, masses }
    }

    /// μ_s of each bin.
    pub fn masses(&self) -> &[f64] {
        &self.masses
    }

    /// How many particles lie in each bin; a particle outside the box counts for the nearest cell. `weights`: D numbers a particle.
    pub fn counts(&self, weights: &[f64]) -> Vec<u64> {
        let dim = self.level.cells.len();
        let mut counts = vec![0; self.masses.len()];
        let mut index = vec![0; dim];
        for w in weights.chunks_exact(dim) {
            for k in 0..dim {
                // A negative number becomes 0.
                let at = ((w[k] - self.level.lo[k]) / self.level.width[k]) as usize;
                index[k] = at.min(self.level.cells[k] - 1);
            }
            counts[self.bin[self.level.cell(&index)] as usize] += 1;
        }
        counts
    }
}

/// Consecutive slices of nearly equal mass, none without mass; returns the slice of each element.
fn slices(masses: &[f64], wanted: u32) -> Vec<u32> {
    let total: f64 = masses.iter().sum();
    let (mut sum, mut last, mut slice) = (0.0, None, 0);
    let of = |mass: &f64| {
        let middle = (sum + 0.5 * mass) / total;
        sum += mass;
        let target = ((middle * f64::from(wanted)) as u32).min(wanted - 1);
        // Numbers without gaps, though a heavy cell may jump over a target.
        slice += u32::from(last.is_some_and(|l| target > l));
        last = Some(target);
        slice
    };
    masses.iter().map(of).collect()
}

fn tiles(level: &Level, side: u32) -> Vec<u32> {
    let (rows, columns) = (level.cells[0], level.cells[1]);
    let mass = |i: usize, j: usize| level.mass(level.cell(&[i, j]));
    let rows_mass: Vec<f64> = (0..rows).map(|i| (0..columns).map(|j| mass(i, j)).sum()).collect();
    let slice = slices(&rows_mass, side);
    let mut bin = vec![0; level.len()];
    let mut first = 0;
    for number in 0..=slice.last().copied().unwrap_or(0) {
        let inside: Vec<usize> = (0..rows).filter(|i| slice[*i] == number).collect();
        let column: Vec<f64> = (0..columns).map(|j| inside.iter().map(|i| mass(*i, j)).sum()).collect();
        let cut = slices(&column, side);
        for i in inside {
            (0..columns).for_each(|j| bin[level.cell(&[i, j])] = first + cut[j]);
        }
        first += cut.last().map_or(0, |c| c + 1);
    }
    bin
}
