//! Correlations between means over particles that share random numbers.

use crate::estimates::Moments;

/// The correlations of m means, m × m, for [`order`](super::order) and [`value_at_zero`](super::value_at_zero).
///
/// `numbers` holds, for each s, one number a particle ([`Paths::functionals`](super::Paths::functionals) of one process less that
/// of the other). Particles of one number share random numbers (start, noise) over s; others are independent. Two means of n
/// and n' particles, of which k are common, have the correlation ρ k/√(n n'), with ρ that of the common ones. Numbers that are
/// not finite are left out.
///
/// `None` where two s have fewer than three common particles, or their numbers do not vary.
pub fn correlations(numbers: &[Vec<f64>]) -> Option<Vec<f64>> {
    let m = numbers.len();
    let entry = |k: usize| match (k / m, k % m) {
        (i, j) if i == j => Some(1.0),
        (i, j) => between(&numbers[i.min(j)], &numbers[i.max(j)]),
    };
    (0..m * m).map(entry).collect()
}

fn between(a: &[f64], b: &[f64]) -> Option<f64> {
    let count = |x: &[f64]| x.iter().filter(|x| x.is_finite()).count() as f64;
    let common = || a.iter().zip(b).filter(|(a, b)| a.is_finite() && b.is_finite());
    let variance = |of: fn((&f64, &f64)) -> f64| {
        let moments = Moments::of(common().map(of));
        moments.variance().filter(|_| moments.n() > 2)
    };
    let (left, right) = (variance(|(a, _)| *a)?, variance(|(_, b)| *b)?);
    let covariance = 0.5 * (variance(|(a, b)| a + b)? - left - right);
    let correlation =
        covariance / (left * right).sqrt() * common().count() as f64 / (count(a) * count(b)).sqrt();
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_particles_correlate_and_further_ones_dilute() {
        let a = vec![1.0, -1.0, 1.0, -1.0];
        let b = vec![1.0, -1.0, -1.0, 1.0];
        let twice: Vec<f64> = a.iter().map(|x| 2.0 * x + 1.0).collect();
        // Twelve more particles, which a knows nothing of: 4/√(4·16).
        let longer: Vec<f64> = twice.iter().copied().chain((0..12).map(f64::from)).collect();
        let lost: Vec<f64> = twice.iter().copied().chain([f64::NAN; 12]).collect();
        let found = correlations(&[a, b, longer, lost]).unwrap();
        let want = [[1.0, 0.0, 0.5, 1.0], [0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 1.0, 0.5], [1.0, 0.0, 0.5, 1.0]];
        for (found, want) in found.chunks_exact(4).zip(want) {
            assert!(found.iter().zip(want).all(|(f, w)| (f - w).abs() < 1e-12), "{found:?} {want:?}");
        }
        assert_eq!(correlations(&[vec![1.0; 5], vec![2.0; 5]]), None);
        assert_eq!(correlations(&[vec![1.0, 2.0], vec![2.0, 1.0]]), None);
    }
}
