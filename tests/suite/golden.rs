//! Golden numbers of the portable back end after 100 steps for seed 1. A change here changes every published study: it
//! needs a line "value-breaking" in CHANGELOG.md. The failure prints the new numbers, ready to be put here.

use crate::support::studies::{outcome_of, plan_on};
use sgd_sde::numerics::Backend;

const NET: &str = "seed = 1\n[problem]\nkind = 'two-layer'\nactivation = 'softplus'\nwidth = 4\nlambda = 0.2\n\
                   [problem.data]\nkind = 'margin'\nsamples = 50\ndim = 3\n\
                   [time]\nhorizon = 10\npoints = 2\n";

/// (name, study, numbers: the first weight of the first particle, the last of the last, E L̃ and its standard error).
fn studies() -> Vec<(&'static str, String)> {
    let sgd = |sampling: &str| {
        format!(
            "{NET}[[process]]\nname = 'p'\nkind = 'sgd'\ns = 0.1\nbatch = 8\nsampling = '{sampling}'\nparticles = 20\n"
        )
    };
    let low = |problem: &str| {
        format!(
            "seed = 1\n[problem]\n{problem}\n[[process]]\nname = 'p'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.05\nparticles = 600\n\
             [time]\nhorizon = 5\npoints = 2\n"
        )
    };
    let gate = |keys: &str| {
        format!(
            "seed = 1\n[problem]\nkind = 'relu-gate'\ndim = 20\nattack_probability = 0.5\nattack_size = 1.0\n\
             [[process]]\nname = 'p'\nkind = 'one-pass-sgd'\ns = 0.05\nbatch = 4\nparticles = 20\n{keys}\
             [time]\nhorizon = 5\npoints = 2\n"
        )
    };
    let model = |keys: &str| format!("{NET}[[process]]\nname = 'p'\nparticles = 20\n{keys}\n");
    let squares = "kind = 'least-squares'\nlambda = 0.1\n\
                   [problem.data]\nkind = 'linear'\nsamples = 30\ndim = 3\ncondition = 10\n";
    vec![
        ("heun", model("kind = 'sgd-sde'\nscheme = 'heun'\ns = 0.1\ndt = 0.1")),
        ("gradient-flow", model("kind = 'gradient-flow'\ndt = 0.1")),
        ("covariance-sde", model("kind = 'covariance-sde'\ns = 0.1\nbatch = 8\ndt = 0.1")),
        (
            "second-order-sde",
            model("kind = 'second-order-sde'\ns = 0.1\nbatch = 8\ndt = 0.1\nrefinement = 2"),
        ),
        ("svag", model("kind = 'svag'\ns = 0.4\nbatch = 8\nl = 4")),
        ("momentum-sgd", model("kind = 'momentum-sgd'\ns = 0.1\nbatch = 8")),
        ("underdamped-sde", model("kind = 'underdamped-sde'\ns = 0.1\nmomentum = 0.8\ndt = 0.1")),
        ("least-squares", low(squares)),
        (
            "sgd-sde",
            format!("{NET}[[process]]\nname = 'p'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 20\n"),
        ),
        (
            "sgd-sde refined",
            format!(
                "{NET}[[process]]\nname = 'p'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nrefinement = 2\nparticles = 20\n"
            ),
        ),
        ("single precision", format!("precision = 'f32'\n{}", sgd("epochs"))),
        ("with-replacement", sgd("with-replacement")),
        ("without-replacement", sgd("without-replacement")),
        ("epochs", sgd("epochs")),
        ("quadratic", low("kind = 'quadratic'\neigenvalues = [0.5, 1.0, 2.0]")),
        ("double-well", low("kind = 'double-well'")),
        ("one-pass-sgd", gate("")),
        ("one-pass-sgd, provable", gate("update = 'provable'\npower = 0.5\n")),
    ]
}

