//! From a potential to a reference: run, check, go on.

use super::chains::Chains;
use super::gate::{CheckKind, Gate};
use super::kernel::Kernel;
use super::ladder::ladder;
use super::records::{Panel, Records};
use super::sample::{GibbsSample, Reference, Rung};
use super::starts::Starts;
use super::tune::tune;
use super::{GibbsSettings, Observable, Tempering, exact};
use crate::parallel::Threads;
use crate::problem::{LocalMinimum, Potential, Quantity};

/// Chains at one noise scale, and ladders of tempered chains: independent either way.
const CHAINS: usize = 64;
const LADDERS: usize = 16;
/// Consecutive chains that start at the same place.
const TOGETHER: usize = 4;
/// Rows of a chain before the first gate.
const ROWS: usize = 256;
/// Rows between two calls of the progress callback, and rows at least.
const SEGMENT: usize = 16;
const FEWEST_ROWS: usize = 64;
/// Gradients between two rows of a chain, about: reading a row costs two.
const GRADIENTS_A_ROW: usize = 8;
/// Gradients of the warm-up of a chain, about.
const WARM_UP: u64 = 3500;

/// Draws from μ_s ∝ exp(−2L̃/s) until the [`Gate`] is passed, or the budget is used up.
///
/// 64 chains of HMC ([Neal 2011]; exact thanks to the test of Metropolis) start over-dispersed, in groups of four at
/// one place: half of the groups from N(0, τ²I), τ² = 4 max(s/(2λ), ‖w‖²/D of the known minima, s D/(2ΔL̃) there), the other half from local
/// minima that L-BFGS finds from random starts, and from `settings.points`. Step size, scales and trajectory length are
/// tuned during warm-up and then frozen. When chains disagree and several minima are known, or a second time, 16 ladders of tempered
/// chains take over (Geyer 1991; swaps between neighbours, even and odd by turns). When the gate fails for another reason than size,
/// all draws count as warm-up and twice as many are made; when it fails for size, the run goes on. With
/// [`relative_error`](GibbsSettings::relative_error) it also goes on until E_μ L̃ is that exact, or the budget is used up: a passed
/// sample may then have a larger error, which it states. Looking at the gate several times makes its false alarms a little
/// less frequent than stated there, and leaves the estimates consistent.
///
/// `progress` gets the share of the budget that is used. Same seed, same bits for any number of threads.
///
/// Cost: a warm-up of about 2500 gradients a chain, 9 gradients and a Laplacian for each draw; local searches come on
/// top. Not valid where exp(−2L̃/s) has no finite integral.
///
/// [Neal 2011]: https://arxiv.org/abs/1206.1901
///
/// # Panics
/// Unless s > 0 and `settings.points` holds a multiple of D numbers.
pub fn sample_gibbs(
    potential: &dyn Potential,
    s: f64,
    settings: &GibbsSettings,
    observables: &[Observable],
    threads: &Threads,
    progress: &mut dyn FnMut(f64),
) -> Reference {
    assert!(s > 0.0 && s.is_finite(), "s must be positive and finite");
    assert!(settings.points.len().is_multiple_of(potential.dim()), "points are multiples of D numbers");
    let panel = Panel::new(potential, settings.seed, observables);
    let budget = settings.budget.unwrap_or_else(|| GibbsSettings::default_budget(potential));
    let mut run = Run { potential, s, settings, panel, budget, threads, progress, used: 0, attempt: 0 };
    let known = potential.gaussian_gibbs(s).filter(|_| settings.exact_when_known);
    let sample = match known {
        Some(variances) => run.exact(&variances),
        None => run.chains(),
    };
    (run.progress)(1.0);
    Reference::from_sample(sample)
}

struct Run<'a, 'p> {
    potential: &'a dyn Potential,
    s: f64,
    settings: &'a GibbsSettings,
    panel: Panel<'a>,
    budget: u64,
    threads: &'a Threads,
    progress: &'p mut dyn FnMut(f64),
    /// Gradients of chains that were given up.
    used: u64,
    attempt: u64,
}

