//! Negative controls: each check fires when amplitude, factor, sampling or sign is wrong on purpose.

use crate::checks::{derivatives, one_step, quadratic_law, sgd_noise};
use crate::support::law::{fires, passes};
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny, to_particle};
use sgd_sde::dynamics::{Block, EulerMaruyama, Facts, Noise, Process, Sampling, Sgd};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{Potential, Quadratic, Scratch};

const THETA: [f64; 3] = [0.5, 1.0, 2.0];
const S: f64 = 0.3;
const DT: f64 = 0.2;

/// Another process whose noise and gradient are multiplied by factors.
struct Broken<'a> {
    inner: &'a dyn Process,
    noise: f64,
    gradient: f64,
}

impl Process for Broken<'_> {
    fn facts(&self) -> Facts {
        self.inner.facts()
    }

    fn potential(&self) -> &dyn Potential {
        self.inner.potential()
    }

    fn step_length(&self) -> f64 {
        self.inner.step_length()
    }

    fn noise_scale(&self) -> f64 {
        self.inner.noise_scale()
    }

    fn backend(&self) -> Backend {
        self.inner.backend()
    }

    fn noise(&self, count: usize) -> Noise {
        self.inner.noise(count)
    }

    fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
        self.inner.draw(block, step, noise);
        noise.normals.iter_mut().for_each(|xi| *xi *= self.noise);
    }

    fn step(&self, block: &mut Block, step: u64, noise: &Noise, gradient: &mut [f64], scratch: &mut Scratch) {
        // A step need not leave the gradient behind.
        let mut gradient_before = vec![0.0; gradient.len()];
        self.potential().block_gradient(&block.weights, &mut gradient_before, scratch);
        self.inner.step(block, step, noise, gradient, scratch);
        let h = self.step_length() * (self.gradient - 1.0);
        block.weights.iter_mut().zip(&gradient_before).for_each(|(w, g)| *w -= h * g);
    }
}

fn broken(noise: f64, gradient: f64, check: impl Fn(&dyn Process)) {
    let potential = Quadratic::new(THETA.to_vec());
    let inner = EulerMaruyama::new(&potential, S, DT, 4);
    check(&Broken { inner: &inner, noise, gradient });
}

#[test]
fn the_wrapper_alone_changes_nothing() {
    broken(1.0, 1.0, |process| passes(quadratic_law(process, &THETA, S, DT)));
}

#[test]
fn a_wrong_noise_amplitude_is_noticed() {
    let point = [1.0, -1.0, 0.5];
    let slope = [0.5, -1.0, 1.0];
    // √(2s), s halved, and 10 % too much of s.
    for factor in [2.0_f64, 0.5, 1.1] {
        broken(factor.sqrt(), 1.0, |process| fires(one_step(process, S, DT, &point, &slope)));
    }
    for factor in [2.0_f64, 0.5, 1.2] {
        broken(factor.sqrt(), 1.0, |process| fires(quadratic_law(process, &THETA, S, DT)));
    }
}

#[test]
fn a_wrong_gradient_is_noticed() {
    // Its sign; a factor 2, as where a ½ is missing from the loss; 10 % too much.
    for factor in [-1.0, 2.0, 1.1] {
        broken(1.0, factor, |process| fires(quadratic_law(process, &THETA, S, DT)));
    }
}

#[test]
fn noise_of_a_wrong_sign_in_one_step_of_two_is_noticed() {
    struct Alternating<'a>(EulerMaruyama<'a>);
    impl Process for Alternating<'_> {
        fn facts(&self) -> Facts {
            self.0.facts()
        }
        fn potential(&self) -> &dyn Potential {
            self.0.potential()
        }
        fn step_length(&self) -> f64 {
            self.0.step_length()
        }
        fn noise_scale(&self) -> f64 {
            self.0.noise_scale()
        }
        fn backend(&self) -> Backend {
            self.0.backend()
        }
        fn noise(&self, count: usize) -> Noise {
            self.0.noise(count)
        }
        // The same numbers twice, the second time with the other sign: noise that remembers.
        fn draw(&self, block: &Block, step: u64, noise: &mut Noise) {
            self.0.draw(block, step / 2, noise);
            if step % 2 == 1 {
                noise.normals.iter_mut().for_each(|xi| *xi = -*xi);
            }
        }
        fn step(
            &self,
            block: &mut Block,
            step: u64,
            noise: &Noise,
            gradient: &mut [f64],
            scratch: &mut Scratch,
        ) {
            self.0.step(block, step, noise, gradient, scratch);
        }
    }
    let potential = Quadratic::new(THETA.to_vec());
    let process = Alternating(EulerMaruyama::new(&potential, S, DT, 4));
    passes(one_step(&process, S, DT, &[1.0, -1.0, 0.5], &[0.5, -1.0, 1.0]));
    fires(quadratic_law(&process, &THETA, S, DT));
}

