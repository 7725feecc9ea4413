//! The slowest mode: a stationary run of the SDE from draws of μ_s, and what the draws and the grid say about the gap.

use super::distance::Place;
use super::rates::rate_row;
use super::reference::GibbsAt;
use crate::analysis::gibbs::GibbsSample;
use crate::analysis::mixing::{
    Basis, Directions, RitzBound, RitzSums, StationaryReadings, Unresolved, mixing_rate, rayleigh_ritz,
};
use crate::analysis::spectrum::GridError;
use crate::dynamics::EulerMaruyama;
use crate::ensemble::{Ensemble, Start};
use crate::parallel::Threads;
use crate::problem::FiniteSum;
use crate::random::{Key, Purpose};
use crate::study::plan::Plan;
use crate::study::spec::SgdSdeSpec;
use crate::study::{EstimateRow, LagRow};

/// Readings of the stationary run, and how many of the slowest known timescales it lasts.
const TIMES: usize = 49;
const TIMESCALES: f64 = 3.0;
/// Numbers of readings at most: 40 MB.
const MOST_NUMBERS: usize = 5_000_000;
/// (rows × weights + what noise costs) × particles × steps of a run at most: about a quarter of a minute of two cores. Fewer
/// particles are taken rather than none, down to 64.
const MOST_WORK: f64 = 3e11;
const NOISE_WORK: usize = 20;
const FEWEST_PARTICLES: usize = 64;
/// A run that turns out too short is followed by one this many times as long.
const LONGER: f64 = 4.0;
/// Linear functions beyond 12 weights, and the chains whose draws choose them.
const PRINCIPAL: usize = 12;
const CHAINS_THAT_CHOOSE: usize = 16;

/// What the slowest mode is read from.
struct Stationary {
    spacing_steps: u64,
    values: Vec<f64>,
    particles: usize,
}

/// The functions that the slowest mode is sought among, and the draws of the chains that had no say in their choice: a
/// direction is chosen because its variance is large, and over the same draws it would be too large.
fn basis<'a, 's>(plan: &'a Plan, sample: &'s GibbsSample) -> (Basis<'a>, Draws<'s>) {
    let (potential, seed) = (plan.potential(), plan.study.seed);
    let all = Draws { weights: &sample.draws, chains: sample.chains };
    let (directions, rest) = if potential.dim() <= PRINCIPAL {
        (Directions::Weights, all)
    } else if sample.chains < 2 * CHAINS_THAT_CHOOSE {
        (Directions::Random { count: PRINCIPAL, seed }, all)
    } else {
        let (choose, rest) = sample.draws.split_at(sample.draws.len() / sample.chains * CHAINS_THAT_CHOOSE);
        let rest = Draws { weights: rest, chains: sample.chains - CHAINS_THAT_CHOOSE };
        (Directions::Principal { count: PRINCIPAL, sample: choose, seed }, rest)
    };
    let basis = match plan.net() {
        Some(net) => Basis::of_net(net, directions),
        None => Basis::of_potential(potential, directions),
    };
    (basis, rest)
}

/// Draws of some chains, one chain after another.
#[derive(Clone, Copy)]
struct Draws<'s> {
    weights: &'s [f64],
    chains: usize,
}

/// `spectral_gap_upper` and `mixing_rate` with its lag plot, for one SDE of the study.
pub fn slowest_rows(
    plan: &Plan,
    place: Place,
    sde: &SgdSdeSpec,
    (gibbs, gap): (&GibbsAt, Option<f64>),
    threads: &Threads,
) -> (Vec<EstimateRow>, Vec<LagRow>) {
    let Some(sample) = gibbs.sample.passed() else {
        let row = |name: &str| EstimateRow {
            point: place.point,
            process: place.process.into(),
            name: name.into(),
            note: format!("not resolved: it needs draws of the Gibbs measure; {}", gibbs.sampling()),
            ..EstimateRow::default()
        };
        return (vec![row("spectral_gap_upper"), row("mixing_rate")], Vec::new());
    };
    let (basis, draws) = basis(plan, sample);
    let sums = RitzSums::of(&basis, gibbs.s, draws.weights, draws.chains, threads);
    let bound = rayleigh_ritz(&sums, plan.study.seed);
    let mut rows = vec![bound_row(place, bound.as_ref())];
    let (row, lags) = mixing_row(plan, place, sde, (&basis, draws), (bound.as_ref(), gap), threads);
    rows.push(row);
    (rows, lags)
}