/// What to do after a look at the gate.
enum Verdict {
    Stop,
    /// Go on for so many rows.
    Extend(usize),
    /// Everything so far was warm-up.
    Restart,
    Temper,
}

impl<'a> Run<'a, '_> {
    fn records(&self, chains: usize) -> Records {
        Records::new(&self.panel, chains, self.potential.dim(), self.settings.draws.max(CHAINS))
    }

    fn exact(&mut self, variances: &[f64]) -> GibbsSample {
        let mut records = self.records(CHAINS);
        let mut rows = 4 * ROWS;
        let affordable = (self.budget as usize / CHAINS).max(FEWEST_ROWS);
        loop {
            rows = rows.min(affordable - records.len());
            let seed = self.settings.seed;
            exact::draw(self.potential, variances, seed, &self.panel, rows, &mut records, self.threads);
            let gate = Gate::of(&records, self.s, TOGETHER);
            (self.progress)(records.len() as f64 / affordable as f64);
            match self.verdict(&gate, &records, false, 0, &[]) {
                Verdict::Extend(more) if records.len() < affordable => rows = more,
                // Independent draws that fail by chance are reported as failed, as any others.
                _ => return self.sample(records, gate, Vec::new(), 1.0, Vec::new()),
            }
        }
    }

    fn chains(&mut self) -> GibbsSample {
        let needed = WARM_UP * CHAINS as u64;
        if self.budget < needed {
            let gate = Gate::too_small(self.budget, needed);
            return self.sample(self.records(CHAINS), gate, Vec::new(), 0.0, Vec::new());
        }
        let starts = Starts::probe(self.potential, self.s, self.settings, self.budget, self.threads);
        let mut tempered = self.settings.tempering == Tempering::Always;
        let mut chains = self.start(&starts, tempered);
        let mut records = self.records(chains.ladders);
        let (mut rows, mut failures) = (ROWS, 0);
        loop {
            let acceptance = self.record(&mut chains, rows, &mut records);
            let gate = Gate::of(&records, self.s, TOGETHER);
            failures += usize::from(gate.fails(CheckKind::Agreement) || gate.fails(CheckKind::Identity));
            let mut verdict = self.verdict(&gate, &records, tempered, failures, &starts.minima);
            let retune = WARM_UP * (chains.ladders * chains.kernels.len()) as u64;
            let left = self.budget.saturating_sub(self.used + chains.gradients);
            let needed = match verdict {
                Verdict::Stop => 0,
                Verdict::Extend(_) => self.row_cost(&chains) * FEWEST_ROWS as u64,
                _ => retune + self.row_cost(&chains) * records.len() as u64,
            };
            if left < needed {
                verdict = Verdict::Stop;
            }
            match verdict {
                Verdict::Stop => {
                    self.used += chains.gradients;
                    return self.sample(records, gate, describe(&chains), acceptance, starts.minima);
                }
                Verdict::Extend(more) => rows = more,
                Verdict::Restart => {
                    rows = 2 * records.len();
                    records.clear();
                    tune(&mut chains, false);
                }
                Verdict::Temper => {
                    tempered = true;
                    self.used += chains.gradients;
                    chains = self.start(&starts, true);
                    records = self.records(chains.ladders);
                    (rows, failures) = (ROWS, 0);
                }
            }
        }
    }

    /// Chains at the starts, tuned.
    fn start(&mut self, starts: &Starts, tempered: bool) -> Chains<'a> {
        let scales = if tempered { ladder(self.potential, self.s, &starts.minima) } else { vec![self.s] };
        let ladders = if tempered { LADDERS } else { CHAINS };
        let attempt = self.attempt;
        let places: Vec<Vec<f64>> = scales
            .iter()
            .enumerate()
            .map(|(rung, &s)| starts.draw(rung, s, ladders, TOGETHER, attempt))
            .collect();
        let dim = self.potential.dim();
        let kernels = scales.iter().map(|&s| Kernel::new(s, starts.variance(s), dim)).collect();
        let mut chains =
            Chains::new(self.potential, self.threads, kernels, &places, (self.settings.seed, attempt));
        self.attempt += 1;
        tune(&mut chains, true);
        self.tell(&chains);
        chains
    }

    /// Iterations between two rows.
    fn stride(chains: &Chains) -> u64 {
        GRADIENTS_A_ROW.div_ceil(chains.kernels[0].mean_steps) as u64
    }

    /// Gradients of one row of all chains.
    fn row_cost(&self, chains: &Chains) -> u64 {
        let steps: usize = chains.kernels.iter().map(|kernel| kernel.mean_steps).sum();
        chains.ladders as u64 * (1 + Self::stride(chains) * steps as u64)
    }

    /// Up to `rows` rows, as many as the budget allows and at least a few; returns the mean acceptance.
    fn record(&mut self, chains: &mut Chains, rows: usize, records: &mut Records) -> f64 {
        let left = self.budget.saturating_sub(self.used + chains.gradients);
        let affordable = (left / self.row_cost(chains)) as usize;
        let (mut to_do, mut accepted, mut done) = (rows.min(affordable).max(FEWEST_ROWS), 0.0, 0.0);
        while to_do > 0 {
            let segment = SEGMENT.min(to_do);
            accepted += chains.record(&self.panel, segment, Self::stride(chains), records) * segment as f64;
            done += segment as f64;
            to_do -= segment;
            self.tell(chains);
        }
        accepted / done
    }

    fn tell(&mut self, chains: &Chains) {
        (self.progress)(((self.used + chains.gradients) as f64 / self.budget as f64).min(1.0));
    }

    fn verdict(
        &self,
        gate: &Gate,
        records: &Records,
        tempered: bool,
        failures: usize,
        minima: &[LocalMinimum],
    ) -> Verdict {
        let rows = records.len();
        if gate.passed {
            return self.rows_for_the_error(records).map_or(Verdict::Stop, Verdict::Extend);
        }
        if !gate.fails(CheckKind::Agreement) && !gate.fails(CheckKind::Identity) {
            return Verdict::Extend(rows);
        }
        let allowed = self.settings.tempering == Tempering::WhenNeeded && !tempered;
        if allowed && gate.fails(CheckKind::Agreement) && (minima.len() > 1 || failures > 1) {
            Verdict::Temper
        } else {
            Verdict::Restart
        }
    }

    /// How many rows more bring the error of E L̃ down to what was asked for; `None` where it is there.
    fn rows_for_the_error(&self, records: &Records) -> Option<usize> {
        let wanted = self.settings.relative_error?;
        let risk = super::gate::chain_estimate(records, &[Quantity::Risk], |r| r[0])?;
        let ratio = risk.std_err? / (wanted * risk.value.abs());
        // The error is itself known to a tenth only: a little more than needed, and at most four times as much at once.
        (ratio > 1.0).then(|| {
            let factor = (1.1 * ratio * ratio - 1.0).clamp(0.25, 3.0);
            (records.len() as f64 * factor).ceil() as usize
        })
    }

    fn sample(
        &self,
        records: Records,
        gate: Gate,
        rungs: Vec<Rung>,
        acceptance: f64,
        minima: Vec<LocalMinimum>,
    ) -> GibbsSample {
        GibbsSample {
            s: self.s,
            dim: self.potential.dim(),
            chains: records.chains,
            draws: records.draws(),
            gate,
            rungs,
            acceptance,
            gradients: self.used,
            minima,
            records,
        }
    }
}

fn describe(chains: &Chains) -> Vec<Rung> {
    let rungs = chains.kernels.iter().zip(&chains.tallies);
    rungs
        .map(|(kernel, tally)| Rung {
            s: kernel.s,
            step: kernel.step,
            mean_steps: kernel.mean_steps,
            swap_rate: tally.rate(),
        })
        .collect()
}
