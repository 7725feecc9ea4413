//! The guarantee beside the exact curve E L̃(W_t).

use super::*;
use crate::problem::Quantity;

/// The explicit guarantee is above the exact curve at every time, and so is the one with the grid's own gap, excess and deviation;
/// with a gap three times too large it is not: the control.
#[test]
fn the_guarantee_is_above_the_exact_curve() {
    let (mut curves, mut caught) = (0, 0);
    for (number, net) in nets().into_iter().filter(|(_, net)| net.dim() == 1).step_by(5) {
        let s = noise(number);
        let facts = facts(&net, s);
        let prior = 0.5 * s / facts.lambda;
        let cover = vec![(-9.0 * prior.sqrt(), 9.0 * prior.sqrt()); net.dim()];
        let Ok(grid) = Grid::new(&net, s, Some(&cover)) else { continue };
        let minimum = lowest(&net);
        let risk = grid.quantity(Quantity::Risk).unwrap();
        let gap = grid.slow_modes().unwrap().gap().value;
        for factor in [0.2, 0.6, 1.0] {
            let variances = vec![factor * prior; net.dim()];
            let Ok(start) = grid.gaussian_start(&vec![0.0; net.dim()], &variances) else { continue };
            let chi = grid.gaussian_log_chi_square(&vec![0.0; net.dim()], &variances).unwrap().value;
            let times: Vec<f64> = (0..12).map(|k| f64::from(k * k) / 20.0 / gap).collect();
            let Ok(exact) = grid.curves(std::slice::from_ref(&risk), &start, &times) else { continue };
            let truth = Guarantee {
                excess: grid.mean(&risk).value - minimum,
                excess_error: 0.0,
                ln_amplitude: grid.standard_deviation(&risk).value.ln() + ln_chi(chi),
                ln_amplitude_error: 0.0,
                gap: Gap { value: gap, std_err: 0.0, kind: GapKind::Grid },
                explicit: false,
            };
            let certified =
                facts.gap_lower.map(|value| Gap { value, std_err: 0.0, kind: GapKind::Certificate });
            let bound = StartLaw::new(Some(&variances), &facts, None).ln_one_plus_chi_squared().unwrap();
            let explicit =
                certified.and_then(|gap| Guarantee::explicit(&MomentBounds::new(&facts), bound, gap));
            let broken = Guarantee { gap: Gap { value: 3.0 * gap, ..truth.gap }, ..truth };
            let mut broken_holds = true;
            for (t, mean) in times.iter().zip(&exact.means[0]) {
                let (value, slack) = (mean.value - minimum, mean.error + 1e-7);
                assert!(
                    truth.at(*t) + slack >= value,
                    "net {number}, t = {t}: {} below {value}",
                    truth.at(*t)
                );
                if let Some(explicit) = explicit {
                    assert!(explicit.is_bound() && explicit.at(*t) + slack >= value, "net {number}, t = {t}");
                }
                broken_holds &= broken.at(*t) + slack >= value;
            }
            (curves, caught) = (curves + 1, caught + usize::from(!broken_holds));
        }
    }
    println!("{curves} curves; a gap three times too large is caught on {caught}");
    assert!(curves > 25 && caught > curves / 4);
}