#[test]
fn the_wrong_sampling_is_noticed() {
    let tiny = Tiny::new(ACTIVATIONS[0], 1.0, LOSSES[1], 6);
    let net = tiny.potential(Backend::detect());
    let sgd = |sampling| Sgd::new(&net, 0.1, 2, sampling, 6);
    fires(sgd_noise(&sgd(Sampling::WithReplacement), &tiny, 0.1, 0.8));
    fires(sgd_noise(&sgd(Sampling::WithoutReplacement), &tiny, 0.1, 1.0));
    fires(sgd_noise(&sgd(Sampling::Epochs), &tiny, 0.1, 1.0));
    // A batch of one row has twice the variance.
    fires(sgd_noise(&Sgd::new(&net, 0.1, 1, Sampling::WithReplacement, 6), &tiny, 0.1, 1.0));
    // A step that is not the one on the clock.
    fires(sgd_noise(&Sgd::new(&net, 0.12, 2, Sampling::WithReplacement, 6), &tiny, 0.1, 1.0));
}

/// A potential whose value, gradient and second derivatives are those of another one times given factors.
struct Scaled<'a>(&'a dyn Potential, [f64; 3]);

impl Potential for Scaled<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn scratch(&self) -> Scratch {
        self.0.scratch()
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], scratch: &mut Scratch) -> f64 {
        let value = self.0.value_gradient(w, gradient, scratch);
        gradient.iter_mut().for_each(|g| *g *= self.1[1]);
        value * self.1[0]
    }

    fn hessian_vector(&self, w: &[f64], v: &[f64], out: &mut [f64], scratch: &mut Scratch) {
        self.0.hessian_vector(w, v, out, scratch);
        out.iter_mut().for_each(|x| *x *= self.1[1]);
    }

    fn laplacian(&self, w: &[f64], scratch: &mut Scratch) -> f64 {
        self.0.laplacian(w, scratch) * self.1[2]
    }
}

#[test]
fn a_missing_half_or_a_wrong_sign_in_a_derivative_is_noticed() {
    let net = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[1], 6).potential(Backend::detect());
    let w = to_particle(&Tiny::point(), 3);
    passes(derivatives(&Scaled(&net, [1.0, 1.0, 1.0]), &w, 1e-8));
    passes(derivatives(&Scaled(&net, [2.0, 2.0, 2.0]), &w, 1e-8));
    for factors in
        [[2.0, 1.0, 1.0], [1.0, 2.0, 2.0], [1.0, -1.0, -1.0], [1.0, 1.0, 2.0], [1.0, 1.0, 1.0 + 1e-6]]
    {
        fires(derivatives(&Scaled(&net, factors), &w, 1e-8));
    }
}

/// The penalty (λ/2)‖W‖² and the square loss ½(y − f)² with their halves, against the test's own formulas.
#[test]
fn a_missing_half_in_the_loss_is_noticed_by_the_formulas() {
    let tiny = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[1], 6);
    let net = tiny.potential(Backend::detect());
    let mut gradient = vec![0.0; 6];
    Scaled(&net, [1.0, 2.0, 1.0]).value_gradient(
        &to_particle(&Tiny::point(), 3),
        &mut gradient,
        &mut net.scratch(),
    );
    let want = to_particle(&tiny.gradient(&Tiny::point()), 3);
    fires(crate::support::law::all_near("gradient", &gradient, &want, 1e-3));
}
