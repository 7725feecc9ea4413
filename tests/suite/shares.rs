//! A study cut into shares of its particles and joined again is the study.

use crate::support::program::{Said, folder, names, program, started};
use crate::support::results::same_results;
use std::fs;
use std::path::Path;

/// Processes of unequal size, readings of single particles, snapshots, paths and a history.
const STUDY: &str = "title = 'a study in shares'\nseed = 3\n[problem]\nkind = 'two-layer'\nactivation = 'tanh'\nwidth = 4\nlambda = 0.1\n\
    [problem.data]\nkind = 'margin'\nsamples = 40\ndim = 4\ntest_fraction = 0.2\n\
    [[process]]\nname = 'sgd'\nkind = 'sgd'\ns = 0.05\nbatch = 8\nparticles = 1300\n\
    [[process]]\nname = 'sde'\nkind = 'covariance-sde'\ns = 0.05\nbatch = 8\nparticles = 2100\n\
    [time]\nhorizon = 2.0\npoints = 9\n[observe]\nquantities = ['risk', 'test_accuracy']\n\
    [analysis.agreement]\nnoise_scales = []\nlaws = false\n";

/// Distances of snapshots to a reference.
const QUADRATIC: &str = "seed = 3\n[problem]\nkind = 'quadratic'\neigenvalues = [1.0, 3.0]\n\
    [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.05\nparticles = 1100\n\
    [time]\nhorizon = 2.0\npoints = 4\n[analysis.gibbs]\nrefine = false\ntimes = 1\n";

fn share(at: &Path, number: usize, of: usize, more: &[&str]) -> Said {
    let (part, out) = (format!("{number}/{of}"), format!("share-{number}"));
    program(at, &[&["run", "study.toml", "--quiet", "--part", &part, "--out", &out], more].concat())
}

fn merged(at: &Path, of: usize, out: &str) -> Said {
    let shares: Vec<String> = (1..=of).rev().map(|number| format!("share-{number}")).collect();
    let shares: Vec<&str> = shares.iter().map(String::as_str).collect();
    program(at, &[&["merge"], &shares[..], &["--quiet", "--out", out]].concat())
}

#[test]
fn the_shares_of_a_study_join_to_the_bytes_of_the_single_run() {
    for (study, of) in [
        (STUDY.to_owned(), 3),
        // More shares than blocks, of several points and draws.
        (STUDY.replace("2100", "600") + "[sweep]\n\"problem.width\" = [3, 4]\n[repeat]\nseed = 2\n", 5),
        (QUADRATIC.to_owned(), 2),
    ] {
        let folder = folder(&study);
        let at = folder.path();
        program(at, &["run", "study.toml", "--quiet", "--out", "whole"]).done();
        for number in 1..=of {
            share(at, number, of, &["--threads", if number % 2 == 0 { "1" } else { "2" }]).done();
            assert_eq!(names(&at.join(format!("share-{number}"))), ["share/"]);
        }
        merged(at, of, "joined").done();
        same_results(&at.join("whole"), &at.join("joined"));
    }
}

/// Particles that leave the finite numbers in several shares are listed as the single run lists them.
#[test]
fn divergences_of_shares_join_too() {
    let study = "seed = 1\n[problem]\nkind = 'double-well'\n[start]\nlaw = 'gaussian'\nstd = 3.0\n\
        [[process]]\nname = 'a'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 1300\n\
        [[process]]\nname = 'b'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.2\nparticles = 2100\n\
        [time]\nhorizon = 2.0\npoints = 5\n";
    let folder = folder(study);
    let at = folder.path();
    let whole = program(at, &["run", "study.toml", "--quiet", "--out", "whole"]);
    (1..=3).for_each(|number| drop(share(at, number, 3, &[])));
    let joined = merged(at, 3, "joined");
    assert_eq!((whole.code, whole.err), (joined.code, joined.err));
    same_results(&at.join("whole"), &at.join("joined"));
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(at.join("joined/record.json")).unwrap()).unwrap();
    assert!(
        record["processes"][0]["divergences"].as_u64() > Some(0),
        "nothing diverged: the test tests nothing"
    );
}

