//! Where a curve stands out of its Monte-Carlo error.

/// A window ends where the signal is below this many standard errors.
const FLOOR: f64 = 3.0;
/// A window must stand at least this many standard errors above the limit: one time in 10⁹ for noise alone.
pub(super) const PEAK: f64 = 6.0;
/// The fewest points of a fit.
pub(super) const FEWEST_POINTS: usize = 4;

/// First and last index of the last run of points of one sign above the floor that is long and high enough.
pub(super) fn last_run(distance: &[f64], errors: &[f64]) -> Option<(usize, usize)> {
    let stands_out = |i: usize, by: f64| distance[i].abs() > by * errors[i];
    let mut found = None;
    let mut begin = 0;
    for i in 0..=distance.len() {
        let goes_on =
            i < distance.len() && stands_out(i, FLOOR) && distance[i] * distance[begin.min(i)] > 0.0;
        if goes_on && i > 0 {
            continue;
        }
        let run = begin..i;
        // The first point may be a point start without any error: it proves nothing.
        let high = run.clone().filter(|&j| errors[j] > 0.0 && stands_out(j, PEAK)).count() >= FEWEST_POINTS;
        if high {
            found = Some((begin, i - 1));
        }
        begin = if goes_on || (i < distance.len() && stands_out(i, FLOOR)) { i } else { i + 1 };
    }
    found
}

/// At most `most` indices from `start` to `end`, both included.
pub(super) fn thinned(start: usize, end: usize, most: usize) -> Vec<usize> {
    let points = (end - start + 1).min(most);
    (0..points).map(|k| start + (end - start) * k / (points - 1).max(1)).collect()
}
