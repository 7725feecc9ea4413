//! The spectral gap and the next slow modes.

use super::krylov::{Modes, slowest};
use super::{Grid, GridError, Numeric};

/// The slowest modes of −𝓛 on a grid: −𝓛 u_k = λ_k u_k, 0 < λ_1 ≤ λ_2 ≤ …; λ_1 is the spectral gap λ_s.
pub struct SlowModes {
    pub(super) levels: [Modes; 3],
    rates: Vec<Numeric>,
    functions: Vec<Vec<f64>>,
}

/// How many modes are computed.
pub(super) const MODES: usize = 6;

impl Grid<'_> {
    /// The six slowest modes (fewer where there are fewer cells). Richardson's formula over three cell widths; eigenvalues of
    /// multiplicity up to four are found as often as they occur. Cost: a factor of N·b² operations and N·b numbers for
    /// N cells, b along the shorter side, and about 40 solves.
    ///
    /// # Errors
    /// [`GridError::Separated`], [`GridError::NotConverged`].
    pub fn slow_modes(&self) -> Result<SlowModes, GridError> {
        let [coarse, middle, fine] = self.levels.each_ref().map(|level| slowest(level, MODES));
        let levels = [coarse?, middle?, fine?];
        let rate = |k: usize| {
            let rates = levels.each_ref().map(|modes| modes.rates[k]);
            let numeric = Numeric::second_order(rates);
            // Cutting the box off moves a rate by about the mass outside, and the iteration by its residual squared.
            numeric.widened((self.mass_outside() + levels[2].residuals[k]) * rates[2])
        };
        let rates = (0..levels[2].rates.len()).map(rate).collect();
        let fine = &self.levels[2];
        let scale = fine.total.sqrt();
        let function = |v: &Vec<f64>| {
            let mut u: Vec<f64> =
                v.iter().zip(&fine.root).map(|(v, g)| if *g > 0.0 { v * scale / g } else { 0.0 }).collect();
            let peak = v.iter().fold(0.0_f64, |m, x| if x.abs() > m.abs() * (1.0 + 1e-9) { *x } else { m });
            if peak < 0.0 {
                u.iter_mut().for_each(|x| *x = -*x);
            }
            u
        };
        let functions = levels[2].vectors.iter().map(function).collect();
        Ok(SlowModes { levels, rates, functions })
    }
}

impl SlowModes {
    /// λ_s, the spectral gap of −𝓛.
    pub fn gap(&self) -> Numeric {
        self.rates[0]
    }

    /// λ_1 ≤ λ_2 ≤ …
    pub fn rates(&self) -> &[Numeric] {
        &self.rates
    }

    /// u_k on the finest cells with E_μ u_k² = 1, laid out as the cells of the grid: the weight with fewer cells runs fastest.
    /// Its sign is chosen so that √μ u_k is positive where it is largest in modulus. Within a multiple eigenvalue any rotation may come.
    pub fn function(&self, k: usize) -> &[f64] {
        &self.functions[k]
    }
}
