//! How many steps: k against 1/ε, in three senses that "O(1/ε)" hides from one another.

use super::discrete::{DiscreteGuarantee, steps_within};
use super::line::Line;

/// A number of steps for one ε.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct StepsAt {
    /// ε > 0, in units of L̃.
    pub epsilon: f64,
    /// The step size.
    pub s_star: f64,
    /// k.
    pub steps: f64,
    /// Lower end of k.
    pub low: f64,
    /// Upper end of k.
    pub high: f64,
}

/// In which sense a number of steps is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepsKind {
    /// k = T/s*(ε) at one T for all ε.
    FixedTime,
    /// k = T/s*(ε) at the smallest T that the lemma's condition on the start admits.
    ShortestTime,
    /// Steps that SGD was seen to need.
    Measured,
}

/// Steps against 1/ε with what was fitted to them.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct StepsCurve {
    /// The sense.
    pub kind: StepsKind,
    /// A point for each ε that has an answer.
    pub points: Vec<StepsAt>,
    /// ln k on ln(1/ε); `None` below three points.
    pub power: Option<Line>,
}

impl StepsCurve {
    /// k = ⌈T/s*⌉ at the guarantee's own T. Its slope is 1 by construction wherever smoothness does not bind. The ends of k are
    /// those of A + B; `steps` is the upper one, which the guarantee asks for.
    pub fn fixed_time(guarantee: &DiscreteGuarantee, epsilons: &[f64]) -> Self {
        Self::guaranteed(StepsKind::FixedTime, guarantee, epsilons, |_| Some(guarantee.horizon))
    }

    /// k = ⌈T/s*⌉ at [`DiscreteGuarantee::shortest_time`]; an ε without an answer is left out.
    pub fn shortest_time(
        guarantee: &DiscreteGuarantee,
        epsilons: &[f64],
        start: impl Fn(f64) -> Option<(f64, f64)>,
    ) -> Self {
        let time = |epsilon: f64| guarantee.shortest_time(epsilon, &start);
        Self::guaranteed(StepsKind::ShortestTime, guarantee, epsilons, time)
    }

    /// Points that were measured.
    pub fn measured(points: Vec<StepsAt>) -> Self {
        Self::new(StepsKind::Measured, points)
    }

    fn guaranteed(
        kind: StepsKind,
        guarantee: &DiscreteGuarantee,
        epsilons: &[f64],
        time: impl Fn(f64) -> Option<f64>,
    ) -> Self {
        let point = |&epsilon: &f64| {
            let (size, time) = (guarantee.step_size(epsilon), time(epsilon)?);
            let (steps, low) = (steps_within(time, size.s), steps_within(time, size.largest));
            Some(StepsAt { epsilon, s_star: size.s, steps, low, high: steps })
        };
        // The ends of k move together over ε: they are no scatter, and give no weights.
        Self::new(kind, epsilons.iter().filter_map(point).collect())
    }

    fn new(kind: StepsKind, points: Vec<StepsAt>) -> Self {
        let y: Vec<f64> = points.iter().map(|p| p.steps.ln()).collect();
        let power = fit(kind, &points, &y);
        Self { kind, points, power }
    }

    /// ln(kε/ln(Δ/ε)) on ln(1/ε), Δ the excess of the start: slope 0 where k goes like (1/ε) ln(1/ε), as it does for a start at
    /// distance Δ that comes down to ε at a rate while s ~ ε. All of ε counts, not the half that the guarantee leaves to the start:
    /// SGD's own noise at s* is far below it. `None` below three points with Δ > ε.
    pub fn against_logarithm(&self, initial_excess: f64) -> Option<Line> {
        let inside = |p: &&StepsAt| initial_excess > p.epsilon;
        let points: Vec<StepsAt> = self.points.iter().filter(inside).copied().collect();
        let y: Vec<f64> =
            points.iter().map(|p| (p.steps * p.epsilon / (initial_excess / p.epsilon).ln()).ln()).collect();
        fit(self.kind, &points, &y)
    }
}

/// Measured points are weighted by their intervals, where each has one of positive width.
fn fit(kind: StepsKind, points: &[StepsAt], y: &[f64]) -> Option<Line> {
    let x: Vec<f64> = points.iter().map(|p| -p.epsilon.ln()).collect();
    let widths: Vec<f64> = points.iter().map(|p| (p.high / p.low).ln()).collect();
    let weighted = kind == StepsKind::Measured && widths.iter().all(|w| *w > 0.0 && w.is_finite());
    Line::fit(&x, y, weighted.then_some(&widths))
}

/// What "O(1/ε)" hides, in words, from the slopes of ln k on ln(1/ε) at fixed T, at the shortest T and as measured, and from the
/// measured fit with the logarithm taken out.
pub fn verdict(
    fixed: Option<&Line>,
    shortest: Option<&Line>,
    measured: Option<&Line>,
    logarithm: Option<&Line>,
) -> String {
    let computed = |line: &Line| format!("k ~ (1/ε)^{:.2}", line.slope);
    let power =
        |line: &Line| format!("k ~ (1/ε)^{:.2} [{:.2}, {:.2}]", line.slope, line.interval.0, line.interval.1);
    let mut parts = Vec::new();
    if let Some(line) = fixed {
        let why = if (line.slope - 1.0).abs() < 0.01 {
            ", slope 1 by construction, for k is T/s* and s* ~ ε"
        } else {
            ", where gLip limits s*"
        };
        parts.push(format!("at one T, the start's term left out, {}{why}", computed(line)));
    }
    if let Some(line) = shortest {
        let why = if line.slope > 1.1 {
            ", steeper, because the bound of χ grows as s* shrinks, and T with it"
        } else {
            ""
        };
        parts.push(format!(
            "at the smallest T that the bound of χ admits for the prior start {}{why}",
            computed(line)
        ));
    }
    if let Some(line) = measured {
        parts.push(format!("as measured {}{}", power(line), logarithm.map_or(String::new(), of_logarithm)));
    }
    if parts.is_empty() {
        return "Steps against 1/ε: not resolved, fewer than three values of ε have an answer.".into();
    }
    format!("Steps against 1/ε: {}.", parts.join("; "))
}

