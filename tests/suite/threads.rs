//! One thread is as good as many, bit for bit, and pieces of a run are the run.

use crate::support::nets::{ACTIVATIONS, LOSSES, Tiny};
use crate::support::studies::{outcome_of, plan};
use sgd_sde::dynamics::{
    CovarianceSde, EulerMaruyama, GradientFlow, Heun, Minibatches, MomentumSgd, OnePassSgd, Process,
    Sampling, SecondOrderSde, Sgd, Svag, UnderdampedSde,
};
use sgd_sde::ensemble::{Ensemble, Start};
use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::problem::{Attack, AttackSign, Potential, Quadratic, Quantity, ReluGate, Update};
use sgd_sde::study::{CurveRow, Outcome};

/// A row's numbers as bits, so that −0 and NaN count.
fn bits(row: &CurveRow) -> (String, String, u64, u64, [u64; 5]) {
    let number = |x: Option<f64>| x.map_or(0, f64::to_bits);
    let numbers = [row.mean, row.std_err, row.ci_low, row.ci_high].map(number);
    let [mean, error, low, high] = numbers;
    let time = row.time.to_bits();
    (row.process.clone(), row.quantity.clone(), row.step, row.n, [time, mean, error, low, high])
}

fn particles(outcome: &Outcome) -> Vec<(String, Vec<u64>)> {
    let all = outcome.particles.iter();
    all.map(|(name, w)| (name.clone(), w.iter().map(|x| x.to_bits()).collect())).collect()
}

/// The same study on 1, 2 and 5 threads.
fn same_on_any_number_of_threads(text: &str) {
    let plan = plan(text);
    let one = outcome_of(&plan, 1);
    assert!(one.results.curves.len() > 20);
    for threads in [2, 5] {
        let many = outcome_of(&plan, threads);
        let rows = |o: &Outcome| o.results.curves.iter().map(bits).collect::<Vec<_>>();
        assert_eq!(rows(&one), rows(&many), "{threads} threads");
        assert_eq!(particles(&one), particles(&many), "{threads} threads");
        assert_eq!(one.results.estimates, many.results.estimates, "{threads} threads");
    }
}

#[test]
fn a_net_with_every_process_is_the_same_on_any_number_of_threads() {
    let sgd = |sampling: &str| {
        format!(
            "[[process]]\nname = '{sampling}'\nkind = 'sgd'\ns = 0.1\nbatch = 7\nsampling = '{sampling}'\nparticles = 83\n"
        )
    };
    let model = |(name, keys): (&str, &str)| {
        format!("[[process]]\nname = '{name}'\nkind = '{name}'\n{keys}\nparticles = 83\n")
    };
    let models = [
        ("gradient-flow", "dt = 0.1"),
        ("covariance-sde", "s = 0.1\nbatch = 7\ndt = 0.05\nrefinement = 2"),
        ("svag", "s = 0.4\nbatch = 7\nl = 4\nsampling = 'without-replacement'"),
        ("momentum-sgd", "s = 0.1\nbatch = 7\nsampling = 'epochs'"),
        ("underdamped-sde", "s = 0.1\nmomentum = 0.5\ndt = 0.1"),
    ];
    let processes =
        ["with-replacement", "without-replacement", "epochs"].map(sgd).concat() + &models.map(model).concat();
    for precision in ["f64", "f32"] {
        same_on_any_number_of_threads(&format!(
            "precision = '{precision}'\n[problem]\nkind = 'two-layer'\nactivation = 'softplus'\nwidth = 5\nlambda = 0.1\n\
         [problem.data]\nkind = 'margin'\nsamples = 60\ndim = 4\ntest_fraction = 0.25\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nrefinement = 2\nparticles = 150\n{processes}\
         [time]\nhorizon = 4.0\npoints = 6\n\
         [observe]\nquantities = ['risk', 'test_accuracy', 'virial', 'laplacian']\n"
        ));
    }
}

/// Least squares, where 1100 particles stand in several blocks, with the processes that have no 32-bit arithmetic.
#[test]
fn least_squares_with_every_model_are_the_same_on_any_number_of_threads() {
    same_on_any_number_of_threads(
        "[problem]\nkind = 'least-squares'\nlambda = 0.1\n\
         [problem.data]\nkind = 'linear'\nsamples = 25\ndim = 9\ncondition = 10\ntest_fraction = 0.2\n\
         [[process]]\nkind = 'second-order-sde'\ns = 0.1\nbatch = 3\ndt = 0.05\nparticles = 1100\n\
         [[process]]\nkind = 'covariance-sde'\ns = 0.1\nbatch = 3\ndt = 0.05\nparticles = 700\n\
         [[process]]\nkind = 'sgd-sde'\nscheme = 'heun'\ns = 0.1\ndt = 0.05\nparticles = 700\n\
         [[process]]\nkind = 'sgd'\ns = 0.1\nbatch = 3\nparticles = 500\n\
         [time]\nhorizon = 2.0\npoints = 6\n[observe]\nquantities = ['risk', 'data_risk', 'test_risk', 'virial']\n",
    );
}

