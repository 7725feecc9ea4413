//! Unsafe code stands in the kernels and nowhere else. The compiler holds the rooms to it (`forbid`) and asks every block
//! for its argument (the lints of Cargo.toml); here are the files that may hold any.

use std::fs;
use std::path::{Path, PathBuf};

/// In two pieces, so that this file does not hold the word.
const WORD: &str = concat!("un", "safe");

/// The files with such code, and why.
const HOLDERS: [(&str, &str); 17] = [
    ("benches/limits/fma.rs", "functions compiled for a processor"),
    ("src/numerics/dispatch.rs", "functions compiled for a processor"),
    ("src/numerics/lanes.rs", "intrinsics"),
    ("src/numerics/passes.rs", "the rows of a tile"),
    ("src/numerics/simd/avx2.rs", "intrinsics"),
    ("src/numerics/simd/avx512.rs", "intrinsics"),
    ("src/numerics/simd/intrinsics.rs", "intrinsics"),
    ("src/numerics/simd/mod.rs", "loads and stores"),
    ("src/numerics/simd/portable.rs", "loads and stores"),
    ("src/numerics/tile/activate.rs", "loads and stores"),
    ("src/numerics/tile/backward.rs", "loads and stores"),
    ("src/numerics/tile/forward.rs", "loads and stores"),
    ("src/numerics/tile/mod.rs", "aligned lines as numbers"),
    ("src/numerics/tile/residual.rs", "loads and stores"),
    ("src/numerics/tile/second.rs", "loads and stores"),
    ("tests/hostile/scales.rs", "an allocator that weighs"),
    ("tests/suite/allocation.rs", "an allocator that counts"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Whether code, comments apart, has the keyword.
fn holds(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.into_iter().any(|line| {
        line.match_indices(WORD)
            .any(|(at, _)| !line[..at].ends_with(inside) && !line[at + WORD.len()..].starts_with(inside))
    })
}

#[test]
fn the_keyword_is_found_where_it_stands() {
    assert!(holds(&format!("let x = {WORD} {{ f() }};")) && holds(&format!("    pub {WORD} fn f() {{}}")));
    assert!(!holds(&format!("// {WORD} is a word")) && !holds(&format!("#![forbid({WORD}_code)]")));
}

#[test]
fn only_the_kernels_hold_unsafe_code() {
    let mut found = vec![root().join("build.rs")];
    ["src", "tests", "benches", "examples"]
        .iter()
        .for_each(|folder| sources(&root().join(folder), &mut found));
    assert!(found.len() > 300, "{} files", found.len());
    let mut holders: Vec<String> = found
        .iter()
        .filter(|path| holds(&fs::read_to_string(path).unwrap()))
        .map(|path| path.strip_prefix(root()).unwrap().display().to_string().replace('\\', "/"))
        .collect();
    holders.sort();
    assert_eq!(holders, HOLDERS.map(|(file, _)| file));
}

#[test]
fn every_other_room_forbids_it() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rooms: Vec<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(rooms.contains(&"cli") && rooms.contains(&"numerics"), "{rooms:?}");
    let others = rooms.into_iter().filter(|room| *room != "numerics");
    for room in others.chain(["main", "../build", "../tests/statistics/main"]) {
        let text = ["src/{}/mod.rs", "src/{}.rs"]
            .iter()
            .find_map(|place| fs::read_to_string(root().join(place.replace("{}", room))).ok());
        let forbids = text.unwrap().lines().any(|line| line == "#![forbid(unsafe_code)]");
        assert!(forbids, "the first lines of {room} do not forbid it");
    }
}

#[test]
fn the_compiler_asks_for_every_argument() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let lints = &text.parse::<toml::Table>().unwrap()["lints"];
    for (tool, lint) in [
        ("rust", "unsafe_code"),
        ("rust", "unsafe_op_in_unsafe_fn"),
        ("clippy", "missing_safety_doc"),
        ("clippy", "undocumented_unsafe_blocks"),
    ] {
        assert_eq!(lints[tool][lint].as_str(), Some("deny"), "{lint}");
    }
}
