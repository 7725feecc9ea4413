//! `certify` and the guarantees beside a run.

use crate::support::program::{folder, program};
use crate::support::studies::outcome;
use serde_json::Value;
use sgd_sde::study::{EstimateRow, Outcome};

/// A net of the sources: ‖a‖·B_x = 1, β = 1, at their threshold times `share`.
fn net(activation: &str, loss: &str, share: f64, start: &str, s: f64) -> String {
    let (kind, data) = match loss {
        "logistic" => ("margin", "samples = 60"),
        _ => ("sine", "samples = 60"),
    };
    format!(
        "title = 'certified'\nseed = 4\n[problem]\nkind = 'two-layer'\nactivation = '{activation}'\nloss = '{loss}'\nwidth = 3\n\
         lambda = {{ times_critical = {share} }}\n[problem.data]\nkind = '{kind}'\n{data}\ndim = 2\n[start]\n{start}\n\
         [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = {s}\ndt = 0.1\nparticles = 64\n\
         [time]\nhorizon = 2.0\npoints = 5\n[observe]\nquantities = ['risk']\n"
    )
}

fn certificate(study: &str) -> Value {
    let folder = folder(study);
    let said = program(folder.path(), &["certify", "study.toml", "--json"]).done();
    assert_eq!(said.out.lines().count(), 1, "one object: {}", said.out);
    serde_json::from_str(&said.out).expect("JSON")
}

const STANDARD: &str = "law = 'gaussian'\nstd = 1.0";

/// λ_c as the sources print it at ‖a‖B_x = 1, β = 1; sharp: none is needed.
#[test]
fn the_object_has_every_level_and_the_published_thresholds() {
    for (activation, loss, critical) in [
        ("sigmoid", "logistic", 1.0 / 32.0),
        ("tanh", "logistic", 0.5),
        ("softplus", "logistic", 0.5),
        ("sigmoid", "square", 0.125),
        ("tanh", "square", 2.0),
        ("softplus", "square", 2.0),
    ] {
        let found = certificate(&net(activation, loss, 1.2, STANDARD, 0.01));
        let printed = found["lambda_c"]["printed"].as_f64().expect("a number");
        assert!((printed / critical - 1.0).abs() < 1e-12, "{activation} {loss}: {printed}");
        assert_eq!(found["lambda_c"]["sharp"], 0.0);
        for key in ["lambda_c", "gradient_lipschitz", "gradient_bound", "negative_curvature"] {
            for level in ["printed", "proof", "sharp", "data"] {
                assert!(found[key].get(level).is_some(), "{key} {level}: {found}");
            }
        }
        for key in ["bakry_emery", "coupling", "holley_stroock", "villani", "best"] {
            assert!(found["spectral_gap_lower"].get(key).is_some(), "{key}: {found}");
        }
        for key in ["admissible", "ln_one_plus_chi_squared_bound", "ln_one_plus_chi_squared"] {
            assert!(found["start"].get(key).is_some(), "{key}: {found}");
        }
        let bounded = !(activation == "softplus" && loss == "square");
        assert_eq!(found["gradient_lipschitz"]["data"].is_number(), bounded, "{activation} {loss}");
        assert!(found["verdicts"].as_array().is_some_and(|verdicts| verdicts.len() >= 5));
    }
}

