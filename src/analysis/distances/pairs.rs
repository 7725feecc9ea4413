//! Sums over all pairs of particles, tile by tile: no n × n matrix is ever held.

use super::multipliers::{GROUP, Multipliers};
use crate::parallel::Threads;

/// Particles evaluated together.
pub(super) const LANES: usize = 8;
/// Rows and columns of a tile: its values take 128 KiB.
const TILE: usize = 128;
/// Tiles between two reductions, so that at most this many partial sums are held.
const BATCH: usize = 256;

/// A symmetric function a(i, j) of two particles.
pub(super) trait PairFunction: Sync {
    /// The vectors it reads, one row of `dim` numbers a particle each.
    fn vectors(&self) -> Vec<&[f64]>;

    /// Numbers in a row.
    fn dim(&self) -> usize;

    /// a(i, j) for eight particles j: `columns` holds, for each of [`vectors`](Self::vectors), `dim` groups of their
    /// numbers.
    fn lanes(&self, i: usize, columns: &[[f64; LANES]]) -> [f64; LANES];
}

/// What is left of a(i, j), i < j, after summing with the multipliers e of each column b.
pub(super) struct PairSums {
    /// Σ_{i<j} e_ib e_jb a(i, j) for each used column.
    pub(super) forms: Vec<f64>,
    /// Σ_{j≠i} a(i, j) for each particle.
    pub(super) rows: Vec<f64>,
    /// Σ_{j≠i} e_j0 a(i, j) for each particle.
    pub(super) labelled_rows: Vec<f64>,
}

/// Partial sums of one tile.
struct TileSums {
    forms: Vec<f64>,
    /// Of the tile's rows, then of its columns.
    sums: [[f64; TILE]; 2],
    labelled: [[f64; TILE]; 2],
}

struct Work {
    columns: Vec<[f64; LANES]>,
    values: Vec<f64>,
    signs: Vec<[f64; GROUP]>,
}

/// Sums `function` over all pairs. Cost: n²/2 evaluations and n²/2 multiplications for each column; memory for 256 tiles'
/// partial sums of 8·(columns + 512) bytes each. Tiles are added in a fixed order.
pub(super) fn pair_sums(
    function: &impl PairFunction,
    multipliers: &Multipliers,
    threads: &Threads,
) -> PairSums {
    let n = multipliers.particles();
    let tiles = n.div_ceil(TILE);
    let mut places: Vec<(usize, usize)> = (0..tiles).flat_map(|r| (r..tiles).map(move |c| (r, c))).collect();
    let mut all =
        PairSums { forms: vec![0.0; multipliers.columns()], rows: vec![0.0; n], labelled_rows: vec![0.0; n] };
    for batch in places.chunks_mut(BATCH) {
        let done =
            threads.map(batch, || work(function), |place, work| tile(function, multipliers, *place, work));
        for (&mut (row, column), part) in batch.iter_mut().zip(&done) {
            add(&mut all.forms, &part.forms);
            for (at, side) in [(row, 0), (column, 1)] {
                let end = n.min((at + 1) * TILE);
                add(&mut all.rows[at * TILE..end], &part.sums[side]);
                add(&mut all.labelled_rows[at * TILE..end], &part.labelled[side]);
            }
        }
    }
    all.forms.truncate(multipliers.used());
    all
}

fn add(to: &mut [f64], from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(a, b)| *a += b);
}

fn work(function: &impl PairFunction) -> Work {
    let numbers = function.vectors().len() * function.dim();
    Work {
        columns: vec![[0.0; LANES]; numbers],
        values: vec![0.0; TILE * TILE],
        signs: vec![[0.0; GROUP]; TILE],
    }
}

fn tile(
    function: &impl PairFunction,
    multipliers: &Multipliers,
    (row, column): (usize, usize),
    work: &mut Work,
) -> TileSums {
    let n = multipliers.particles();
    let (rows, columns) = (row * TILE..n.min((row + 1) * TILE), column * TILE..n.min((column + 1) * TILE));
    work.values.fill(0.0);
    for first in columns.clone().step_by(LANES) {
        pack(function, first, columns.end, &mut work.columns);
        let valid = LANES.min(columns.end - first);
        for i in rows.clone().take_while(|&i| i + 1 < first + valid) {
            let values = function.lanes(i, &work.columns);
            let out = &mut work.values[(i - rows.start) * TILE + first - columns.start..][..valid];
            out.copy_from_slice(&values[..valid]);
            // On the diagonal only pairs i < j count.
            let skipped = (i + 1).saturating_sub(first).min(valid);
            out[..skipped].fill(0.0);
        }
    }
    let mut sums = TileSums {
        forms: vec![0.0; multipliers.columns()],
        sums: [[0.0; TILE]; 2],
        labelled: [[0.0; TILE]; 2],
    };
    row_sums(multipliers, (rows.start, columns.start), &work.values, &mut sums);
    for group in 0..multipliers.columns() / GROUP {
        quadratic_forms(multipliers, (rows.start, columns.start), group, work, &mut sums.forms);
    }
    sums
}

