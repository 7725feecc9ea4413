//! ln(‖∇F‖²/F) and its gradient.

use crate::problem::{Potential, Scratch};

/// Buffers for [`LogRatio::value`] and [`LogRatio::gradient`].
pub(super) struct LogRatio<'a> {
    potential: &'a dyn Potential,
    scratch: Scratch,
    slope: Vec<f64>,
    curved: Vec<f64>,
}

impl<'a> LogRatio<'a> {
    pub fn new(potential: &'a dyn Potential) -> Self {
        let (scratch, zeros) = (potential.scratch(), vec![0.0; potential.dim()]);
        Self { potential, scratch, slope: zeros.clone(), curved: zeros }
    }

    /// ln(‖∇F(w)‖²/F(w)); −∞ at a critical point with F > 0, NaN where F is 0 or not a number.
    pub fn value(&mut self, w: &[f64]) -> f64 {
        self.evaluate(w)[0]
    }

    /// The value, F and ‖∇F‖²; ∇F into `self.slope`.
    fn evaluate(&mut self, w: &[f64]) -> [f64; 3] {
        let risk = self.potential.value_gradient(w, &mut self.slope, &mut self.scratch);
        let squares: f64 = self.slope.iter().map(|g| g * g).sum();
        let good = risk > 0.0 && squares.is_finite();
        [if good { squares.ln() - risk.ln() } else { f64::NAN }, risk, squares]
    }

    /// ∇ ln(‖∇F‖²/F) = 2 ∇²F ∇F/‖∇F‖² − ∇F/F into `out`; returns the value. Cost: one gradient and one Hessian–vector product.
    pub fn gradient(&mut self, w: &[f64], out: &mut [f64]) -> f64 {
        let [value, risk, squares] = self.evaluate(w);
        self.potential.hessian_vector(w, &self.slope, &mut self.curved, &mut self.scratch);
        for ((o, h), g) in out.iter_mut().zip(&self.curved).zip(&self.slope) {
            *o = 2.0 * h / squares - g / risk;
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Quadratic;

    #[test]
    fn its_gradient_is_that_of_central_differences() {
        let potential = Quadratic::new(vec![0.5, 2.0, 7.0]);
        let (mut ratio, w) = (LogRatio::new(&potential), [0.4, -1.0, 0.2]);
        let mut gradient = vec![0.0; 3];
        ratio.gradient(&w, &mut gradient);
        for k in 0..3 {
            let mut at = |shift: f64| {
                let mut moved = w;
                moved[k] += shift;
                ratio.value(&moved)
            };
            let step = 1e-3;
            let five = (-at(2.0 * step) + 8.0 * at(step) - 8.0 * at(-step) + at(-2.0 * step)) / (12.0 * step);
            assert!((gradient[k] - five).abs() < 1e-9, "{k}: {} {five}", gradient[k]);
        }
    }
}