/// What is measured lies within the constants, and the verdicts say what the numbers say.
#[test]
fn verdicts_follow_the_numbers() {
    let found = certificate(&net("softplus", "logistic", 1.2, STANDARD, 0.01));
    let said = |text: &str| {
        let verdicts = found["verdicts"].as_array().expect("a list");
        verdicts.iter().filter_map(Value::as_str).any(|verdict| verdict.contains(text))
    };
    let (curvature, lambda) =
        (found["negative_curvature"]["data"].as_f64().unwrap(), found["lambda"].as_f64().unwrap());
    assert!((found["strong_convexity"].as_f64().unwrap() - (lambda - curvature)).abs() < 1e-12);
    assert!(said("Strongly convex: yes") && said("itself the risk is already strongly convex"), "{found}");
    assert_eq!(found["start"]["admissible"], false);
    assert!(said("Start: not admissible") && said("need s > lambda = 0.6"), "{found}");
    let largest = found["gradient_lipschitz"]["data"].as_f64().unwrap();
    for place in found["measured"]["hessian"].as_array().unwrap() {
        let [low, high] = ["smallest", "largest"].map(|key| place[key].as_f64().unwrap());
        assert!(low >= lambda - curvature - 1e-12 && high <= largest + 1e-12 && low <= high, "{place}");
    }
    assert!(found["measured"]["villani"]["positive_beyond"].is_number());
    // The twin without convexity, whose start is narrow enough.
    let twin = certificate(&net("tanh", "logistic", 0.02, "law = 'prior'", 0.5));
    assert_eq!(
        (twin["strong_convexity"].is_null(), &twin["start"]["admissible"]),
        (true, &Value::Bool(true))
    );
    let [bound, estimate] =
        ["ln_one_plus_chi_squared_bound", "ln_one_plus_chi_squared"].map(|key| twin["start"][key].as_f64());
    let error = twin["start"]["ln_one_plus_chi_squared_std_err"].as_f64().unwrap();
    let (estimate, bound) = (estimate.unwrap(), bound.unwrap());
    assert!(error < 0.1 * bound && estimate - 5.0 * error < bound && estimate > 0.0, "{twin}");
}

/// ∇L̃ is H(w − w*) with H = X^T X/n + λ: every constant is an eigenvalue of H, and the gap is the smallest by Bakry and Emery.
#[test]
fn least_squares_are_certified_as_the_convex_quadratic_they_are() {
    let study = "title = 'least squares'\n[problem]\nkind = 'least-squares'\nlambda = 0.1\n[problem.data]\nkind = 'linear'\n\
                 samples = 40\ndim = 3\nnoise_variance = 0.25\n[[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\n\
                 dt = 0.05\nparticles = 16\n[time]\nhorizon = 1.0\n";
    let found = certificate(study);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("no number in {found}"));
    let place = &found["measured"]["hessian"][0];
    let (low, high) = (number(&place["smallest"]), number(&place["largest"]));
    let (modulus, lipschitz) = (&found["strong_convexity"], &found["gradient_lipschitz"]["data"]);
    assert!((number(modulus) / low - 1.0).abs() < 1e-9 && (number(lipschitz) / high - 1.0).abs() < 1e-9);
    assert_eq!(found["spectral_gap_lower"]["best"], *modulus);
    assert_eq!((found["lambda"].as_f64(), found["problem"].as_str()), (Some(0.1), Some("least squares")));
    assert_eq!(found["start"]["admissible"], false, "N(0, I) is wider than the Gibbs measure allows");
    let folder = folder(study);
    let said = program(folder.path(), &["certify", "study.toml"]).done();
    assert!(said.out.contains("Spectral gap: lambda_s >= "), "{}", said.out);
    assert_eq!(said.out.matches("D = 3").count(), 1, "{}", said.out);
}

#[test]
fn the_text_is_at_most_a_hundred_columns_and_names_sources() {
    for study in [
        net("sigmoid", "logistic", 1.2, STANDARD, 0.01),
        net("softplus", "square", 0.02, "law = 'prior'", 0.3),
    ] {
        let folder = folder(&study);
        let said = program(folder.path(), &["certify", "study.toml"]).done();
        let widest = said.out.lines().max_by_key(|line| line.chars().count()).expect("lines");
        assert!(widest.chars().count() <= 100, "{widest}");
        for word in ["GJM", "SSJ", "printed", "lambda_c", "gLip", "R0", "Bakry-Emery", "chi^2"] {
            assert!(said.out.contains(word), "{word}: {}", said.out);
        }
        assert_eq!(crate::support::program::names(folder.path()), ["study.toml"], "it writes nothing");
    }
}

