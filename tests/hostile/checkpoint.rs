//! What a run keeps while it goes on, and the shares that `merge` joins: torn, edited, and edited with a right checksum.

use crate::attack::{Answer, Attack};
use crate::dice::Dice;
use sgd_sde::numerics::Backend;
use sgd_sde::parallel::Threads;
use sgd_sde::report::{Begun, Checkpoint, Folder, Resumed, Shares};
use sgd_sde::study::{Plan, Share, Silent, Simulation, Source, State, Unkept, conclude};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Two processes, one with a velocity, and an analysis that keeps a history.
const STUDY: &str = "[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 1\nlambda = 0.1\n[problem.data]\nkind = 'margin'\n\
                     samples = 6\ndim = 2\n[[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.1\nbatch = 2\nparticles = 3\n\
                     [[process]]\nname = 'inert'\nkind = 'momentum-sgd'\ns = 0.1\nbatch = 2\nparticles = 4\n[time]\nhorizon = 0.4\n\
                     points = 3\n[analysis]\nagreement = { laws = false, noise = false }\n";

/// Where the files of a format lie, and what they are.
struct Kept {
    folder: tempfile::TempDir,
    begun: Begun,
    plan: Plan,
    /// Each file and what stands in it.
    files: Vec<(PathBuf, Vec<u8>)>,
}

pub static NEVER: AtomicBool = AtomicBool::new(false);

/// What a run of `study` begins with.
pub fn begun(study: &str) -> Begun {
    Begun {
        program: Begun::this_program(),
        backend: "portable".into(),
        share: Share::WHOLE,
        points: 2,
        file: "study.toml".into(),
        set: Vec::new(),
        study: study.into(),
        inputs: Vec::new(),
    }
}

impl Kept {
    fn new() -> Self {
        let plan =
            Plan::new(&Source::parse(Path::new("study.toml"), STUDY).unwrap(), Backend::Portable).unwrap();
        let (folder, threads) = (tempfile::tempdir().unwrap(), Threads::new(1).unwrap());
        let begun = begun(STUDY);
        let run = Folder::free(&folder.path().join("run"), false).unwrap();
        let (mut kept, _) = Checkpoint::open(&run, &begun, false, Duration::ZERO, &NEVER).unwrap();
        let processes = plan.processes();
        let mut steps = Simulation::new(&plan, &processes, 0, Share::WHOLE);
        steps.advance(&threads, &mut Silent, &mut kept).unwrap();
        std::fs::create_dir(folder.path().join("share")).unwrap();
        let share = Folder::open(&folder.path().join("share"));
        share.write_share(&begun, &steps.state()).unwrap();
        drop(steps);
        drop(processes);
        drop(kept);
        let names = [
            "run/checkpoint/begun.state",
            "run/checkpoint/point.state",
            "share/share/begun.state",
            "share/share/point-0.state",
        ];
        let files =
            names.map(|name| folder.path().join(name)).map(|path| (path.clone(), fs::read(path).unwrap()));
        for older in ["point.new.state", "point.previous.state"] {
            let _ = fs::remove_file(folder.path().join("run/checkpoint").join(older));
        }
        Self { begun, plan, files: files.to_vec(), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Goes on with the run whose state is read.
    fn resume(&self) -> Result<Resumed, String> {
        let folder = Folder::open(&self.path("run"));
        let opened = Checkpoint::open(&folder, &self.begun, true, Duration::MAX, &NEVER);
        opened.map(|(_, resumed)| resumed).map_err(|error| error.to_string())
    }

    /// Makes the steps that are left after `states`, and concludes.
    fn conclude(&self, states: Vec<State<'static>>, joined: bool) -> Answer {
        let (threads, processes) = (Threads::new(1).unwrap(), self.plan.processes());
        let simulation = match joined {
            true => Simulation::joined(&self.plan, &processes, 0, states),
            false => states
                .into_iter()
                .try_fold(Simulation::new(&self.plan, &processes, 0, Share::WHOLE), |_, state| {
                    Simulation::resumed(&self.plan, &processes, 0, Share::WHOLE, state)
                }),
        };
        let mut simulation = simulation.map_err(|reason| format!("{reason};"))?;
        let mut keeper = Unkept::default();
        simulation.advance(&threads, &mut Silent, &mut keeper).map_err(|error| error.to_string())?;
        let end = conclude(&self.plan, (0, Vec::new()), simulation, &threads, &mut Silent, &mut keeper);
        end.map(|_| ()).map_err(|error| error.to_string())
    }
}

/// A changed file: which, its bytes, and whether its checksum is right.
pub struct Changed {
    pub file: usize,
    pub bytes: Vec<u8>,
    pub forged: bool,
}

/// One of some files, changed.
pub fn changed(dice: &mut Dice, files: &[(PathBuf, Vec<u8>)]) -> Changed {
    let file = dice.below(files.len());
    let mut bytes = files[file].1.clone();
    let other = &files[dice.below(files.len())].1;
    let forged = !dice.once_in(4);
    if forged {
        bytes.truncate(bytes.len() - 32);
    }
    for _ in 0..=dice.below(3) {
        match dice.below(4) {
            0 => dice.mangle(&mut bytes, other),
            1 => length(dice, &mut bytes),
            2 => number(dice, &mut bytes),
            _ => {
                let at = dice.below(bytes.len().max(1));
                let new = dice.below(256) as u8;
                bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = new);
            }
        }
    }
    if forged {
        let hash = Sha256::digest(&bytes);
        bytes.extend_from_slice(&hash);
    }
    Changed { file, bytes, forged }
}

/// Somewhere a list, text or map claims another length than it has.
fn length(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.below(bytes.len() + 1);
    let claim = *dice.pick::<&[u8]>(&[
        &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
        &[0xdf, 0xff, 0xff, 0xff, 0xff],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc6, 0xff, 0xff, 0xff, 0xff],
        &[0xdc, 0xff, 0xff],
        &[0x90],
        &[0x9f],
        &[0x80],
        &[0xc0],
    ]);
    let gone = (at + dice.below(6)).min(bytes.len());
    bytes.splice(at..gone, claim.iter().copied());
    if dice.once_in(20) {
        // Lists in lists.
        let at = dice.below(bytes.len() + 1);
        bytes.splice(at..at, vec![0x91; 1 << dice.below(16)]);
    }
}

