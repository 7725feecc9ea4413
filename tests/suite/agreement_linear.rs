//! `experiments/agreement-linear.toml` at a reduced scale: every curve and every difference against exact moments.

use crate::support::linear::{Law, Moments, Rows};
use crate::support::studies::outcome_of;
use sgd_sde::numerics::Backend;
use sgd_sde::study::{OrderRow, Outcome, Plan, Source};
use std::path::Path;

const HORIZON: f64 = 2.24;
const TIMES: usize = 9;

/// c/b of batches without replacement.
fn share(rows: usize, batch: usize) -> f64 {
    (rows - batch) as f64 / ((rows - 1) * batch) as f64
}

fn study() -> (Plan, Outcome) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/agreement-linear.toml");
    let mut source = Source::read(&file).unwrap();
    for assignment in [
        "time.horizon=2.24",
        "time.points=9",
        "analysis.agreement.particles=256",
        "analysis.agreement.laws=false",
    ] {
        source.set(assignment).unwrap();
    }
    for process in 0..5 {
        source.set(&format!("process.{process}.particles=256")).unwrap();
    }
    let plan = Plan::new(&source, Backend::detect()).unwrap();
    let outcome = outcome_of(&plan, 2);
    (plan, outcome)
}

/// The process of each name at the step size s of SGD, with the step that the study gives it.
fn law<'a>(rows: &'a Rows, name: &str, s: f64, dt: f64, share: f64) -> (Law<'a>, f64) {
    match name {
        "sgd" => (rows.euler(s, s, share), s),
        "flow" => (rows.flow(dt), dt),
        "isotropic" => (rows.isotropic_heun(s, dt), dt),
        "covariance" => (rows.heun(s, dt, share, 0.0), dt),
        "second-order" => (rows.heun(s, dt, share, 0.5 * s), dt),
        other => panic!("an exact law for {other}"),
    }
}

fn steps(time: f64, length: f64) -> u64 {
    (time / length).round() as u64
}

/// About 90 curve readings and 96 functionals, each within five standard errors: a correct program fails once in 7000.
#[test]
fn every_curve_and_every_difference_is_the_exact_one() {
    let (plan, outcome) = study();
    let sum = plan.potential().finite_sum().unwrap();
    let rows = Rows::of(sum);
    let study = serde_json::to_value(&plan.study).unwrap();
    let own = &study["process"];
    let (s, batch) = (own[0]["s"].as_f64().unwrap(), own[0]["batch"].as_u64().unwrap() as usize);
    let start: Vec<f64> =
        study["start"]["at"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let (share, start) = (share(sum.samples(), batch), Moments::at(&start));
    let largest = plan.study.analysis.agreement.as_ref().unwrap().noise_scales[0];
    assert!(largest * plan.potential().gradient_lipschitz().unwrap() <= 0.05, "the window");
    let mut worst = 0.0_f64;
    let mut dts = Vec::new();
    for process in own.as_array().unwrap() {
        let (name, dt) = (process["name"].as_str().unwrap(), process["dt"].as_f64().unwrap_or(s));
        dts.push((name, dt / s));
        let (law, length) = law(&rows, name, s, dt, share);
        for row in outcome.results.curves.iter().filter(|row| row.process == name) {
            let at = law.after(start.clone(), steps(row.time, length));
            let exact = if row.quantity == "risk" { rows.risk(&at) } else { rows.squared_norm(&at) };
            let off = (row.mean.unwrap() - exact).abs();
            let sigmas = off / row.std_err.unwrap();
            // Without noise nothing but rounding is left.
            assert!(off < 1e-9 * exact.abs() || sigmas < 5.0, "{row:?}, exactly {exact}");
            worst = if off < 1e-9 * exact.abs() { worst } else { worst.max(sigmas) };
        }
    }
    let mut differences = 0;
    for row in outcome.results.orders.iter().filter(|row| row.functional != "sup") {
        let name = row.process.strip_suffix("|sgd").unwrap();
        let part = dts.iter().find(|(n, _)| *n == name).unwrap().1;
        // The finer of the two steps.
        let exact = exact_functional(&rows, &start, row, 0.5 * part * row.s, share);
        let sigmas = (row.value - exact).abs() / row.std_err.unwrap();
        assert!(sigmas < 5.0, "{row:?}, exactly {exact}");
        worst = worst.max(sigmas);
        differences += 1;
    }
    println!("{differences} differences; the worst is {worst:.2} standard errors off");
    assert_eq!(differences, 4 * 2 * 3 * 4);
    // The orders, by the exact differences alone, are what the study is to find.
    for (name, want) in [("flow", 1.0), ("isotropic", 1.0), ("covariance", 1.0), ("second-order", 2.0)] {
        let at = |s: f64| difference_at(&rows, &start, (name, s, 0.0625 * s, share), 0.56);
        let slope = (at(0.007) / at(0.0035)).abs().log2();
        assert!((slope - want).abs() < 0.1, "{name}: {slope}");
    }
}

/// E φ of the model less that of SGD, φ the risk or the squared norm, at these times.
fn curve(
    rows: &Rows,
    start: &Moments,
    (name, s, dt, share): (&str, f64, f64, f64),
    times: &[f64],
) -> Vec<[f64; 2]> {
    let along = |name: &str| {
        let (law, length) = law(rows, name, s, dt, share);
        law.along(start.clone(), &times.iter().map(|t| steps(*t, length)).collect::<Vec<_>>())
    };
    let pairs = along(name).into_iter().zip(along("sgd"));
    pairs
        .map(|(a, b)| [rows.risk(&a) - rows.risk(&b), rows.squared_norm(&a) - rows.squared_norm(&b)])
        .collect()
}

fn difference_at(rows: &Rows, start: &Moments, model: (&str, f64, f64, f64), time: f64) -> f64 {
    curve(rows, start, model, &[time])[0][0]
}

fn exact_functional(rows: &Rows, start: &Moments, row: &OrderRow, dt: f64, share: f64) -> f64 {
    let name = row.process.strip_suffix("|sgd").unwrap();
    let which = usize::from(row.quantity != "risk");
    let model = (name, row.s, dt, share);
    if let Some(time) = row.functional.strip_prefix("at t = ") {
        return curve(rows, start, model, &[time.parse().unwrap()])[0][which];
    }
    let spacing = HORIZON / (TIMES - 1) as f64;
    let times: Vec<f64> = (0..TIMES).map(|k| spacing * k as f64).collect();
    let values = curve(rows, start, model, &times);
    values.windows(2).map(|pair| 0.5 * spacing * (pair[0][which] + pair[1][which])).sum()
}
