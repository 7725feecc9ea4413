//! Solves with the generator of the walk, without a subtraction.
//!
//! In the variables v = g u, σ − c𝓛 is σ + cS with S symmetric, off-diagonal entries −κ and S g = 0. Eliminating a cell from such
//! a matrix leaves one of the same kind: couplings between its neighbours grow by positive terms (a star becomes a
//! mesh), and so does each cell's excess, the amount by which it is more than its couplings. Diagonals are sums of both,
//! never differences, so that every pivot has full relative accuracy however small the gap is (Grassmann, Taksar, Heyman,
//! *Regenerative analysis and steady state distributions for Markov chains*, Oper. Res. 33, 1985; Alfa, Xue, Ye,
//! *Accurate computation of the smallest eigenvalue of a diagonally dominant M-matrix*, Math. Comp. 71, 2002).

use super::GridError;
use super::level::Level;

/// L D Lᵀ of σ + cS, or of S with one cell held at 0.
pub(super) struct Factor {
    band: usize,
    /// −L of the cells below each diagonal, `band` a cell.
    multipliers: Vec<f64>,
    pivots: Vec<f64>,
}

impl Factor {
    /// 1 + cS. Cost: N·band² operations and N·band numbers for N cells.
    pub fn shifted(level: &Level, c: f64) -> Result<Self, GridError> {
        Self::new(level, 1.0, c, None)
    }

    /// S with u held at 0 in the cell `held`. Same cost.
    pub fn grounded(level: &Level, held: usize) -> Result<Self, GridError> {
        Self::new(level, 0.0, 1.0, Some(held))
    }

    fn new(level: &Level, sigma: f64, c: f64, held: Option<usize>) -> Result<Self, GridError> {
        let (n, band, g) = (level.len(), level.band, &level.root);
        let mut multipliers = vec![0.0; n * band];
        let apart = |i: usize| g[i] == 0.0 || Some(i) == held;
        let mut excess: Vec<f64> = (0..n).map(|i| if apart(i) { 1.0 } else { sigma }).collect();
        level.for_edges(|i, j, kappa| match (Some(i) == held, Some(j) == held) {
            (true, _) => excess[j] += c * kappa * g[i] / g[j],
            (_, true) => excess[i] += c * kappa * g[j] / g[i],
            _ => multipliers[i * band + (j - i - 1)] += c * kappa,
        });
        let mut pivots = vec![0.0; n];
        for k in 0..n {
            let (above, below) = multipliers.split_at_mut((k + 1) * band);
            let row = &mut above[k * band..];
            pivots[k] = eliminate(k, row, below, &mut excess, g)?;
        }
        Ok(Self { band, multipliers, pivots })
    }

    /// Replaces v by the solution.
    pub fn solve(&self, v: &mut [f64]) {
        let band = self.band;
        for (k, row) in self.multipliers.chunks_exact(band).enumerate() {
            let (here, below) = v[k..].split_first_mut().expect("a row a cell");
            below.iter_mut().zip(row).for_each(|(x, m)| *x += m * *here);
            *here /= self.pivots[k];
        }
        for (k, row) in self.multipliers.chunks_exact(band).enumerate().rev() {
            let sum = product(row, &v[k + 1..]);
            v[k] += sum;
        }
    }
}

/// Σ over the shorter of two slices, in four partial sums that can run side by side.
pub(super) fn product(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut sums = [0.0; 4];
    let (left, right) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Eliminates cell k: `row` holds its couplings and becomes its multipliers. Returns its pivot.
fn eliminate(
    k: usize,
    row: &mut [f64],
    below: &mut [f64],
    excess: &mut [f64],
    g: &[f64],
) -> Result<f64, GridError> {
    let band = row.len();
    let reach = band.min(excess.len() - k - 1);
    let coupled = |i: &usize| row[*i] != 0.0;
    let pivot = excess[k] + (0..reach).filter(coupled).map(|i| row[i] * (g[k + 1 + i] / g[k])).sum::<f64>();
    if !(pivot > 0.0 && pivot.is_finite()) {
        return Err(GridError::Separated);
    }
    for i in 0..reach {
        if row[i] == 0.0 {
            continue;
        }
        let share = row[i] / pivot;
        let target = &mut below[i * band..][..band - i - 1];
        target.iter_mut().zip(&row[i + 1..]).for_each(|(t, r)| *t += share * r);
        excess[k + 1 + i] += share * excess[k] * (g[k] / g[k + 1 + i]);
    }
    row.iter_mut().for_each(|r| *r /= pivot);
    Ok(pivot)
}
