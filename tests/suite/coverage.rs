//! The 95 % intervals do what they say.

use crate::support::coverage::coverage;

/// 1200 runs. The number covered is binomial; for 200 particles the true level is within 0.005 of 0.95 (E L̃ of Gaussian
/// weights is slightly skew), so a correct program leaves 92–98 % with probability below 10⁻⁴.
#[test]
fn intervals_of_means_and_of_paired_differences_cover_the_truth() {
    for share in coverage(1200) {
        assert!((0.92..=0.98).contains(&share), "{share} of the intervals cover");
    }
}
