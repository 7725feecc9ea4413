//! Numbers of a particle beyond the quantities that every potential has.

use crate::numerics::plain::Net;
use crate::problem::TwoLayer;

/// φ(w), w: D numbers in the potential's own order.
pub type Function<'a> = dyn Fn(&[f64]) -> f64 + Sync + 'a;

/// A function φ(w) of one particle, with a name for tables.
pub struct Observable<'a> {
    /// What tables call it.
    pub name: String,
    /// φ(w); `w`: D numbers in the potential's own order.
    pub value: Box<Function<'a>>,
}

/// The outputs f(x_i) of a net on `count` training rows spread evenly over the data (all of them where there are fewer),
/// under the names `output i`. Cost of one: p d multiplications.
pub fn net_outputs(net: &TwoLayer, count: usize) -> Vec<Observable<'_>> {
    let rows = net.train_rows();
    let count = count.min(rows.len());
    (0..count)
        .map(|k| {
            let row = k * rows.len() / count;
            let value = move |w: &[f64]| {
                let s = net.settings();
                let (outer, loss) = (&s.outer[..], s.loss);
                let plain = Net { activation: s.activation, beta: s.beta, loss, outer, lambda: s.lambda };
                plain.output(w, rows.input(row))
            };
            Observable { name: format!("output {row}"), value: Box::new(value) }
        })
        .collect()
}
