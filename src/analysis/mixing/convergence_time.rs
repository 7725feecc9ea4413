//! When a risk has come within ε of its minimum, for good.

/// Answers for one ε, from a curve with a pointwise 95 % interval at each observation time.
///
/// Each time is the first observation time from which on, up to the horizon, the respective end of E L̃(W_t) − min L̃ stays
/// below ε; `None`: not reached. `earliest` ≤ `by_mean` ≤ `time` where they exist.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ConvergenceTime {
    /// ε > 0, in units of L̃.
    pub epsilon: f64,
    /// t_ε: by the upper end of the interval. This is the time to quote: at each later observation time the excess is below
    /// ε at the interval's level.
    pub time: Option<f64>,
    /// By the mean.
    pub by_mean: Option<f64>,
    /// By the lower end: before it, the data exclude that the excess stays below ε.
    pub earliest: Option<f64>,
}

/// t_ε for each of `epsilons`.
///
/// `times`: increasing, unit of t. `mean`, `low`, `high`: E L̃ and the ends of its interval at these times. `minimum`: min L̃
/// and its own error bound (0 where exact): the upper end uses the smallest minimum that the bound admits, the lower end the
/// largest.
///
/// A number that is not finite counts as not below ε. The answers are observation times: the true crossing lies up to one
/// spacing earlier. Nothing is said about times after the horizon; a stationary excess above ε is never reached.
///
/// # Panics
/// When the lengths differ.
pub fn convergence_times(
    times: &[f64],
    mean: &[f64],
    low: &[f64],
    high: &[f64],
    minimum: (f64, f64),
    epsilons: &[f64],
) -> Vec<ConvergenceTime> {
    assert!([mean, low, high].iter().all(|c| c.len() == times.len()), "one number a time");
    let (value, bound) = minimum;
    epsilons
        .iter()
        .map(|&epsilon| ConvergenceTime {
            epsilon,
            time: settles(times, high, value - bound, epsilon),
            by_mean: settles(times, mean, value, epsilon),
            earliest: settles(times, low, value + bound, epsilon),
        })
        .collect()
}

/// The first time from which on `curve` − `minimum` stays below ε.
fn settles(times: &[f64], curve: &[f64], minimum: f64, epsilon: f64) -> Option<f64> {
    let settled = curve.iter().rev().take_while(|&&c| c - minimum < epsilon).count();
    (settled > 0).then(|| times[times.len() - settled])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_end_must_stay_below() {
        let times = [0.0, 1.0, 2.0, 3.0, 4.0];
        let mean = [1.0, 0.4, 0.25, 0.32, 0.1];
        let shift = |by: f64| mean.map(|m| m + by);
        let answers =
            convergence_times(&times, &mean, &shift(-0.1), &shift(0.1), (0.0, 0.0), &[0.6, 0.33, 0.1]);
        let found: Vec<_> = answers.iter().map(|a| (a.earliest, a.by_mean, a.time)).collect();
        assert_eq!(
            found,
            [(Some(1.0), Some(1.0), Some(1.0)), (Some(1.0), Some(2.0), Some(4.0)), (Some(4.0), None, None)]
        );
    }

    #[test]
    fn an_uncertain_minimum_widens_and_a_nan_is_never_below() {
        let answer =
            convergence_times(&[0.0, 1.0], &[1.0, 0.5], &[0.9, 0.4], &[1.1, 0.6], (0.0, 0.2), &[0.7]);
        assert_eq!((answer[0].earliest, answer[0].by_mean, answer[0].time), (Some(1.0), Some(1.0), None));
        let lost = convergence_times(&[0.0, 1.0], &[0.1, f64::NAN], &[0.0; 2], &[0.2; 2], (0.0, 0.0), &[0.5]);
        assert_eq!((lost[0].by_mean, lost[0].time), (None, Some(0.0)));
    }
}
