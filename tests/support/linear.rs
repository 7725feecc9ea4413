//! The exact first and second moments of processes on a finite sum whose gradients are linear, found from its gradients alone.

use faer::Mat;
use sgd_sde::problem::FiniteSum;

/// ∇ℓ_i(w) = H_i w − c_i of every row, and their mean; the penalty is in H_i.
pub struct Rows {
    rows: Vec<Row>,
    mean: Row,
    /// L̃(0).
    at_zero: f64,
}

struct Row {
    hessian: Mat<f64>,
    cross: Mat<f64>,
}

/// E w (a column) and E wwᵀ.
#[derive(Clone)]
pub struct Moments {
    pub mean: Mat<f64>,
    pub second: Mat<f64>,
}

impl Moments {
    /// Of one point.
    pub fn at(point: &[f64]) -> Self {
        let mean = Mat::from_fn(point.len(), 1, |i, _| point[i]);
        Self { second: &mean * mean.transpose(), mean }
    }

    /// Of Aw + v.
    fn moved(&self, a: &Mat<f64>, v: &Mat<f64>) -> Self {
        let through = a * &self.mean;
        let cross = &through * v.transpose();
        let second = a * &self.second * a.transpose() + &cross + cross.transpose() + v * v.transpose();
        Self { mean: through + v, second }
    }
}

/// What the noise of a step is made of.
enum Noise {
    /// This number times Σ(w).
    Minibatches(f64),
    /// This variance for every weight.
    Isotropic(f64),
}

/// A process whose step is w ← w* + A (w − w*) + M D, where D has mean 0 and a covariance read at w* + M (w − w*).
pub struct Law<'a> {
    rows: &'a Rows,
    drift: Mat<f64>,
    place: Mat<f64>,
    noise: Noise,
}

impl Rows {
    /// Of a finite sum with linear gradients.
    pub fn of(sum: &dyn FiniteSum) -> Self {
        let dim = sum.dim();
        let mut scratch = sum.scratch();
        let row = |gradient: &mut dyn FnMut(&[f64], &mut [f64])| {
            let mut at = |w: &[f64]| {
                let mut g = vec![0.0; dim];
                gradient(w, &mut g);
                g
            };
            let zero = at(&vec![0.0; dim]);
            let mut unit = vec![0.0; dim];
            let columns: Vec<Vec<f64>> = (0..dim)
                .map(|k| {
                    unit[k] = 1.0;
                    let column = at(&unit);
                    unit[k] = 0.0;
                    column
                })
                .collect();
            Row {
                hessian: Mat::from_fn(dim, dim, |i, k| columns[k][i] - zero[i]),
                cross: Mat::from_fn(dim, 1, |i, _| -zero[i]),
            }
        };
        let rows = (0..sum.samples() as u32)
            .map(|i| row(&mut |w, g| sum.minibatch_gradient(w, &[i], g, &mut scratch)))
            .collect();
        let mut scratch = sum.scratch();
        let mut at_zero = f64::NAN;
        let mut first = true;
        let mean = row(&mut |w, g| {
            let value = sum.value_gradient(w, g, &mut scratch);
            if std::mem::take(&mut first) {
                at_zero = value;
            }
        });
        Self { rows, mean, at_zero }
    }

    fn one(&self) -> Mat<f64> {
        Mat::identity(self.mean.hessian.nrows(), self.mean.hessian.nrows())
    }

    /// E Σ(w).
    fn covariance(&self, at: &Moments) -> Mat<f64> {
        let second = |row: &Row| {
            let through = &row.hessian * &at.mean * row.cross.transpose();
            &row.hessian * &at.second * row.hessian.transpose() - &through - through.transpose()
                + &row.cross * row.cross.transpose()
        };
        let share = 1.0 / self.rows.len() as f64;
        self.rows.iter().fold(-second(&self.mean), |sum, row| sum + faer::Scale(share) * second(row))
    }

