//! Generalised symmetric eigenproblems A c = ρ B c with B possibly singular.

use faer::{Mat, Side};

/// Directions of B whose eigenvalue is below this fraction of the largest, after scaling to a unit diagonal, are dropped:
/// functions that depend on one another up to rounding.
pub const NULL_DIRECTION: f64 = 1e-8;

/// A map W, functions × kept and row-major, with WᵀBW = 1.
pub(super) struct Whitening {
    functions: usize,
    kept: usize,
    map: Vec<f64>,
}

impl Whitening {
    /// Of a symmetric positive semidefinite m × m matrix; `None` where nothing varies.
    pub fn new(b: &[f64], m: usize) -> Option<Self> {
        let inverse_scale: Vec<f64> =
            (0..m).map(|k| b[k * m + k]).map(|v| if v > 0.0 { v.sqrt().recip() } else { 0.0 }).collect();
        let scaled: Vec<f64> =
            (0..m * m).map(|ij| b[ij] * inverse_scale[ij / m] * inverse_scale[ij % m]).collect();
        let (values, vectors) = symmetric_eigen(&scaled, m)?;
        let largest = *values.last()?;
        let kept: Vec<usize> =
            (0..m).filter(|&k| values[k] > NULL_DIRECTION * largest && values[k] > 0.0).collect();
        let mut map = vec![0.0; m * kept.len()];
        for (column, &k) in kept.iter().enumerate() {
            for i in 0..m {
                map[i * kept.len() + column] = inverse_scale[i] * vectors[k * m + i] / values[k].sqrt();
            }
        }
        (!kept.is_empty()).then_some(Self { functions: m, kept: kept.len(), map })
    }

    /// How many directions are left.
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// All eigenvalues of A c = ρ B c on the directions left, increasing, and the vector c with cᵀBc = 1 that `choose`
    /// picks by its index.
    pub fn eigen(&self, a: &[f64], choose: impl Fn(usize) -> usize) -> Option<(Vec<f64>, Vec<f64>)> {
        let (m, k) = (self.functions, self.kept);
        let mut half = vec![0.0; m * k];
        for i in 0..m {
            for j in 0..m {
                let factor = a[i * m + j];
                let (to, from) = (&mut half[i * k..(i + 1) * k], &self.map[j * k..(j + 1) * k]);
                to.iter_mut().zip(from).for_each(|(t, f)| *t += factor * f);
            }
        }
        let mut reduced = vec![0.0; k * k];
        for i in 0..m {
            for p in 0..k {
                let factor = self.map[i * k + p];
                let (to, from) = (&mut reduced[p * k..(p + 1) * k], &half[i * k..(i + 1) * k]);
                to.iter_mut().zip(from).for_each(|(t, f)| *t += factor * f);
            }
        }
        let (values, vectors) = symmetric_eigen(&reduced, k)?;
        let y = &vectors[choose(k) * k..][..k];
        let lifted = (0..m).map(|i| (0..k).map(|p| self.map[i * k + p] * y[p]).sum()).collect();
        Some((values, lifted))
    }
}

/// Eigenvalues of a symmetric n × n matrix, increasing, and their vectors one after another; its two triangles are averaged.
/// `None` where an entry is not finite or the iteration fails.
pub(super) fn symmetric_eigen(a: &[f64], n: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    if n == 0 || a.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let matrix = Mat::from_fn(n, n, |i, j| 0.5 * (a[i * n + j] + a[j * n + i]));
    let eigen = matrix.self_adjoint_eigen(Side::Lower).ok()?;
    let values = (0..n).map(|k| eigen.S()[k]).collect();
    let vectors = (0..n).flat_map(|k| (0..n).map(move |i| (i, k))).map(|(i, k)| eigen.U()[(i, k)]).collect();
    Some((values, vectors))
}

/// xᵀ A y for a row-major n × n matrix.
pub(super) fn bilinear_form(a: &[f64], x: &[f64], y: &[f64]) -> f64 {
    a.chunks_exact(x.len())
        .zip(x)
        .map(|(row, x)| x * row.iter().zip(y).map(|(a, y)| a * y).sum::<f64>())
        .sum()
}

/// xᵀ A x.
pub(super) fn quadratic_form(a: &[f64], x: &[f64]) -> f64 {
    bilinear_form(a, x, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependent_function_changes_nothing() {
        // B and A of (x, y, 2x − y) where x, y are independent with variances 1 and 4 and energies 3 and 2.
        let map = [[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]];
        let build = |d: [f64; 2]| -> Vec<f64> {
            (0..9).map(|ij| (0..2).map(|k| map[ij / 3][k] * d[k] * map[ij % 3][k]).sum()).collect()
        };
        let (a, b) = (build([3.0, 2.0]), build([1.0, 4.0]));
        let whitening = Whitening::new(&b, 3).unwrap();
        assert_eq!(whitening.kept(), 2);
        let (values, c) = whitening.eigen(&a, |_| 0).unwrap();
        assert!((values[0] - 0.5).abs() < 1e-10 && (values[1] - 3.0).abs() < 1e-10, "{values:?}");
        assert!((quadratic_form(&b, &c) - 1.0).abs() < 1e-10);
        assert!((quadratic_form(&a, &c) - 0.5).abs() < 1e-10);
    }

    #[test]
    fn constants_alone_leave_nothing() {
        assert!(Whitening::new(&[0.0; 4], 2).is_none());
        assert!(Whitening::new(&[f64::NAN; 1], 1).is_none());
    }
}
