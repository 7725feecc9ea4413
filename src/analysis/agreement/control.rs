//! Differences less what a control with a known mean explains of them.

use super::path_moments::{PathMoments, Paths};
use crate::estimates::Moments;

/// A control below this part of the difference's own rounding explains nothing.
const NOTHING: f64 = 1e-12;

/// The differences φ(a_i) − φ(b_i) less β(t)(c_i(t) − E c(t)) of the first common particles: their mean is that of the
/// differences, their variance smaller by 1 − ρ(t)², with ρ the correlation of difference and control (control variates:
/// Glasserman, *Monte Carlo Methods in Financial Engineering*, 2003, §4.1). β(t) is the slope of the regression over the
/// particles at hand, which biases the mean by O(1/n) and takes one degree of freedom: not for fewer than about 100 particles.
///
/// `control`: the same times; a number that moves with the difference and whose mean is known, such as the same difference of
/// a linearised problem. `known`: E c(t), exact: an error there goes straight into the result.
///
/// # Panics
/// When times differ.
pub fn controlled(a: &Paths, b: &Paths, control: &Paths, known: &[f64]) -> PathMoments {
    let times = a.times();
    assert!([b.times(), control.times(), known.len()].iter().all(|&t| t == times), "the same times");
    let particles = a.particles.min(b.particles).min(control.particles);
    let path = |i: usize| -> (Vec<f64>, Vec<f64>) {
        (0..times).map(|t| (a.at(t, i) - b.at(t, i), control.at(t, i) - known[t])).unzip()
    };
    let finite = |(d, c): &(Vec<f64>, Vec<f64>)| d.iter().chain(c).all(|x| x.is_finite());
    let slopes = slopes(times, &|| (0..particles).map(path).filter(finite));
    let mut moments = PathMoments::empty(times);
    for (mut difference, control) in (0..particles).map(path) {
        difference.iter_mut().zip(&control).zip(&slopes).for_each(|((d, c), slope)| *d -= slope * c);
        moments.push(&difference);
    }
    moments
}

/// Cov(d, c)/Var c at each time; 0 where the control does not vary.
fn slopes<I: Iterator<Item = (Vec<f64>, Vec<f64>)>>(times: usize, paths: &impl Fn() -> I) -> Vec<f64> {
    let mut all = vec![[Moments::default(); 3]; times];
    for (difference, control) in paths() {
        for ((moments, d), c) in all.iter_mut().zip(difference).zip(control) {
            moments.iter_mut().zip([d + c, d - c, c]).for_each(|(m, x)| m.push(x));
        }
    }
    let slope = |[sum, less, control]: &[Moments; 3]| -> Option<f64> {
        // Var(d + c) − Var(d − c) = 4 Cov(d, c).
        let (sum, less, control) = (sum.variance()?, less.variance()?, control.variance()?);
        (control > NOTHING * NOTHING * (sum + less)).then(|| 0.25 * (sum - less) / control)
    };
    all.iter().map(|moments| slope(moments).unwrap_or(0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_that_explains_all_leaves_its_constant() {
        // d = 3 + 2 (c − 5) at the second time; nothing moves at the first.
        let n = 50;
        let c = |i: usize| 5.0 + (i as f64).sin();
        let values: Vec<f64> = (0..n).map(|_| 1.0).chain((0..n).map(|i| 3.0 + 2.0 * (c(i) - 5.0))).collect();
        let control: Vec<f64> = (0..n).map(|_| 0.0).chain((0..n).map(c)).collect();
        let zero = vec![0.0; 2 * n];
        let [a, b, control] = [&values, &zero, &control].map(|v| Paths::new(v, n));
        let found = controlled(&a, &b, &control, &[0.0, 5.0]);
        assert_eq!((found.mean()[0], found.n()), (1.0, 50));
        assert!((found.mean()[1] - 3.0).abs() < 1e-13, "{:?}", found.mean());
        assert!(found.covariance_of_mean().unwrap()[3] < 1e-28);
    }

    #[test]
    fn a_lost_control_loses_the_particle() {
        let (d, c) = ([1.0, 2.0, 4.0], [0.1, f64::NAN, 0.3]);
        let zero = [0.0; 3];
        let [d, zero, c] = [&d, &zero, &c].map(|v| Paths::new(v, 3));
        let found = controlled(&d, &zero, &c, &[0.2]);
        assert_eq!((found.n(), found.left_out()), (2, 1));
        assert!((found.mean()[0] - 2.5).abs() < 1e-12);
    }
}
