//! Nets of finite width and their limit, as studies.

use crate::support::studies::{outcome_of, plan};
use sgd_sde::study::Results;

/// A small study of one kind of problem with the analysis.
fn study(problem: &str, start: &str, analysis: &str) -> String {
    format!(
        "seed = 4\n[problem]\n{problem}\nregularity = 0.5\nmodes = 12\n[start]\n{start}\n\
         [[process]]\nkind = 'one-pass-sgd'\ns = 0.8\nbatch = 2\npower = 0.5\nparticles = 700\n\
         [time]\nhorizon = 8.0\npoints = 6\n[observe]\nquantities = ['risk', 'squared_norm']\n{analysis}"
    )
}

const ANALYSIS: &str = "[analysis]\nntk = { widths = [8, 16, 32], horizons = [8, 16, 32], draws = 6, particles = 6, steps = 'constant' }";

fn kernel() -> String {
    study("kind = 'kernel-regression'\nactivation = 'relu'", "std = 0.0", ANALYSIS)
}

fn net(activation: &str) -> String {
    study(
        &format!("kind = 'ntk-net'\nwidth = 6\nactivation = '{activation}'"),
        "law = 'antisymmetric'\nouter = 'signs'",
        ANALYSIS,
    )
}

/// Curves, estimates and the analysis' own table.
fn bits(results: &Results) -> String {
    format!("{:?} {:?} {:?}", results.curves, results.estimates, results.ntk)
}

#[test]
fn both_problems_are_the_same_on_any_number_of_threads() {
    for text in [kernel(), net("tanh")] {
        let plan = plan(&text);
        let one = outcome_of(&plan, 1);
        assert!(!one.results.ntk.is_empty());
        for threads in [2, 5] {
            let many = outcome_of(&plan, threads);
            assert_eq!(bits(&one.results), bits(&many.results), "{threads} threads");
            assert_eq!(one.particles, many.particles, "{threads} threads");
        }
    }
}

/// Both start at f = 0, where the risk is ½‖f*‖² = ½; the infimum is known; every row of the analysis is there.
#[test]
fn a_study_has_every_row_that_the_analysis_promises() {
    for text in [kernel(), net("softplus"), net("relu")] {
        let results = outcome_of(&plan(&text), 2).results;
        let first = results.curves.iter().find(|row| row.quantity == "risk").unwrap();
        assert!((first.mean.unwrap() - 0.5).abs() < 1e-4, "{first:?}");
        assert_eq!(results.points[0].risk_minimum, Some(0.0));
        let count = |name: &str| results.ntk.iter().filter(|row| row.name == name).count();
        let names = ["kernel_error_operator", "kernel_error_largest", "limit_risk"];
        assert_eq!(names.map(count), [3, 3, 3]);
        assert_eq!(["net_distance", "net_risk", "net_risk_difference"].map(count), [9, 9, 9]);
        assert!(results.ntk.iter().all(|row| row.std_err.is_some_and(|error| error > 0.0) && row.n == 6));
        let named = |name: &str| results.estimates.iter().filter(|row| row.name == name).count();
        // Two errors of kernels, the limit's rate, two distances a horizon, the widest net's rate.
        assert_eq!(named("ntk_exponent"), 10);
        assert_eq!((named("ntk_width_sufficient"), named("ntk_kernel"), named("ntk_truncation")), (3, 6, 2));
        for row in results.estimates.iter().filter(|row| row.name.starts_with("ntk")) {
            assert!(row.value.is_some() || !row.note.is_empty(), "{row:?}");
        }
    }
}
