//! What `[analysis]` adds to a study, against known answers.

use crate::support::studies::{curve, outcome};
use sgd_sde::study::{EstimateRow, Outcome};

fn rows<'o>(outcome: &'o Outcome, name: &str, quantity: &str) -> Vec<&'o EstimateRow> {
    let all = outcome.results.estimates.iter();
    all.filter(|row| row.name == name && row.quantity == quantity).collect()
}

/// The one row of a name; it must have a value.
fn value(outcome: &Outcome, name: &str, quantity: &str) -> (f64, f64) {
    let [row] = rows(outcome, name, quantity)[..] else {
        panic!("{name} {quantity}: {:?}", outcome.results.estimates);
    };
    (row.value.unwrap_or_else(|| panic!("{name}: {}", row.note)), row.std_err.unwrap_or(0.0))
}

fn assert_within_five_errors(outcome: &Outcome, name: &str, quantity: &str, truth: f64, detect: f64) {
    let (value, error) = value(outcome, name, quantity);
    assert!(5.0 * error < detect, "{name} {quantity} has no power: {value} ± {error}");
    assert!((value - truth).abs() < 5.0 * error, "{name} {quantity}: {value} ± {error}, expected {truth}");
}

fn double_well(s: f64, horizon: f64) -> String {
    format!(
        "seed = 3\n[problem]\nkind = 'double-well'\n[start]\nlaw = 'point'\nat = [1.0]\n\
         [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = {s}\ndt = 0.02\nparticles = 4096\n\
         [time]\nhorizon = {horizon}\npoints = 121\nspacing = 'log'\n[observe]\nquantities = ['risk']\n\
         [analysis]\ngibbs = {{ times = 2, replicates = 99 }}\nmixing = {{ epsilons = [0.2, 1e-9] }}\n"
    )
}

/// Gap and E_μ L̃ of THEORY (20 001 points); a correct program fails the checks with five errors once in 10⁶.
#[test]
fn a_double_well_finds_its_gap_and_its_gibbs_risk() {
    let outcome = outcome(&double_well(0.2, 80.0), 2);
    let (risk, error) = value(&outcome, "risk_gibbs", "risk");
    assert!((risk / 0.057_159_3 - 1.0).abs() < 1e-6 && error < 1e-8, "{risk} ± {error}");
    let (gap, error) = value(&outcome, "spectral_gap", "");
    assert!((gap / 0.033_545_3 - 1.0).abs() < 1e-5 && error < 1e-6, "{gap} ± {error}");
    assert_within_five_errors(&outcome, "risk_gibbs_sampled", "risk", risk, 0.1 * risk);
    assert_within_five_errors(&outcome, "decay_rate", "w[0]", gap, 0.5 * gap);
    // Reading it as the decay of E L̃ would be off by a factor of thirty.
    let fast = value(&outcome, "decay_rate", "risk").0;
    assert!(fast > 10.0 * gap, "{fast}");
    assert_within_five_errors(&outcome, "mixing_rate", "", gap, gap);
    // From one well L̃ is at its stationary mean long before the law is.
    assert_within_five_errors(&outcome, "gibbs_gap", "risk", 0.0, 0.2 * risk);
    let exact = curve(&outcome, "sde", "risk_exact");
    let simulated = curve(&outcome, "sde", "risk");
    for (exact, simulated) in exact.iter().zip(&simulated).skip(1) {
        let (truth, error) = (exact.mean.unwrap(), simulated.std_err.unwrap());
        // The step's own bias is about 1 % of E L̃ here.
        let allowed = 5.0 * error + 0.02 * truth;
        assert!((simulated.mean.unwrap() - truth).abs() < allowed, "{exact:?} {simulated:?}");
    }
    assert_eq!((exact.len(), exact[0].mean.map(|m| m.abs() < 1e-9)), (simulated.len(), Some(true)));
}

#[test]
fn a_short_horizon_gives_no_rate_between_the_wells() {
    let outcome = outcome(&double_well(0.05, 20.0), 2);
    let [row] = rows(&outcome, "decay_rate", "w[0]")[..] else { panic!("one row") };
    assert!(row.value.is_none() && row.note.starts_with("not resolved"), "{row:?}");
    let (gap, _) = value(&outcome, "spectral_gap", "");
    assert!((gap / 1.958_92e-5 - 1.0).abs() < 1e-4, "{gap}");
}

#[test]
fn convergence_times_are_reached_or_said_not_to_be() {
    let outcome = outcome(&double_well(0.4, 20.0), 2);
    let [reached] = rows(&outcome, "convergence_time", "risk excess < 0.2")[..] else { panic!("one row") };
    assert!(reached.value.is_some_and(|t| t < 20.0), "{reached:?}");
    let [never] = rows(&outcome, "convergence_time", "risk excess < 0.000000001")[..] else {
        panic!("one row")
    };
    assert!(never.value.is_none() && never.note.contains("not reached"), "{never:?}");
}

