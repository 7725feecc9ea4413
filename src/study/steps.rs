//! Step lengths: defaults, limits, and the clock they make.

use super::clock::{Clock, ClockError};
use super::rules::Rules;
use super::spec::*;
use crate::dynamics::Sampling;
use crate::error::{Error, Result};
use crate::problem::{FiniteSum, Potential};

/// Fills in default steps and checks what needs the number of rows.
pub fn fill_in_steps(study: &mut Study, potential: &dyn Potential, rules: &Rules) -> Result<()> {
    for (i, process) in study.process.iter_mut().enumerate() {
        let friction = process.dynamics.friction();
        if let Some(dt @ None) = process.dynamics.dt() {
            *dt = Some(default_step(potential, friction, i, rules)?);
        }
        let samples = potential.finite_sum().map_or(0, FiniteSum::samples);
        if let (Some(share), Some((batch, _))) = (process.batch_fraction, process.dynamics.batch_mut()) {
            *batch = ((share * samples as f64).round() as usize).max(1);
        }
        if let Some((batch, sampling)) = process.dynamics.batch() {
            let fit = |batch: usize, path: &str| {
                let fits = sampling == Sampling::WithReplacement || batch <= samples;
                let rule = format!("at most the number of training rows, {samples}");
                let remedy = "choose a smaller batch, or sampling = \"with-replacement\"";
                rules.require(fits, path, batch, rule, remedy)
            };
            fit(batch, &format!("process.{i}.batch"))?;
            for (k, batch) in study.analysis.agreement.iter().flat_map(|a| a.batches.iter().enumerate()) {
                fit(*batch, &format!("analysis.agreement.batches.{k}"))?;
            }
        }
    }
    let of_batches = |process: &ProcessSpec| process.dynamics.batch().zip(process.dynamics.noise_scale());
    if let (Some(epochs), Some(((batch, _), s))) =
        (study.time.epochs, study.process.iter().find_map(of_batches))
    {
        let samples = potential.finite_sum().map_or(0, FiniteSum::samples);
        let steps = samples.div_ceil(batch) as f64 * f64::from(epochs);
        // The nearest short decimal: the clock counts in decimals, and s is one.
        study.time.horizon = format!("{:.12e}", steps * s).parse().unwrap_or(steps * s);
    }
    Ok(())
}

/// The step of process number `i` that is not written: a tenth of 1/gLip, rounded down; with inertia at
/// most a thirtieth of the fastest oscillation, 2π/√(friction·gLip).
fn default_step(potential: &dyn Potential, friction: Option<f64>, i: usize, rules: &Rules) -> Result<f64> {
    let missing = |rule: String| Error::Missing {
        place: rules.source.place(&format!("process.{i}")),
        field: format!("process[{i}].dt"),
        rule,
        remedy: "write for example dt = 0.01".into(),
    };
    let unknown = "the gradient of this problem has no known Lipschitz constant to choose it by";
    let lipschitz = potential.gradient_lipschitz().ok_or_else(|| missing(unknown.into()))?;
    // Beyond this range no step that can be counted follows from the constant.
    if !(1e-15..=1e15).contains(&lipschitz) {
        return Err(missing(format!("a Lipschitz constant of {lipschitz:?} is none to choose it by")));
    }
    let oscillation = friction.map_or(f64::INFINITY, |friction| 0.2 / (friction * lipschitz).sqrt());
    let longest = oscillation.min(0.1 / lipschitz);
    // Friction has no such range: γ = (1 − m)/s.
    if longest < 1e-17 {
        return Err(missing("its friction asks for a step too short to be counted".into()));
    }
    Ok(round_down(longest))
}

/// The largest of 1, 2, 5 times a power of ten that is not above `x` > 0: a step that others have multiples with.
pub(super) fn round_down(x: f64) -> f64 {
    let exponent = x.log10().floor() as i32;
    let candidates = [(1, exponent + 1), (5, exponent), (2, exponent), (1, exponent), (5, exponent - 1)];
    let number = |(digit, power): (u32, i32)| format!("{digit}e{power}").parse().unwrap_or(x);
    candidates.into_iter().map(number).find(|&c: &f64| c <= x).unwrap_or(x)
}

/// The clock of a study whose steps are filled in.
///
/// # Errors
/// [`Error::Invalid`] when its steps and horizon have none.
pub fn set_clock(study: &Study, rules: &Rules) -> Result<Clock> {
    let lengths: Vec<f64> = study.process.iter().map(|p| p.dynamics.step_length()).collect();
    let TimeSpec { horizon, points, spacing, .. } = study.time;
    Clock::new(&lengths, horizon, points, spacing).map_err(|error| match error {
        ClockError::TooFine(x) => {
            let i = lengths.iter().position(|&l| l == x);
            let (path, value) = i.map_or(("time.horizon".into(), x), |i| set_at(&study.process, i));
            rules.invalid(
                &path,
                format!("{value:?}"),
                "a decimal number with at most 18 decimals, below 1e18",
                "round it",
            )
        }
        ClockError::NoCommonMultiple(first) => {
            let (path, value) = set_at(&study.process, lengths.len() - 1);
            let rule = format!(
                "such that all steps ({}) have a common multiple up to the horizon {horizon}; the first is {first}",
                lengths.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
            );
            let remedy = if path.ends_with(".l") {
                "choose an l for which s/l is a short decimal, such as 2, 4, 5 or 8"
            } else {
                "choose steps that are multiples of one another, or a longer horizon"
            };
            rules.invalid(&path, value, rule, remedy)
        }
        ClockError::TooManySteps(step) => {
            let rule = format!("short enough for steps of {step}: at most 2^53 of them");
            rules.invalid("time.horizon", horizon, rule, "choose a shorter horizon or a longer step")
        }
    })
}

/// The path of the key that sets the step of process number `i`, and its value.
fn set_at(processes: &[ProcessSpec], i: usize) -> (String, f64) {
    let (key, value) = processes[i].dynamics.step_setting();
    (format!("process.{i}.{key}"), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_steps_are_round_and_not_above_the_bound() {
        for (x, want) in [(0.1, 0.1), (0.099, 0.05), (0.05, 0.05), (0.0499, 0.02), (7.0, 5.0), (0.013, 0.01)]
        {
            assert_eq!(round_down(x), want, "{x}");
        }
    }
}