/// What `certify` must say of studies that theorems do not cover, or only in part.
#[test]
fn verdicts_on_other_problems() {
    let tail = "[time]\nhorizon = 1.0\npoints = 3\n";
    let sde =
        |s: f64| format!("[[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = {s}\ndt = 0.1\nparticles = 4\n");
    let quadratic = "[problem]\nkind = 'quadratic'\neigenvalues = [0.5, 2.0]\n";
    let wide = "[start]\nlaw = 'gaussian'\nstd = 0.8\n";
    let point = "[start]\nlaw = 'point'\nat = [1.0, 1.0]\n";
    let cases: Vec<(String, Vec<&str>, Vec<&str>)> = vec![
        (
            format!("{quadratic}{wide}{}{tail}", sde(0.4)),
            vec!["modulus 0.5", "not below 0.4472", "lambda_s >= 0.5"],
            vec!["Villani:", "no certificate", "Discrete-time guarantee:"],
        ),
        (
            format!("{quadratic}{point}{}{tail}", sde(0.4)),
            vec!["no density", "below 0.4472"],
            vec!["about 0"],
        ),
        (
            format!("{quadratic}{wide}{}{tail}", sde(0.0)),
            vec!["not available without noise"],
            vec!["1/gLip: yes"],
        ),
        (
            format!("[problem]\nkind = 'double-well'\n{}{tail}", sde(0.4)),
            vec!["no certificate applies", "on a grid it is 0.1347", "Strongly convex: no"],
            vec!["about 0", "Villani:"],
        ),
        (
            net("tanh", "logistic", 0.02, STANDARD, 0.001),
            vec!["the source asks for lambda > lambda_c", "the source does not cover it", "about 0"],
            vec!["as in the source, and"],
        ),
        (
            net("softplus", "square", 1.2, STANDARD, 0.01),
            vec!["no certificate applies", "cannot be stated", "no bound of the curvature is known"],
            vec!["about 0"],
        ),
        (
            net("tanh", "square", 1.2, STANDARD, 0.01),
            vec!["the square-loss source has constants of its own"],
            vec!["bounded activations"],
        ),
        (
            net("sigmoid", "logistic", 1.0, STANDARD, 0.01)
                .replace("lambda = { times_critical = 1 }", "lambda = 0.0"),
            vec![
                "not proved: there is no penalty",
                "cannot be stated: there is no penalty",
                "no certificate applies",
            ],
            vec!["about 0"],
        ),
    ];
    for (study, said, unsaid) in cases {
        let folder = folder(&study);
        let text = program(folder.path(), &["certify", "study.toml"]).done().out;
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in said {
            assert!(flat.contains(words), "'{words}' is missing: {text}");
        }
        for words in unsaid {
            assert!(!flat.contains(words), "'{words}' is said: {text}");
        }
        let one = program(folder.path(), &["certify", "study.toml", "--json", "--threads", "1"]).done().out;
        let two = program(folder.path(), &["certify", "study.toml", "--json", "--threads", "2"]).done().out;
        assert_eq!(one, two, "the number of threads changes nothing");
    }
}

/// A sweep prints an object a point, and a mistake in its last point is said before the first.
#[test]
fn a_sweep_is_certified_point_by_point() {
    let study = net("tanh", "logistic", 1.2, STANDARD, 0.01);
    let good = folder(&format!("{study}[sweep]\n'problem.width' = [2, 3]\n"));
    let said = program(good.path(), &["certify", "study.toml", "--json"]).done();
    let dims: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["dim"].clone()).collect();
    assert_eq!(dims, [4, 6]);
    let bad = folder(&format!("{study}[sweep]\n'process.sde.s' = [0.1, -1.0]\n"));
    let said = program(bad.path(), &["certify", "study.toml", "--json"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
}

fn rows<'o>(outcome: &'o Outcome, name: &str) -> Vec<&'o EstimateRow> {
    outcome.results.estimates.iter().filter(|row| row.name == name).collect()
}

