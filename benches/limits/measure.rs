//! Rates of work that several threads do at once.

use std::sync::Barrier;
use std::time::{Duration, Instant};

/// Measures once: every thread makes its own work, warms up for a quarter of `span` and then repeats it about as often as
/// fits into `span`, all threads starting together. Units (as `work` returns them) a second, of all threads together.
pub fn rate<W: FnMut() -> f64>(threads: usize, span: Duration, make: impl Fn() -> W + Sync) -> f64 {
    let start = Barrier::new(threads);
    let measured: Vec<(f64, Instant, Instant)> = std::thread::scope(|scope| {
        let run = || {
            let mut work = make();
            let warm = Instant::now();
            let mut calls = 0u64;
            while warm.elapsed() < span / 4 {
                work();
                calls += 1;
            }
            start.wait();
            let from = Instant::now();
            let units: f64 = (0..4 * calls).map(|_| work()).sum();
            (units, from, Instant::now())
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|result| result.expect("the work panicked")).collect()
    });
    // Threads that finish early would count too much if the whole were divided by the last one's time.
    measured.iter().map(|(units, from, to)| units / (*to - *from).as_secs_f64()).sum()
}

/// A measured quantity over rounds.
#[derive(Debug, Clone, Default)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    pub fn median(&self) -> f64 {
        let n = self.0.len();
        (self.0[(n - 1) / 2] + self.0[n / 2]) / 2.0
    }

    pub fn min(&self) -> f64 {
        self.0[0]
    }

    pub fn max(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
}
