//! Reference samples of the Gibbs measure: coverage of their intervals, and nets of 160 weights.

use crate::support::law::assert_law;
use crate::support::studies::plan;
use sgd_sde::analysis::gibbs::{GibbsSettings, Reference, net_outputs, sample_gibbs};
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{DoubleWell, Potential, Quantity};

/// E_μ L̃ at s = 0.4 from a grid of 20 001 points.
const RISK: f64 = 0.0922762;

/// 300 seeds: the share covered has a standard deviation of 0.013, and its window is asymmetric as the binomial law is.
#[test]
fn intervals_of_the_gibbs_risk_cover_it() {
    println!("error rate: below 1e-3 (at least 30 or at most 3 misses where 15 are expected)");
    // A run is too short to share: each thread takes whole runs.
    let covers = |seed: u64, threads: &Threads| {
        let settings = GibbsSettings { seed, ..GibbsSettings::default() };
        match sample_gibbs(&DoubleWell, 0.4, &settings, &[], threads, &mut |_| {}) {
            Reference::Passed(sample) => {
                let (low, high) = sample.expectation(Quantity::Risk).and_then(|e| e.interval())?;
                Some((low..=high).contains(&RISK))
            }
            Reference::Failed(_) => None,
        }
    };
    let half = |seeds: std::ops::Range<u64>| {
        let alone = Threads::new(1).expect("one thread starts");
        seeds.map(|seed| covers(seed, &alone)).collect::<Vec<_>>()
    };
    let runs = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(150..300));
        let mut runs = half(0..150);
        runs.extend(other.join().expect("the runs end"));
        runs
    });
    let count = |what: Option<bool>| runs.iter().filter(|run| **run == what).count();
    let (missed, failed) = (count(Some(false)), count(None));
    println!("{} covered, {missed} missed, {failed} failed their gate", count(Some(true)));
    assert!(failed <= 3, "{failed} runs failed");
    assert!((4..30).contains(&missed), "{missed} missed");
}

/// Nets of 16 units and 10 inputs at and far below the critical λ: the gate is passed, and E L̃ agrees between two seeds and
/// with the identity E⟨W, ∇L̃⟩ = D s/2.
#[test]
fn nets_of_160_weights_pass_the_gate() {
    println!("error rate: below 1e-4 (4 checks at five standard errors, Student with 63 degrees of freedom)");
    let threads = Threads::new(0).expect("threads start");
    for (activation, times, s) in [("tanh", 1.2, 0.05), ("sigmoid", 0.02, 0.001)] {
        let plan = plan(&format!(
            "seed = 1\n[problem]\nkind = 'two-layer'\nactivation = '{activation}'\nwidth = 16\n\
             lambda = {{ times_critical = {times} }}\n[problem.data]\nkind = 'margin'\nsamples = 250\ndim = 10\n\
             test_fraction = 0.2\n[[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.001\ndt = 0.05\nparticles = 4\n\
             [time]\nhorizon = 1.0\npoints = 2\n[observe]\nquantities = ['risk']\n"
        ));
        let net = plan.net().expect("a net");
        let run = |seed: u64| {
            let settings = GibbsSettings { seed, relative_error: Some(0.002), ..GibbsSettings::default() };
            match sample_gibbs(net, s, &settings, &net_outputs(net, 4), &threads, &mut |_| {}) {
                Reference::Passed(sample) => sample,
                Reference::Failed(failed) => panic!("{activation}, s = {s}: {:?}", failed.reasons(20)),
            }
        };
        let (one, two) = (run(1), run(2));
        let risk =
            |sample: &sgd_sde::analysis::gibbs::GibbsSample| sample.expectation(Quantity::Risk).unwrap();
        let (a, b) = (risk(&one), risk(&two));
        println!("{activation}, s = {s}: {a:?}, {:?}, {} minima", one.rungs, one.minima.len());
        let error = a.std_err.unwrap().hypot(b.std_err.unwrap());
        assert_law("two seeds", a.value, b.value, error, 0.02 * b.value);
        let virial = one.expectation(Quantity::Virial).unwrap();
        let want = net.dim() as f64 * s / 2.0;
        assert_law("virial", virial.value, want, virial.std_err.unwrap(), 0.25 * want);
    }
}
