//! Rates: of each observable, and the time to come within ε of the minimum.

use super::distance::Place;
use super::history::{Followed, History};
use super::reference::{Expectation, GibbsAt};
use crate::analysis::mixing::{
    Asymptote, DecayReadings, EulerStep, RateEstimate, Unresolved, convergence_times, decay_rate,
};
use crate::dynamics::Process;
use crate::estimates::{Estimate, Moments, one_digit};
use crate::problem::{Minimum, Quantity};
use crate::study::plan::Plan;
use crate::study::{CurveRow, EstimateRow, FitRow};

/// By default t_ε is given for these shares of the initial excess.
const SHARES: [f64; 2] = [0.1, 0.01];
/// A curve has arrived where it is within so many standard errors of the limit.
const ARRIVED: f64 = 3.0;

/// `decay_rate` of every followed function of one process, with the fitted curves.
///
/// The asymptote of the SDE is E_μ φ. Where the curve has arrived, the measured bias of the step belongs to it; on the way
/// there that bias is partly one of the transient, and counts as an error instead. The asymptote of SGD, whose stationary
/// law is not μ_s (`limit` is `None`), is fitted.
pub fn decay_rates(
    plan: &Plan,
    place: Place,
    process: &dyn Process,
    (limit, biases): (Option<&GibbsAt>, &[Option<Estimate>]),
    history: &History,
) -> (Vec<EstimateRow>, Vec<FitRow>) {
    let track = &history.tracks[place.number];
    // Only for Euler's drift is the step's effect on a rate known well enough to be undone.
    let euler = plan.study.process[place.number].dynamics.is_euler();
    let step = if euler { process.step_length() } else { 0.0 };
    let (mut rows, mut fits) = (Vec::new(), Vec::new());
    for (k, &followed) in history.followed.iter().enumerate() {
        if matches!(followed, Followed::Quantity(Quantity::TrainAccuracy | Quantity::TestAccuracy)) {
            // Steps of 1/n, and often constant: no exponential.
            continue;
        }
        let readings =
            DecayReadings { times: &history.times, particles: track.particles, values: &track.readings[k] };
        let asymptote = match limit.and_then(|gibbs| expected(gibbs, followed)) {
            Some(e) => {
                let end =
                    Moments::of(track.readings[k].iter().rev().take(track.particles).copied()).estimate();
                known(&e, biases.get(k).copied().flatten(), end)
            }
            None => Asymptote::Unknown,
        };
        let linear = matches!(followed, Followed::Weight(_));
        let fit = decay_rate(&readings, asymptote, EulerStep { length: step, linear });
        if let Ok(rate) = &fit {
            fits.push(fit_row(place, &followed.name(), rate));
        }
        let fitted = matches!(asymptote, Asymptote::Unknown);
        let row = rate_row(place, "decay_rate", &followed.name(), &fit, &decay_method(fitted, euler, linear));
        let note = format!("{}; {} particles", row.note, track.particles);
        rows.push(EstimateRow { note, ..row });
    }
    (rows, fits)
}

fn decay_method(fitted: bool, undone: bool, linear: bool) -> String {
    let limit = if fitted { "with the limit fitted" } else { "to E_mu with the bias of the step" };
    let step = match (undone, linear) {
        (false, _) => "",
        (true, true) => "; step undone by (1 - exp(-r h))/h",
        (true, false) => "; step undone by 2(1 - exp(-r h/2))/h, the interval from (1 - exp(-r h))/h on",
    };
    format!("slowest of a mixture of exponentials {limit}{step}")
}

fn expected(gibbs: &GibbsAt, followed: Followed) -> Option<Expectation> {
    match followed {
        Followed::Quantity(quantity) => gibbs.quantity(quantity),
        Followed::Weight(k) => gibbs.weight(k),
    }
}

