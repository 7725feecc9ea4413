//! Least squares with coefficients that are not negative.

/// A column counts as dependent on others when less than this share of it is left beside them.
const DEPENDENT: f64 = 1e-7;
/// Rounds of the active set; a solution has at most as many columns as a column has entries.
const ROUNDS: usize = 60;

/// Coefficients c ≥ 0 that minimise |y − Σ c_j x_j|², by Lawson's and Hanson's active set (*Solving Least Squares Problems*,
/// 1974, ch. 23). Columns are as long as y.
pub(super) fn nonnegative(columns: &[&[f64]], y: &[f64]) -> Vec<f64> {
    let mut found = vec![0.0; columns.len()];
    let mut active: Vec<usize> = Vec::new();
    let tolerance = 1e-12 * dot(y, y).sqrt();
    for _ in 0..ROUNDS {
        let rest = residual(columns, y, &found);
        let gain = |j: usize| dot(columns[j], &rest) / dot(columns[j], columns[j]).sqrt();
        let best = (0..columns.len())
            .filter(|j| !active.contains(j))
            .map(|j| (j, gain(j)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((entering, _)) = best.filter(|(_, gain)| *gain > tolerance) else { break };
        active.push(entering);
        if !settle(columns, y, &mut active, &mut found) {
            break;
        }
    }
    found
}

/// Solves on the active columns and drops those that would become negative; `false` where the last one adds nothing.
fn settle(columns: &[&[f64]], y: &[f64], active: &mut Vec<usize>, found: &mut [f64]) -> bool {
    while !active.is_empty() {
        let chosen: Vec<&[f64]> = active.iter().map(|&j| columns[j]).collect();
        let Some(solution) = least_squares(&chosen, y) else {
            active.pop();
            return false;
        };
        if solution.iter().all(|&x| x > 0.0) {
            active.iter().zip(&solution).for_each(|(&j, &x)| found[j] = x);
            return true;
        }
        // As far towards the solution as no coefficient becomes negative.
        let reach = |(&j, &x): (&usize, &f64)| if x > 0.0 { 1.0 } else { found[j] / (found[j] - x) };
        let step = active.iter().zip(&solution).map(reach).fold(1.0, f64::min);
        if step.is_nan() {
            return false;
        }
        active.iter().zip(&solution).for_each(|(&j, &x)| found[j] += step * (x - found[j]));
        let last = active.last().copied();
        active.retain(|&j| {
            let stays = found[j] > 1e-14;
            if !stays {
                found[j] = 0.0;
            }
            stays
        });
        if step == 0.0 && active.last().copied() != last {
            return false;
        }
    }
    false
}

/// Least squares by modified Gram–Schmidt; `None` where a column depends on those before it.
fn least_squares(columns: &[&[f64]], y: &[f64]) -> Option<Vec<f64>> {
    let k = columns.len();
    let (mut basis, mut upper): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    for column in columns {
        let (mut left, mut parts) = (column.to_vec(), Vec::new());
        for q in &basis {
            let part = dot(q, &left);
            left.iter_mut().zip(q).for_each(|(x, q)| *x -= part * q);
            parts.push(part);
        }
        let length = dot(&left, &left).sqrt();
        let whole = dot(column, column).sqrt();
        if length.is_nan() || length <= DEPENDENT * whole {
            return None;
        }
        parts.push(length);
        basis.push(left.iter().map(|x| x / length).collect());
        upper.push(parts);
    }
    let mut rest = y.to_vec();
    let projections: Vec<f64> = basis
        .iter()
        .map(|q| {
            let part = dot(q, &rest);
            rest.iter_mut().zip(q).for_each(|(x, q)| *x -= part * q);
            part
        })
        .collect();
    let mut out = vec![0.0; k];
    for i in (0..k).rev() {
        let known: f64 = (i + 1..k).map(|j| upper[j][i] * out[j]).sum();
        out[i] = (projections[i] - known) / upper[i][i];
    }
    Some(out)
}

/// y − Σ c_j x_j.
pub(super) fn residual(columns: &[&[f64]], y: &[f64], coefficients: &[f64]) -> Vec<f64> {
    let mut rest = y.to_vec();
    for (column, c) in columns.iter().zip(coefficients).filter(|(_, c)| **c != 0.0) {
        rest.iter_mut().zip(*column).for_each(|(r, x)| *r -= c * x);
    }
    rest
}

/// xᵀ y.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conditions of the optimum: no gain from any column, none along those in use.
    #[test]
    fn the_optimum_has_no_gain_left() {
        for seed in 0..50 {
            let entry = |i: usize| (1.3 * i as f64 + 0.7 * f64::from(seed)).sin();
            let columns: Vec<Vec<f64>> =
                (0..9).map(|j| (0..6).map(|i| entry(7 * j + i * i) + 0.5).collect()).collect();
            let y: Vec<f64> = (0..6).map(|i| entry(100 + 3 * i)).collect();
            let views: Vec<&[f64]> = columns.iter().map(|c| &c[..]).collect();
            let c = nonnegative(&views, &y);
            let rest = residual(&views, &y, &c);
            for (column, c) in views.iter().zip(&c) {
                let gain = dot(column, &rest);
                assert!(*c >= 0.0 && gain < 1e-9, "{gain}");
                assert!(*c == 0.0 || gain.abs() < 1e-9, "{gain}");
            }
        }
    }

    #[test]
    fn a_positive_combination_comes_back() {
        let columns = [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]];
        let c = nonnegative(&[&columns[0], &columns[1]], &[2.0, 3.0, 5.0]);
        assert!((c[0] - 2.0).abs() < 1e-12 && (c[1] - 3.0).abs() < 1e-12, "{c:?}");
        assert_eq!(nonnegative(&[&columns[0]], &[-1.0, 0.0, 0.0]), [0.0]);
    }
}
