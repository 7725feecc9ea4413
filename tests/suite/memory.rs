//! What a study takes in memory: counted before it runs, refused where it does not fit, and measured against the count.

use crate::support::program::{STUDY, Said, folder, names, program};
use crate::support::shell::{one_sentence, shell};
use crate::support::studies::plan;
use sgd_sde::study::Memory;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// 10^7 particles of 4 weights: 305 MiB of weights, and readings that take more.
const MANY: &str = "[problem]\nkind = 'quadratic'\neigenvalues = [1.0, 1.0, 1.0, 1.0]\n\
     [[process]]\nname = 'sde'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 10000000\n\
     [time]\nhorizon = 1.0\npoints = 3\n";

/// Under a limit of the address space, by a shell that sets it (in KiB).
fn limited(folder: &Path, limit: u32, command: &str) -> Said {
    shell(folder, &[], &format!("ulimit -v {limit}; exec \"$PROGRAM\" {command}"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_study_that_does_not_fit_is_refused_with_the_sizes_and_nothing_is_written() {
    let folder = folder(MANY);
    let said = limited(folder.path(), 1_500_000, "run study.toml --threads 1");
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    let words = [
        "study.toml:9: process[0].particles = 10000000: must be such that all of the study fits into memory: ",
        "particles of process 'sde', 10000000 x 4 numbers = 305 MiB",
        "11 readings of every particle at one time (1.6 GiB)",
        "left by the limit of the address space (ulimit -v); take fewer particles, run shares of them with --part i/N",
    ];
    one_sentence(&said, &words);
    assert_eq!(names(folder.path()), ["study.toml"]);
    // The same study with fewer particles runs under the same limit.
    limited(folder.path(), 1_500_000, "run study.toml --threads 1 --set process.sde.particles=20000").done();
    // `check` takes no such memory: it says what would be needed, and that it is not there.
    let said = limited(folder.path(), 1_500_000, "check study.toml --threads 1").done();
    assert!(said.out.contains("more than fits here"), "{}", said.out);
}

/// Agreement over 20000 × 20000 times: nothing about the particles.
#[cfg(target_os = "linux")]
#[test]
fn an_analysis_that_does_not_fit_is_refused() {
    let text = MANY
        .replace("10000000", "100")
        .replace("horizon = 1.0\npoints = 3", "horizon = 2000.0\npoints = 20001");
    let other = "[[process]]\nname = 'flow'\nkind = 'gradient-flow'\ndt = 0.1\nparticles = 100\n";
    let folder = folder(&format!("{text}{other}[analysis]\nagreement = true\n"));
    let said = limited(folder.path(), 4_000_000, "run study.toml --threads 1");
    assert_eq!(said.code, 2, "{}", said.err);
    let words = [
        "time.points = 20001",
        "agreement over 20001 x 20001 times = 6.7 GiB",
        "take fewer observation times",
    ];
    one_sentence(&said, &words);
    assert_eq!(names(folder.path()), ["study.toml"]);
}

/// A file of 3 GiB, none of which is on the disk, is refused before it is read; so are rows to be drawn.
#[cfg(target_os = "linux")]
#[test]
fn data_that_do_not_fit_are_refused_before_they_are_read() {
    let text = STUDY.replace("kind = 'margin'\nsamples = 30\ndim = 2\n", "kind = 'csv'\npath = 'rows.csv'\n");
    assert_ne!(text, STUDY);
    let folder = folder(&text);
    fs::File::create(folder.path().join("rows.csv")).unwrap().set_len(3 << 30).unwrap();
    let said = limited(folder.path(), 1_500_000, "run study.toml --threads 1");
    assert_eq!(said.code, 2, "{}", said.err);
    one_sentence(
        &said,
        &["problem.data.path = \"rows.csv\"", "the 3.0 GiB of the file", "keep fewer rows in the file"],
    );
    fs::write(folder.path().join("study.toml"), STUDY.replace("samples = 30", "samples = 100000000"))
        .unwrap();
    let said = limited(folder.path(), 1_500_000, "run study.toml --threads 1");
    assert_eq!(said.code, 2, "{}", said.err);
    one_sentence(
        &said,
        &["problem.data.samples = 100000000", "rows of 2 inputs", "4.5 GiB", "take fewer samples"],
    );
    assert_eq!(names(folder.path()), ["rows.csv", "study.toml"]);
}

/// The most memory that a run has held, in bytes, as the system counts it.
#[cfg(target_os = "linux")]
fn peak(folder: &Path) -> f64 {
    let mut run = Command::new(env!("CARGO_BIN_EXE_sgd-sde"))
        .args(["run", "study.toml", "--threads", "2", "--out", "results"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", run.id());
    let mut most = 0.0_f64;
    let code = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let kib = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        most = most.max(kib.unwrap_or(0.0) * 1024.0);
        if let Some(ended) = run.try_wait().unwrap() {
            break ended.code();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert_eq!(code, Some(0));
    most
}

/// Small; many particles; many times with analyses: the count and the system's own measure are within a factor 1.5.
#[cfg(target_os = "linux")]
#[test]
fn the_count_is_what_a_run_holds() {
    let ones = ["1.0"; 16].join(", ");
    let particles = format!(
        "[problem]\nkind = 'quadratic'\neigenvalues = [{ones}]\n\
         [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 700000\n[time]\nhorizon = 0.1\npoints = 2\n"
    );
    let times = "[problem]\nkind = 'quadratic'\neigenvalues = [1.0, 2.0]\n\
         [[process]]\nname = 'a'\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 2000\n\
         [[process]]\nname = 'b'\nkind = 'sgd-sde'\nscheme = 'heun'\ns = 0.1\ndt = 0.1\nparticles = 2000\n\
         [time]\nhorizon = 100.0\npoints = 1001\n[analysis]\nagreement = { laws = false }\n";
    let points = "[problem]\nkind = 'double-well'\n[[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 2\n\
         [time]\nhorizon = 0.2\npoints = 2\n[repeat]\nseed = 6000\n";
    for (name, text, points) in
        [("small", STUDY, 1), ("particles", &particles, 1), ("times", times, 1), ("points", points, 6000)]
    {
        let counted = Memory::of(&plan(text), 2, points).total();
        let measured = peak(folder(text).path());
        let ratio = measured / counted;
        eprintln!("{name}: counted {:.0} MB, measured {:.0} MB", counted / 1e6, measured / 1e6);
        assert!((1.0 / 1.5..1.5).contains(&ratio), "{name}: counted {counted:e}, measured {measured:e}");
    }
}

/// Every part of the count grows with what it is a count of, and the largest stands first.
#[test]
fn parts_grow_with_their_sizes() {
    let small = Memory::of(&plan(STUDY), 2, 1);
    let total = small.parts.iter().map(|part| part.bytes).sum::<f64>();
    assert!(small.parts.windows(2).all(|pair| pair[0].bytes >= pair[1].bytes) && total == small.total());
    let find = |memory: &Memory, word: &str| {
        memory.parts.iter().find(|part| part.what.contains(word)).unwrap_or_else(|| panic!("no {word}")).bytes
    };
    // 12 and 10 particles of 6 weights, then ten times as many of the first; momentum has a velocity as well.
    let ten_times = Memory::of(&plan(&STUDY.replace("particles = 12", "particles = 120")), 2, 1);
    assert_eq!((find(&small, "'sde'"), find(&ten_times, "'sde'")), (576.0, 5760.0));
    let momentum = Memory::of(&plan(&STUDY.replace("kind = 'sgd'\n", "kind = 'momentum-sgd'\n")), 2, 1);
    assert_eq!((find(&small, "'sgd'"), find(&momentum, "'sgd'")), (480.0, 960.0));
    assert_eq!(find(&Memory::of(&plan(STUDY), 2, 7), "rows of curves"), 7.0 * find(&small, "rows of curves"));
    // An order of all rows for training, 4 bytes each, for each of the particles that step together.
    let buffers = |samples: &str| {
        let shuffled = STUDY.replace("batch = 5\n", "batch = 5\nsampling = 'epochs'\n");
        let plan = plan(&shuffled.replace("samples = 30", samples));
        let together = plan.potential().block_len().min(10) as f64;
        (find(&Memory::of(&plan, 1, 1), "buffers of 1 threads"), together)
    };
    let ((few, some), (many, same)) = (buffers("samples = 1000"), buffers("samples = 2000"));
    assert_eq!((many - few, some), (800.0 * 4.0 * same, same));
}

#[test]
fn check_says_what_the_run_will_be_refused_by() {
    let folder = folder(STUDY);
    let said = program(folder.path(), &["check", "study.toml", "--threads", "2"]).done();
    let counted = sgd_sde::study::size(Memory::of(&plan(STUDY), 2, 1).total());
    let line = said.out.lines().find(|line| line.starts_with("memory, about")).unwrap();
    assert!(line.ends_with(&counted), "{line}, counted {counted}");
}
