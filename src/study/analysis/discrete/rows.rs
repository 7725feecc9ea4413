//! The rows of the discrete-time guarantee.

use super::{Discrete, PAIR_POINTS};
use crate::analysis::guarantee::{DiscreteGuarantee, Line, Range, StepsAt, StepsCurve, StepsKind};
use crate::study::{EstimateRow, StepsRow};

impl Discrete<'_> {
    /// A row of this process.
    pub fn row(&self, name: &str, quantity: &str) -> EstimateRow {
        EstimateRow {
            point: self.point,
            process: self.sgd.0.into(),
            name: name.into(),
            quantity: quantity.into(),
            ..EstimateRow::default()
        }
    }

    /// A and B(T).
    pub fn constants(&self, guarantee: &DiscreteGuarantee) -> Vec<EstimateRow> {
        let (least, most) = guarantee.scales;
        let above = if self.infimum_known {
            ""
        } else {
            "; above the smallest risk found, below which the infimum may lie"
        };
        let row = |quantity: &str, range: Range, method: &str| EstimateRow {
            value: Some(range.value),
            ci_low: Some(range.low),
            ci_high: Some(range.high),
            method: method.into(),
            note: format!(
                "s from {least} to {most}; both intervals hold together 95 times in 100 at these s and times{above}"
            ),
            ..self.row("discrete_constant", quantity)
        };
        vec![
            row("A", guarantee.excess_per_s, "largest (E_mu L - min L)/s over the noise scales"),
            row(
                "B(T)",
                guarantee.difference_per_s,
                &format!(
                    "largest |E L of SGD - E L of the SDE|/s at {PAIR_POINTS} times up to T = {}; the SDE by Heun's scheme",
                    guarantee.horizon
                ),
            ),
        ]
    }

    /// The points of a curve of steps.
    pub fn steps_rows(&self, curve: &StepsCurve, guarantee: &DiscreteGuarantee) -> Vec<StepsRow> {
        let row = |at: &StepsAt| StepsRow {
            point: self.point,
            process: self.sgd.0.into(),
            name: name_of(curve.kind).into(),
            epsilon: at.epsilon,
            s: at.s_star,
            steps: Some(at.steps),
            ci_low: Some(at.low),
            ci_high: Some(at.high),
            note: {
                let outside = guarantee.step_size(at.epsilon).extrapolated;
                let late =
                    at.steps * at.s_star > 1.01 * guarantee.horizon && curve.kind != StepsKind::Measured;
                let notes = [
                    (outside, "s* lies outside the noise scales of A and B".to_owned()),
                    (
                        late,
                        format!(
                            "T lies beyond {}, up to which B was measured: no guarantee",
                            guarantee.horizon
                        ),
                    ),
                ];
                notes
                    .into_iter()
                    .filter(|(holds, _)| *holds)
                    .map(|(_, note)| note)
                    .collect::<Vec<_>>()
                    .join("; ")
            },
        };
        curve.points.iter().map(row).collect()
    }

    /// The row of an ε that SGD at s* did not come below for good.
    pub fn not_reached(&self, epsilon: f64, s: f64) -> StepsRow {
        StepsRow {
            point: self.point,
            process: self.sgd.0.into(),
            name: name_of(StepsKind::Measured).into(),
            epsilon,
            s,
            steps: None,
            ci_low: None,
            ci_high: None,
            note: "not reached within T".into(),
        }
    }

    /// The slope of a curve of steps, with the verdict on all of them.
    pub fn slope_row(&self, quantity: &str, line: Option<&Line>, sentence: &str) -> EstimateRow {
        let base = self.row("steps_slope", quantity);
        match line {
            None => EstimateRow { note: "fewer than three values of epsilon have an answer".into(), ..base },
            Some(line) => EstimateRow {
                value: Some(line.slope),
                std_err: Some(line.std_err),
                ci_low: Some(line.interval.0),
                ci_high: Some(line.interval.1),
                method: format!("ln k on ln(1/epsilon), {} values", line.points),
                note: sentence.into(),
                ..base
            },
        }
    }
}

/// What a curve of steps is called in tables and legends.
pub fn name_of(kind: StepsKind) -> &'static str {
    match kind {
        StepsKind::FixedTime => "k = T/s* at one T, the start's term left out: slope 1 by construction",
        StepsKind::ShortestTime => "bound from the prior start, at the smallest T its χ² admits",
        StepsKind::Measured => "measured: steps until the excess stays below ε",
    }
}