/// θ = 0.5 … 2 in 160 dimensions from far off: E_μ L̃ = D s/4, the gap min θ, and the law's own distance to μ_s at the end.
#[test]
fn a_quadratic_in_160_dimensions_is_exact_within_five_errors() {
    let (dim, s) = (160, 0.1);
    let eigenvalues: Vec<String> =
        (0..dim).map(|k| format!("{}", 0.5 + 1.5 * f64::from(k) / 159.0)).collect();
    let outcome = outcome(
        &format!(
            "seed = 5\n[problem]\nkind = 'quadratic'\neigenvalues = [{}]\n[start]\nlaw = 'gaussian'\nstd = 2.0\n\
             [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = {s}\ndt = 0.01\nparticles = 1024\n\
             [time]\nhorizon = 12\npoints = 41\n[observe]\nquantities = ['risk', 'virial']\n\
             [analysis]\ngibbs = {{ times = 2, replicates = 99 }}\nmixing = true\n",
            eigenvalues.join(", ")
        ),
        2,
    );
    let level = f64::from(dim) * s / 4.0;
    assert_within_five_errors(&outcome, "risk_gibbs", "risk", level, 0.02 * level);
    // The scheme's own law lies hθ/2 = 0.5 % or less above the Gibbs measure's.
    let (gap, error) = value(&outcome, "gibbs_gap", "risk");
    assert!(gap.abs() < 5.0 * error + 0.01 * level && 5.0 * error < 0.05 * level, "{gap} ± {error}");
    let (temperature, error) = value(&outcome, "effective_temperature", "virial");
    assert!((temperature - 1.005).abs() < 5.0 * error + 0.005 && error < 0.005, "{temperature} ± {error}");
    // The basis holds the twelve directions of largest variance, whose slowest has θ = 0.5.
    let (bound, error) = value(&outcome, "spectral_gap_upper", "");
    assert!(bound > 0.5 - 5.0 * error && bound < 0.55, "{bound} ± {error}");
    let (rate, error) = value(&outcome, "mixing_rate", "");
    assert!(rate > 0.5 - 5.0 * error && rate < 0.6 + 5.0 * error && error < 0.1, "{rate} ± {error}");
    let stein = outcome.results.distances.iter().filter(|row| row.name == "ksd_u");
    assert_eq!(stein.count(), 2);
}

/// Noise of twice the variance (a lost ½): gap, thermometer and Stein discrepancy must all see it.
#[test]
fn wrong_noise_is_seen() {
    let study = |at: f64| {
        format!(
            "seed = 7\n[problem]\nkind = 'quadratic'\neigenvalues = [1.0, 2.0]\n[start]\nlaw = 'stationary'\n\
             [[process]]\nname = 'right'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.01\nparticles = 2048\n\
             [[process]]\nname = 'wrong'\nkind = 'sgd-sde'\ns = {at}\ndt = 0.01\nparticles = 2048\n\
             [time]\nhorizon = 6\npoints = 3\n[analysis]\ngibbs = {{ times = 1, replicates = 99 }}\n"
        )
    };
    let outcome = outcome(&study(0.2), 2);
    // The second process is right by its own s; what it would show against the first one's is its final risk.
    let final_risk = |process: &str| {
        let row = outcome.results.estimates.iter().find(|r| r.name == "risk_final" && r.process == process);
        row.map(|row| (row.value.unwrap(), row.std_err.unwrap())).unwrap()
    };
    let gibbs =
        outcome.results.estimates.iter().find(|r| r.name == "risk_gibbs" && r.process == "right").unwrap();
    let off = |process: &str| {
        let (risk, error) = final_risk(process);
        (risk - gibbs.value.unwrap()).abs() / error
    };
    assert!(off("right") < 5.0 && off("wrong") > 20.0, "{} {}", off("right"), off("wrong"));
    for row in outcome.results.distances.iter().filter(|row| row.name == "ksd_u") {
        assert!(row.p_value > 0.01, "each process against its own Gibbs measure: {row:?}");
    }
}

#[test]
fn analyses_are_the_same_for_any_number_of_threads() {
    let text = "seed = 2\n[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 3\nlambda = 0.3\n\
                [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 2\n\
                [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 200\n\
                [time]\nhorizon = 5\npoints = 11\n\
                [analysis]\ngibbs = { draws = 256, times = 2, replicates = 19 }\nmixing = { particles = 128 }\n";
    let [one, three] = [1, 3].map(|threads| outcome(text, threads).results);
    assert_eq!(one.estimates, three.estimates);
    assert_eq!(
        (one.curves, one.distances, one.fits, one.lags),
        (three.curves, three.distances, three.fits, three.lags)
    );
    assert!(one.estimates.iter().any(|row| row.name == "risk_gibbs" && row.value.is_some()));
}