/// The limit of the simulated process from E_μ φ, the bias of its step at the horizon, and its mean there.
fn known(expectation: &Expectation, bias: Option<Estimate>, end: Option<Estimate>) -> Asymptote {
    let Expectation { value, std_err, .. } = *expectation;
    let Some(bias) = bias else {
        return Asymptote::Known { value, std_err };
    };
    let shift_error = bias.std_err.unwrap_or(0.0);
    let arrived = end.is_some_and(|end| {
        let error = end.std_err.unwrap_or(f64::INFINITY).hypot(std_err).hypot(shift_error);
        (end.value - value - bias.value).abs() <= ARRIVED * error
    });
    if arrived {
        return Asymptote::Known { value: value + bias.value, std_err: std_err.hypot(shift_error) };
    }
    Asymptote::Known { value, std_err: std_err.hypot(bias.value).hypot(shift_error) }
}

/// The row of a rate: of the generator, with the rate of the simulated process in the note.
pub fn rate_row(
    place: Place,
    name: &str,
    quantity: &str,
    rate: &Result<RateEstimate, Unresolved>,
    method: &str,
) -> EstimateRow {
    let row = EstimateRow {
        point: place.point,
        process: place.process.into(),
        name: name.into(),
        quantity: quantity.into(),
        method: method.into(),
        ..EstimateRow::default()
    };
    match rate {
        Err(reason) => EstimateRow { note: format!("not resolved: {reason}"), ..row },
        Ok(rate) => EstimateRow {
            value: Some(rate.generator_rate),
            std_err: Some(rate.generator_std_err),
            ci_low: Some(rate.generator_interval.0),
            ci_high: Some(rate.generator_interval.1),
            note: format!(
                "the simulated process: {:.6} ± {:.2e}; window t = {:.4} … {:.4}, {:.2} e-folds",
                rate.rate, rate.std_err, rate.window.0, rate.window.1, rate.e_folds
            ),
            ..row
        },
    }
}

fn fit_row(place: Place, quantity: &str, rate: &RateEstimate) -> FitRow {
    FitRow {
        point: place.point,
        process: place.process.into(),
        quantity: quantity.into(),
        rate: rate.rate,
        std_err: rate.std_err,
        amplitude: rate.amplitude,
        limit: rate.asymptote,
        from: rate.window.0,
        to: rate.window.1,
    }
}

/// `convergence_time`: for each ε the first time from which on the upper end of E L̃ − min L̃ stays below ε.
pub fn convergence_rows(
    plan: &Plan,
    place: Place,
    curves: &[CurveRow],
    minimum: Option<(&Minimum, f64)>,
) -> Vec<EstimateRow> {
    let Some((minimum, bound)) = minimum else {
        return Vec::new();
    };
    let risk = curves.iter().filter(|row| row.process == place.process && row.quantity == "risk");
    let rows: Vec<&CurveRow> = risk.collect();
    let column = |pick: fn(&CurveRow) -> Option<f64>| -> Vec<f64> {
        rows.iter().map(|row| pick(row).unwrap_or(f64::NAN)).collect()
    };
    let (times, mean) = (rows.iter().map(|row| row.time).collect::<Vec<f64>>(), column(|row| row.mean));
    let (low, high) = (column(|row| row.ci_low), column(|row| row.ci_high));
    let initial = mean.first().map_or(f64::NAN, |first| first - minimum.value);
    let asked = plan.study.analysis.mixing.as_ref().map_or(Vec::new(), |mixing| mixing.epsilons.clone());
    let epsilons = match asked.is_empty() {
        true => SHARES.iter().map(|share| one_digit(share * initial)).filter(|e| *e > 0.0).collect(),
        false => asked,
    };
    convergence_times(&times, &mean, &low, &high, (minimum.value, bound), &epsilons)
        .into_iter()
        .map(|found| {
            let note = match (found.time, found.by_mean) {
                (Some(_), Some(mean)) => {
                    format!("the mean alone: t = {mean}; value and interval are observation times")
                }
                (None, Some(mean)) => format!("not reached by the upper end; the mean alone: t = {mean}"),
                _ => "not reached within the horizon".into(),
            };
            EstimateRow {
                point: place.point,
                process: place.process.into(),
                name: "convergence_time".into(),
                quantity: format!("risk excess < {}", found.epsilon),
                value: found.time,
                ci_low: found.time.and(found.earliest),
                ci_high: found.time,
                method: "the 95 % interval of E L less the smallest risk found stays below, to the horizon"
                    .into(),
                note,
                ..EstimateRow::default()
            }
        })
        .collect()
}
