//! How much of an observable lies in each slow mode.

use super::factor::product;
use super::{Grid, Numeric, Observable, SlowModes};

/// The part of an observable in one mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Component {
    /// λ_k.
    pub rate: Numeric,
    /// (E_μ φ u_k)² : the part of Var_μ φ that decays in the autocovariance as e^{−λ_k t}.
    pub variance: Numeric,
}

impl Grid<'_> {
    /// Squared projections of φ − E_μ φ on the slow modes; what is missing to Var_μ φ lies in faster ones. Within a multiple
    /// eigenvalue only their sum has a meaning, and the stated error of the single ones may be as large as themselves.
    pub fn components(&self, modes: &SlowModes, observable: &Observable) -> Vec<Component> {
        let squared = |level: usize, k: usize| {
            let (grid, values) = (&self.levels[level], &observable.values[level]);
            let mean = grid.mean(values);
            let centred: Vec<f64> = grid
                .root
                .iter()
                .zip(values)
                .map(|(g, v)| if *g > 0.0 { g * (v - mean) } else { 0.0 })
                .collect();
            product(&centred, &modes.levels[level].vectors[k]).powi(2) / grid.total
        };
        let component = |(k, &rate): (usize, &Numeric)| {
            let variance = Numeric::second_order(std::array::from_fn(|level| squared(level, k)));
            Component { rate, variance: Numeric { value: variance.value.max(0.0), ..variance } }
        };
        modes.rates().iter().enumerate().map(component).collect()
    }
}
