//! Nothing is lost: a run that is killed or interrupted goes on as if it had never stopped.

use crate::support::program::{Said, folder, names, program, started};
use crate::support::results::same_results;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Two processes of unequal size in several blocks, with an analysis that keeps a history.
const STUDY: &str = "title = 'a run to stop'\nseed = 7\n[problem]\nkind = 'two-layer'\nactivation = 'softplus'\nwidth = 4\nlambda = 0.1\n\
    [problem.data]\nkind = 'margin'\nsamples = 40\ndim = 4\ntest_fraction = 0.2\n\
    [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.05\ndt = 0.05\nparticles = 1100\n\
    [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.05\nbatch = 8\nparticles = 700\n\
    [time]\nhorizon = 30.0\npoints = 40\n[observe]\nquantities = ['risk', 'squared_norm']\n\
    [analysis.agreement]\nnoise_scales = []\nlaws = false\n";

const KEEP_ALL: [&str; 3] = ["--quiet", "--checkpoint", "0"];

fn run<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "study.toml", "--out", out], &KEEP_ALL[..], more].concat()
}

/// A number of [0, 1) for each trial.
fn fraction(trial: u64) -> f64 {
    (trial as f64 * 0.618_033_988_749_895 + 0.1).fract()
}

/// How many kills: a few in the suite, as many as the environment asks for.
fn kills() -> u64 {
    std::env::var("SGD_SDE_KILLS").map_or(6, |text| text.parse().expect("SGD_SDE_KILLS is a number"))
}

#[test]
fn a_run_that_is_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let folder = folder(STUDY);
    let at = folder.path();
    let started_at = Instant::now();
    program(at, &run("whole", &["--threads", "2"])).done();
    let span = started_at.elapsed();
    let mut resumed = 0;
    for trial in 0..kills() {
        let running = started(at, &run("killed", &["--threads", "2"]));
        std::thread::sleep(span.mul_f64(fraction(trial)));
        running.killed();
        resumed += u64::from(at.join("killed/checkpoint/point.state").exists());
        let threads = if trial % 2 == 0 { "1" } else { "3" };
        program(at, &run("killed", &["--resume", "--threads", threads])).done();
        same_results(&at.join("whole"), &at.join("killed"));
        fs::remove_dir_all(at.join("killed")).unwrap();
    }
    eprintln!("{} kills, {resumed} of them with a state to go on from: all folders the same", kills());
    assert!(resumed > 0, "no kill came between the first state and the end");
}

#[test]
fn a_run_killed_again_and_again_ends_with_the_same_bytes() {
    let folder = folder(STUDY);
    let at = folder.path();
    program(at, &run("whole", &[])).done();
    let state = at.join("often/checkpoint/point.state");
    for _ in 0..3 {
        // A state is there, and then another.
        let running = started(at, &run("often", &["--resume"])).until(&state);
        let before = fs::metadata(&state).and_then(|m| m.modified()).ok();
        let since = Instant::now();
        while fs::metadata(&state).and_then(|m| m.modified()).ok() == before && since.elapsed().as_secs() < 5
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.killed();
    }
    program(at, &run("often", &["--resume"])).done();
    same_results(&at.join("whole"), &at.join("often"));
}

/// Killed once the first state stands.
fn killed(at: &Path, out: &str) {
    started(at, &run(out, &[])).until(&at.join(out).join("checkpoint/point.previous.state")).killed();
    assert!(at.join(out).join("checkpoint/point.previous.state").exists(), "the run was too short to kill");
}

/// Killed when the first piece of an analysis is kept, and again at later ones.
#[test]
fn a_run_killed_in_an_analysis_goes_on_from_its_pieces() {
    let study = "seed = 3\n[problem]\nkind = 'double-well'\n[[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.4\ndt = 0.05\n\
        particles = 300\n[time]\nhorizon = 4.0\npoints = 6\n[analysis]\ngibbs = { times = 4, draws = 1024, replicates = 99 }\nmixing = { particles = 256 }\n";
    let folder = folder(study);
    let at = folder.path();
    program(at, &run("whole", &["--threads", "2"])).done();
    for piece in [0, 2, 4] {
        let kept = at.join(format!("killed/checkpoint/found-0-0-{piece}.state"));
        started(at, &run("killed", &["--resume", "--threads", "1"])).until(&kept).killed();
        assert!(kept.exists(), "the analysis was too short to kill at piece {piece}");
    }
    program(at, &run("killed", &["--resume", "--threads", "2"])).done();
    same_results(&at.join("whole"), &at.join("killed"));
}

#[test]
fn ctrl_c_finishes_the_step_keeps_it_and_says_how_to_go_on() {
    let folder = folder(STUDY);
    let at = folder.path();
    program(at, &run("whole", &[])).done();
    for signal in ["INT", "TERM"] {
        let running = started(at, &run("cut", &[])).until(&at.join("cut/checkpoint/point.state"));
        let said = running.signalled(signal);
        assert_eq!(said.code, 130, "{}", said.err);
        let command = said.err.lines().last().unwrap().trim();
        assert!(said.err.contains("interrupted at t = ") && command.ends_with("--resume"), "{}", said.err);
        assert!(!names(&at.join("cut")).contains(&"record.json".to_owned()));
        let done = Command::new("sh").args(["-c", command]).current_dir(at).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        same_results(&at.join("whole"), &at.join("cut"));
        fs::remove_dir_all(at.join("cut")).unwrap();
    }
}

