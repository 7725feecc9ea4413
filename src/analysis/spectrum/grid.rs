//! The grid of a potential: what is asked of it, and means under the Gibbs measure.

use super::extent::{Extent, extent, for_lattice};
use super::level::Level;
use super::numeric::ROUNDING;
use super::{GridError, Numeric};
use crate::problem::{Potential, Quantity};

/// Cells of a box that holds μ_s ∝ exp(−2L̃/s), at three widths h, 2h, 4h. D = 1 or 2.
///
/// Not for: D > 2; wells so narrow or so far off that the scan of the box misses them (two weights: an eighth of their distance from
/// the origin and from the lowest point found); potentials with kinks, whose errors are larger than stated.
pub struct Grid<'a> {
    pub(super) potential: &'a dyn Potential,
    pub(super) s: f64,
    pub(super) extent: Extent,
    pub(super) levels: [Level; 3],
}

/// A function φ of the weights on the cells of a [`Grid`].
#[derive(Debug, Clone)]
pub struct Observable {
    pub(super) values: [Vec<f64>; 3],
}

/// The density of μ_s on the finest cells, for drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Density {
    /// Cell centres along each weight.
    pub axes: Vec<Vec<f64>>,
    /// The density at the centres, in units of 1/volume; for two weights row by row, the first weight slowest.
    pub values: Vec<f64>,
}

/// Cells along one weight: at least this many for one weight and for two.
const FEWEST: [usize; 2] = [4096, 64];
/// Cell width in units of the finest detail, for one weight and for two.
const RESOLUTION: [f64; 2] = [0.02, 0.125];
/// The coarsest resolution that room can enforce.
const COARSEST: f64 = 0.35;
/// Numbers in a factor: 64 MB, and about a second to make it.
const ROOM: f64 = 8e6;

impl<'a> Grid<'a> {
    /// Grids for `potential` at noise scale `s` > 0.
    ///
    /// The box is chosen from the density: on its faces the density is below e^{−34} of the peak, and the mass outside is
    /// bounded below 1e-12 by shells that must thin out to 4096 times its width. `cover`: an interval for each weight that the
    /// box must hold too, for starts away from μ_s. The cell width is ⅛ (one weight: 1/50) of the smallest
    /// standard deviation that the curvature of L̃ allows, or up to 0.35 of it where room is short. Memory: at most about 200 MB
    /// while modes are computed.
    ///
    /// # Errors
    /// [`GridError::Dimension`] for D > 2, [`GridError::NotNormalisable`], [`GridError::NotFinite`], [`GridError::TooManyCells`].
    ///
    /// # Panics
    /// When s is not positive, or `cover` has another length than D.
    pub fn new(
        potential: &'a dyn Potential,
        s: f64,
        cover: Option<&[(f64, f64)]>,
    ) -> Result<Self, GridError> {
        assert!(s > 0.0, "s > 0");
        let dim = potential.dim();
        let buffers = std::cell::RefCell::new((potential.scratch(), vec![0.0; dim]));
        let log_density = |w: &[f64]| {
            let (scratch, gradient) = &mut *buffers.borrow_mut();
            -2.0 * potential.value_gradient(w, gradient, scratch) / s
        };
        let mut extent = extent(dim, &log_density)?;
        if let Some(cover) = cover {
            assert_eq!(cover.len(), dim, "an interval for each weight");
            for (k, &(lo, hi)) in cover.iter().enumerate() {
                extent.lo[k] = extent.lo[k].min(lo);
                extent.hi[k] = extent.hi[k].max(hi);
            }
            refine(potential, s, cover, &mut extent.detail);
        }
        let finest = cells(&extent)?;
        Self::with_cells(potential, s, extent, &finest)
    }

    pub(super) fn with_cells(
        potential: &'a dyn Potential,
        s: f64,
        extent: Extent,
        finest: &[usize],
    ) -> Result<Self, GridError> {
        let level = |divisor: usize| {
            let cells: Vec<usize> = finest.iter().map(|n| n / divisor).collect();
            Level::new(potential, s, &extent, &cells)
        };
        let levels = [level(4)?, level(2)?, level(1)?];
        Ok(Self { potential, s, extent, levels })
    }

    /// The noise scale s.
    pub fn noise_scale(&self) -> f64 {
        self.s
    }

    /// The box, an interval for each weight.
    pub fn bounds(&self) -> Vec<(f64, f64)> {
        self.extent.lo.iter().copied().zip(self.extent.hi.iter().copied()).collect()
    }

    /// Cells of the finest grid along each weight.
    pub fn cells(&self) -> &[usize] {
        &self.levels[2].cells
    }

    /// A bound on the fraction of μ_s outside the box, from the shells around it.
    pub fn mass_outside(&self) -> f64 {
        self.extent.outside
    }

    /// φ on the cells. `phi` takes D weights in the order of the potential. Cost: one call a cell.
    pub fn observe(&self, phi: &dyn Fn(&[f64]) -> f64) -> Observable {
        Observable { values: self.levels.each_ref().map(|level| level.map(phi)) }
    }

    /// A quantity on the cells; `None` where the potential has no such quantity. Cost: one reading a cell.
    pub fn quantity(&self, quantity: Quantity) -> Option<Observable> {
        self.potential.has(quantity).then(|| self.quantities(&[quantity]).swap_remove(0))
    }

