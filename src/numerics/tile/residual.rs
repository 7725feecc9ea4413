//! Pass 3: from lane-wise sums to outputs f, and from outputs to residuals.

use super::super::functions::{logistic, softplus};
use super::super::simd::{Vector, VectorTask};
use super::super::{Loss, Real};

/// Adds the lanes of each particle: `sums` (rows × lanes) becomes f (rows × q), in place.
pub struct Fold<T> {
    pub sums: *mut T,
    /// A multiple of the lanes.
    pub rows: usize,
    /// Particles side by side, a power of 2 up to the lanes.
    pub q: usize,
}

impl<T> VectorTask<T> for Fold<T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let (mut piece, mut vectors) = (V::LANES / 2, self.rows);
        while piece >= self.q {
            vectors /= 2;
            for i in 0..vectors {
                // SAFETY: 2i + 1 < rows, and vector i is written after vectors 2i and 2i + 1 ≥ i were read.
                unsafe {
                    let pair = self.sums.add(2 * i * V::LANES);
                    let folded = V::load(pair).fold(V::load(pair.add(V::LANES)), piece);
                    folded.store(self.sums.add(i * V::LANES));
                }
            }
            piece /= 2;
        }
    }
}

/// g = ∂ℓ/∂f times the weight of the row, and on request ℓ and h = ∂²ℓ/∂f² times the weight; all rows × q.
pub struct Residual<'a, T, const VALUES: bool, const CURVATURES: bool> {
    pub loss: Loss,
    pub outputs: *const T,
    /// One a row, readable a vector beyond the last.
    pub labels: *const T,
    /// rows × q.
    pub row_weights: *const T,
    pub residuals: *mut T,
    /// ℓ without the weight, if `VALUES`.
    pub values: *mut T,
    /// If `CURVATURES`.
    pub curvatures: *mut T,
    /// A multiple of the lanes.
    pub rows: usize,
    pub q: usize,
    /// Lane ℓ belongs to row ℓ / q.
    pub row_of_lane: &'a [u32; 16],
}

impl<T: Real, const VALUES: bool, const CURVATURES: bool> VectorTask<T>
    for Residual<'_, T, VALUES, CURVATURES>
{
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        match self.loss {
            Loss::Logistic => self.all::<V, true>(),
            Loss::Square => self.all::<V, false>(),
        }
    }
}

impl<T: Real, const VALUES: bool, const CURVATURES: bool> Residual<'_, T, VALUES, CURVATURES> {
    #[inline(always)]
    fn all<V: Vector<Scalar = T>, const LOGISTIC: bool>(&self) {
        let zero = V::splat(T::default());
        for i in (0..self.rows * self.q).step_by(V::LANES) {
            // SAFETY: every buffer holds rows × q numbers, a whole number of vectors; labels as described.
            unsafe {
                let f = V::load(self.outputs.add(i));
                let y = V::load(self.labels.add(i / self.q)).permute(self.row_of_lane);
                let weight = V::load(self.row_weights.add(i));
                let (value, residual, curvature) = if LOGISTIC {
                    let minus_margin = zero.sub(y.mul(f));
                    let (r, slope) = logistic(minus_margin);
                    let value = if VALUES { softplus(minus_margin) } else { zero };
                    (value, zero.sub(y.mul(r)), y.mul(y).mul(slope))
                } else {
                    let difference = f.sub(y);
                    (
                        difference.mul(difference).mul(V::splat(T::from_f64(0.5))),
                        difference,
                        V::splat(T::ONE),
                    )
                };
                residual.mul(weight).store(self.residuals.add(i));
                if VALUES {
                    value.store(self.values.add(i));
                }
                if CURVATURES {
                    curvature.mul(weight).store(self.curvatures.add(i));
                }
            }
        }
    }
}
