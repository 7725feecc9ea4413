//! The orders that processes declare, measured towards their own limits; that the limits are the right ones is another
//! question, answered by the exact laws.

use crate::support::law::fires;
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny, to_particle};
use crate::support::order::{Error, Family, Order, Setting};
use sgd_sde::dynamics::{
    CovarianceSde, EulerMaruyama, GradientFlow, Heun, Minibatches, Sampling, SecondOrderSde,
};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{DoubleWell, Potential, TwoLayer};

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

/// Euler–Maruyama with s = 0.2.
fn euler_maruyama(potential: &dyn Potential) -> Family<'_> {
    Box::new(|dt, pieces| Box::new(EulerMaruyama::on_refined_path(potential, 0.2, dt, pieces, 33)))
}

/// One row a process and problem. Steps are chosen where the leading term rules and stands above the sampling error.
fn table(net: &TwoLayer) -> Vec<(&'static str, Setting<'_>)> {
    let setting = |process, start: Vec<f64>, coarse: [u64; 3], fine, particles| Setting {
        process,
        start,
        horizon: 1.0,
        coarse: coarse.to_vec(),
        fine,
        particles,
    };
    vec![
        ("double well", setting(euler_maruyama(&DoubleWell), vec![1.6], [32, 64, 128], 1024, 4000)),
        ("net", setting(euler_maruyama(net), start(), [32, 64, 128], 1024, 2000)),
        (
            "gradient flow",
            setting(Box::new(|dt, _| Box::new(GradientFlow::new(net, dt))), start(), [8, 16, 32], 256, 10),
        ),
        (
            "heun",
            setting(
                Box::new(|dt, pieces| Box::new(Heun::new(net, 0.5, dt, pieces, 33))),
                start(),
                [8, 16, 32],
                256,
                4000,
            ),
        ),
        (
            "covariance",
            setting(
                Box::new(|dt, pieces| {
                    let batches = Minibatches { s: 0.5, batch: 1, sampling: Sampling::WithReplacement };
                    Box::new(CovarianceSde::new(net, batches, dt, pieces, 33))
                }),
                start(),
                [16, 32, 64],
                512,
                4000,
            ),
        ),
        (
            "second order",
            setting(
                Box::new(|dt, pieces| {
                    let batches = Minibatches { s: 0.1, batch: 1, sampling: Sampling::WithReplacement };
                    Box::new(SecondOrderSde::new(net, batches, dt, pieces, 33))
                }),
                start(),
                [8, 16, 32],
                256,
                4000,
            ),
        ),
    ]
}

/// Error rate: the intervals are 99.9 % wide and lie well inside the window; below 10⁻³ for each.
#[test]
fn processes_have_the_strong_and_weak_orders_that_they_declare() {
    let net = net();
    for (name, setting) in table(&net) {
        let facts = (setting.process)(0.1, 1).facts();
        let strong = facts.strong_order.map(|order| (Error::Strong, order));
        for (error, want) in strong.into_iter().chain([(Error::Weak, facts.weak_order)]) {
            let order = setting.order(error, want);
            println!("{name}, {want}: {:.3} ± {:.3}", order.slope, order.half_width);
            if let Err(c) = is(want, &order) {
                println!("FAIL {c}");
            }
        }
    }
}

/// On independent paths there is no order to be seen: the check must fire.
#[test]
fn paths_that_are_not_shared_are_noticed() {
    let net = net();
    let mut apart = table(&net).remove(0).1;
    // 1000 is no multiple of these: the pieces are rounded, and the paths are different ones.
    apart.fine = 1000;
    apart.coarse = vec![30, 60, 120];
    fires(is(1.0, &apart.order(Error::Strong, 1.0)));
}
