//! References for the Gibbs measure of each noise scale of a study: the grid, a sample, or both.

use super::history::Followed;
use crate::analysis::gibbs::{GibbsSettings, Observable, Reference, net_outputs, sample_gibbs};
use crate::analysis::spectrum::{Grid, GridError, Numeric};
use crate::ensemble::Start;
use crate::estimates::Estimate;
use crate::parallel::Threads;
use crate::problem::Quantity;
use crate::study::keeper::Pieces;
use crate::study::plan::Plan;
use crate::study::results::EstimateRow;

/// Net outputs that the gate looks at.
const OUTPUTS: usize = 4;
/// A box holds the start out to this many standard deviations.
const COVERED: f64 = 9.0;

/// What is known of μ_s at one s.
pub struct GibbsAt<'a> {
    /// s.
    pub s: f64,
    /// The grid, for D ≤ 2.
    pub grid: Result<Grid<'a>, GridError>,
    /// The sample.
    pub sample: Reference,
}

/// E_μ φ with its 95 % interval and how it was found.
pub struct Expectation {
    /// E_μ φ.
    pub value: f64,
    /// Its standard error; the numerical error of a grid counts as two of them.
    pub std_err: f64,
    /// Half the width of the interval.
    pub half_width: f64,
    /// In words.
    pub method: String,
}

impl<'a> GibbsAt<'a> {
    /// The references for noise scale `s`; `points` are places where some chains start.
    pub fn new(
        plan: &'a Plan,
        s: f64,
        points: Vec<f64>,
        threads: &Threads,
        progress: &mut dyn FnMut(f64),
        pieces: &mut Pieces<'_>,
    ) -> Self {
        let potential = plan.potential();
        let cover = cover(&plan.start, potential.dim());
        // A start too wide for the cells costs the exact curve alone.
        let grid = Grid::new(potential, s, cover.as_deref()).or_else(|_| Grid::new(potential, s, None));
        let draws = plan.study.analysis.gibbs.unwrap_or_default().draws;
        let settings = GibbsSettings { seed: plan.study.seed, points, draws, ..GibbsSettings::default() };
        let outputs: Vec<Observable<'_>> = plan.net().map_or(Vec::new(), |net| net_outputs(net, OUTPUTS));
        let sample = pieces.one(
            |known: &Reference| known.fits(s, potential.dim()),
            || sample_gibbs(potential, s, &settings, &outputs, threads, progress),
        );
        Self { s, grid, sample }
    }

    /// E_μ of a quantity: from the grid where there is one, else from the sample if it passed its gate.
    pub fn quantity(&self, quantity: Quantity) -> Option<Expectation> {
        self.quantity_on_grid(quantity)
            .or_else(|| from_sample(self.sample.passed()?.expectation(quantity)?, self.sampling()))
    }

    /// E_μ of a quantity from the grid.
    pub fn quantity_on_grid(&self, quantity: Quantity) -> Option<Expectation> {
        let grid = self.grid.as_ref().ok()?;
        Some(from_grid(grid, grid.mean(&grid.quantity(quantity)?)))
    }

    /// E_μ of a quantity from the sample, if it passed its gate and is not the only reference.
    pub fn quantity_sampled_beside_grid(&self, quantity: Quantity) -> Option<Expectation> {
        self.grid.as_ref().ok()?;
        from_sample(self.sample.passed()?.expectation(quantity)?, self.sampling())
    }

    /// E_μ of weight k.
    pub fn weight(&self, k: usize) -> Option<Expectation> {
        match &self.grid {
            Ok(grid) => Some(from_grid(grid, grid.mean(&grid.observe(&|w| w[k])))),
            Err(_) => from_sample(self.sample.passed()?.expect(|w| w[k])?, self.sampling()),
        }
    }

    /// How the sample was drawn, and whether it passed.
    pub fn sampling(&self) -> String {
        match &self.sample {
            Reference::Passed(sample) if sample.rungs.is_empty() => "exact independent draws".into(),
            Reference::Passed(sample) => {
                let tempered = match sample.rungs.len() {
                    1 => String::new(),
                    rungs => format!(", tempered on {rungs} noise scales"),
                };
                format!(
                    "HMC, {} chains, {} draws, acceptance {:.2}{tempered}; passed {} checks",
                    sample.chains,
                    sample.len(),
                    sample.acceptance,
                    sample.gate.checks.len()
                )
            }
            Reference::Failed(failed) => {
                format!("HMC: the sample failed its gate: {}", failed.reasons(3).join("; "))
            }
        }
    }