    /// E L̃(w).
    pub fn risk(&self, at: &Moments) -> f64 {
        let trace: f64 = (&self.mean.hessian * &at.second).diagonal().column_vector().iter().sum();
        0.5 * trace - (self.mean.cross.transpose() * &at.mean)[(0, 0)] + self.at_zero
    }

    /// E ‖w‖².
    pub fn squared_norm(&self, at: &Moments) -> f64 {
        at.second.diagonal().column_vector().iter().sum()
    }

    /// SGD with c/b = `share`, or with h ≠ s the covariance SDE by Euler and Maruyama.
    pub fn euler(&self, s: f64, h: f64, share: f64) -> Law<'_> {
        let drift = self.one() - faer::Scale(h) * &self.mean.hessian;
        Law { rows: self, drift, place: self.one(), noise: Noise::Minibatches(s * h * share) }
    }

    /// The covariance SDE by Heun (`correction` 0), and the SDE of second order (s/2).
    pub fn heun(&self, s: f64, h: f64, share: f64, correction: f64) -> Law<'_> {
        let hessian = &self.mean.hessian;
        let b = hessian + faer::Scale(correction) * (hessian * hessian);
        Law { noise: Noise::Minibatches(s * h * share), ..self.heun_of(&b, h) }
    }

    /// The isotropic SDE by Heun.
    pub fn isotropic_heun(&self, s: f64, h: f64) -> Law<'_> {
        Law { noise: Noise::Isotropic(s * h), ..self.heun_of(&self.mean.hessian, h) }
    }

    fn heun_of(&self, b: &Mat<f64>, h: f64) -> Law<'_> {
        let drift = self.one() - faer::Scale(h) * b + faer::Scale(0.5 * h * h) * (b * b);
        Law { rows: self, drift, place: self.one() - faer::Scale(0.5 * h) * b, noise: Noise::Isotropic(0.0) }
    }

    /// Gradient flow by the method of Runge and Kutta.
    pub fn flow(&self, h: f64) -> Law<'_> {
        let a = faer::Scale(-h) * &self.mean.hessian;
        // 1 + a(1 + a/2 (1 + a/3 (1 + a/4))).
        let drift = (1..=4)
            .rev()
            .fold(self.one(), |inner, k| self.one() + faer::Scale(1.0 / f64::from(k)) * (&a * inner));
        Law { rows: self, drift, place: self.one(), noise: Noise::Isotropic(0.0) }
    }
}

impl Law<'_> {
    /// w* − A w*, by the minimiser that the drift keeps.
    fn shift(&self, a: &Mat<f64>) -> Mat<f64> {
        use faer::linalg::solvers::Solve;
        let minimiser = self.rows.mean.hessian.partial_piv_lu().solve(&self.rows.mean.cross);
        &minimiser - a * &minimiser
    }

    /// The moments at each of these numbers of steps, which rise, from `start`.
    pub fn along(&self, start: Moments, steps: &[u64]) -> Vec<Moments> {
        let (shift, place_shift) = (self.shift(&self.drift), self.shift(&self.place));
        let (mut at, mut done) = (start, 0);
        let one_step = |at: &Moments| {
            let noise = match self.noise {
                Noise::Minibatches(amount) => {
                    faer::Scale(amount) * self.rows.covariance(&at.moved(&self.place, &place_shift))
                }
                Noise::Isotropic(variance) => faer::Scale(variance) * self.rows.one(),
            };
            let mut next = at.moved(&self.drift, &shift);
            next.second += &self.place * noise * self.place.transpose();
            next
        };
        let mut all = Vec::new();
        for &to in steps {
            for _ in done..to {
                at = one_step(&at);
            }
            done = to;
            all.push(at.clone());
        }
        all
    }

    /// The moments after some steps.
    pub fn after(&self, start: Moments, steps: u64) -> Moments {
        self.along(start, &[steps]).remove(0)
    }

    /// E L̃ after some steps.
    pub fn risk(&self, start: Moments, steps: u64) -> f64 {
        self.rows.risk(&self.after(start, steps))
    }
}
