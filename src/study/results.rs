//! What a run leaves: the rows of its tables. Reports write, read and draw these and nothing else.

use super::build_problem::DataSummary;
use super::findings::{
    BandRow, BoundRow, CheckRow, DensityRow, DistanceRow, DrawRow, FitRow, LagRow, NtkRow, OrderRow, RayRow,
    ReadingRow, StepsRow,
};
use super::spec::Study;
use crate::ensemble::Divergence;
use crate::estimates::Estimate;
use serde::{Deserialize, Serialize};

/// Everything a study has found so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The study's title.
    pub title: String,
    /// A row a sweep point (one without a sweep).
    pub points: Vec<PointRow>,
    /// A row a process of a point.
    pub processes: Vec<ProcessRow>,
    /// The curves.
    pub curves: Vec<CurveRow>,
    /// Scalars.
    pub estimates: Vec<EstimateRow>,
    /// Distances to the Gibbs measure.
    pub distances: Vec<DistanceRow>,
    /// Fitted decays.
    pub fits: Vec<FitRow>,
    /// Implied timescales.
    pub lags: Vec<LagRow>,
    /// Densities, for one weight.
    pub densities: Vec<DensityRow>,
    /// Guaranteed bounds of the excess.
    pub bounds: Vec<BoundRow>,
    /// Steps to an excess of ε.
    pub steps: Vec<StepsRow>,
    /// SGD under the discrete-time guarantee.
    pub checks: Vec<CheckRow>,
    /// Differences of processes over time.
    pub bands: Vec<BandRow>,
    /// Differences of processes against the step size.
    pub orders: Vec<OrderRow>,
    /// V_s along rays.
    pub rays: Vec<RayRow>,
    /// Nets of finite width and their limit.
    pub ntk: Vec<NtkRow>,
    /// What each particle of a repeated study reads at the end.
    pub readings: Vec<ReadingRow>,
    /// How quantities spread over the draws of a repeated study.
    pub draws: Vec<DrawRow>,
}

impl Results {
    /// Adds the rows of a further point, or of an analysis.
    pub fn extend(&mut self, other: Self) {
        if !other.title.is_empty() {
            self.title = other.title;
        }
        self.points.extend(other.points);
        self.processes.extend(other.processes);
        self.curves.extend(other.curves);
        self.estimates.extend(other.estimates);
        self.distances.extend(other.distances);
        self.fits.extend(other.fits);
        self.lags.extend(other.lags);
        self.densities.extend(other.densities);
        self.bounds.extend(other.bounds);
        self.steps.extend(other.steps);
        self.checks.extend(other.checks);
        self.bands.extend(other.bands);
        self.orders.extend(other.orders);
        self.rays.extend(other.rays);
        self.ntk.extend(other.ntk);
        self.readings.extend(other.readings);
        self.draws.extend(other.draws);
    }
}

/// One point of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PointRow {
    /// Its number, from 0.
    pub point: usize,
    /// The swept keys and their values.
    pub settings: Vec<(String, String)>,
    /// The repeated keys and their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replicate: Vec<(String, String)>,
    /// The study as run at this point, every default filled in.
    pub study: serde_json::Value,
    /// Its data, `null` without.
    pub data: serde_json::Value,
    /// The smallest risk found, where one was.
    pub risk_minimum: Option<f64>,
    /// What `certify` says of it; `null` where no certificate is asked for.
    #[serde(default)]
    pub certificate: serde_json::Value,
}

impl PointRow {
    /// A row for `study` at point number `point`.
    pub fn new(
        point: usize,
        settings: Vec<(String, String)>,
        study: &Study,
        data: Option<&DataSummary>,
    ) -> Self {
        let json = |value: serde_json::Result<serde_json::Value>| value.unwrap_or_default();
        let (study, data) = (json(serde_json::to_value(study)), json(serde_json::to_value(data)));
        let (replicate, certificate) = (Vec::new(), serde_json::Value::Null);
        Self { point, settings, replicate, study, data, risk_minimum: None, certificate }
    }
}

/// One process at one point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessRow {
    /// The sweep point.
    pub point: usize,
    /// The process's name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// How many particles.
    pub particles: u64,
    /// D.
    pub dim: usize,
    /// How many steps each made.
    pub steps: u64,
    /// The time one step takes.
    pub step_length: f64,
    /// s.
    pub noise_scale: f64,
    /// s/2, the temperature of the Gibbs measure exp(−2L̃/s).
    pub temperature: f64,
    /// D s/4: by how much the isotropic noise lifts E L̃ above its minimum in the quadratic approximation.
    pub noise_level: f64,
    /// The update in words.
    pub rule: String,
    /// Wall time spent in steps.
    pub seconds_in_steps: f64,
    /// Particles times steps by seconds in steps.
    pub particle_steps_per_second: f64,
    /// How many particles left the finite numbers; they are left out of every estimate from then on.
    pub divergences: u64,
    /// The first of them.
    pub first_divergences: Vec<Divergence>,
}

/// One point of a curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurveRow {
    /// The sweep point.
    pub point: usize,
    /// The process; `a|b` for the paired difference a − b.
    pub process: String,
    /// The quantity.
    pub quantity: String,
    /// Steps made (by the first process of a pair).
    pub step: u64,
    /// t.
    pub time: f64,
    /// Particles that went in.
    pub n: u64,
    /// The mean over particles; absent when n = 0.
    pub mean: Option<f64>,
    /// Its standard error; absent below two particles.
    pub std_err: Option<f64>,
    /// The lower end of the 95 % interval of the mean, pointwise in t.
    pub ci_low: Option<f64>,
    /// The upper end.
    pub ci_high: Option<f64>,
}

impl CurveRow {
    /// The row of an estimate, or of none.
    pub fn new(place: (usize, &str, &str), step: u64, time: f64, estimate: Option<Estimate>) -> Self {
        let (point, process, quantity) = (place.0, place.1.to_owned(), place.2.to_owned());
        let interval = estimate.and_then(|e| e.interval());
        Self {
            point,
            process,
            quantity,
            step,
            time,
            n: estimate.map_or(0, |e| e.n),
            mean: estimate.map(|e| e.value),
            std_err: estimate.and_then(|e| e.std_err),
            ci_low: interval.map(|i| i.0),
            ci_high: interval.map(|i| i.1),
        }
    }
}

/// One scalar.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EstimateRow {
    /// The sweep point.
    pub point: usize,
    /// The process, `a|b` for a pair, empty where it belongs to the problem.
    pub process: String,
    /// What it is.
    pub name: String,
    /// The quantity it is about, or empty.
    pub quantity: String,
    /// Absent where it could not be had; `note` says why.
    pub value: Option<f64>,
    /// Its standard error; absent for numbers without sampling error.
    pub std_err: Option<f64>,
    /// The lower end of its interval.
    pub ci_low: Option<f64>,
    /// The upper end.
    pub ci_high: Option<f64>,
    /// How it was found.
    pub method: String,
    /// What to know about it.
    pub note: String,
}

impl EstimateRow {
    /// The row with this estimate and its interval.
    pub fn with(self, estimate: Estimate, method: String, note: String) -> Self {
        let interval = estimate.interval();
        Self {
            value: Some(estimate.value),
            std_err: estimate.std_err,
            ci_low: interval.map(|i| i.0),
            ci_high: interval.map(|i| i.1),
            method,
            note,
            ..self
        }
    }
}