/// A number of the file becomes an extreme one of its kind.
fn number(dice: &mut Dice, bytes: &mut [u8]) {
    let places: Vec<usize> = (0..bytes.len()).filter(|&i| matches!(bytes[i], 0xcb | 0xcf)).collect();
    if places.is_empty() {
        return;
    }
    let at = *dice.pick(&places) + 1;
    let float = *dice.pick(&[f64::NAN, f64::INFINITY, 1e308, -1e308, 0.0, -0.0, 5e-324, 1e30]);
    let whole = *dice.pick(&[0, 1, u64::MAX, 1 << 63, 1 << 53, 1 << 32]);
    let new = if bytes[at - 1] == 0xcb { float.to_bits() } else { whole };
    bytes.iter_mut().skip(at).zip(new.to_be_bytes()).for_each(|(byte, new)| *byte = new);
}

#[test]
fn checkpoints_and_shares() {
    let kept = Kept::new();
    assert!(kept.resume().unwrap().state.is_some(), "the untouched state is taken up");
    let attack = Attack {
        name: "checkpoints_and_shares",
        inputs: 2_000,
        patience: Duration::from_secs(2),
        memory: 64 << 20,
    };
    attack.run(
        |dice| changed(dice, &kept.files),
        |changed| {
            let (path, whole) = &kept.files[changed.file];
            fs::write(path, &changed.bytes).unwrap();
            let answer = answer(&kept, changed);
            fs::write(path, whole).unwrap();
            answer
        },
        |changed| [format!("file {}: ", changed.file).as_bytes(), &changed.bytes].concat(),
    );
}

fn answer(kept: &Kept, changed: &Changed) -> Answer {
    let same = changed.bytes == kept.files[changed.file].1;
    let answer = match changed.file {
        0 => kept.resume().map(|_| ()),
        1 => {
            let resumed = kept.resume()?;
            match resumed.state {
                Some(state) => kept.conclude(vec![state], false),
                None => Err(resumed.note.map_or("a state of another point;".into(), |note| note + ";")),
            }
        }
        _ => {
            let shares = Shares::open(&[kept.path("share")]).map_err(|error| error.to_string())?;
            let states = shares.read(0).map_err(|error| error.to_string())?;
            kept.conclude(states, true)
        }
    };
    // What nobody vouches for is never believed.
    assert!(changed.forged || same || answer.is_err(), "a changed file was taken");
    answer
}