/// A merge that is killed while it samples goes on to the same bytes.
#[test]
fn a_merge_that_was_killed_goes_on() {
    let study = QUADRATIC.replace("times = 1\n", "times = 1\ndraws = 1024\nreplicates = 99\n")
        + "[sweep]\n\"process.sde.s\" = [0.1, 0.2, 0.3, 0.4]\n";
    let folder = folder(&study);
    let at = folder.path();
    program(at, &["run", "study.toml", "--quiet", "--out", "whole"]).done();
    (1..=2).for_each(|number| drop(share(at, number, 2, &[]).done()));
    let arguments =
        ["merge", "share-2", "share-1", "--quiet", "--out", "joined", "--checkpoint", "0", "--resume"];
    let kept = at.join("joined/checkpoint/points-1.state");
    started(at, &arguments).until(&kept).killed();
    assert!(kept.exists(), "the merge was too short to kill");
    program(at, &arguments).done();
    same_results(&at.join("whole"), &at.join("joined"));
    let said = program(at, &["merge", "share-1", "share-2", "--out", "joined", "--resume"]).done();
    assert!(said.out.contains("nothing is left to resume"), "{}", said.out);
    refused(&program(at, &["merge", "share-1", "share-2", "--out", "joined"]), &["holds results", "--force"]);
}

#[track_caller]
fn refused(said: &Said, words: &[&str]) {
    assert_eq!((said.code, said.err.lines().count()), (2, 1), "{}", said.err);
    for word in words {
        assert!(said.err.contains(word), "'{word}' in {}", said.err);
    }
}

#[test]
fn shares_that_are_not_all_of_one_study_are_refused() {
    let folder = folder(STUDY);
    let at = folder.path();
    for number in 1..=2 {
        share(at, number, 3, &[]).done();
    }
    let merge = |folders: &[&str]| program(at, &[&["merge"], folders, &["--out", "joined"]].concat());
    refused(&merge(&["share-1", "share-2"]), &["share 3/3 is missing"]);
    refused(&merge(&["share-2"]), &["it is share 2/3, and share 1/3 is missing"]);
    refused(&merge(&["share-1", "share-1"]), &["holds share 1/3 too"]);
    refused(
        &merge(&["share-1", "."]),
        &["share/begun.state", "name folders that `sgd-sde run --part` has written"],
    );
    share(at, 3, 3, &["--set", "seed=4"]).done();
    refused(&merge(&["share-1", "share-2", "share-3"]), &["the study has changed: seed was 3, is 4"]);
    fs::remove_dir_all(at.join("share-3")).unwrap();
    share(at, 3, 3, &[]).done();
    refused(
        &program(at, &["merge", "share-1", "share-2", "share-3", "--out", "share-3"]),
        &["it is a share itself"],
    );
    let state = at.join("share-3/share/point-0.state");
    let whole = fs::read(&state).unwrap();
    fs::write(&state, &whole[..whole.len() - 1]).unwrap();
    let said = program(at, &["merge", "share-1", "share-2", "share-3", "--out", "joined"]);
    refused(&said, &["point-0.state", "its checksum is wrong", "run this share again"]);
    fs::remove_file(&state).unwrap();
    fs::write(&state, &whole).unwrap();
    fs::remove_dir_all(at.join("joined")).ok();
    merged(at, 3, "joined").done();
    for bad in ["0/3", "4/3", "x"] {
        let said = program(at, &["run", "study.toml", "--part", bad]);
        assert_eq!(said.code, 2);
        assert!(said.err.contains("must be i/N with 1 <= i <= N"), "{}", said.err);
    }
}

#[test]
fn a_share_that_was_killed_goes_on() {
    let study = STUDY.replace("horizon = 2.0", "horizon = 60.0");
    let folder = folder(&study);
    let at = folder.path();
    program(at, &["run", "study.toml", "--quiet", "--out", "whole"]).done();
    let arguments = [
        "run",
        "study.toml",
        "--quiet",
        "--part",
        "1/2",
        "--out",
        "share-1",
        "--checkpoint",
        "0",
        "--resume",
    ];
    let state = at.join("share-1/checkpoint/point.state");
    started(at, &arguments).until(&state).killed();
    assert!(state.exists(), "the run was too short to kill");
    program(at, &arguments).done();
    program(at, &arguments).done();
    share(at, 2, 2, &[]).done();
    merged(at, 2, "joined").done();
    same_results(&at.join("whole"), &at.join("joined"));
}