fn bound_row(place: Place, bound: Option<&RitzBound>) -> EstimateRow {
    let row = EstimateRow {
        point: place.point,
        process: place.process.into(),
        name: "spectral_gap_upper".into(),
        method: "Rayleigh-Ritz over stationary draws, cross-validated".into(),
        ..EstimateRow::default()
    };
    match bound {
        None => EstimateRow { note: "not resolved: too few independent chains".into(), ..row },
        Some(bound) => EstimateRow {
            value: Some(bound.value),
            std_err: Some(bound.std_err),
            ci_low: Some(bound.interval.0),
            ci_high: Some(bound.interval.1),
            note: format!(
                "an upper bound of the gap up to its error; {} draws, basis of {} functions: {}",
                bound.draws,
                bound.functions.len(),
                shortened(&bound.functions)
            ),
            ..row
        },
    }
}

/// The first and the last names.
fn shortened(names: &[String]) -> String {
    match names {
        [first, second, .., last] if names.len() > 6 => format!("{first}, {second}, …, {last}"),
        _ => names.join(", "),
    }
}

fn mixing_row(
    plan: &Plan,
    place: Place,
    sde: &SgdSdeSpec,
    (basis, draws): (&Basis, Draws),
    (bound, gap): (Option<&RitzBound>, Option<f64>),
    threads: &Threads,
) -> (EstimateRow, Vec<LagRow>) {
    let method = if plan.potential().dim() <= PRINCIPAL {
        "stationary run, lagged eigenproblem, cross-validated; step undone by (1 - exp(-r h))/h"
    } else {
        "stationary run, decay of the Rayleigh-Ritz coordinate; step undone by (1 - exp(-r h))/h"
    };
    let refuse = |note: String| EstimateRow {
        note,
        ..rate_row(place, "mixing_rate", "", &Err(Unresolved::Degenerate), method)
    };
    let Some(bound) = bound else {
        return (refuse("not resolved: no bound to choose the lags by".into()), Vec::new());
    };
    let dt = sde.dt.unwrap_or_default();
    let mut rate = gap.map_or(bound.value, |gap| gap.min(bound.value));
    let mut found = None;
    // The bound may be far above the gap, and the run then too short: longer ones follow as far as the work allows.
    while let Some(run) = stationary(plan, sde, (basis, draws), rate, threads) {
        let (values, functions) = if plan.potential().dim() <= PRINCIPAL {
            (run.values, basis.len())
        } else {
            (projected(&run.values, &bound.coefficients), 1)
        };
        let readings = StationaryReadings {
            spacing: run.spacing_steps as f64 * dt,
            times: TIMES,
            particles: run.particles,
            independent: draws.chains,
            functions,
            values: &values,
        };
        let answer = mixing_rate(&readings, None, dt, plan.study.seed, threads);
        let short = matches!(answer.rate, Err(Unresolved::HorizonTooShort { .. }));
        found = Some(answer);
        if !short {
            break;
        }
        rate /= LONGER;
    }
    let Some(found) = found else {
        let note = format!("not resolved: three timescales of about {:.3e} are too many steps", 1.0 / rate);
        return (refuse(note), Vec::new());
    };
    let lags = found.lag_plot.iter().map(|lag| LagRow {
        point: place.point,
        process: place.process.into(),
        lag: lag.lag,
        timescale: lag.timescale,
        std_err: lag.std_err,
        grey: lag.grey,
    });
    let row = rate_row(place, "mixing_rate", "", &found.rate, method);
    let note = format!("{}; {} particles", row.note, found.particles);
    (EstimateRow { note, ..row }, lags.collect())
}

