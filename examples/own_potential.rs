//! A potential of one's own: a double well in the plane with a stiff second direction,
//! L̃(x, y) = (x² − 1)²/4 + 2(y − x²/2)², under the SGD-SDE. Run with `cargo run --release --example own_potential`.

use sgd_sde::dynamics::EulerMaruyama;
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::estimates::{Moments, rounded};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{Potential, Quantity, Scratch};

struct Banana;

impl Potential for Banana {
    fn dim(&self) -> usize {
        2
    }

    fn value_gradient(&self, w: &[f64], gradient: &mut [f64], _scratch: &mut Scratch) -> f64 {
        let (x, y) = (w[0], w[1]);
        let (well, bend) = (x * x - 1.0, y - 0.5 * x * x);
        gradient[0] = x * well - 4.0 * bend * x;
        gradient[1] = 4.0 * bend;
        0.25 * well * well + 2.0 * bend * bend
    }
}

fn main() -> Result<(), sgd_sde::error::Error> {
    let (s, dt, seed, particles) = (0.2, 0.01, 1, 4096);
    let potential = Banana;
    let process = EulerMaruyama::new(&potential, s, dt, seed);
    let start = Start::Gaussian { std: 1.0 };
    let mut ensemble = Ensemble::new(&process, &start, particles, seed);
    let threads = Threads::new(0)?;
    let wanted = [Quantity::Risk, Quantity::Virial];
    println!("{:>8} {:>22} {:>22}", "t", "E L", "E <W, grad L>");
    for k in 0..=8 {
        ensemble.advance(100 * k, &threads);
        let readings = ensemble.observe(&wanted, &threads);
        let mean = |quantity: Quantity| {
            let estimate = Moments::of(readings.iter().map(|r| r[quantity as usize])).estimate();
            rounded(estimate.map(|e| e.value), estimate.and_then(|e| e.std_err))
        };
        println!("{:>8} {:>22} {:>22}", k, mean(Quantity::Risk), mean(Quantity::Virial));
    }
    println!("under the Gibbs measure the last column is D s/2 = {}", 2.0 * s / 2.0);
    Ok(())
}
