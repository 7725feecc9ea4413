//! Łojasiewicz' inequality in a ball: what is certain, what searches find, and what a study says of both.

use crate::deep::{ACTIVATIONS, net, normals, positive_start};
use crate::support::studies::{curve, outcome};
use sgd_sde::analysis::lojasiewicz::{Ball, CertifiedRatio, condition, smallest_ratios, smoothness};
use sgd_sde::numerics::Activation;
use sgd_sde::parallel::Threads;
use sgd_sde::problem::Potential;
use sgd_sde::random::{Key, Purpose};
use sgd_sde::study::{EstimateRow, Outcome};

/// The certain bound lies below the ratio at every point of the ball and below what the searches find; with α too large it would not.
#[test]
fn the_certified_ratio_is_below_every_ratio_in_the_ball() {
    for activation in ACTIVATIONS {
        for depth in [2, 3, 4] {
            let net = net(activation, depth, 3);
            let ball = Ball { centre: positive_start(&net, 0.4, 10.0), radius: 0.3 };
            let certified = CertifiedRatio::new(&net).unwrap();
            let certain = certified.within(&ball).unwrap();
            let threads = Threads::new(2).unwrap();
            let key = Key::new(1, Purpose::Direction);
            let found = smallest_ratios(&net, &[ball.clone()], 8, key, &threads).remove(0).unwrap();
            assert!(certain > 0.0 && certain <= found.alpha, "{activation:?} {depth}: {certain} {found:?}");
            let (mut scratch, mut g) = (net.scratch(), vec![0.0; net.dim()]);
            for i in 0..200 {
                let direction = normals(100 + i, net.dim());
                let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
                let w: Vec<f64> =
                    ball.centre.iter().zip(&direction).map(|(c, d)| c + 0.3 * d / length).collect();
                let risk = net.value_gradient(&w, &mut g, &mut scratch);
                let ratio = g.iter().map(|g| g * g).sum::<f64>() / risk;
                assert!(certain <= ratio && found.alpha <= ratio, "{activation:?} {depth}: {ratio}");
            }
            // ‖∇F‖² ≤ 2 C_L F wherever F ≥ 0 is smooth enough around.
            let largest = smoothness(&net, &ball, 2, 1, &threads).unwrap().constant;
            assert!(found.alpha <= 2.0 * largest);
            let wide = Ball { radius: 0.5, ..ball };
            assert!(certified.within(&wide).is_none() || depth == 2);
        }
    }
}

/// Chatterjee: α grows like the square of the output weights, so that large ones satisfy his condition.
#[test]
fn large_output_weights_satisfy_the_condition() {
    let net = net(Activation::SoftPlus, 3, 3);
    let conditions = [20.0, 80.0, 320.0].map(|output| {
        let ball = Ball { centre: positive_start(&net, 0.4, output), radius: 0.3 };
        let risk = net.value_gradient(&ball.centre, &mut vec![0.0; net.dim()], &mut net.scratch());
        condition(risk, 0.3, CertifiedRatio::new(&net).unwrap().within(&ball).unwrap())
    });
    assert!(conditions[0] < 1.0 && conditions[2] > 1.0, "{conditions:?}");
    assert!((conditions[2] / conditions[1] / 16.0 - 1.0).abs() < 0.2, "{conditions:?}");
}

const STUDY: &str = "seed = 2\n[problem]\nkind = 'deep-net'\nactivation = 'softplus'\ndepth = 3\nwidth = 3\n\
    [problem.data]\nkind = 'independent-inputs'\nsamples = 3\ndim = 5\n\
    [start]\nlaw = 'chatterjee'\nhidden = 0.5\noutput = 15.0\n\
    [[process]]\nkind = 'scaled-noise-gd'\nstep = 2e-5\nnoise = { sigma = 2e3 }\nparticles = 60\nstop_radius = 0.3\n\
    [[process]]\nkind = 'bounded-noise-gd'\nstep = 2e-5\nvariance = 1e7\nexponent = 0.5\nparticles = 60\nstop_radius = 0.3\n\
    [[process]]\nkind = 'sgd'\ns = 2e-5\nbatch = 1\nparticles = 40\n\
    [time]\nhorizon = 6e-3\npoints = 5\n[analysis]\nlojasiewicz = { radius = 0.3, radii = [0.1], searches = 6 }\n";

fn estimate<'o>(outcome: &'o Outcome, process: &str, name: &str) -> &'o EstimateRow {
    let rows = outcome.results.estimates.iter();
    rows.clone()
        .find(|row| row.process == process && row.name == name)
        .unwrap_or_else(|| panic!("no row {process} {name}"))
}

#[test]
fn a_study_answers_with_its_errors_on_any_number_of_threads() {
    let one = outcome(STUDY, 1);
    assert_eq!(one.results.estimates, outcome(STUDY, 3).results.estimates);
    assert_eq!(one.results.curves, outcome(STUDY, 3).results.curves);
    let condition = estimate(&one, "", "chatterjee_condition");
    assert!(condition.ci_low.unwrap() < condition.value.unwrap(), "{condition:?}");
    let stay = estimate(&one, "scaled-noise-gd", "stay_probability");
    assert_eq!((stay.value, stay.ci_high), (Some(1.0), Some(1.0)));
    assert!(stay.ci_low.unwrap() > 0.9 && stay.note.contains("every step"), "{stay:?}");
    let (factor, bound) = ("contraction", "contraction_bound");
    let [factor, bound] = [factor, bound].map(|name| estimate(&one, "scaled-noise-gd", name));
    assert!(
        factor.ci_high.unwrap() < bound.value.unwrap() && bound.value.unwrap() < 1.0,
        "{factor:?} {bound:?}"
    );
    assert_eq!(estimate(&one, "bounded-noise-gd", "contraction_bound").value, None);
    // 10⁷ in place of 2·10³ F: most leave.
    let left = estimate(&one, "bounded-noise-gd", "stay_probability");
    assert!(left.ci_high.unwrap() < 0.9, "{left:?}");
    assert!(estimate(&one, "sgd", "stay_probability").note.contains("observation times alone"));
    let slope = estimate(&one, "sgd", "noise_scaling");
    assert!((0.7..1.3).contains(&slope.value.unwrap()), "{slope:?}");
    assert_eq!(curve(&one, "sgd", "stay").len(), 5);
}

#[test]
fn random_starts_are_checked_one_by_one() {
    let starts = |width: u64| {
        let text = STUDY.split("[start]").next().unwrap().replace("width = 3", &format!("width = {width}"));
        let text = text.replace("softplus", "tanh");
        let rest = "[start]\nlaw = 'fan-in'\n[[process]]\nkind = 'scaled-noise-gd'\nstep = 0.01\n\
            noise = { sigma = 0.0 }\nparticles = 1\n[time]\nhorizon = 0.01\npoints = 2\n\
            [analysis]\nlojasiewicz = { radius = 1.0, radii = [0.3, 3.0], searches = 2, starts = 12 }\n";
        let outcome = outcome(&(text + rest), 2);
        let row = estimate(&outcome, "", "lojasiewicz_starts").clone();
        let quartiles = estimate(&outcome, "", "chatterjee_condition").clone();
        assert!(row.ci_low < row.value || row.value == Some(0.0), "{row:?}");
        assert!(quartiles.ci_low <= quartiles.value && quartiles.value <= quartiles.ci_high);
        quartiles.value.unwrap()
    };
    let (narrow, wide) = (starts(2), starts(24));
    assert!(wide > 2.0 * narrow, "{narrow} {wide}");
}
