//! The program under the limits that a shell, a mount or another user sets.

use super::program::Said;
use ndarray::ArrayD;
use ndarray_npy::ReadNpyExt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs `script` by `sh` in `folder`, behind the command `before`; `$PROGRAM` is the program. Ended by a signal it has no code, and the
/// test fails.
pub fn shell(folder: &Path, before: &[&str], script: &str) -> Said {
    let words = before.iter().copied().chain(["sh", "-c", script]).collect::<Vec<_>>();
    let run = Command::new(words[0])
        .args(&words[1..])
        .env("PROGRAM", env!("CARGO_BIN_EXE_sgd-sde"))
        .env_remove("RUST_BACKTRACE")
        .current_dir(folder)
        .output()
        .expect("a shell starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&run.stdout), text(&run.stderr));
    let code = run.status.code().unwrap_or_else(|| panic!("{:?}: {err}", run.status));
    Said { code, out, err }
}

/// Whether a command ends well; one that is not there does not.
fn works(words: &[&str]) -> bool {
    let run = Command::new(words[0]).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// What to put before a command so that it has mounts of its own, which end with it; `None` where this user may have none.
pub fn own_mounts() -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] =
        [&["unshare", "--mount"], &["unshare", "--user", "--map-root-user", "--mount"]];
    let mounts =
        "d=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs $d && umount $d; c=$?; rmdir $d; exit $c";
    WAYS.into_iter().find(|way| works(&[way, &["sh", "-c", mounts][..]].concat()))
}

/// Whether this is root, whom permissions and limits of processes do not bind.
pub fn is_root() -> bool {
    works(&["sh", "-c", "test \"$(id -u)\" = 0"])
}

/// What to put before a command so that another user than root runs it; empty where this is not root, `None` where root cannot.
pub fn as_other_user() -> Option<&'static [&'static str]> {
    const OTHER: &[&str] = &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if !is_root() {
        return Some(&[]);
    }
    let program = env!("CARGO_BIN_EXE_sgd-sde");
    works(&[OTHER, &["test", "-x", program][..]].concat()).then_some(OTHER)
}

/// Says on standard error what a test could not do here.
pub fn lacking(what: &str) {
    // Not by eprintln!, which the test program keeps to itself unless the test fails.
    let _ = writeln!(std::io::stderr(), "NOT TESTED HERE: {what}");
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Every file under `folder` is whole, and none is one that was being written. Returns how many there are of each kind that was asked for.
#[track_caller]
pub fn all_whole<const N: usize>(folder: &Path, kinds: [&str; N]) -> [usize; N] {
    let mut found = Vec::new();
    files(folder, &mut found);
    for path in &found {
        let name = path.display();
        let bytes = fs::read(path).unwrap();
        let ends = |with: &str| bytes.trim_ascii_end().ends_with(with.as_bytes());
        let kind = path.extension().unwrap_or_default().to_str().unwrap();
        assert_ne!(kind, "part", "{name}");
        match kind {
            // The reader refuses rows of unequal length.
            "csv" => {
                assert!(csv::Reader::from_path(path).unwrap().records().all(|row| row.is_ok()), "{name}")
            }
            "npy" => assert!(ArrayD::<f64>::read_npy(bytes.as_slice()).is_ok(), "{name}"),
            "json" => assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(), "{name}"),
            "svg" => assert!(ends("</svg>"), "{name}"),
            "png" => assert!(bytes.ends_with(b"IEND\xaeB`\x82"), "{name}"),
            "pdf" => assert!(ends("%%EOF"), "{name}"),
            _ => {}
        }
    }
    kinds.map(|kind| found.iter().filter(|path| path.extension().is_some_and(|e| e == kind)).count())
}

/// One line on standard error, an error that names all of `words`.
#[track_caller]
pub fn one_sentence(said: &Said, words: &[&str]) {
    assert!(said.err.starts_with("error: ") && said.err.lines().count() == 1, "{}", said.err);
    for word in words {
        assert!(said.err.contains(word), "no {word:?} in {}", said.err);
    }
}
