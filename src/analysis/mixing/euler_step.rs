//! What the step of Euler–Maruyama does to a rate, and undoing it.

/// The step h of the scheme and what is known of the observable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EulerStep {
    /// h ≥ 0; 0 where there is nothing to undo.
    pub length: f64,
    /// Whether the observable is linear in the weights.
    pub linear: bool,
}

impl EulerStep {
    /// For a process in continuous time, or one whose step is not to be undone.
    pub const NONE: Self = Self { length: 0.0, linear: true };

    /// The generator's rate and its interval from those of the simulated process.
    ///
    /// With a linear drift a step multiplies each weight's mean by 1 − hθ, so that a linear observable decays at −ln(1−hθ)/h,
    /// and θ = (1 − e^{−rh})/h. It multiplies E w_i w_j less its limit by (1−hθ_i)(1−hθ_j): a quadratic observable, whose rate
    /// is θ_i + θ_j, decays at the sum of two such rates. For equal ones the rate is 2(1 − e^{−rh/2})/h, which is the value here
    /// for every observable that is not linear. What its modes are made of is not known: one mode gives the smallest rate,
    /// and for unequal modes the truth lies between one mode and two [derived: u + v with (1−hu)(1−hv) = e^{−rh} is largest for
    /// u = v, and smallest for v = 0]. The interval therefore reaches from the lower end undone as one mode to the upper end
    /// undone as two. Drifts that are not linear leave a further bias of order h, which only a ladder of steps shows.
    pub fn undone(self, rate: f64, interval: (f64, f64)) -> (f64, (f64, f64)) {
        let (one, two) = (|r| one_mode(r, self.length), |r| 2.0 * one_mode(r / 2.0, self.length));
        if self.linear {
            (one(rate), (one(interval.0), one(interval.1)))
        } else {
            (two(rate), (one(interval.0), two(interval.1)))
        }
    }
}

/// θ with −ln(1−hθ)/h = r.
pub(super) fn one_mode(rate: f64, step: f64) -> f64 {
    if step > 0.0 { -(-rate * step).exp_m1() / step } else { rate }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (1−hθ)² a step of a square is 2θ exactly; the product of two unequal factors lies in the interval.
    #[test]
    fn quadratic_observables_of_linear_drifts_lie_in_the_interval() {
        for h in [0.02, 0.05, 0.1] {
            let step = EulerStep { length: h, linear: false };
            let simulated = |a: f64, b: f64| -((1.0 - h * a).ln() + (1.0 - h * b).ln()) / h;
            let rate = simulated(1.0, 1.0);
            assert!((step.undone(rate, (rate, rate)).0 - 2.0).abs() < 1e-12);
            for (a, b) in [(1.0, 1.0), (0.5, 3.0), (0.0, 2.0)] {
                let rate = simulated(a, b);
                let (_, (low, high)) = step.undone(rate, (rate, rate));
                assert!(low <= a + b + 1e-12 && a + b <= high + 1e-12, "{a} + {b} at {h}: [{low}, {high}]");
            }
            let linear = EulerStep { length: h, linear: true };
            let rate = -(1.0 - h).ln() / h;
            assert!((linear.undone(rate, (rate, rate)).0 - 1.0).abs() < 1e-12);
        }
        assert_eq!(EulerStep::NONE.undone(1.5, (1.0, 2.0)), (1.5, (1.0, 2.0)));
    }
}
