//! Every kind of process, stopped wherever it can be stopped and cut into shares, ends with the bits of a run that was neither.

use crate::support::studies::plan;
use sgd_sde::error::Result;
use sgd_sde::parallel::Threads;
use sgd_sde::study::{Keeper, Plan, Results, Share, Silent, Simulation, Slot, State, Unkept, conclude};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

const QUADRATIC: &str = "kind = 'quadratic'\neigenvalues = [1.0, 4.0]\n";
const SQUARES: &str =
    "kind = 'least-squares'\nlambda = 0.1\n[problem.data]\nkind = 'linear'\nsamples = 50\ndim = 3\n";
const NET: &str = "kind = 'two-layer'\nactivation = 'tanh'\nwidth = 4\nlambda = 1.0\n\
     [problem.data]\nkind = 'margin'\nsamples = 30\ndim = 2\n";
const GATE: &str = "kind = 'relu-gate'\ndim = 5\nteacher_norm = 3.0\n";

/// A problem and the lines of a process; `step` or `s` is 0.1 throughout.
const CASES: [(&str, &str); 15] = [
    (NET, "kind = 'sgd-sde'\ns = 0.1\ndt = 0.1"),
    (NET, "kind = 'sgd-sde'\nscheme = 'heun'\ns = 0.1\ndt = 0.1\nrefinement = 2"),
    (NET, "kind = 'gradient-flow'\ndt = 0.1"),
    (NET, "kind = 'underdamped-sde'\ns = 0.1\nmomentum = 0.9\ndt = 0.1"),
    (NET, "kind = 'sgd'\ns = 0.1\nbatch = 7"),
    (NET, "kind = 'sgd'\ns = 0.1\nbatch = 7\nsampling = 'without-replacement'"),
    (NET, "kind = 'sgd'\ns = 0.1\nbatch = 7\nsampling = 'epochs'"),
    (NET, "kind = 'sgd'\ns = 0.1\nbatch = 7\nstop_radius = 0.5"),
    (NET, "kind = 'momentum-sgd'\ns = 0.1\nbatch = 7"),
    (SQUARES, "kind = 'svag'\ns = 0.1\nl = 4\nbatch = 5"),
    (SQUARES, "kind = 'covariance-sde'\ns = 0.1\ndt = 0.1\nbatch = 5"),
    (SQUARES, "kind = 'second-order-sde'\ns = 0.1\ndt = 0.1\nbatch = 5"),
    (QUADRATIC, "kind = 'scaled-noise-gd'\nstep = 0.1\nnoise = { sigma = 0.3 }"),
    (QUADRATIC, "kind = 'bounded-noise-gd'\nstep = 0.1\nexponent = 0.75\nvariance = 1.0"),
    (GATE, "kind = 'one-pass-sgd'\ns = 0.1\nbatch = 3"),
];

/// The process beside one of another kind, with more particles than a block has.
fn study((problem, process): (&str, &str)) -> Plan {
    let other = if problem == GATE {
        "kind = 'one-pass-sgd'\ns = 0.1\nbatch = 2"
    } else {
        "kind = 'gradient-flow'\ndt = 0.1"
    };
    plan(&format!(
        "seed = 3\n[problem]\n{problem}\n[start]\nlaw = 'gaussian'\nstd = 0.5\n\
         [[process]]\nname = 'p'\n{process}\nparticles = 1100\n[[process]]\nname = 'q'\n{other}\nparticles = 530\n\
         [time]\nhorizon = 2.0\npoints = 4\n[observe]\nquantities = ['squared_norm']\n"
    ))
}

/// Stops at the first chance, with the state as the bytes that a file would hold.
#[derive(Default)]
struct Stopper(Vec<u8>);

impl Keeper for Stopper {
    fn stop(&self) -> bool {
        true
    }

    fn due(&self, _resting: bool) -> bool {
        false
    }

    fn keep(&mut self, state: &State<'_>) -> Result<()> {
        self.0 = rmp_serde::to_vec_named(state).unwrap();
        Ok(())
    }

    fn found(&mut self, _slot: Slot) -> Option<Vec<u8>> {
        None
    }

    fn is_worth_keeping(&self, _spent: Duration) -> bool {
        false
    }

    fn keep_found(&mut self, _slot: Slot, _value: &[u8]) -> Result<()> {
        Ok(())
    }
}

