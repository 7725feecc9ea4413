//! What the terms of an expansion in s that no fit holds may add.

/// Size that the term of order k in s/s_max may have beside the leading one, as a standard deviation: half of 2^{−k}.
const FIRST: f64 = 0.25;

/// The relative covariance of what a truncated expansion leaves out, D(s) = c s^q (1 + r s + Σ_{k ≥ 2} a_k (s/s_max)^k) with
/// independent a_k of mean 0 and standard deviation 2^{−k}/2:
///
/// ```text
/// K(s, s') = ¼ Σ_{k ≥ 2} (s s'/(4 s_max²))^k = ¼ y²/(1 − y),   y = s s'/(4 s_max²).
/// ```
///
/// The size goes with the bound |r s_max| ≤ ½ on the term that is fitted: a window in which each term is at most half of the one before.
/// Without it, errors far below the terms left out would make a fit of two terms sure of a wrong order (Kennedy, O'Hagan, *Journal of the
/// Royal Statistical Society B* 63, 2001, on what a model leaves out as a Gaussian process). m × m in the order of `s`.
pub(super) fn left_out(s: &[f64]) -> Vec<f64> {
    let largest = s.iter().copied().fold(0.0, f64::max);
    let entry = |k: usize| {
        let y = FIRST * (s[k / s.len()] / largest) * (s[k % s.len()] / largest);
        0.25 * y * y / (1.0 - y)
    };
    (0..s.len() * s.len()).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_the_series() {
        let s = [0.4, 0.2, 0.1];
        let found = left_out(&s);
        for (i, a) in s.iter().enumerate() {
            for (j, b) in s.iter().enumerate() {
                let x = (a / 0.4) * (b / 0.4);
                let sum: f64 = (2..60).map(|k| (0.5 * 0.5_f64.powi(k)).powi(2) * x.powi(k)).sum();
                assert!((found[i * 3 + j] - sum).abs() < 1e-15, "{a} {b}");
            }
        }
        assert!(found[0].sqrt() < 0.15 && found[8].sqrt() < 0.01);
    }
}