/// The coordinate cᵀφ of every reading. In many dimensions with modes close together an eigenproblem on noisy lagged
/// covariances finds a coordinate that decays faster than the best one; the Rayleigh–Ritz coordinate, which knows gradients
/// and comes from other numbers than the run's increments, is the better one there.
fn projected(values: &[f64], coefficients: &[f64]) -> Vec<f64> {
    let project = |phi: &[f64]| phi.iter().zip(coefficients).map(|(x, c)| x * c).sum();
    values.chunks_exact(coefficients.len()).map(project).collect()
}

/// Runs the SDE from draws of μ_s for three times the slowest timescale that `rate` promises; `None` where that is too
/// much work.
fn stationary(
    plan: &Plan,
    sde: &SgdSdeSpec,
    (basis, draws): (&Basis, Draws),
    rate: f64,
    threads: &Threads,
) -> Option<Stationary> {
    let (potential, dim) = (plan.potential(), plan.potential().dim());
    let asked = plan.study.analysis.mixing.as_ref().map_or(4096, |mixing| mixing.particles);
    let drawn = draws.weights.len() / dim;
    let dt = sde.dt.unwrap_or_default();
    let spacing = (TIMESCALES / rate / dt / (TIMES - 1) as f64).round().max(1.0);
    let rows = potential.finite_sum().map_or(1, FiniteSum::samples);
    let steps = spacing * (TIMES - 1) as f64;
    let affordable = (MOST_WORK / (steps * (rows * dim + NOISE_WORK) as f64)) as usize;
    let most = asked.min(drawn).min(MOST_NUMBERS / (TIMES * basis.len())).min(affordable);
    // Whole runs of equal length from every chain, so that groups of particles are groups of chains.
    let particles = most - most % draws.chains;
    if particles < FEWEST_PARTICLES.min(drawn) {
        return None;
    }
    // Another seed than the study's, so that the run shares no noise with the study's own.
    let seed = Key::new(plan.study.seed, Purpose::Direction).state(0, 0, 1)[0];
    let process = EulerMaruyama::new(potential, sde.s, dt, seed).with_backend(plan.backend());
    let start = Start::Points { weights: evenly(draws.weights, dim, particles) };
    let mut ensemble = Ensemble::new(&process, &start, particles as u64, seed);
    let mut values = Vec::with_capacity(TIMES * particles * basis.len());
    for time in 0..TIMES as u64 {
        ensemble.advance(time * spacing as u64, threads);
        let weights: Vec<f64> = ensemble.blocks().iter().flat_map(|b| b.weights.iter().copied()).collect();
        values.extend(basis.values(&weights, threads));
    }
    Some(Stationary { spacing_steps: spacing as u64, values, particles })
}

/// `count` particles spread evenly over `draws`.
fn evenly(draws: &[f64], dim: usize, count: usize) -> Vec<f64> {
    let all = draws.len() / dim;
    (0..count).flat_map(|i| draws[i * all / count * dim..][..dim].iter().copied()).collect()
}

/// `spectral_gap` from the grid, for D ≤ 2.
pub fn gap_row(place: Place, gibbs: &GibbsAt) -> Option<EstimateRow> {
    let row = EstimateRow {
        point: place.point,
        process: place.process.into(),
        name: "spectral_gap".into(),
        method: "reversible finite volumes, three cell widths; the interval is numerical error".into(),
        ..EstimateRow::default()
    };
    let modes = match &gibbs.grid {
        Err(GridError::Dimension { .. }) => return None,
        Err(reason) => Err(reason.clone()),
        Ok(grid) => grid.slow_modes(),
    };
    Some(match modes {
        Err(reason) => EstimateRow { note: format!("not resolved: {reason}"), ..row },
        Ok(modes) => {
            let (gap, next) = (modes.gap(), modes.rates().get(1));
            EstimateRow {
                value: Some(gap.value),
                std_err: Some(gap.error / 2.0),
                ci_low: Some(gap.value - gap.error),
                ci_high: Some(gap.value + gap.error),
                note: next.map_or(String::new(), |next| format!("the next rate is {:.6}", next.value)),
                ..row
            }
        }
    })
}