/// Keeps whatever analyses have found, and what was found in which order.
#[derive(Default)]
struct Memory {
    known: HashMap<Slot, Vec<u8>>,
    log: Vec<(Slot, Vec<u8>)>,
    taken: usize,
}

impl Keeper for Memory {
    fn stop(&self) -> bool {
        false
    }

    fn due(&self, _resting: bool) -> bool {
        true
    }

    fn keep(&mut self, _state: &State<'_>) -> Result<()> {
        Ok(())
    }

    fn found(&mut self, slot: Slot) -> Option<Vec<u8>> {
        let known = self.known.get(&slot).cloned();
        self.taken += usize::from(known.is_some());
        known
    }

    fn is_worth_keeping(&self, _spent: Duration) -> bool {
        true
    }

    fn keep_found(&mut self, slot: Slot, value: &[u8]) -> Result<()> {
        self.log.push((slot, value.to_vec()));
        Ok(())
    }
}

/// Studies whose analyses together have every kind of piece.
const ANALYSES: [&str; 4] = [
    "[problem]\nkind = 'quadratic'\neigenvalues = [1.0, 3.0]\n[[process]]\nname = 'a'\nkind = 'sgd-sde'\ns = 0.2\ndt = 0.1\n\
     particles = 200\n[[process]]\nname = 'b'\nkind = 'sgd-sde'\ns = 0.2\ndt = 0.2\nparticles = 200\n[time]\nhorizon = 4.0\n\
     points = 5\n[analysis]\ngibbs = { draws = 512, times = 2, replicates = 39 }\nmixing = { particles = 64 }\n",
    // More particles than run together, in rounds.
    "[problem]\nkind = 'least-squares'\nlambda = 0.1\n[problem.data]\nkind = 'linear'\nsamples = 10\ndim = 1\n\
     [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 2\nparticles = 80\n[[process]]\nname = 'sde'\n\
     kind = 'covariance-sde'\ns = 0.1\ndt = 0.0125\nbatch = 2\nparticles = 80\n[time]\nhorizon = 0.8\npoints = 3\n[analysis.agreement]\n\
     noise_scales = [0.4, 0.2, 0.1]\nparticles = 9000\nuntil = { half_width = 1e-9, particles = 40000 }\n",
    "[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 1\nlambda = 0.5\n[problem.data]\nkind = 'margin'\nsamples = 20\n\
     dim = 2\n[[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 5\nparticles = 40\n[[process]]\nname = 'sde'\n\
     kind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 40\n[time]\nhorizon = 2.0\npoints = 3\n[analysis.certificate]\nrays = 2\n\
     noise_scales = [0.2, 0.1]\nparticles = 64\n",
    "[problem]\nkind = 'kernel-regression'\nactivation = 'relu'\nregularity = 0.5\nmodes = 8\n[[process]]\n\
     kind = 'one-pass-sgd'\ns = 0.5\nbatch = 1\nparticles = 2\n[time]\nhorizon = 1.0\npoints = 2\n[analysis]\n\
     ntk = { widths = [4, 8], horizons = [10, 20], draws = 2, particles = 2 }\n",
];

/// The findings of a study whose steps are made, as bytes, without the time that steps took.
fn concluded(plan: &Plan, state: &[u8], keeper: &mut dyn Keeper) -> Vec<u8> {
    let (threads, processes) = (Threads::new(2).unwrap(), plan.processes());
    let state: State<'static> = rmp_serde::from_slice(state).unwrap();
    let simulation = Simulation::resumed(plan, &processes, 0, Share::WHOLE, state).unwrap();
    let place = (0, Vec::new());
    let outcome = conclude(plan, place, simulation, &threads, &mut Silent, keeper).unwrap();
    let mut results: Results = outcome.results;
    results.processes.iter_mut().for_each(|row| row.seconds_in_steps = 0.0);
    results.processes.iter_mut().for_each(|row| row.particle_steps_per_second = 0.0);
    rmp_serde::to_vec_named(&results).unwrap()
}

