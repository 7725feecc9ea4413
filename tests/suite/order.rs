//! The orders that processes declare, measured towards their own limits; that the limits are the right ones is another
//! question, answered by the exact laws.

use crate::support::law::fires;
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny, to_particle};
use crate::support::order::{Error, Family, Order, Setting};
use crate::support::small::{Coin, Wave};
use sgd_sde::dynamics::{
    Block, CovarianceSde, EulerMaruyama, GradientFlow, Heun, Minibatches, Noise, OnePassSgd, Process,
    Sampling, Scheme, SecondOrderSde, Sgd, Svag,
};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{DoubleWell, FiniteSum, Potential, TwoLayer};
use std::collections::BTreeSet;

/// The interval of the slope lies within 0.15 of the order `want`: a check that would notice any other half-integer order, or
/// a slope without meaning.
fn is(want: f64, order: &Order) -> Result<(), String> {
    let far = (order.slope - want).abs() + order.half_width;
    if far < 0.15 { Ok(()) } else { Err(format!("order {want} expected: {order:?}")) }
}

/// A net whose strong penalty moves the particles far, so that the weak error stands above its sampling error.
fn net() -> TwoLayer {
    let mut tiny = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[0], 6);
    tiny.lambda = 1.0;
    tiny.potential(Backend::detect())
}

fn start() -> Vec<f64> {
    to_particle(&Tiny::point().iter().map(|w| 2.0 * w).collect::<Vec<_>>(), 3)
}

fn euler_maruyama(potential: &dyn Potential) -> Family<'_> {
    Box::new(|dt, pieces| Box::new(EulerMaruyama::on_refined_path(potential, 0.2, dt, pieces, 33)))
}

fn heun(potential: &dyn Potential) -> Family<'_> {
    Box::new(|dt, pieces| Box::new(Heun::new(potential, 0.2, dt, pieces, 33)))
}

/// Batches of one row.
fn single(s: f64) -> Minibatches {
    Minibatches { s, batch: 1, sampling: Sampling::WithReplacement }
}

fn covariance(sum: &dyn FiniteSum, s: f64) -> Family<'_> {
    Box::new(move |dt, pieces| Box::new(CovarianceSde::new(sum, single(s), dt, pieces, 33)))
}

fn covariance_heun(sum: &dyn FiniteSum, s: f64) -> Family<'_> {
    Box::new(move |dt, pieces| {
        Box::new(CovarianceSde::new(sum, single(s), dt, pieces, 33).with_scheme(Scheme::Heun))
    })
}

fn second_order(sum: &dyn FiniteSum, s: f64) -> Family<'_> {
    Box::new(move |dt, pieces| Box::new(SecondOrderSde::new(sum, single(s), dt, pieces, 33)))
}

const STRONG: &[Error] = &[Error::Strong];
const WEAK: &[Error] = &[Error::Weak];
const BOTH: &[Error] = &[Error::Strong, Error::Weak];

/// `coarse` and `fine` are numbers of steps to the horizon.
fn to(horizon: f64, coarse: [u64; 3], fine: u64) -> (f64, Vec<u64>, u64) {
    (horizon, coarse.to_vec(), fine)
}

fn setting(
    process: Family<'_>,
    start: Vec<f64>,
    (horizon, coarse, fine): (f64, Vec<u64>, u64),
    particles: u64,
) -> Setting<'_> {
    Setting { process, start, horizon, coarse, fine, particles }
}

