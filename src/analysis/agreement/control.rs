//! Readings less what controls of mean 0 explain of their scatter.

use crate::estimates::Moments;

/// Fewer readings than this are left as they are: the regression's bias of O(1/n) would not be small beside their error.
pub const FEWEST_CONTROLLED: usize = 128;
/// A control whose own part of the variance is below this is a multiple of those before it, or nothing.
const NOTHING: f64 = 1e-20;

/// Takes Σ_j β_j c_j from the readings φ_i of independent particles, each c_j with E c_j = 0 exactly: E φ stays, the variance
/// falls by 1 − R², R the multiple correlation of φ with the controls (control variates: Glasserman, *Monte Carlo Methods in Financial
/// Engineering*, 2003, §4.1). β is the regression over the n particles at hand, which biases the mean by O(1/n) of a standard deviation (a
/// part of order √N/n of the standard error of N particles that are controlled n at a time) and takes a degree of freedom each, 2 of at least
/// 128. Particles with a reading or a control that is not finite are left
/// as they are and do not count. Nothing happens below [`FEWEST_CONTROLLED`] particles.
///
/// # Panics
/// When a control does not have one number a reading.
pub fn control(readings: &mut [f64], controls: &mut [Vec<f64>]) {
    assert!(controls.iter().all(|c| c.len() == readings.len()), "one number a particle");
    let whole: Vec<usize> = (0..readings.len())
        .filter(|&i| readings[i].is_finite() && controls.iter().all(|c| c[i].is_finite()))
        .collect();
    if whole.len() < FEWEST_CONTROLLED {
        return;
    }
    for j in 0..controls.len() {
        let (before, from) = controls.split_at_mut(j);
        let own = &mut from[0];
        let at_first = variance(own, &whole);
        // What is left of it beside the controls before, which are orthogonal to one another by now.
        for other in before.iter() {
            let slope = slope(own, other, &whole);
            whole.iter().for_each(|&i| own[i] -= slope * other[i]);
        }
        if variance(own, &whole) <= NOTHING * at_first {
            own.fill(0.0);
        }
        let slope = slope(readings, own, &whole);
        whole.iter().for_each(|&i| readings[i] -= slope * own[i]);
    }
}

fn variance(x: &[f64], whole: &[usize]) -> f64 {
    Moments::of(whole.iter().map(|&i| x[i])).variance().unwrap_or(0.0)
}

/// Cov(y, c)/Var c; 0 where c does not vary.
fn slope(y: &[f64], c: &[f64], whole: &[usize]) -> f64 {
    let n = whole.len() as f64;
    let mean = |x: &[f64]| whole.iter().map(|&i| x[i]).sum::<f64>() / n;
    let (y_mean, c_mean) = (mean(y), mean(c));
    let (mut products, mut squares) = (0.0, 0.0);
    for &i in whole {
        let c = c[i] - c_mean;
        products += (y[i] - y_mean) * c;
        squares += c * c;
    }
    if squares > 0.0 { products / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, Purpose};
    use rand::RngExt;
    use rand_distr::StandardNormal;

    fn normals(n: usize, which: u64) -> Vec<f64> {
        let mut stream = Key::new(which, Purpose::Direction).stream(0, 0);
        (0..n).map(|_| stream.sample(StandardNormal)).collect()
    }

    #[test]
    fn what_two_controls_explain_is_taken_away_but_not_the_mean() {
        let n = 4000;
        let [a, b, rest] = [1, 2, 3].map(|which| normals(n, which));
        let (first, second): (Vec<f64>, Vec<f64>) = (0..n).map(|i| (a[i], 0.7 * a[i] + b[i])).unzip();
        let mut y: Vec<f64> =
            (0..n).map(|i| 5.0 + 2.0 * first[i] - 3.0 * second[i] + 0.01 * rest[i]).collect();
        control(&mut y, &mut [first, second]);
        let found = Moments::of(y.iter().copied()).estimate().unwrap();
        let std_err = found.std_err.unwrap();
        assert!((std_err / (0.01 / (n as f64).sqrt()) - 1.0).abs() < 0.05, "{found:?}");
        // The controls' own means, 1/√n each, are gone with them: 5 within four of the small standard errors.
        assert!((found.value - 5.0).abs() < 4.0 * std_err, "{found:?}");
    }

    #[test]
    fn few_readings_equal_controls_and_lost_particles_are_harmless() {
        let few = normals(100, 1);
        let mut y = few.clone();
        control(&mut y, &mut [few.clone()]);
        assert_eq!(y, few);
        let c = normals(500, 2);
        let mut y: Vec<f64> = c.iter().map(|c| 1.0 + c).collect();
        y[7] = f64::NAN;
        control(&mut y, &mut [c.clone(), c.iter().map(|c| 2.0 * c).collect(), vec![0.0; 500]]);
        assert!(y[7].is_nan());
        let others = y.iter().enumerate().filter(|(i, _)| *i != 7);
        assert!(others.into_iter().all(|(_, y)| (y - 1.0).abs() < 1e-12));
    }
}
