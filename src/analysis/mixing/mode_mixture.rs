//! How well a curve agrees with a slowest mode of a given rate when faster modes may lie beneath it.

use super::cone::{dot, nonnegative, residual};
use super::whitened::WhitenedCurve;

/// A second mode is at least this many times as fast as the slowest; closer ones count as one in between.
const APART: f64 = 1.5;
/// At the window's start the slowest mode alone is between 1/SHARE and SHARE times the distance from the limit.
const SHARE: f64 = 4.0;
/// Rates of faster modes are tried this far apart in ln r …
const SPACING: f64 = 0.18;
/// … and then around the best ones, each time so many times closer.
const CLOSER: f64 = 4.0;
/// Rounds of that: 0.18/4³ leaves an error of the fit of (0.003)²/8.
const ROUNDS: usize = 3;

/// Where around a rate closer ones are tried, in units of their spacing.
const AROUND: [f64; 6] = [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0];

/// A fit with a given slowest rate.
#[derive(Debug, Clone)]
pub(super) struct ModeFit {
    /// χ² against the whitened curve.
    pub loss: f64,
    /// (rate, amplitude at the window's start) of the slowest mode and of the others.
    pub modes: Vec<(f64, f64)>,
}

/// All fits of one curve by Σ_k c_k e^{−r_k t}.
pub(super) struct ModeMixture<'a> {
    pub curve: &'a WhitenedCurve,
    /// (ln r, mode) of the faster modes that are tried first.
    fast: Vec<(f64, Vec<f64>)>,
}

impl<'a> ModeMixture<'a> {
    /// Tries faster modes up to ln r = `highest`.
    pub fn new(curve: &'a WhitenedCurve, lowest: f64, highest: f64) -> Self {
        let count = ((highest - lowest) / SPACING).ceil().max(1.0) as usize;
        let fast = (0..=count)
            .map(|k| lowest + SPACING * k as f64)
            .map(|log_rate| (log_rate, curve.mode(log_rate.exp())))
            .collect();
        Self { curve, fast }
    }

    /// The best fit of the slowest mode alone.
    pub fn single(&self, log_rate: f64) -> ModeFit {
        self.combined(log_rate, &[(log_rate, 1.0)], &[&self.curve.mode(log_rate.exp())])
    }

    /// The best fit with that slowest mode: with any number of faster ones of its own sign, or with one of the other sign.
    ///
    /// The fits are the non-negative combinations of e^{−rt} and of p e^{−rt} + (1 − p) e^{−qt} over all q ≥ 1.5 r, with
    /// p = 1/SHARE for modes of one sign: exactly those in which the slowest has at least that share at the start.
    pub fn best(&self, log_rate: f64) -> ModeFit {
        let alike = self.of_one_sign(log_rate);
        let opposed = self.opposed(log_rate);
        if alike.loss <= opposed.loss { alike } else { opposed }
    }

    /// ln q of the faster modes beside a slowest one.
    fn faster(&self, log_rate: f64) -> impl Iterator<Item = (f64, &[f64])> {
        let least = log_rate + APART.ln();
        self.fast.iter().filter(move |(q, _)| *q > least).map(|(q, mode)| (*q, &mode[..]))
    }

    fn of_one_sign(&self, log_rate: f64) -> ModeFit {
        let slow = self.curve.mode(log_rate.exp());
        let share = 1.0 / SHARE;
        let least = log_rate + APART.ln();
        let closest = self.curve.mode(least.exp());
        let mut parts = vec![(log_rate, 1.0, slow.clone()), (least, share, mixed(&slow, &closest, share))];
        parts.extend(self.faster(log_rate).map(|(q, fast)| (q, share, mixed(&slow, fast, share))));
        let mut spacing = SPACING;
        for round in 0..=ROUNDS {
            let columns: Vec<&[f64]> = parts.iter().map(|part| &part.2[..]).collect();
            let found = nonnegative(&columns, &self.curve.values);
            let used: Vec<usize> = (0..parts.len()).filter(|&k| k == 0 || found[k] > 0.0).collect();
            if round == ROUNDS || used.len() == 1 {
                let rest = residual(&columns, &self.curve.values, &found);
                let weights: Vec<(f64, f64, f64)> =
                    used.iter().map(|&k| (parts[k].0, parts[k].1, found[k])).collect();
                return ModeFit { loss: dot(&rest, &rest), modes: modes(log_rate, &weights) };
            }
            parts = used.iter().map(|&k| parts[k].clone()).collect();
            spacing /= CLOSER;
            // Around each mode in use; the one of the share's edge alone stays where it is.
            let around: Vec<f64> =
                parts[1..].iter().flat_map(|(q, ..)| AROUND.map(|k| (q + k * spacing).max(least))).collect();
            for q in around {
                parts.push((q, share, mixed(&slow, &self.curve.mode(q.exp()), share)));
            }
        }
        unreachable!("the last round returns")
    }

    /// With one faster mode of the other sign, by the best rate tried and those around it.
    fn opposed(&self, log_rate: f64) -> ModeFit {
        let slow = self.curve.mode(log_rate.exp());
        let least = log_rate + APART.ln();
        let fit = |q: f64, fast: &[f64]| {
            let pair = mixed(&slow, fast, SHARE);
            (q, self.combined(log_rate, &[(log_rate, 1.0), (q, SHARE)], &[&slow, &pair]))
        };
        let mut best = fit(least, &self.curve.mode(least.exp()));
        for (q, fast) in self.faster(log_rate) {
            best = better(best, fit(q, fast));
        }
        let mut spacing = SPACING;
        for _ in 0..ROUNDS {
            spacing /= CLOSER;
            let at = best.0;
            for k in AROUND {
                let q = (at + k * spacing).max(least);
                best = better(best, fit(q, &self.curve.mode(q.exp())));
            }
        }
        best.1
    }

    /// The best non-negative combination of columns; each is (ln q, share of the slowest mode in it).
    fn combined(&self, log_rate: f64, made_of: &[(f64, f64)], columns: &[&[f64]]) -> ModeFit {
        let found = nonnegative(columns, &self.curve.values);
        let rest = residual(columns, &self.curve.values, &found);
        let weights: Vec<(f64, f64, f64)> =
            made_of.iter().zip(&found).map(|((q, share), c)| (*q, *share, *c)).collect();
        ModeFit { loss: dot(&rest, &rest), modes: modes(log_rate, &weights) }
    }
}

/// The one with the smaller loss; the first of equals.
fn better(a: (f64, ModeFit), b: (f64, ModeFit)) -> (f64, ModeFit) {
    if b.1.loss < a.1.loss { b } else { a }
}

/// p x + (1 − p) y.
fn mixed(slow: &[f64], fast: &[f64], share: f64) -> Vec<f64> {
    slow.iter().zip(fast).map(|(x, y)| share * x + (1.0 - share) * y).collect()
}

/// Rates and amplitudes from (ln q, share of the slowest, weight) of each part.
fn modes(log_rate: f64, weights: &[(f64, f64, f64)]) -> Vec<(f64, f64)> {
    let slow = weights.iter().map(|(_, share, c)| share * c).sum();
    let others = weights.iter().filter(|(_, share, c)| *share != 1.0 && *c > 0.0);
    std::iter::once((log_rate.exp(), slow))
        .chain(others.map(|(q, share, c)| (q.exp(), (1.0 - share) * c)))
        .collect()
}