/// A process on a problem, and the errors whose declared orders are measured there. Steps are chosen where the leading term
/// rules and stands above the sampling error.
fn table(net: &TwoLayer) -> Vec<(&'static str, &'static [Error], Setting<'_>)> {
    let flow: Family<'_> = Box::new(|dt, _| Box::new(GradientFlow::new(net, dt)));
    let (long, medium) = (to(1.0, [32, 64, 128], 1024), to(1.0, [16, 32, 64], 512));
    let well = setting(euler_maruyama(&DoubleWell), vec![1.6], long.clone(), 4000);
    vec![
        ("euler, double well", BOTH, well),
        ("euler, net", BOTH, setting(euler_maruyama(net), start(), long.clone(), 2000)),
        ("flow, net", BOTH, setting(flow, start(), to(1.0, [8, 16, 32], 256), 10)),
        ("heun, net", STRONG, setting(heun(net), start(), to(1.0, [16, 32, 64], 2048), 1000)),
        ("heun, wave", WEAK, setting(heun(&Wave), vec![1.6], to(0.5, [4, 8, 16], 64), 300_000)),
        ("covariance, coin", STRONG, setting(covariance(&Coin, 0.5), vec![1.6], long.clone(), 20_000)),
        ("covariance, net", WEAK, setting(covariance(net, 0.5), start(), medium, 2000)),
        ("heun, coin", STRONG, setting(covariance_heun(&Coin, 0.5), vec![1.6], long.clone(), 20_000)),
        ("second order, coin", STRONG, setting(second_order(&Coin, 0.5), vec![1.6], long, 20_000)),
    ]
}

/// Error rate: the intervals are 99.9 % wide and lie well inside the window; below 10⁻³ for each.
#[test]
fn processes_have_the_strong_and_weak_orders_that_they_declare() {
    let net = net();
    let mut measured = BTreeSet::new();
    for (name, errors, setting) in table(&net) {
        let facts = (setting.process)(0.1, 1).facts();
        for &error in errors {
            let want = match error {
                Error::Strong => facts.strong_order.expect("the row measures what is declared"),
                Error::Weak => facts.weak_order,
            };
            let order = setting.order(error, want);
            println!("{name}, {error:?} {want}: {:.3} ± {:.3}", order.slope, order.half_width);
            is(want, &order).unwrap_or_else(|complaint| panic!("{name}, {error:?}: {complaint}"));
            measured.insert(format!("{error:?} {}", facts.rule));
        }
    }
    // The other two are measured without sampling, below.
    assert_eq!(measured.len(), 10, "all but two weak orders of six schemes: {measured:?}");
}

/// The second-order SDE at a small s: what is left of the error of the step is that of the drift, of order 2.
#[test]
fn the_second_order_sde_has_weak_order_two_in_its_steps_where_s_is_small() {
    let net = net();
    let order =
        setting(second_order(&net, 0.05), start(), to(1.0, [4, 8, 16], 128), 10_000).order(Error::Weak, 2.0);
    println!("small s: {:.3} ± {:.3}", order.slope, order.half_width);
    is(2.0, &order).unwrap_or_else(|complaint| panic!("{complaint}"));
}

/// The factor of E W² in one step on the coin, without sampling: the mean over all pairs of rows, or A² + B² where a step
/// makes A W + B W ξ of W, with ξ = (g₁ − g₂)/√2.
fn second_moment_factor(process: &dyn Process) -> f64 {
    let mut work = process.work(1);
    let mut step = |fill: &dyn Fn(&mut Noise)| {
        let mut block = Block { first: 0, dim: 1, weights: vec![1.0], extra: Vec::new() };
        fill(&mut work.noise);
        process.step(&mut block, 0, &work.noise, &mut work.gradient, &mut work.scratch);
        block.weights[0]
    };
    if process.facts().strong_order.is_none() {
        let pairs = [[0, 0], [0, 1], [1, 0], [1, 1]];
        let square = |pair: &[u32; 2]| {
            let rows = |noise: &mut Noise| {
                noise.batch.iter_mut().zip(pair).for_each(|(to, row)| *to = *row);
                noise.samples.iter_mut().zip(pair).for_each(|(to, row)| *to = f64::from(*row));
            };
            step(&rows).powi(2)
        };
        return pairs.iter().map(square).sum::<f64>() / 4.0;
    }
    let still = step(&|noise| noise.normals.fill(0.0));
    let moved = step(&|noise| noise.normals.copy_from_slice(&[0.5_f64.sqrt(), -0.5_f64.sqrt()]));
    still * still + (moved - still).powi(2)
}

