//! Where a ladder stands: at a step size, or at a batch.

use super::Asked;
use crate::study::spec::DynamicsSpec;

/// One rung of a ladder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// The s of the process compared with; the s and dt of the others keep their proportion to it.
    Scale(f64),
    /// The rows of every minibatch.
    Batch(usize),
}

impl Place {
    /// What tends to 0 along the ladder: s, or 1/b.
    pub fn small(self) -> f64 {
        match self {
            Self::Scale(s) => s,
            Self::Batch(batch) => 1.0 / batch as f64,
        }
    }

    /// As it stands in a sentence.
    pub fn name(self) -> String {
        match self {
            Self::Scale(s) => format!("s = {s}"),
            Self::Batch(batch) => format!("b = {batch}"),
        }
    }

    /// The processes there.
    ///
    /// # Errors
    /// A sentence where the process compared with has no s.
    pub fn dynamics(self, asked: &Asked) -> Result<Vec<DynamicsSpec>, String> {
        let own = asked.plan.study.process.iter().map(|process| process.dynamics.clone());
        match self {
            Self::Scale(s) => {
                let scale = asked.plan.study.process[asked.with].dynamics.noise_scale();
                let scale =
                    scale.filter(|s| *s > 0.0).ok_or("the process compared with has no noise scale")?;
                Ok(own.map(|dynamics| scaled(dynamics, s / scale)).collect())
            }
            Self::Batch(batch) => Ok(own.map(|dynamics| with_batch(dynamics, batch)).collect()),
        }
    }
}

/// `dynamics` with s and the integrator's step times `factor`.
fn scaled(mut dynamics: DynamicsSpec, factor: f64) -> DynamicsSpec {
    if let Some(s) = dynamics.noise_scale_mut() {
        *s = decimal(*s * factor);
    }
    if let Some(Some(dt)) = dynamics.dt() {
        *dt = decimal(*dt * factor);
    }
    dynamics
}

/// `dynamics` with minibatches of `batch` rows, where it has any.
fn with_batch(mut dynamics: DynamicsSpec, batch: usize) -> DynamicsSpec {
    if let Some((rows, _)) = dynamics.batch_mut() {
        *rows = batch;
    }
    dynamics
}

/// With half the step; `None` for processes without an integrator.
pub fn halved(dynamics: &DynamicsSpec) -> Option<DynamicsSpec> {
    let mut changed = dynamics.clone();
    let dt = changed.dt()?.as_mut()?;
    *dt = decimal(0.5 * *dt);
    Some(changed)
}

/// On a path drawn with half its step, which the process with half the step has too.
pub fn on_finer_path(dynamics: &DynamicsSpec) -> DynamicsSpec {
    let mut changed = dynamics.clone();
    if let Some(refinement) = changed.refinement_mut() {
        *refinement *= 2;
    }
    changed
}

/// Without what rounding leaves behind the twelfth digit, so that steps keep common multiples.
fn decimal(x: f64) -> f64 {
    format!("{x:.12e}").parse().unwrap_or(x)
}