    /// `gibbs_mean` of every other followed function that a reference knows.
    pub fn means(&self, point: usize, process: &str, followed: &[Followed]) -> Vec<EstimateRow> {
        let row = |followed: &Followed| {
            let found = match *followed {
                Followed::Quantity(Quantity::Risk) => None,
                Followed::Quantity(quantity) => self.quantity(quantity),
                Followed::Weight(k) => self.weight(k),
            }?;
            Some(EstimateRow {
                point,
                process: process.into(),
                name: "gibbs_mean".into(),
                quantity: followed.name(),
                value: Some(found.value),
                std_err: Some(found.std_err),
                ci_low: Some(found.value - found.half_width),
                ci_high: Some(found.value + found.half_width),
                method: found.method,
                ..EstimateRow::default()
            })
        };
        followed.iter().filter_map(row).collect()
    }

    /// `start_chi_squared`: ln(1 + χ²) of the start relative to μ_s on the grid; infinite for points.
    pub fn start_row(&self, point: usize, process: &str, start: &Start) -> Option<EstimateRow> {
        let grid = self.grid.as_ref().ok()?;
        let row = EstimateRow {
            point,
            process: process.into(),
            name: "start_chi_squared".into(),
            quantity: "ln(1 + chi^2)".into(),
            method: "grid; the interval is numerical error".into(),
            ..EstimateRow::default()
        };
        let dim = grid.bounds().len();
        let Some(variances) = start.variances(dim) else {
            let note =
                "infinite: the start has no density; count time from some t > 0, or start from a Gaussian";
            return Some(EstimateRow { note: note.into(), ..row });
        };
        Some(match grid.gaussian_log_chi_square(&vec![0.0; dim], &variances) {
            Err(reason) => EstimateRow { note: reason.to_string(), ..row },
            Ok(found) if found.value.is_infinite() => EstimateRow {
                note: "infinite: the start's tails outweigh those of the Gibbs measure".into(),
                ..row
            },
            Ok(found) => EstimateRow {
                value: Some(found.value),
                std_err: Some(found.error / 2.0),
                ci_low: Some(found.value - found.error),
                ci_high: Some(found.value + found.error),
                ..row
            },
        })
    }

    /// `risk_gibbs` rows for `process`: from the grid and from the sample.
    pub fn rows(&self, point: usize, process: &str) -> Vec<EstimateRow> {
        let row = |name: &str, expectation: Option<Expectation>, note: String| {
            let base = EstimateRow {
                point,
                process: process.into(),
                name: name.into(),
                quantity: "risk".into(),
                note,
                ..EstimateRow::default()
            };
            match expectation {
                None => EstimateRow { method: "none".into(), ..base },
                Some(e) => EstimateRow {
                    value: Some(e.value),
                    std_err: Some(e.std_err),
                    ci_low: Some(e.value - e.half_width),
                    ci_high: Some(e.value + e.half_width),
                    method: e.method,
                    ..base
                },
            }
        };
        let note = match self.sample {
            Reference::Failed(_) => self.sampling(),
            Reference::Passed(_) => String::new(),
        };
        let mut rows = vec![row("risk_gibbs", self.quantity(Quantity::Risk), note)];
        if let Some(beside) = self.quantity_sampled_beside_grid(Quantity::Risk) {
            rows.push(row("risk_gibbs_sampled", Some(beside), "a check of the grid".into()));
        }
        rows
    }
}

fn from_grid(grid: &Grid, numeric: Numeric) -> Expectation {
    let cells: Vec<String> = grid.cells().iter().map(ToString::to_string).collect();
    Expectation {
        value: numeric.value,
        std_err: numeric.error / 2.0,
        half_width: numeric.error,
        method: format!("grid of {} cells; the interval is numerical error", cells.join(" × ")),
    }
}

fn from_sample(estimate: Estimate, method: String) -> Option<Expectation> {
    let (low, high) = estimate.interval()?;
    Some(Expectation {
        value: estimate.value,
        std_err: estimate.std_err?,
        half_width: (high - low) / 2.0,
        method,
    })
}

/// What a grid's box must hold besides μ_s.
fn cover(start: &Start, dim: usize) -> Option<Vec<(f64, f64)>> {
    (dim <= 2).then(|| start.span(dim, COVERED))
}

/// The noise scales above 0 of a study's processes, each once.
pub fn noise_scales(plan: &Plan) -> Vec<f64> {
    let mut scales: Vec<f64> =
        plan.processes().iter().map(|process| process.noise_scale()).filter(|s| *s > 0.0).collect();
    scales.sort_by(f64::total_cmp);
    scales.dedup();
    scales
}