    /// E_μ φ. For smooth φ the sum over cells converges faster than any power of h, and the error is near rounding; for
    /// φ with jumps it is of order h, and the stated error, of that order too, may by chance be several times too small.
    pub fn mean(&self, observable: &Observable) -> Numeric {
        let means: [f64; 3] = std::array::from_fn(|k| self.levels[k].mean(&observable.values[k]));
        let fine = &self.levels[2];
        let sizes: Vec<f64> = observable.values[2].iter().map(|v| v.abs()).collect();
        // Outside, a polynomial φ is not much larger than where μ ends: its size there is bounded by the second moment.
        let squares: Vec<f64> = sizes.iter().map(|v| v * v).collect();
        let tail = (self.mass_outside() * fine.mean(&squares)).sqrt();
        let tail = tail.min(self.mass_outside() * sizes.iter().copied().fold(0.0, f64::max));
        Numeric::spectral(means).widened(ROUNDING * fine.mean(&sizes) + tail)
    }

    /// sd_μ(φ).
    pub fn standard_deviation(&self, observable: &Observable) -> Numeric {
        let deviation = |k: usize| {
            let (level, values) = (&self.levels[k], &observable.values[k]);
            let mean = level.mean(values);
            let squares: Vec<f64> = values.iter().map(|v| (v - mean) * (v - mean)).collect();
            level.mean(&squares).sqrt()
        };
        let numeric = Numeric::spectral(std::array::from_fn(deviation));
        numeric.widened((ROUNDING + self.mass_outside()) * numeric.value)
    }

    /// E_μ of every quantity that the potential has. Cost: one reading of all quantities a cell.
    pub fn quantity_means(&self) -> Vec<(Quantity, Numeric)> {
        let has: Vec<Quantity> = Quantity::ALL.into_iter().filter(|q| self.potential.has(*q)).collect();
        let means = self.quantities(&has).into_iter().map(|observable| self.mean(&observable));
        has.iter().copied().zip(means).collect()
    }

    fn quantities(&self, wanted: &[Quantity]) -> Vec<Observable> {
        let mut read = self.levels.each_ref().map(|level| level.read(self.potential, wanted));
        (0..wanted.len())
            .map(|q| Observable { values: read.each_mut().map(|level| std::mem::take(&mut level[q])) })
            .collect()
    }

    /// The density of μ_s at the finest cell centres.
    pub fn density(&self) -> Density {
        let level = &self.levels[2];
        let axis = |k: usize| {
            (0..level.cells[k]).map(|i| level.lo[k] + (i as f64 + 0.5) * level.width[k]).collect::<Vec<f64>>()
        };
        let axes: Vec<Vec<f64>> = (0..level.cells.len()).map(axis).collect();
        let at = |index: &[usize]| level.mass(level.cell(index)) / level.volume();
        let values = match axes.as_slice() {
            [x, y] => (0..x.len()).flat_map(|i| (0..y.len()).map(move |j| at(&[i, j]))).collect(),
            _ => (0..level.len()).map(|i| at(&[i])).collect(),
        };
        Density { axes, values }
    }
}

/// Where a start may be, the drift over a cell must stay a small part of s, as it is in the box of μ_s: ∂L̃ h/s is
/// the ratio of neighbouring densities.
fn refine(potential: &dyn Potential, s: f64, cover: &[(f64, f64)], detail: &mut [f64]) {
    let (lo, hi): (Vec<f64>, Vec<f64>) = cover.iter().copied().unzip();
    let mut scratch = potential.scratch();
    let mut gradient = vec![0.0; cover.len()];
    for_lattice(&lo, &hi, &vec![33; lo.len()], |w, _| {
        potential.value_gradient(w, &mut gradient, &mut scratch);
        for (detail, slope) in detail.iter_mut().zip(&gradient) {
            // A Gaussian at nine standard deviations.
            *detail = detail.min(4.5 * s / slope.abs());
        }
    });
}

/// Cells along each weight, multiples of 4.
fn cells(extent: &Extent) -> Result<Vec<usize>, GridError> {
    let dim = extent.lo.len();
    let width = |k: usize| extent.hi[k] - extent.lo[k];
    let wanted: Vec<f64> = (0..dim)
        .map(|k| (width(k) / (RESOLUTION[dim - 1] * extent.detail[k])).max(FEWEST[dim - 1] as f64))
        .collect();
    let needed: f64 = wanted.iter().product();
    let band = if dim == 1 { 1.0 } else { wanted[0].min(wanted[1]) };
    // Cells of every axis shrink alike, and for two weights the band with them.
    let power = if dim == 1 { 1.0 } else { 3.0 };
    let shrink = (ROOM / (needed * band)).min(1.0).powf(1.0 / power);
    let coarse = |k: usize| width(k) / (wanted[k] * shrink) > COARSEST * extent.detail[k];
    if (0..dim).any(coarse) {
        return Err(GridError::TooManyCells { needed, limit: needed * shrink.powi(dim as i32) });
    }
    Ok(wanted.iter().map(|n| ((n * shrink / 4.0).ceil() as usize * 4).max(16)).collect())
}
