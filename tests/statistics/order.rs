//! Orders of convergence over a longer ladder of steps.

use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny};
use crate::support::order::{Error, Setting};
use sgd_sde::dynamics::EulerMaruyama;
use sgd_sde::numerics::Backend;
use sgd_sde::problem::{DoubleWell, Potential};

#[test]
fn orders_are_one_over_three_octaves() {
    println!(
        "error rate: below 1e-3 (a 99.9 % interval that must lie within 0.1 of 1, for each of 8 fits below 1e-4)"
    );
    let net = |activation: usize, loss: usize| {
        let mut tiny = Tiny::new(ACTIVATIONS[activation], 1.0, LOSSES[loss], 6);
        tiny.lambda = 1.0;
        tiny.potential(Backend::detect())
    };
    let (sigmoid, tanh, softplus) = (net(0, 1), net(1, 0), net(2, 1));
    let start: Vec<f64> = Tiny::point().iter().map(|w| 2.0 * w).collect();
    let cases: [(&str, &dyn Potential, Vec<f64>); 4] = [
        ("double well", &DoubleWell, vec![1.6]),
        ("sigmoid, square", &sigmoid, start.clone()),
        ("tanh, logistic", &tanh, start.clone()),
        ("softplus, square", &softplus, start),
    ];
    for (name, potential, start) in cases {
        let setting = Setting {
            process: Box::new(|dt, pieces| {
                Box::new(EulerMaruyama::on_refined_path(potential, 0.2, dt, pieces, 33))
            }),
            start,
            horizon: 1.0,
            coarse: vec![32, 64, 128, 256],
            fine: 2048,
            particles: 6000,
        };
        for (kind, error) in [("strong", Error::Strong), ("weak", Error::Weak)] {
            let order = setting.order(error, 1.0);
            println!("{name}, {kind}: {:.4} ± {:.4}", order.slope, order.half_width);
            assert!((order.slope - 1.0).abs() + order.half_width < 0.1, "{name}, {kind}: {order:?}");
        }
    }
}