#[test]
fn a_torn_or_changed_state_is_found_and_the_one_before_it_used() {
    let folder = folder(STUDY);
    let at = folder.path();
    program(at, &run("whole", &[])).done();
    let damage: [fn(&mut Vec<u8>); 2] = [|bytes| bytes.truncate(bytes.len() / 2), |bytes| bytes[1000] ^= 4];
    for damage in damage {
        killed(at, "torn");
        let state = at.join("torn/checkpoint/point.state");
        let mut bytes = fs::read(&state).unwrap();
        damage(&mut bytes);
        fs::write(&state, bytes).unwrap();
        let said = program(at, &run("torn", &["--resume"]));
        assert_eq!(said.code, 0, "{}", said.err);
        let want = "checkpoint/point.state: it is torn or was changed: its checksum is wrong; the state before it is used";
        assert!(said.err.contains(want), "{}", said.err);
        same_results(&at.join("whole"), &at.join("torn"));
        // With both gone the point begins anew.
        fs::remove_dir_all(at.join("torn")).unwrap();
    }
    killed(at, "torn");
    for name in ["point.state", "point.previous.state"] {
        fs::write(at.join("torn/checkpoint").join(name), b"sgd-sde state 1\n").unwrap();
    }
    let said = program(at, &run("torn", &["--resume"]));
    assert!(said.err.contains("it is cut short; the point begins anew"), "{}", said.err);
    same_results(&at.join("whole"), &at.join("torn"));
}

#[track_caller]
fn refused(said: &Said, words: &[&str]) {
    assert_eq!(said.code, 2, "{}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    for word in words {
        assert!(said.err.contains(word), "'{word}' in {}", said.err);
    }
}

/// Every file under a folder with its bytes.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for name in names(folder) {
        match name.strip_suffix('/') {
            Some(inside) => all.extend(content(&folder.join(inside))),
            None => all.push((name.clone(), fs::read(folder.join(&name)).unwrap())),
        }
    }
    all
}

#[test]
fn another_study_file_program_or_back_end_is_refused_with_the_reason() {
    let rows: String = (0..40).map(|i| format!("{},{},{}\n", i % 7, i % 5, 2 * (i % 2) - 1)).collect();
    let data = "[problem.data]\nkind = 'csv'\npath = 'rows.csv'\n";
    let margin = "[problem.data]\nkind = 'margin'\nsamples = 40\ndim = 4\ntest_fraction = 0.2\n";
    let study = STUDY.replace(margin, data);
    let folder = folder(&study);
    let at = folder.path();
    fs::write(at.join("rows.csv"), &rows).unwrap();
    killed(at, "kept");
    let before = content(&at.join("kept"));
    refused(&program(at, &run("kept", &[])), &["holds a run that was interrupted", "--resume", "--force"]);
    let said = program(at, &run("kept", &["--resume", "--set", "process.sde.s=0.1"]));
    refused(&said, &["cannot be resumed: the study has changed: process.0.s was 0.05, is 0.1", "--force"]);
    fs::write(at.join("study.toml"), study.replace("width = 4", "width = 6")).unwrap();
    refused(&program(at, &run("kept", &["--resume"])), &["problem.width was 4, is 6"]);
    fs::write(at.join("study.toml"), &study).unwrap();
    fs::write(at.join("rows.csv"), rows.replacen("0,0,", "0,1,", 1)).unwrap();
    refused(
        &program(at, &run("kept", &["--resume"])),
        &["rows.csv has other content than when it was begun"],
    );
    fs::write(at.join("rows.csv"), &rows).unwrap();
    refused(
        &program(at, &run("kept", &["--resume", "--part", "1/2"])),
        &["it is share 1/1, and share 1/2 is asked for"],
    );
    let said = program(at, &run("kept", &["--resume", "--backend", "portable"]));
    if !said.err.is_empty() {
        refused(&said, &["vector instructions", "now they are portable", "add --backend "]);
        assert!(content(&at.join("kept")) == before, "a refusal changed the folder");
    }
}

#[test]
fn a_run_that_is_done_or_not_begun_may_be_resumed() {
    let folder = folder(STUDY);
    let at = folder.path();
    program(at, &run("new", &["--resume"])).done();
    let before = content(&at.join("new"));
    let said = program(at, &["run", "study.toml", "--out", "new", "--resume"]).done();
    assert!(said.out.contains("nothing is left to resume"), "{}", said.out);
    assert!(content(&at.join("new")) == before);
    refused(
        &program(at, &run("new", &["--resume", "--set", "seed=8"])),
        &["results of another study: seed was 7, is 8"],
    );
}

#[test]
fn two_runs_do_not_write_to_one_folder() {
    let folder = folder(STUDY);
    let at = folder.path();
    let first = started(at, &run("shared", &[])).until(&at.join("shared/checkpoint/begun.state"));
    for how in ["--resume", "--force"] {
        refused(&program(at, &run("shared", &[how])), &["another run is writing there"]);
    }
    assert_eq!(first.ended().code, 0);
    program(at, &run("whole", &[])).done();
    same_results(&at.join("whole"), &at.join("shared"));
}

/// Points that run at once, and points that run one after another.
#[test]
fn a_sweep_goes_on_at_the_point_where_it_was_killed() {
    for (particles, horizon) in [("40", "20.0"), ("1100", "3.0")] {
        let study = STUDY.replace("1100", particles).replace("700", "30").replace("30.0", horizon);
        let study = format!("{study}[sweep]\n\"problem.width\" = [2, 3, 4, 5]\n[repeat]\nseed = 3\n");
        let folder = folder(&study);
        let at = folder.path();
        program(at, &run("whole", &["--threads", "1"])).done();
        for name in ["points-0.state", "points-1.state"] {
            let place = at.join("cut/checkpoint").join(name);
            started(at, &run("cut", &["--resume", "--threads", "1"])).until(&place).killed();
            assert!(place.exists(), "the run was too short to kill");
        }
        program(at, &run("cut", &["--resume", "--threads", "2"])).done();
        same_results(&at.join("whole"), &at.join("cut"));
    }
}
