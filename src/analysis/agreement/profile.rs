//! The leading power of s by its profile: all powers that fit about as well as the best.

use super::least_squares::Known;

/// Powers that are looked through, and the distance between two.
const POWERS: (f64, f64) = (0.0, 6.0);
const SPACING: f64 = 0.01;
/// Halvings of an end, and of the best power's surroundings.
const HALVINGS: usize = 40;

/// D(s) ≈ amplitude·x^q (1 + correction·x), x = s/s_max.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Leading {
    pub power: f64,
    pub amplitude: f64,
    pub correction: f64,
    /// The sum of squares that is left.
    pub rest: f64,
}

/// The best fit, with the smallest and largest power within the allowed rise; `None` for an end beyond the powers looked through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Profile {
    pub best: Leading,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// The profile over q of the weighted sum of squares, with |correction| ≤ `largest`; powers whose sum is at most `rise` above the
/// smallest one belong to the interval (likelihood ratio).
pub(super) fn profile(known: &Known, x: &[f64], largest: f64, rise: f64) -> Profile {
    let at = |power: f64| leading(known, x, power, largest);
    let count = ((POWERS.1 - POWERS.0) / SPACING).round() as usize;
    let power = |k: usize| POWERS.0 + SPACING * k as f64;
    let grid: Vec<f64> = (0..=count).map(|k| at(power(k)).rest).collect();
    let coarse = (0..=count).min_by(|&i, &j| grid[i].total_cmp(&grid[j])).unwrap_or(0);
    let best = best_within(power(coarse.saturating_sub(1)), power((coarse + 1).min(count)), &at);
    let inside = |rest: f64| rest <= best.rest + rise;
    let first = (0..=count).find(|&k| inside(grid[k]) || power(k) > best.power);
    let last = (0..=count).rev().find(|&k| inside(grid[k]) || power(k) < best.power);
    let end = |out: f64, within: f64| {
        let (mut out, mut within) = (out, within);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (out + within);
            if inside(at(middle).rest) { within = middle } else { out = middle }
        }
        within
    };
    let low = first.filter(|&k| k > 0).map(|k| end(power(k - 1), power(k).min(best.power)));
    let high = last.filter(|&k| k < count).map(|k| end(power(k + 1), power(k).max(best.power)));
    Profile { best, low, high }
}

/// The best fit for one power. A correction beyond the largest is put on its bound: a convex sum of squares whose minimum lies
/// outside is smallest on the edge.
fn leading(known: &Known, x: &[f64], power: f64, largest: f64) -> Leading {
    let column = |q: f64| known.seen(&x.iter().map(|x| x.powf(q)).collect::<Vec<_>>());
    let (u, v) = (column(power), column(power + 1.0));
    let free = known.two_terms(&u, &v);
    let correction = free.second / free.first;
    if correction.abs() <= largest {
        return Leading { power, amplitude: free.first, correction, rest: free.rest };
    }
    let on_edge = |correction: f64| {
        let both: Vec<f64> = u.iter().zip(&v).map(|(u, v)| u + correction * v).collect();
        let (amplitude, rest) = known.one_term(&both);
        Leading { power, amplitude, correction, rest }
    };
    let (below, above) = (on_edge(-largest), on_edge(largest));
    if below.rest < above.rest { below } else { above }
}

/// The best of an interval with one minimum, by golden sections.
fn best_within(low: f64, high: f64, at: &impl Fn(f64) -> Leading) -> Leading {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let (mut low, mut high) = (low, high);
    for _ in 0..HALVINGS {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if at(left).rest <= at(right).rest { high = right } else { low = left }
    }
    at(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use super::super::measured::Measured;
    use super::*;

    const X: [f64; 5] = [1.0, 0.5, 0.25, 0.125, 0.0625];

    fn known(of: impl Fn(f64) -> f64, relative: f64) -> Known {
        let points = X.map(|x| Measured { value: of(x), std_err: relative * of(x).abs(), freedom: 1e3 });
        Known::beside(&points, None, &[0.0; 25]).unwrap()
    }

    #[test]
    fn a_planted_law_comes_back() {
        for (power, correction) in [(1.0, 0.0), (1.0, -0.4), (2.0, 0.3), (0.5, 0.1)] {
            let known = known(|x: f64| -0.2 * x.powf(power) * (1.0 + correction * x), 0.01);
            let found = profile(&known, &X, 0.5, 3.84);
            assert!((found.best.power - power).abs() < 1e-5, "{found:?}");
            assert!((found.best.correction - correction).abs() < 1e-4, "{found:?}");
            assert!((found.best.amplitude + 0.2).abs() < 1e-5 && found.best.rest < 1e-8, "{found:?}");
            let (low, high) = (found.low.unwrap(), found.high.unwrap());
            assert!(low < power && power < high && high - low < 0.15, "{found:?}");
        }
    }

    /// Nearly without correction it is the line of ln D on ln s: q ± 1.96·0.01/√(10 ln²2).
    #[test]
    fn without_a_correction_it_is_the_line_of_the_logarithms() {
        let found = profile(&known(|x| x, 0.01), &X, 1e-9, 3.8415);
        let half = 0.0196 / (10.0_f64.sqrt() * 2.0_f64.ln());
        assert!((found.high.unwrap() - 1.0 - half).abs() < 0.02 * half, "{found:?}");
        assert!((1.0 - found.low.unwrap() - half).abs() < 0.02 * half, "{found:?}");
    }

    #[test]
    fn an_end_beyond_the_range_is_none() {
        let found = profile(&known(|x| x, 3.0), &X, 0.5, 3.84);
        assert_eq!(found.low, None);
    }
}