/// ln of the error of E W² at t = 1 from e^{`exponent`}, for `steps` steps.
fn log_error(process: &dyn Process, steps: i32, exponent: f64) -> f64 {
    (second_moment_factor(process).powi(steps) - exponent.exp()).abs().ln()
}

/// On geometric Brownian motion every moment is known: dW = −W dt + √(s/b) W dB has E W² = e^{(s/b − 2)t}, with the drift of
/// second order e^{(s/b − 2 − s)t}, and SGD and SVAG tend to e^{−2t} as s → 0
/// (SGD with b = 1 happens to be right to second order here). That is also a test of the limits.
#[test]
fn weak_orders_towards_the_right_limits_without_sampling() {
    let s = 0.8;
    let sde = |steps: i32| CovarianceSde::new(&Coin, single(s), 1.0 / f64::from(steps), 1, 1);
    let heun = |s: f64, steps: i32| {
        CovarianceSde::new(&Coin, single(s), 1.0 / f64::from(steps), 1, 1).with_scheme(Scheme::Heun)
    };
    let second = |s: f64, steps: i32| SecondOrderSde::new(&Coin, single(s), 1.0 / f64::from(steps), 1, 1);
    let sgd = |steps: i32| Sgd::new(&Coin, 1.0 / f64::from(steps), 2, Sampling::WithReplacement, 1);
    let svag = |l: u32, steps: i32| Svag::new(&Coin, single(f64::from(l) / f64::from(steps)), l, 1);
    let slope = |at: &dyn Fn(i32) -> f64, n: i32| (at(n) - at(2 * n)) / 2.0_f64.ln();
    let fresh = |steps: i32| OnePassSgd::new(&Coin, 1.0 / f64::from(steps), 2, 1);
    let cases: [(&str, f64, f64); 9] = [
        ("covariance", slope(&|n| log_error(&sde(n), n, s - 2.0), 512), sde(1).facts().weak_order),
        ("second order", slope(&|n| log_error(&second(s, n), n, -2.0), 512), second(s, 1).facts().weak_order),
        (
            "covariance by Heun",
            slope(&|n| log_error(&heun(s, n), n, s - 2.0), 512),
            heun(s, 1).facts().weak_order,
        ),
        ("covariance by Heun, small s", slope(&|n| log_error(&heun(1e-5, n), n, 1e-5 - 2.0), 16), 2.0),
        ("second order, small s", slope(&|n| log_error(&second(1e-5, n), n, -2.0), 16), 2.0),
        ("sgd", slope(&|n| log_error(&sgd(n), n, -2.0), 512), sgd(1).facts().weak_order),
        ("one-pass sgd", slope(&|n| log_error(&fresh(n), n, -2.0), 512), fresh(1).facts().weak_order),
        ("svag 2", slope(&|n| log_error(&svag(2, n), n, -2.0), 1024), svag(2, 1).facts().weak_order),
        ("svag 8", slope(&|n| log_error(&svag(8, n), n, -2.0), 4096), svag(8, 1).facts().weak_order),
    ];
    for (name, slope, want) in cases {
        println!("{name}: {slope:.4}");
        assert!((slope - want).abs() < 0.06, "{name}: {slope}, expected {want}");
    }
}

/// On independent paths there is no order to be seen: the check must fire.
#[test]
fn paths_that_are_not_shared_are_noticed() {
    let net = net();
    let mut apart = table(&net).remove(0).2;
    // 1000 is no multiple of these: the pieces are rounded, and the paths are different ones.
    apart.fine = 1000;
    apart.coarse = vec![30, 60, 120];
    fires(is(1.0, &apart.order(Error::Strong, 1.0)));
}
