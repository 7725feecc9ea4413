//! Pass 3: from lane-wise sums to outputs f, and from outputs to residuals.

#![allow(unsafe_code, reason = "loads and stores of a pass whose buffers are measured once, at its start")]

use super::super::functions::{logistic, logistic_of_two, softplus};
use super::super::simd::{Vector, VectorTask};
use super::super::{Loss, Real};

/// Adds the lanes of each particle: `sums` (rows × lanes) becomes f (rows × q), in place.
pub struct Fold<'a, T> {
    pub sums: &'a mut [T],
    /// A multiple of the lanes.
    pub rows: usize,
    /// Particles side by side, a power of 2 up to the lanes.
    pub q: usize,
    /// Whether every four rows' sums are one vector already, see [`fold_four`].
    pub begun: bool,
}

/// Whether the sums of four rows fit into a vector.
#[inline(always)]
pub(in super::super) fn fits_four<V: Vector>(q: usize) -> bool {
    4 * q <= V::LANES
}

/// The first two steps of [`Fold`] on four rows, in registers.
#[inline(always)]
pub(super) fn fold_four<V: Vector>(rows: [V; 4]) -> V {
    let half = V::LANES / 2;
    rows[0].fold(rows[1], half).fold(rows[2].fold(rows[3], half), half / 2)
}

impl<T> VectorTask<T> for Fold<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector<Scalar = T>>(self) {
        let (mut piece, mut vectors) = (V::LANES / 2, self.rows);
        if self.begun {
            (piece, vectors) = (piece / 4, vectors / 4);
        }
        assert!(self.sums.len() >= vectors * V::LANES);
        while piece >= self.q {
            vectors /= 2;
            for i in 0..vectors {
                // SAFETY: vectors up to 2i + 1 exist: there are at least as many as when they were counted.
                unsafe {
                    // Vector i is written after vectors 2i and 2i + 1 ≥ i were read.
                    let pair = self.sums.as_mut_ptr().add(2 * i * V::LANES);
                    let folded = V::load(pair).fold(V::load(pair.add(V::LANES)), piece);
                    folded.store(self.sums.as_mut_ptr().add(i * V::LANES));
                }
            }
            piece /= 2;
        }
    }
}

/// g = ∂ℓ/∂f times the weight of the row, and on request ℓ and h = ∂²ℓ/∂f² times the weight; all rows × q.
pub struct Residual<'a, T, const VALUES: bool, const CURVATURES: bool> {
    pub loss: Loss,
    pub outputs: &'a [T],
    /// One a row, readable a vector beyond the last.
    pub labels: &'a [T],
    /// rows × q.
    pub row_weights: &'a [T],
    pub residuals: &'a mut [T],
    /// ℓ without the weight, if `VALUES`.
    pub values: &'a mut [T],
    /// If `CURVATURES`.
    pub curvatures: &'a mut [T],
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
    fn run<V: Vector<Scalar = T>>(mut self) {
        match self.loss {
            Loss::Logistic => self.all::<V, true>(),
            Loss::Square => self.all::<V, false>(),
        }
    }
}

impl<T: Real, const VALUES: bool, const CURVATURES: bool> Residual<'_, T, VALUES, CURVATURES> {
    #[inline(always)]
    fn all<V: Vector<Scalar = T>, const LOGISTIC: bool>(&mut self) {
        let numbers = self.rows * self.q;
        assert!(numbers.is_multiple_of(V::LANES) && self.labels.len() >= self.rows + V::LANES);
        let shortest = self.outputs.len().min(self.row_weights.len()).min(self.residuals.len());
        assert!(shortest.min(self.values.len()).min(self.curvatures.len()) >= numbers);
        let mut i = 0;
        // Two vectors share a division.
        while i + 2 * V::LANES <= numbers {
            // SAFETY: the buffers have just been measured: whole vectors, and labels a vector beyond.
            unsafe {
                let y = [self.label::<V>(i), self.label::<V>(i + V::LANES)];
                let f =
                    [V::load(self.outputs.as_ptr().add(i)), V::load(self.outputs.as_ptr().add(i + V::LANES))];
                let logistics = if LOGISTIC {
                    let zero = V::splat(T::default());
                    let minus_margins = [zero.sub(y[0].mul(f[0])), zero.sub(y[1].mul(f[1]))];
                    logistic_of_two(minus_margins)
                } else {
                    [(f[0], f[0]), (f[1], f[1])]
                };
                self.one::<V, LOGISTIC>(i, f[0], y[0], logistics[0]);
                self.one::<V, LOGISTIC>(i + V::LANES, f[1], y[1], logistics[1]);
            }
            i += 2 * V::LANES;
        }
        if i < numbers {
            // SAFETY: as above.
            unsafe {
                let (f, y) = (V::load(self.outputs.as_ptr().add(i)), self.label::<V>(i));
                self.one::<V, LOGISTIC>(i, f, y, logistic(V::splat(T::default()).sub(y.mul(f))));
            }
        }
    }

    /// The labels of the rows of numbers `i` and after.
    ///
    /// # Safety
    /// `i` is the first number of a vector below rows × q, and `all` has measured the buffers.
    #[inline(always)]
    unsafe fn label<V: Vector<Scalar = T>>(&self, i: usize) -> V {
        // SAFETY: i / q is a row, and labels may be read a vector beyond the last.
        unsafe { V::load(self.labels.as_ptr().add(i / self.q)).permute(self.row_of_lane) }
    }

    /// One vector; (`r`, `slope`) are the logistic function and its slope at −yf.
    ///
    /// # Safety
    /// As of `label`.
    #[inline(always)]
    unsafe fn one<V: Vector<Scalar = T>, const LOGISTIC: bool>(
        &mut self,
        i: usize,
        f: V,
        y: V,
        (r, slope): (V, V),
    ) {
        let zero = V::splat(T::default());
        // SAFETY: the caller's: every buffer holds a vector at `i`.
        unsafe {
            let weight = V::load(self.row_weights.as_ptr().add(i));
            let (value, residual, curvature) = if LOGISTIC {
                let value = if VALUES { softplus(zero.sub(y.mul(f))) } else { zero };
                (value, zero.sub(y.mul(r)), y.mul(y).mul(slope))
            } else {
                let difference = f.sub(y);
                (difference.mul(difference).mul(V::splat(T::from_f64(0.5))), difference, V::splat(T::ONE))
            };
            residual.mul(weight).store(self.residuals.as_mut_ptr().add(i));
            if VALUES {
                value.store(self.values.as_mut_ptr().add(i));
            }
            if CURVATURES {
                curvature.mul(weight).store(self.curvatures.as_mut_ptr().add(i));
            }
        }
    }
}