/// A quadratic has everything in closed form: χ of N(0, τ²), gap θ, E L̃(W_t). The guarantee must lie above at every time.
#[test]
fn the_guarantee_lies_above_the_exact_curve_of_a_quadratic() {
    let (theta, s, tau) = ([0.5, 2.0], 0.4, 0.4_f64);
    let study = format!(
        "seed = 5\n[problem]\nkind = 'quadratic'\neigenvalues = [0.5, 2.0]\n[start]\nlaw = 'gaussian'\nstd = {tau}\n\
         [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = {s}\ndt = 0.01\nparticles = 64\n\
         [time]\nhorizon = 8.0\npoints = 17\n[observe]\nquantities = ['risk']\n[analysis]\ncertificate = {{ epsilons = [0.5, 0.3] }}\n"
    );
    let outcome = outcome(&study, 1);
    let [lower] = rows(&outcome, "spectral_gap_lower")[..] else { panic!("one row") };
    assert!((lower.value.unwrap() / 0.5 - 1.0).abs() < 1e-6, "{lower:?}");
    let chi: f64 = theta
        .iter()
        .map(|theta| {
            let (own, start) = (0.5 * s / theta, tau * tau);
            (own / (start * (2.0 * own - start)).sqrt()).ln()
        })
        .sum();
    let [found] = rows(&outcome, "start_chi_squared_bound")[..] else { panic!("one row") };
    assert!((found.value.unwrap() - chi).abs() < 1e-12, "{found:?} against {chi}");
    assert_eq!(outcome.results.bounds.len(), 17);
    for row in &outcome.results.bounds {
        let exact: f64 = theta
            .iter()
            .map(|theta| {
                let own = 0.5 * s / theta;
                0.5 * theta * (own + (-2.0 * theta * row.time).exp() * (tau * tau - own))
            })
            .sum();
        assert!(row.log_value.exp() >= exact, "{row:?} below {exact}");
    }
    // Its time for ε is where its own curve crosses.
    let times = rows(&outcome, "guaranteed_time");
    let of = |epsilon: &str| times.iter().find(|row| row.quantity.ends_with(epsilon)).expect("a row");
    let level = outcome.results.bounds[0].level;
    assert!(level < 0.5 && of("0.5").value.is_some(), "{times:?}");
    assert_eq!(of("0.3").value.is_some(), level < 0.3, "{times:?}");
}

/// A small study of the discrete-time guarantee: constants, step sizes, SGD within ε at each.
#[test]
fn sgd_at_the_guaranteed_step_is_within_epsilon() {
    let study = net("tanh", "logistic", 1.2, STANDARD, 0.02)
        + "[analysis]\ncertificate = { noise_scales = [0.04, 0.02, 0.01], epsilons = [0.8, 0.4, 0.2, 0.1], particles = 128 }\n";
    let sgd = "[[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.02\nbatch = 8\nparticles = 64\n[time]";
    let study = study.replace("[time]", sgd).replace("horizon = 2.0", "horizon = 8.0");
    let outcome = outcome(&study, 2);
    let constants = rows(&outcome, "discrete_constant");
    assert_eq!(constants.len(), 2, "{:?}", outcome.results.estimates);
    for row in &constants {
        let (low, value, high) = (row.ci_low.unwrap(), row.value.unwrap(), row.ci_high.unwrap());
        assert!(0.0 < low && low <= value && value <= high, "{row:?}");
    }
    // Near the minimum the excess of the isotropic SDE is D s/4, here with D = 6.
    assert!((constants[0].value.unwrap() / 1.5 - 1.0).abs() < 0.1, "{:?}", constants[0]);
    let checks = rows(&outcome, "discrete_check");
    assert_eq!(checks.len(), 4);
    assert!(checks.iter().all(|row| row.note.starts_with("yes")), "{checks:?}");
    let fixed = outcome
        .results
        .estimates
        .iter()
        .find(|row| row.name == "steps_slope" && row.quantity.contains("one T"));
    assert!((fixed.unwrap().value.unwrap() - 1.0).abs() < 0.05, "{fixed:?}");
    // Every measured number of steps is below the guaranteed one at the same ε.
    let steps = |kind: &str| -> Vec<f64> {
        let rows = outcome.results.steps.iter().filter(|row| row.name.starts_with(kind));
        rows.filter_map(|row| row.steps).collect()
    };
    let (measured, shortest) = (steps("measured"), steps("bound from"));
    assert_eq!((measured.len(), shortest.len()), (4, 4));
    assert!(measured.iter().zip(&shortest).all(|(a, b)| a < b), "{measured:?} {shortest:?}");
}
