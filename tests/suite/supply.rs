//! What the program is built from: where its packages come from, under which licences, in how many versions, and what each
//! direct dependency is for. The lists are those of `deny.toml`, which `cargo deny` checks for every platform.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn table(file: &str) -> toml::Table {
    text(file).parse().unwrap()
}

fn words(list: &toml::Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

struct Package {
    name: String,
    version: String,
    licence: String,
}

/// The packages that this machine builds the program and its tests from.
fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--edges", "normal,build,dev", "--prefix", "none"])
        .args(["--format", "{p}|{l}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines: BTreeSet<String> = String::from_utf8(out.stdout)
        .unwrap()
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect();
    let package = |line: &String| {
        let (package, licence) = line.split_once('|').unwrap();
        let mut words = package.split(' ');
        let name = words.next().unwrap().to_owned();
        let version = words.next().unwrap().trim_start_matches('v').to_owned();
        Package { name, version, licence: licence.to_owned() }
    };
    lines.iter().map(package).collect()
}

/// Whether one may choose `accepted` licences alone. Refuses, rather than guesses, an AND inside of an OR.
fn allowed(licence: &str, accepted: &[&str]) -> bool {
    licence.split(" AND ").all(|part| {
        let choices = part.trim_matches(['(', ')']).split(" OR ").flat_map(|choice| choice.split('/'));
        choices.into_iter().any(|choice| accepted.contains(&choice))
    })
}

/// Names that stand in several versions, with all of these but the newest.
fn older_versions(packages: &[Package]) -> Vec<(&str, &str)> {
    let number = |version: &str| -> Vec<u64> {
        version.split(['.', '+', '-']).map_while(|part| part.parse().ok()).collect()
    };
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    let mut older = Vec::new();
    for (name, mut versions) in versions {
        versions.sort_by_key(|version| number(version));
        versions.pop();
        older.extend(versions.into_iter().map(|version| (name, version)));
    }
    older
}

#[test]
fn licences_are_read_as_they_are_written() {
    let accepted = ["MIT", "Apache-2.0"];
    for licence in ["MIT", "MIT/Apache-2.0", "Unlicense OR MIT", "(MIT OR BSD-3-Clause) AND Apache-2.0"] {
        assert!(allowed(licence, &accepted), "{licence}");
    }
    for licence in
        ["GPL-3.0-only", "", "MIT AND GPL-3.0-only", "Apache-2.0 WITH LLVM-exception", "MIT OR (X AND Y)"]
    {
        assert!(!allowed(licence, &accepted), "{licence}");
    }
}

#[test]
fn every_licence_is_one_of_those_allowed() {
    let rules = table("deny.toml");
    let mut used = BTreeSet::new();
    for Package { name, licence, .. } in packages() {
        let mut accepted = words(&rules["licenses"]["allow"]);
        if !allowed(&licence, &accepted) {
            for exception in rules["licenses"]["exceptions"].as_array().unwrap() {
                if exception["crate"].as_str() == Some(&name) {
                    accepted.extend(words(&exception["allow"]));
                    used.insert(name.clone());
                }
            }
            assert!(allowed(&licence, &accepted), "{name}: '{licence}' is none of {accepted:?}");
        }
    }
    assert!(used.contains("tiny-skia"), "exceptions are looked up: {used:?}");
}

#[test]
fn no_package_stands_twice_without_a_reason() {
    let planted = ["1.9.0", "1.10.0", "0.3.1"].map(|version| Package {
        name: "planted".to_owned(),
        version: version.to_owned(),
        licence: String::new(),
    });
    assert_eq!(older_versions(&planted), [("planted", "0.3.1"), ("planted", "1.9.0")]);
    let rules = table("deny.toml");
    let skipped: Vec<(&str, String)> = rules["bans"]["skip"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skip| skip["crate"].as_str().unwrap().split_once('@').unwrap())
        .map(|(name, version)| (name, format!("{version}.")))
        .collect();
    let packages = packages();
    let twice = older_versions(&packages);
    assert!(!twice.is_empty(), "the list of skips would be empty too");
    for (name, version) in twice {
        let known = skipped.iter().any(|(skip, start)| *skip == name && version.starts_with(start));
        assert!(known, "{name} {version} stands beside a newer version; see [bans] in deny.toml");
    }
}

#[test]
fn every_package_comes_from_one_registry_with_its_checksum() {
    let lock = table("Cargo.lock");
    let mut registries = BTreeSet::new();
    for package in lock["package"].as_array().unwrap() {
        match package.get("source").map(|source| source.as_str().unwrap()) {
            None => assert_eq!(package["name"].as_str(), Some("sgd-sde"), "a package without a source"),
            Some(source) => {
                assert!(source.starts_with("registry+"), "{}: {source}", package["name"]);
                assert_eq!(package["checksum"].as_str().map(str::len), Some(64), "{}", package["name"]);
                registries.insert(source);
            }
        }
    }
    assert_eq!(registries.len(), 1, "{registries:?}");
}

/// `docs/dependencies.md` has a row for every direct dependency, with its version and licence as they are.
#[test]
fn every_direct_dependency_is_accounted_for() {
    let manifest = table("Cargo.toml");
    // Those of some systems alone stand in `[target.….dependencies]`.
    let of_systems = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let tables = of_systems.filter_map(|(_, target)| target.as_table()).chain([&manifest]);
    let direct: BTreeSet<&str> = tables
        .flat_map(|table| ["dependencies", "dev-dependencies"].map(|section| table.get(section)))
        .filter_map(|section| section.and_then(toml::Value::as_table))
        .flat_map(|section| section.keys().map(String::as_str))
        .collect();
    let packages = packages();
    let page = text("docs/dependencies.md");
    let mut described = BTreeSet::new();
    let (_, page) = page.split_once("## Direct dependencies").unwrap();
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, version, licence, .., reason] = cells[..] else { panic!("{row}") };
        if name == "crate" {
            continue;
        }
        let real = packages.iter().any(|p| p.name == name && p.version == version && p.licence == licence);
        let is: Vec<String> = packages
            .iter()
            .filter(|package| package.name == name)
            .map(|package| format!("| {name} | {} | {} |", package.version, package.licence))
            .collect();
        assert!(real, "docs/dependencies.md: {row}\nis {is:?}");
        assert!(reason.len() > 20, "{name}: a reason");
        assert!(described.insert(name), "{name} twice");
    }
    assert_eq!(described, direct);
}
