//! Starting laws on a grid.

use super::level::Level;
use super::{Grid, GridError};

/// A law of W₀ on the cells of a [`Grid`].
#[derive(Debug, Clone)]
pub struct GridStart {
    /// A weight for each cell of each level, sum 1.
    pub(super) weights: [Vec<f64>; 3],
    /// |1 − mass on the grid|.
    pub(super) defect: f64,
}

/// How far the mass on the grid may be from 1.
const DEFECT: f64 = 1e-6;

impl Grid<'_> {
    /// A start with the density exp(`log_density`), normalised, with respect to dw.
    ///
    /// # Errors
    /// [`GridError::StartOutside`] where its mass on the cells is not 1 within 1e-6: part of it lies outside the box, or it is narrower
    /// than the coarsest cells.
    pub fn density_start(&self, log_density: &dyn Fn(&[f64]) -> f64) -> Result<GridStart, GridError> {
        let spread = |level: &Level| {
            let volume = level.volume();
            let mut weights = level.map(|w| log_density(w).exp() * volume);
            weights.iter_mut().zip(&level.root).filter(|(_, g)| **g == 0.0).for_each(|(p, _)| *p = 0.0);
            weights
        };
        let mut weights = self.levels.each_ref().map(spread);
        let mut defect = 0.0_f64;
        for level in &mut weights {
            let mass: f64 = level.iter().sum();
            if !mass.is_finite() || (mass - 1.0).abs() > DEFECT {
                return Err(GridError::StartOutside { mass });
            }
            defect = defect.max((mass - 1.0).abs());
            level.iter_mut().for_each(|p| *p /= mass);
        }
        Ok(GridStart { weights, defect })
    }

    /// Independent Gaussian weights with D means and D variances > 0.
    ///
    /// # Errors
    /// As for [`density_start`](Self::density_start).
    pub fn gaussian_start(&self, mean: &[f64], variances: &[f64]) -> Result<GridStart, GridError> {
        self.density_start(&|w| gaussian_log_density(w, mean, variances))
    }

    /// Equal masses at points, one after another, D weights each. Functions are read between the cells by cubic interpolation, so
    /// that the error is h⁴; it is part of the stated error.
    ///
    /// # Errors
    /// [`GridError::PointOutside`].
    ///
    /// # Panics
    /// When there is no point.
    pub fn point_start(&self, points: &[f64]) -> Result<GridStart, GridError> {
        let dim = self.extent.lo.len();
        assert!(points.len() >= dim && points.len().is_multiple_of(dim), "whole points, at least one");
        let count = points.len() / dim;
        let mut weights = self.levels.each_ref().map(|level| vec![0.0; level.len()]);
        for (level, weights) in self.levels.iter().zip(&mut weights) {
            for (index, point) in points.chunks_exact(dim).enumerate() {
                add_point(level, point, 1.0 / count as f64, weights)
                    .ok_or(GridError::PointOutside { index })?;
            }
        }
        Ok(GridStart { weights, defect: 0.0 })
    }
}

/// −½ Σ [(w_k − m_k)²/v_k + ln 2πv_k].
pub(super) fn gaussian_log_density(w: &[f64], mean: &[f64], variances: &[f64]) -> f64 {
    let term =
        |((x, m), v): ((&f64, &f64), &f64)| (x - m) * (x - m) / v + (2.0 * std::f64::consts::PI * v).ln();
    -0.5 * w.iter().zip(mean).zip(variances).map(term).sum::<f64>()
}

/// Adds `mass` at a point, by the weights of cubic interpolation; `None` where it lies outside the cells that take part.
fn add_point(level: &Level, point: &[f64], mass: f64, weights: &mut [f64]) -> Option<()> {
    let mut stencils = Vec::new();
    for (k, x) in point.iter().enumerate() {
        let at = (x - level.lo[k]) / level.width[k] - 0.5;
        if !(at >= -0.5 && at <= level.cells[k] as f64 - 0.5) {
            return None;
        }
        let first = (at.floor() - 1.0).clamp(0.0, level.cells[k] as f64 - 4.0);
        let lagrange = |node: usize| {
            let others = (0..4).filter(|other| *other != node);
            others.map(|other| (at - first - other as f64) / (node as f64 - other as f64)).product::<f64>()
        };
        stencils.push((first as usize, [lagrange(0), lagrange(1), lagrange(2), lagrange(3)]));
    }
    let mut put = |index: &[usize], weight: f64| {
        let cell = level.cell(index);
        weights[cell] += mass * weight;
        (level.root[cell] > 0.0).then_some(())
    };
    match stencils.as_slice() {
        [(i, a), (j, b)] => {
            for (k, x) in a.iter().enumerate() {
                for (l, y) in b.iter().enumerate() {
                    put(&[i + k, j + l], x * y)?;
                }
            }
        }
        [(i, a)] => {
            for (k, x) in a.iter().enumerate() {
                put(&[i + k], *x)?;
            }
        }
        _ => return None,
    }
    Some(())
}