/// A name and its four numbers.
type Row = (&'static str, [f64; 4]);

const GOLDEN: [Row; 18] = [
    ("heun", [-0.3540388209767121, 0.780573726207356, 0.9357172320482394, 0.01724866311107209]),
    ("gradient-flow", [0.03871947302525958, 0.305932002252352, 0.6707157376603942, 0.001830382277534891]),
    (
        "covariance-sde",
        [0.035873387589073276, 0.30084780604885625, 0.6699780664013911, 0.0017668117342804995],
    ),
    (
        "second-order-sde",
        [0.03739660239893729, 0.2984874748886628, 0.6699334090219057, 0.0017156656954581129],
    ),
    ("svag", [0.04025387637128766, 0.30698750218235726, 0.6708640304964079, 0.0020324019773301327]),
    ("momentum-sgd", [0.030129294319488402, 0.31233100927669527, 0.6625810940156299, 0.0010333711315175798]),
    ("underdamped-sde", [-0.20935494475970484, 0.8912905330019119, 0.9247184032805318, 0.019210862235159182]),
    ("least-squares", [0.39173089876945466, -0.31948466895541694, 0.20566912592831835, 0.002982204689223453]),
    ("sgd-sde", [-0.35650284251905684, 0.7866532789190431, 0.9386803373678325, 0.01750412641290208]),
    ("sgd-sde refined", [0.13719880982726923, 0.23388249295861202, 1.027444021883706, 0.03553755564889656]),
    ("single precision", [0.03743024835516983, 0.3007571042223748, 0.6699965937482554, 0.001769145922661425]),
    ("with-replacement", [0.0396163397846647, 0.3070997312149497, 0.6698190621094151, 0.0017914512690644258]),
    (
        "without-replacement",
        [0.037965491715459806, 0.3011119203863326, 0.6701296962979659, 0.0018091413082114596],
    ),
    ("epochs", [0.03743024964019304, 0.3007571054229896, 0.6699965948296113, 0.0017691460467309022]),
    ("quadratic", [0.09341877712511878, -0.10712005460695309, 0.07299269701731587, 0.0022726994445461694]),
    ("double-well", [1.0273660508564701, 1.0927992600461796, 0.031865418925547125, 0.0017961296655067706]),
    ("one-pass-sgd", [0.730921844798224, 0.08228333714905042, 0.36490276615591505, 0.05209766769723679]),
    (
        "one-pass-sgd, provable",
        [0.39601628040799913, 0.02876734175987866, 2.491325233320963, 0.13785042343072337],
    ),
];

fn numbers(study: &str) -> [f64; 4] {
    let outcome = outcome_of(&plan_on(study, Backend::Portable), 1);
    let (weights, row) = (&outcome.particles[0].1, &outcome.results.curves[1]);
    let number = |x: Option<f64>| x.unwrap_or(f64::NAN);
    [weights[0], weights[weights.len() - 1], number(row.mean), number(row.std_err)]
}

#[test]
fn a_hundred_steps_give_the_golden_numbers() {
    let got: Vec<Row> = studies().iter().map(|(name, study)| (*name, numbers(study))).collect();
    let same = |(got, want): (&Row, &Row)| {
        let tolerance = if want.0 == "single precision" { 1e-5 } else { 1e-12 };
        let close = |(x, y): (&f64, f64)| (x - y).abs() <= tolerance * y.abs();
        got.0 == want.0 && got.1.iter().zip(want.1).all(close)
    };
    let fits = got.len() == GOLDEN.len() && got.iter().zip(&GOLDEN).all(same);
    let lines: String = got.iter().map(|(name, numbers)| format!("    ({name:?}, {numbers:?}),\n")).collect();
    assert!(fits, "the numbers have changed; new:\n{lines}");
}

/// The same study in single and in double precision: the same minibatches, weights apart by rounding.
#[test]
fn single_precision_stays_near_double_precision() {
    let find = |name: &str| GOLDEN.iter().find(|row| row.0 == name).expect("a golden row").1;
    for (single, double) in find("single precision").into_iter().zip(find("epochs")) {
        assert!((single / double - 1.0).abs() < 1e-4, "{single} {double}");
    }
}