/// A study that was killed after any piece of an analysis: what was kept by then is taken up, and the findings are the same.
#[test]
fn every_analysis_goes_on_after_any_piece_of_it() {
    for study in ANALYSES {
        let plan = plan(&format!("seed = 5\n{study}"));
        let state = {
            let (threads, processes) = (Threads::new(2).unwrap(), plan.processes());
            let mut simulation = Simulation::new(&plan, &processes, 0, Share::WHOLE);
            simulation.advance(&threads, &mut Silent, &mut Unkept::default()).unwrap();
            rmp_serde::to_vec_named(&simulation.state()).unwrap()
        };
        let mut first = Memory::default();
        let whole = concluded(&plan, &state, &mut first);
        assert_eq!(first.taken, 0);
        let pieces: HashSet<Slot> =
            first.log.iter().map(|(slot, _)| *slot).filter(|s| s.piece.is_some()).collect();
        assert!(pieces.len() >= 4, "{} pieces of {study}", pieces.len());
        for kept in 1..=first.log.len() {
            let known = first.log[..kept].iter().cloned().collect();
            let mut again = Memory { known, ..Memory::default() };
            assert!(concluded(&plan, &state, &mut again) == whole, "{kept} kept of {study}");
            assert!(again.taken > 0, "nothing kept was used: {kept} of {study}");
        }
        // Values of another kind are not believed.
        let slots = first.log.iter().map(|(slot, _)| (*slot, rmp_serde::to_vec_named(&"text").unwrap()));
        let mut again = Memory { known: slots.collect(), ..Memory::default() };
        assert!(concluded(&plan, &state, &mut again) == whole, "{study}");
    }
}

/// Everything the steps have left, but for the time they took.
fn left(simulation: &Simulation<'_>) -> Vec<u8> {
    let state = State { seconds: vec![0.0; 2].into(), ..simulation.state() };
    rmp_serde::to_vec_named(&state).unwrap()
}

#[test]
fn every_kind_of_process_goes_on_after_any_piece_of_steps() {
    let threads = Threads::new(2).unwrap();
    for case in CASES {
        let plan = study(case);
        let processes = plan.processes();
        let mut whole = Simulation::new(&plan, &processes, 0, Share::WHOLE);
        whole.advance(&threads, &mut Silent, &mut Unkept::default()).unwrap();
        let mut stopped = Simulation::new(&plan, &processes, 0, Share::WHOLE);
        let mut stops = 0;
        let mut stopper = Stopper::default();
        while stopped.advance(&threads, &mut Silent, &mut stopper).is_err() {
            stops += 1;
            let state: State<'static> = rmp_serde::from_slice(&stopper.0).unwrap();
            stopped = Simulation::resumed(&plan, &processes, 0, Share::WHOLE, state).unwrap();
        }
        assert!(stops >= 6, "{}: {stops} stops", case.1);
        assert!(left(&whole) == left(&stopped), "{}", case.1);
    }
}

#[test]
fn shares_of_every_kind_of_process_join_to_the_whole() {
    let threads = Threads::new(2).unwrap();
    for case in CASES {
        let plan = study(case);
        let processes = plan.processes();
        let made = |share: Share| {
            let mut simulation = Simulation::new(&plan, &processes, 0, share);
            simulation.advance(&threads, &mut Silent, &mut Unkept::default()).unwrap();
            simulation
        };
        let shares = (1..=3).map(|number| {
            let bytes =
                rmp_serde::to_vec_named(&made(format!("{number}/3").parse().unwrap()).state()).unwrap();
            rmp_serde::from_slice::<State<'static>>(&bytes).unwrap()
        });
        let joined = Simulation::joined(&plan, &processes, 0, shares.collect()).unwrap();
        assert!(left(&made(Share::WHOLE)) == left(&joined), "{}", case.1);
    }
}

#[test]
fn a_state_of_another_plan_is_refused() {
    let (plan, other) = (study(CASES[0]), study(CASES[4]));
    let (processes, others) = (plan.processes(), other.processes());
    let at_start = Simulation::new(&other, &others, 0, Share::WHOLE);
    let refused = |point, share| Simulation::resumed(&plan, &processes, point, share, at_start.state()).err();
    let reason = refused(0, Share::WHOLE).unwrap();
    assert!(reason.starts_with("process.0."), "{reason}");
    let own = Simulation::new(&plan, &processes, 0, Share::WHOLE);
    let resumed = |point, share| Simulation::resumed(&plan, &processes, point, share, own.state()).err();
    assert_eq!(resumed(0, Share::WHOLE), None);
    assert_eq!(resumed(1, Share::WHOLE).unwrap(), "it holds share 1/1 of point 0");
    assert_eq!(resumed(0, "1/2".parse().unwrap()).unwrap(), "it holds share 1/1 of point 0");
    let joined = Simulation::joined(&plan, &processes, 0, vec![own.state()]).err().unwrap();
    assert!(joined.ends_with("it has not come to the horizon"), "{joined}");
}
