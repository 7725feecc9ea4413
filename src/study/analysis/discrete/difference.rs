//! The largest difference of two mean risks over time.

use crate::analysis::guarantee::Range;
use crate::study::analysis::side_runs::SideRun;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// sup_t |E L̃ of a − E L̃ of b| with the ends that a band gives which holds at all times together with probability `level`
/// (Bonferroni); `None` where a mean has no error.
pub fn largest_difference(a: &SideRun, b: &SideRun, times: usize, level: f64) -> Option<Range> {
    let mut found = Range { value: 0.0, low: 0.0, high: 0.0 };
    for i in 0..times {
        let difference = a.difference(b, i)?;
        let law = StudentsT::new(0.0, 1.0, difference.n.checked_sub(1)? as f64).ok()?;
        let half = difference.std_err? * law.inverse_cdf(1.0 - 0.5 * (1.0 - level) / times as f64);
        let size = difference.value.abs();
        found.value = found.value.max(size);
        found.low = found.low.max(size - half);
        found.high = found.high.max(size + half);
    }
    Some(found)
}