fn of_logarithm(line: &Line) -> String {
    let verdict = if line.p_value > 0.05 { "consistent with" } else { "not consistent with" };
    format!(
        ", {verdict} (1/ε) ln(1/ε) (slope {:.2} ± {:.2} with the logarithm taken out, p = {:.2})",
        line.slope, line.std_err, line.p_value
    )
}

#[cfg(test)]
mod tests {
    use super::super::discrete::{AtScale, Range};
    use super::*;
    use crate::estimates::Estimate;
    use crate::random::{Key, Purpose};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    const EPSILONS: [f64; 6] = [0.04, 0.02, 0.01, 0.005, 0.0025, 0.00125];

    fn guarantee() -> DiscreteGuarantee {
        let run = |s: f64| AtScale {
            s,
            excess: Estimate { value: 0.5 * s, std_err: Some(0.005 * s), n: 64 },
            difference: Range { value: 0.2 * s, low: 0.18 * s, high: 0.22 * s },
        };
        DiscreteGuarantee::new(&[run(0.05), run(0.01), run(0.002)], 10.0, 1.0).unwrap()
    }

    #[test]
    fn a_fixed_time_has_slope_one_and_a_start_like_one_over_s_slope_two() {
        let guarantee = guarantee();
        let fixed = StepsCurve::fixed_time(&guarantee, &EPSILONS);
        let slope = fixed.power.unwrap();
        assert!(
            (slope.slope - 1.0).abs() < 1e-3 && fixed.points.iter().all(|p| p.low < p.steps),
            "{slope:?}"
        );
        let prior = StepsCurve::shortest_time(&guarantee, &EPSILONS, |s| Some((1.0 / s, 0.5))).power.unwrap();
        assert!((1.95..2.0).contains(&prior.slope), "{prior:?}");
        let near = StepsCurve::shortest_time(&guarantee, &EPSILONS, |_| Some((1.0, 0.5)));
        assert!(near.power.unwrap().slope < 1.4, "{near:?}");
        let text = verdict(Some(&slope), Some(&prior), None, None);
        assert!(text.contains("steeper") && text.contains("slope 1 by construction"), "{text}");
        assert!(verdict(None, None, None, None).contains("not resolved"));
    }

    fn noisy(steps: impl Fn(f64) -> f64, run: u64) -> StepsCurve {
        let mut stream = Key::new(3, Purpose::Direction).stream(run, 0);
        let point = |&epsilon: &f64| {
            let steps = steps(epsilon) * (0.02 * stream.sample::<f64, _>(StandardNormal)).exp();
            StepsAt { epsilon, s_star: epsilon, steps, low: steps * 0.96, high: steps * 1.04 }
        };
        StepsCurve::measured(EPSILONS.iter().map(point).collect())
    }

    /// Steps like (1/ε) ln(Δ/ε) with 2 % of noise: the test of slope 0 rejects 5 times in 100 (20 … 81 of 1000 runs: left once in
    /// 10⁵), and steps like ε^{−1.5} are found out in every run; a power law alone has a slope well above 1.
    #[test]
    fn planted_laws_are_found() {
        let excess = 1.0;
        let (mut rejected, mut caught, mut slopes) = (0, 0, 0.0);
        for run in 0..1000 {
            let true_law = noisy(|e| 7.0 / e * (excess / e).ln(), run);
            rejected += usize::from(true_law.against_logarithm(excess).unwrap().p_value < 0.05);
            slopes += true_law.power.unwrap().slope / 1000.0;
            let other = noisy(|e| 7.0 / e.powf(1.5), run);
            let line = other.against_logarithm(excess).unwrap();
            caught += usize::from(line.p_value < 0.05 && line.slope > 0.0);
        }
        println!("rejected {rejected}, caught {caught} of 1000, mean slope {slopes}");
        assert!((20..=81).contains(&rejected) && caught == 1000);
        assert!((1.1..1.3).contains(&slopes), "{slopes}");
        let line = noisy(|e| 3.0 / e.powi(2), 0).power.unwrap();
        assert!(line.interval.0 < 2.0 && line.interval.1 > 2.0 && line.std_err < 0.05, "{line:?}");
    }

    #[test]
    fn the_verdict_says_what_was_measured() {
        let curve = noisy(|e| 7.0 / e * (1.0 / e).ln(), 1);
        let logarithm = curve.against_logarithm(1.0).unwrap();
        let text = verdict(None, None, curve.power.as_ref(), Some(&logarithm));
        assert!(text.contains("as measured") && text.contains("consistent with (1/ε) ln(1/ε)"), "{text}");
    }
}