/// 1100 particles in blocks of 512, 512 and 76.
#[test]
fn a_low_dimensional_potential_is_the_same_on_any_number_of_threads() {
    same_on_any_number_of_threads(
        "[problem]\nkind = 'double-well'\n[[process]]\nname = 'a'\nkind = 'sgd-sde'\ns = 0.3\ndt = 0.02\nparticles = 1100\n\
         [[process]]\nname = 'b'\nkind = 'sgd-sde'\ns = 0.3\ndt = 0.01\nparticles = 700\n\
         [time]\nhorizon = 5.0\npoints = 11\n[observe]\nquantities = ['risk', 'squared_norm']\n",
    );
}

/// Fresh samples in the grouped and in the long streams of normals, in several blocks.
#[test]
fn fresh_samples_are_the_same_on_any_number_of_threads() {
    for (dim, particles) in [(1, 700), (300, 31)] {
        let process = |name: &str| {
            format!(
                "[[process]]\nname = '{name}'\nkind = 'one-pass-sgd'\nupdate = '{name}'\ns = 0.01\nbatch = 3\nparticles = {particles}\n"
            )
        };
        same_on_any_number_of_threads(&format!(
            "[problem]\nkind = 'relu-gate'\ndim = {dim}\nattack_probability = 0.5\nattack_size = 1.0\nattack_sign = 'random'\n\
             {}{}[time]\nhorizon = 0.1\npoints = 6\n[observe]\nquantities = ['risk', 'distance']\n",
            process("gradient"),
            process("provable")
        ));
    }
}

/// Particles of `process` at step 50 after advances to the given steps, observed at each.
fn in_pieces(process: &dyn Process, pieces: &[u64], threads: usize) -> Vec<u64> {
    let threads = Threads::new(threads).unwrap();
    let mut ensemble = Ensemble::new(process, &Start::Gaussian { std: 1.0 }, 150, 3);
    for &step in pieces {
        ensemble.advance(step, &threads);
        ensemble.observe(&[Quantity::Risk, Quantity::Virial], &threads);
    }
    let blocks = ensemble.blocks().iter();
    blocks.flat_map(|b| b.weights.iter().map(|w| w.to_bits())).collect()
}

#[test]
fn a_run_in_pieces_is_the_run() {
    let net = Tiny::new(ACTIVATIONS[1], 1.0, LOSSES[0], 11).potential(Backend::detect());
    let (quadratic, wide) = (Quadratic::new(vec![1.0, 2.0]), Quadratic::new(vec![0.5; 20]));
    let attack = Attack { probability: 0.5, size: 0.5, sign: AttackSign::Random };
    let gate = ReluGate::new(vec![1.0, -0.5, 2.0], attack);
    let path = |potential| EulerMaruyama::on_refined_path(potential, 0.1, 0.1, 3, 7);
    let sgd = |sampling| Box::new(Sgd::new(&net, 0.1, 4, sampling, 7)) as Box<dyn Process>;
    let batches = Minibatches { s: 0.1, batch: 4, sampling: Sampling::WithoutReplacement };
    let processes: Vec<Box<dyn Process>> = vec![
        Box::new(path(&quadratic as &dyn Potential)),
        Box::new(path(&wide)),
        Box::new(path(&net)),
        sgd(Sampling::WithReplacement),
        sgd(Sampling::WithoutReplacement),
        sgd(Sampling::Epochs),
        Box::new(GradientFlow::new(&net, 0.1)),
        Box::new(Heun::new(&quadratic, 0.1, 0.1, 3, 7)),
        Box::new(CovarianceSde::new(&net, batches, 0.1, 3, 7)),
        Box::new(SecondOrderSde::new(&net, batches, 0.1, 3, 7)),
        Box::new(Svag::new(&net, batches, 4, 7)),
        Box::new(MomentumSgd::new(Sgd::new(&net, 0.1, 4, Sampling::Epochs, 7), 0.9)),
        Box::new(UnderdampedSde::new(&net, 0.1, 0.5, 0.1, 7)),
        Box::new(OnePassSgd::new(&gate, 0.01, 3, 7).with_power(0.5)),
        Box::new(OnePassSgd::new(&gate, 0.01, 3, 7).with_update(Update::Provable)),
    ];
    for process in &processes {
        let whole = in_pieces(process.as_ref(), &[50], 1);
        for (pieces, threads) in [(&[1, 2, 17, 50][..], 1), (&[49, 50], 3), (&[0, 25, 25, 26, 50], 2)] {
            assert_eq!(whole, in_pieces(process.as_ref(), pieces, threads), "{}", process.facts().kind);
        }
    }
}

/// Particle number i is the same whether there are few particles or many.
#[test]
fn a_particle_does_not_depend_on_how_many_there_are() {
    let potential = Quadratic::new(vec![1.0, 2.0, 3.0]);
    let process = EulerMaruyama::new(&potential, 0.1, 0.05, 5);
    let threads = Threads::new(1).unwrap();
    let weights = |count: u64| {
        let mut ensemble = Ensemble::new(&process, &Start::Gaussian { std: 1.0 }, count, 5);
        ensemble.advance(70, &threads);
        ensemble.blocks().iter().flat_map(|b| b.weights.clone()).collect::<Vec<f64>>()
    };
    let (few, many) = (weights(37), weights(2000));
    assert_eq!(few, many[..few.len()]);
}