/// Writes the vectors of eight particles from `first` on side by side; the last particle before `end` fills up.
fn pack(function: &impl PairFunction, first: usize, end: usize, columns: &mut [[f64; LANES]]) {
    let dim = function.dim();
    for (vectors, columns) in function.vectors().into_iter().zip(columns.chunks_exact_mut(dim)) {
        for lane in 0..LANES {
            let particle = (first + lane).min(end - 1);
            for (group, x) in columns.iter_mut().zip(&vectors[particle * dim..][..dim]) {
                group[lane] = *x;
            }
        }
    }
}

fn row_sums(multipliers: &Multipliers, (row, column): (usize, usize), values: &[f64], out: &mut TileSums) {
    let label = |particle: usize| match particle < multipliers.particles() {
        true => f64::from(multipliers.row(particle)[0]),
        false => 0.0,
    };
    let column_labels: [f64; TILE] = std::array::from_fn(|j| label(column + j));
    for (i, line) in values.chunks_exact(TILE).enumerate() {
        let row_label = label(row + i);
        for (j, &value) in line.iter().enumerate() {
            out.sums[0][i] += value;
            out.labelled[0][i] += column_labels[j] * value;
            out.sums[1][j] += value;
            out.labelled[1][j] += row_label * value;
        }
    }
}

/// Adds Σ e_i e_j a(i, j) of a tile for one group of columns.
fn quadratic_forms(
    multipliers: &Multipliers,
    (row, column): (usize, usize),
    group: usize,
    work: &mut Work,
    forms: &mut [f64],
) {
    let numbers = |particle: usize| -> [f64; GROUP] {
        let row = &multipliers.row(particle)[group * GROUP..];
        std::array::from_fn(|k| f64::from(row[k]))
    };
    let n = multipliers.particles();
    let columns = TILE.min(n - column);
    for (j, signs) in work.signs[..columns].iter_mut().enumerate() {
        *signs = numbers(column + j);
    }
    let mut total = [0.0; GROUP];
    for (i, line) in work.values.chunks_exact(TILE).enumerate().take(n - row) {
        let mut sum = [0.0; GROUP];
        for (&value, signs) in line[..columns].iter().zip(&work.signs) {
            for (s, e) in sum.iter_mut().zip(signs) {
                *s += value * e;
            }
        }
        for ((t, s), e) in total.iter_mut().zip(sum).zip(numbers(row + i)) {
            *t += s * e;
        }
    }
    add(&mut forms[group * GROUP..][..GROUP], &total);
}

#[cfg(test)]
mod tests {
    use super::super::Resampling;
    use super::*;

    /// a(i, j) = (x_i + x_j)², which is symmetric and tells pairs apart.
    struct Square(Vec<f64>);

    impl PairFunction for Square {
        fn vectors(&self) -> Vec<&[f64]> {
            vec![&self.0]
        }
        fn dim(&self) -> usize {
            1
        }
        fn lanes(&self, i: usize, columns: &[[f64; LANES]]) -> [f64; LANES] {
            columns[0].map(|x| (self.0[i] + x).powi(2))
        }
    }

    #[test]
    fn tiles_sum_every_pair_once_for_any_size_and_number_of_threads() {
        let resampling = Resampling { replicates: 20, seed: 1, tag: 0 };
        for n in [2usize, 3, 8, 9, 127, 128, 129, 300] {
            let function = Square((0..n).map(|i| (i as f64).sin()).collect());
            let labels = Multipliers::labels(1, n - 1, &resampling);
            let sums = pair_sums(&function, &labels, &Threads::new(1).unwrap());
            let other = pair_sums(&function, &labels, &Threads::new(3).unwrap());
            assert_eq!((&sums.forms, &sums.rows), (&other.forms, &other.rows));
            let a = |i: usize, j: usize| (function.0[i] + function.0[j]).powi(2);
            let tolerance = 1e-13 * (n * n) as f64;
            for (b, form) in sums.forms.iter().enumerate() {
                let e = |i: usize| f64::from(labels.row(i)[b]);
                let want: f64 = (0..n)
                    .flat_map(|j| (0..j).map(move |i| (i, j)))
                    .map(|(i, j)| e(i) * e(j) * a(i, j))
                    .sum();
                assert!((form - want).abs() < tolerance, "n = {n}, column {b}: {form}, expected {want}");
            }
            for i in 0..n {
                let others = || (0..n).filter(move |&j| j != i);
                let (row, labelled): (f64, f64) = (
                    others().map(|j| a(i, j)).sum(),
                    others().map(|j| f64::from(labels.row(j)[0]) * a(i, j)).sum(),
                );
                assert!((sums.rows[i] - row).abs() < tolerance);
                assert!((sums.labelled_rows[i] - labelled).abs() < tolerance);
            }
        }
    }
}
