//! The double well against its Gibbs measure at several temperatures, and E L̃ of a quadratic over a long time.

use crate::support::law::assert_law;
use crate::support::studies::{curve, outcome};

/// E_μ L̃ from a grid of 20 001 points. The start is symmetric, so that the slow mode has no part in E L̃. Two step lengths on
/// one path leave a bias of order h², below 3·10⁻⁴ here.
#[test]
fn the_double_well_settles_at_its_gibbs_measure_at_three_temperatures() {
    println!("error rate: below 1e-5 (6 checks at five standard errors)");
    for (s, want) in [(0.4, 0.0922762), (0.2, 0.0571593), (0.1, 0.0282915)] {
        let process = |name: &str, dt: f64, refinement: u32| {
            format!(
                "[[process]]\nname = '{name}'\nkind = 'sgd-sde'\ns = {s}\ndt = {dt}\nrefinement = {refinement}\nparticles = 200000\n"
            )
        };
        let outcome = outcome(
            &format!(
                "seed = 5\n[problem]\nkind = 'double-well'\n[start]\nstd = 0.8\n{}{}[time]\nhorizon = 12\npoints = 2\n\
                 [observe]\nquantities = ['risk', 'virial']\n",
                process("coarse", 0.02, 2),
                process("fine", 0.01, 1)
            ),
            0,
        );
        for (quantity, want) in [("risk", want), ("virial", 0.5 * s)] {
            let last = |process: &str| *curve(&outcome, process, quantity).last().unwrap();
            let (fine, difference) = (last("fine"), last("coarse|fine"));
            let got = fine.mean.unwrap() - difference.mean.unwrap();
            let std_err = fine.std_err.unwrap() + difference.std_err.unwrap() + 3e-4 / 5.0;
            println!("s = {s}, {quantity}: {got:.6}, expected {want:.6} ± {std_err:.6}");
            assert_law(quantity, got, want, std_err, 0.1 * want);
        }
    }
}
