//! The square root of a small covariance matrix, which may be singular.

/// Pivots below this part of the diagonal are rounding: there the matrix is singular.
const SINGULAR: f64 = 1e-12;

/// Lower triangular L, row by row, with L Lᵀ = `matrix` (symmetric, semi-definite, m × m), and whether every pivot was above
/// rounding. A row whose pivot is rounding depends on those above it and adds a zero column.
pub(super) fn cholesky(matrix: &[f64], m: usize) -> (Vec<f64>, bool) {
    assert_eq!(matrix.len(), m * m, "a square matrix");
    let mut lower = vec![0.0; m * m];
    let mut regular = true;
    for j in 0..m {
        for i in j..m {
            let known: f64 = (0..j).map(|k| lower[i * m + k] * lower[j * m + k]).sum();
            let rest = matrix[i * m + j] - known;
            let pivot = if i == j { rest } else { lower[j * m + j] };
            lower[i * m + j] = match i == j {
                true if pivot > SINGULAR * matrix[j * m + j] => pivot.sqrt(),
                false if pivot > 0.0 => rest / pivot,
                _ => 0.0,
            };
        }
        regular &= lower[j * m + j] > 0.0;
    }
    (lower, regular)
}

/// L⁻¹ `right` by forward substitution, for a regular L.
pub(super) fn forward(lower: &[f64], right: &[f64]) -> Vec<f64> {
    let m = right.len();
    let mut out: Vec<f64> = Vec::with_capacity(m);
    for i in 0..m {
        let known: f64 = out.iter().zip(&lower[i * m..]).map(|(x, l)| x * l).sum();
        out.push((right[i] - known) / lower[i * m + i]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_factor_multiplies_back_even_where_rows_repeat() {
        // The third row is the sum of the first two; the fourth is independent.
        let matrix = [4.0, 2.0, 6.0, 0.0, 2.0, 3.0, 5.0, 1.0, 6.0, 5.0, 11.0, 1.0, 0.0, 1.0, 1.0, 2.0];
        let (lower, regular) = cholesky(&matrix, 4);
        assert!(!regular);
        for i in 0..4 {
            for j in 0..4 {
                let product: f64 = (0..4).map(|k| lower[i * 4 + k] * lower[j * 4 + k]).sum();
                assert!((product - matrix[i * 4 + j]).abs() < 1e-12, "{i} {j}: {product}");
            }
        }
    }

    #[test]
    fn substitution_solves() {
        let (lower, regular) = cholesky(&[4.0, 2.0, 2.0, 3.0], 2);
        assert!(regular);
        let x = forward(&lower, &[2.0, 3.0]);
        // L = [2, 0; 1, √2].
        assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 2.0_f64.sqrt()).abs() < 1e-15);
    }
}
