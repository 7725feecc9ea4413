//! What analyses keep while they go on: torn, edited, and edited with a right checksum.

use crate::attack::Attack;
use crate::checkpoint::{NEVER, begun, changed};
use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::report::{Begun, Checkpoint, Folder, summary_text};
use sgd_sde::study::{
    Keeper, Outcome, Plan, Share, Silent, Simulation, Slot, Source, State, Unkept, conclude,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A sample of the Gibbs measure, halved steps, distances, the slowest mode; rounds of runs at two noise scales.
const STUDIES: [&str; 2] = [
    "[problem]\nkind = 'quadratic'\neigenvalues = [1.0]\n[[process]]\nkind = 'sgd-sde'\ns = 0.5\ndt = 0.1\nparticles = 16\n\
     [time]\nhorizon = 1.0\npoints = 3\n[analysis]\ngibbs = { draws = 64, times = 1, replicates = 19 }\nmixing = { particles = 64 }\n",
    "[problem]\nkind = 'least-squares'\nlambda = 0.1\n[problem.data]\nkind = 'linear'\nsamples = 10\ndim = 1\n\
     [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 2\nparticles = 20\n[[process]]\nname = 'sde'\n\
     kind = 'covariance-sde'\ns = 0.1\ndt = 0.0125\nbatch = 2\nparticles = 20\n[time]\nhorizon = 0.8\npoints = 3\n[analysis.agreement]\n\
     noise_scales = [0.4, 0.2, 0.1]\nparticles = 20\n",
];

/// A run that was killed while its analyses went on.
struct Killed {
    folder: tempfile::TempDir,
    begun: Begun,
    plan: Plan,
    /// Its steps, made.
    state: Vec<u8>,
    /// The findings, and what stands in them.
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Killed {
    fn new(study: &str) -> Self {
        let source = Source::parse(Path::new("study.toml"), study).unwrap();
        let plan = Plan::new(&source, Backend::Portable).unwrap();
        let (folder, begun) = (tempfile::tempdir().unwrap(), begun(study));
        let state = {
            let (threads, processes) = (Threads::new(1).unwrap(), plan.processes());
            let mut steps = Simulation::new(&plan, &processes, 0, Share::WHOLE);
            steps.advance(&threads, &mut Silent, &mut Unkept::default()).unwrap();
            rmp_serde::to_vec_named(&steps.state()).unwrap()
        };
        let mut own = Self { folder, begun, plan, state, files: Vec::new() };
        let run = Folder::free(own.folder.path(), false).unwrap();
        let (mut checkpoint, _) = Checkpoint::open(&run, &own.begun, false, Duration::ZERO, &NEVER).unwrap();
        own.conclude(&mut checkpoint);
        let inside = fs::read_dir(own.folder.path().join("checkpoint")).unwrap().map(|e| e.unwrap().path());
        let found = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("found-");
        let mut files: Vec<_> =
            inside.filter(found).map(|path| (path.clone(), fs::read(path).unwrap())).collect();
        files.sort();
        own.files = files;
        own
    }

    fn conclude(&self, keeper: &mut dyn Keeper) -> Outcome {
        let (threads, processes) = (Threads::new(1).unwrap(), self.plan.processes());
        let state: State<'static> = rmp_serde::from_slice(&self.state).unwrap();
        let steps = Simulation::resumed(&self.plan, &processes, 0, Share::WHOLE, state).unwrap();
        conclude(&self.plan, (0, Vec::new()), steps, &threads, &mut Silent, keeper).unwrap()
    }

    /// Goes on where this file is changed, and what is the analysis whose piece it is is not there.
    fn resumed(&self, file: usize, bytes: &[u8]) -> Result<(), String> {
        let (path, slot) = (&self.files[file].0, slot(&self.files[file].0));
        for (other, whole) in &self.files {
            fs::write(other, whole).unwrap();
            if slot.piece.is_some() && super::findings::slot(other) == (Slot { piece: None, ..slot }) {
                fs::remove_file(other).unwrap();
            }
        }
        fs::write(path, bytes).unwrap();
        let folder = Folder::open(self.folder.path());
        let opened = Checkpoint::open(&folder, &self.begun, true, Duration::MAX, &NEVER);
        let (mut checkpoint, _) = opened.map_err(|error| error.to_string())?;
        let believed = checkpoint.found(slot).is_some();
        summary_text(&self.conclude(&mut checkpoint).results, "results");
        if believed { Ok(()) } else { Err("torn or changed; found anew".into()) }
    }
}

/// Whose finding a file holds.
fn slot(path: &Path) -> Slot {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut numbers = name.split('-').skip(2).map(|number| number.parse().unwrap());
    Slot { analysis: numbers.next().unwrap(), piece: numbers.next() }
}

#[test]
fn findings_of_analyses() {
    let runs = STUDIES.map(Killed::new);
    let pieces = |run: &Killed| run.files.iter().filter(|(path, _)| slot(path).piece.is_some()).count();
    assert!(runs.iter().all(|run| pieces(run) >= 2), "too few pieces to attack");
    let (patience, memory) = (Duration::from_secs(2), 64 << 20);
    let attack = Attack { name: "findings_of_analyses", inputs: 300, patience, memory };
    attack.run(
        |dice| {
            let run = dice.below(runs.len());
            (run, changed(dice, &runs[run].files))
        },
        |(run, changed)| {
            let answer = runs[*run].resumed(changed.file, &changed.bytes);
            let same = changed.bytes == runs[*run].files[changed.file].1;
            assert!(changed.forged || same || answer.is_err(), "a changed file was taken");
            answer
        },
        |(run, changed)| [format!("run {run}, file {}: ", changed.file).as_bytes(), &changed.bytes].concat(),
    );
}
