//! ln(1 + χ²) of a start, χ² = ∫ (ρ − μ_s)²/μ_s.

use super::extent::{Extent, LogDensity, extent};
use super::start::gaussian_log_density;
use super::{Grid, GridError, Numeric};

/// Cells an axis at most, for one and for two weights.
const MOST: [f64; 2] = [65536.0, 1024.0];

impl Grid<'_> {
    /// ln(1 + χ²) = ln ∫ ρ²/μ_s of a start with the normalised density ρ = exp(`log_density`); +∞ where the integral diverges as far as
    /// can be seen. The integral has a box of its own, since ρ²/μ_s reaches further than either. A point start has χ² = ∞.
    /// Error: the difference of two cell widths, and the mass outside both boxes.
    ///
    /// # Errors
    /// [`GridError::NotFinite`] where the integrand is nowhere finite.
    pub fn log_chi_square(&self, log_density: &dyn Fn(&[f64]) -> f64) -> Result<Numeric, GridError> {
        let fine = &self.levels[2];
        let log_mass = (fine.total * fine.volume()).ln() - 2.0 * fine.lowest / self.s;
        let buffers = std::cell::RefCell::new((self.potential.scratch(), vec![0.0; fine.cells.len()]));
        let integrand = |w: &[f64]| {
            let (scratch, gradient) = &mut *buffers.borrow_mut();
            2.0 * log_density(w) + 2.0 * self.potential.value_gradient(w, gradient, scratch) / self.s
        };
        let own = match extent(fine.cells.len(), &integrand) {
            Err(GridError::NotNormalisable { .. }) => {
                return Ok(Numeric { value: f64::INFINITY, error: 0.0 });
            }
            other => other?,
        };
        let [coarse, finest] =
            [0.5, 0.25].map(|resolution| log_integral(&own, &integrand, resolution) + log_mass);
        let error =
            (finest - coarse).abs() + own.outside + self.mass_outside() + 1e-13 * (1.0 + finest.abs());
        Ok(Numeric { value: finest, error })
    }

    /// The same for independent Gaussian weights with D means and D variances.
    ///
    /// # Errors
    /// As there.
    pub fn gaussian_log_chi_square(&self, mean: &[f64], variances: &[f64]) -> Result<Numeric, GridError> {
        self.log_chi_square(&|w| gaussian_log_density(w, mean, variances))
    }
}

/// ln ∫ e^f by the midpoint rule with cells of `resolution` times the finest detail.
fn log_integral(own: &Extent, f: LogDensity, resolution: f64) -> f64 {
    let dim = own.lo.len();
    let count = |k: usize| {
        let cells = (own.hi[k] - own.lo[k]) / (resolution * own.detail[k]);
        cells.ceil().clamp(64.0, MOST[dim - 1] * 0.25 / resolution) as usize
    };
    let cells: Vec<usize> = (0..dim).map(count).collect();
    let width: Vec<f64> = (0..dim).map(|k| (own.hi[k] - own.lo[k]) / cells[k] as f64).collect();
    let mut w = vec![0.0; dim];
    let mut sum = 0.0;
    for flat in 0..cells.iter().product() {
        let mut rest: usize = flat;
        for k in 0..dim {
            w[k] = own.lo[k] + ((rest % cells[k]) as f64 + 0.5) * width[k];
            rest /= cells[k];
        }
        sum += (f(&w) - own.peak).exp();
    }
    (sum * width.iter().product::<f64>()).ln() + own.peak
}
