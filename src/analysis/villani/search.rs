//! Between the radii of the grid: the lowest place and the last change of sign.

use super::villani;
use crate::parallel::Threads;
use crate::problem::{Potential, Scratch};

/// Where V_s was smallest.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct LowestPlace {
    /// V_s there: an upper bound of inf V_s.
    pub value: f64,
    /// ‖W‖ there.
    pub radius: f64,
    /// W, in the potential's order.
    pub weights: Vec<f64>,
}

/// Steps of the golden section: 10⁻⁷ of the interval is left, and of a smooth minimum's value its square.
const SECTIONS: usize = 32;
/// Bisections of an interval between two radii.
const BISECTIONS: usize = 48;

/// What was read: `values[ray][k]` at `radii[k]` times the unit vector of the ray.
pub(super) struct Survey<'a> {
    pub potential: &'a dyn Potential,
    pub s: f64,
    pub radii: &'a [f64],
    pub units: &'a [Vec<f64>],
    pub values: &'a [Vec<f64>],
}

impl Survey<'_> {
    /// The smallest value read, or a smaller one on the same ray between the neighbouring radii.
    pub fn lowest(&self) -> LowestPlace {
        let mut at = (0, 0);
        for (ray, values) in self.values.iter().enumerate() {
            for (k, value) in values.iter().enumerate() {
                if *value < self.values[at.0][at.1] {
                    at = (ray, k);
                }
            }
        }
        let (ray, k) = at;
        let (mut value, mut radius) = (self.values[ray][k], self.radii[k]);
        let (mut low, mut high) =
            (self.radii[k.saturating_sub(1)], self.radii[(k + 1).min(self.radii.len() - 1)]);
        let mut reader = self.reader(ray, self.potential.scratch());
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        for _ in 0..SECTIONS {
            let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
            let [below, above] = [left, right].map(&mut reader);
            for (v, r) in [(below, left), (above, right)] {
                if v < value {
                    (value, radius) = (v, r);
                }
            }
            if below < above { high = right } else { low = left }
        }
        LowestPlace { value, radius, weights: self.units[ray].iter().map(|v| radius * v).collect() }
    }

    /// R₀ of [`VillaniRays::positive_beyond`](super::VillaniRays::positive_beyond).
    pub fn positive_beyond(&self, threads: &Threads) -> Option<f64> {
        let last_bad = |values: &Vec<f64>| values.iter().rposition(|v| *v <= 0.0);
        let Some(k) = self.values.iter().filter_map(last_bad).max() else {
            return Some(0.0);
        };
        if k + 1 == self.radii.len() {
            return None;
        }
        let mut rays: Vec<usize> =
            (0..self.units.len()).filter(|&ray| last_bad(&self.values[ray]) == Some(k)).collect();
        let radii = threads.map(
            &mut rays,
            || (),
            |&mut ray, ()| {
                let mut reader = self.reader(ray, self.potential.scratch());
                let (mut low, mut high) = (self.radii[k], self.radii[k + 1]);
                for _ in 0..BISECTIONS {
                    let middle = 0.5 * (low + high);
                    if reader(middle) > 0.0 { high = middle } else { low = middle }
                }
                high
            },
        );
        radii.into_iter().reduce(f64::max)
    }

    /// V_s on a ray as a function of the radius.
    fn reader(&self, ray: usize, mut scratch: Scratch) -> impl FnMut(f64) -> f64 {
        let unit = &self.units[ray];
        let (mut w, mut gradient) = (vec![0.0; unit.len()], vec![0.0; unit.len()]);
        move |radius| {
            w.iter_mut().zip(unit).for_each(|(w, v)| *w = radius * v);
            villani(self.potential, self.s, &w, &mut gradient, &mut scratch)
        }
    }
}
