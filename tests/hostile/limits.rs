//! Sizes that a study may ask for, each refused at once where it is beyond every bound: nothing is drawn or held for it.

use crate::scales::weighed;
use sgd_sde::numerics::Backend;
use sgd_sde::study::{Plan, Points, Source, Study};
use std::path::Path;
use std::time::{Duration, Instant};

const STUDY: &str = "[problem]\nkind = 'double-well'\n[[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\n[time]\nhorizon = 1.0\n";

/// What is said of a study; it must be said soon.
#[track_caller]
fn refusal(text: &str, set: &[&str]) -> String {
    // Not a speed: what grows with the square of a length would take hours.
    let begun = Instant::now();
    let read = |text: &str| {
        let mut source = Source::parse(Path::new("s.toml"), text)?;
        set.iter().try_for_each(|assignment| source.set(assignment))?;
        Points::of(&source)?.iter().try_for_each(|point| Study::read(&point.source).map(|_| ()))?;
        Plan::new(&source, Backend::Portable).map(|_| ())
    };
    let message = read(text).expect_err("it is refused").to_string();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}: {message}", begun.elapsed());
    assert!(message.len() < 2000, "{message}");
    message
}

#[test]
fn lists_without_end_are_refused() {
    let many = |what: &str, n: usize| what.repeat(n);
    let process = "[[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\n";
    assert_eq!(
        refusal(&format!("{STUDY}{}", many(process, 20_000)), &[]),
        "s.toml:3: process = 20001 processes: must be at most 256 processes; sweep a key of one instead"
    );
    assert_eq!(
        refusal(&format!("title = '{}'\n{STUDY}", many("long ", 300_000)), &[]),
        "s.toml:1: title = 1500000 characters: must be a line of at most 1000 characters; say the rest in comments"
    );
    let at = format!("{STUDY}{process}[analysis.agreement]\nat = [{}]\n", many("0.5, ", 300)).replacen(
        "s = 0.1",
        "name = 'a'\ns = 0.1",
        1,
    );
    assert_eq!(
        refusal(&at, &[]),
        "s.toml:15: analysis.agreement.at = 300 entries: must be a list of at most 256; list fewer"
    );
    let ntk = |key: &str| format!("{STUDY}[analysis.ntk]\n{key} = [{}]\n", many("2, ", 300));
    assert!(refusal(&ntk("widths"), &[]).contains("analysis.ntk.widths = 300 entries"));
    assert!(refusal(&ntk("horizons"), &[]).contains("analysis.ntk.horizons = 300 entries"));
    assert_eq!(
        refusal(&format!("{STUDY}# {}", many("x", 1 << 22)), &[]),
        "s.toml: more than the 4194304 bytes that a study may have; keep long lists of numbers in .npy or CSV files"
    );
}

#[test]
fn sweeps_without_end_are_refused() {
    let list = |n: usize| (1..=n).map(|i| format!("{i}.0")).collect::<Vec<_>>().join(", ");
    let sweep = |keys: &[(&str, usize)]| {
        let lines: Vec<String> = keys.iter().map(|(key, n)| format!("'{key}' = [{}]\n", list(*n))).collect();
        format!("{STUDY}[sweep]\n{}", lines.concat())
    };
    let three = sweep(&[("process.0.s", 1000), ("process.0.dt", 1000), ("start.std", 1000)]);
    assert_eq!(
        refusal(&three, &[]),
        "s.toml:9: sweep = 1000000000 points: must be at most 100000 points; sweep fewer keys or values"
            .to_owned()
            + ", or repeat with fewer draws"
    );
    // A point is made when it is asked for: ninety thousand of a long study hold no more than one.
    let long =
        format!("{}[observe]\nx = [{}]\n", sweep(&[("process.0.s", 300), ("start.std", 300)]), list(20_000));
    let source = Source::parse(Path::new("s.toml"), &long).unwrap();
    let (points, held) = weighed(|| Points::of(&source).unwrap());
    assert_eq!(points.count(), 90_000);
    let (last, held_by_one) = weighed(|| points.point(89_999).settings);
    assert_eq!(last[1].1, "300.0");
    assert!(held.max(held_by_one) < 16 << 20, "{held}, then {held_by_one} bytes");
    let keys: Vec<String> = (0..65).map(|i| format!("'start.k{i}' = [1]\n")).collect();
    assert_eq!(
        refusal(&format!("{STUDY}[sweep]\n{}", keys.concat()), &[]),
        "s.toml:9: sweep = 65 keys: must be at most 64 keys; leave some out"
    );
    for (key, value) in
        [("repeat.seed", "1000000000000"), ("repeat.seed", "100001"), ("sweep.seed", "1000000000000")]
    {
        assert!(refusal(STUDY, &[&format!("{key}={value}")]).contains(&format!("{} = {value}", key)));
    }
}

/// A list as long as a study may be: refused for what it holds, in time and memory that grow with its length.
#[test]
fn the_longest_study_is_read() {
    let text = format!("{STUDY}[start]\nlaw = 'point'\nat = [{}]\n", "1,".repeat(2_000_000));
    let (message, held) = weighed(|| refusal(&text, &[]));
    assert!(message.contains("start.at = 2000000 numbers: must be D = 1 numbers"), "{message}");
    assert!(held < 2 << 30, "{held} bytes");
}

/// Tables within tables take the stack of those who walk through them.
#[test]
fn keys_without_end_are_refused() {
    let deep = format!("{}x=1", "a.".repeat(60_000));
    let message = refusal(STUDY, &[&deep]);
    assert!(
        message.starts_with("--set a.a.") && message.contains("is no section of this study"),
        "{message}"
    );
    for text in [
        format!("{}x = 1", "a.".repeat(60_000)),
        format!("[{}x]", "a.".repeat(60_000)),
        format!("x = {}", "[".repeat(60_000)),
        format!("x = {}", "{a = ".repeat(60_000)),
        format!("{STUDY}[sweep]\n'{}x' = [1]\n", "a.".repeat(60_000)),
        format!("{STUDY}{} = 1\n", "k".repeat(2_000_000)),
        format!("{STUDY}horizons = '{}'\n", "k".repeat(2_000_000)),
    ] {
        refusal(&text, &[]);
    }
}

/// Sums and products of what is written, not the written numbers alone.
#[test]
fn steps_and_times_beyond_counting_are_refused() {
    for (set, part) in [
        ("time.horizon=1e17", "at most 2^53"),
        ("time.horizon=1e300", "below 1e18"),
        ("time.points=1000001", "from 2 to 1e6"),
        ("time.points=18446744073709551615", "time.points"),
        ("process.0.dt=1e-300", "at most 18 decimals"),
        ("process.0.dt=5e-324", "at most 18 decimals"),
        ("process.0.particles=1000000001", "from 1 to 1e9"),
        ("process.0.refinement=4294967295", "from 1 to 4096"),
        ("seed=-1", "not negative"),
    ] {
        let message = refusal(STUDY, &[set]);
        assert!(message.starts_with(&format!("--set {set}")) && message.contains(part), "{message}");
    }
}
