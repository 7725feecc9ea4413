//! The order of Euler–Maruyama towards its own limit, which its facts declare; that the limit is the right one is another
//! question, answered by the exact laws.

use crate::support::law::fires;
use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny};
use crate::support::order::{Error, Order, Setting};
use sgd_sde::dynamics::{EulerMaruyama, Process};
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{DoubleWell, Potential};

fn setting(potential: &dyn Potential, start: Vec<f64>, particles: u64) -> Setting<'_> {
    Setting { potential, s: 0.2, start, horizon: 1.0, coarse: vec![32, 64, 128], fine: 1024, particles }
}

/// The interval of the slope lies within 0.15 of 1: a check that would notice order ½ or 2, or a slope without meaning.
fn is_one(order: &Order) -> Result<(), String> {
    let far = (order.slope - 1.0).abs() + order.half_width;
    if far < 0.15 { Ok(()) } else { Err(format!("{order:?}")) }
}

/// Error rate: the intervals are 99.9 % wide and lie well inside the window; below 10⁻³ for each of the four.
#[test]
fn euler_maruyama_has_the_strong_and_weak_order_that_it_declares() {
    let mut tiny = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[0], 6);
    // A strong penalty moves the particles far, so that the weak error stands above its sampling error.
    tiny.lambda = 1.0;
    let net = tiny.potential(Backend::detect());
    let facts = EulerMaruyama::new(&net, 0.1, 0.1, 1).facts();
    assert_eq!((facts.strong_order, facts.weak_order), (Some(1.0), 1.0));
    let start: Vec<f64> = Tiny::point().iter().map(|w| 2.0 * w).collect();
    for (name, setting) in
        [("double well", setting(&DoubleWell, vec![1.6], 4000)), ("net", setting(&net, start, 2000))]
    {
        for error in [Error::Strong, Error::Weak] {
            let order = setting.order(error);
            is_one(&order).unwrap_or_else(|complaint| panic!("{name}: {complaint}"));
        }
    }
}

/// On independent paths there is no order to be seen: the check must fire.
#[test]
fn paths_that_are_not_shared_are_noticed() {
    let mut apart = setting(&DoubleWell, vec![1.6], 4000);
    // 1000 is no multiple of these: the pieces are rounded, and the paths are different ones.
    apart.fine = 1000;
    apart.coarse = vec![30, 60, 120];
    fires(is_one(&apart.order(Error::Strong)));
}
