//! The directions in which dependencies may point, and other promises of docs/architecture.md that a machine can check.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot read fails the test"
)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// A package of the workspace.
struct Package {
    /// The folder below the workspace's in which it is: `functions`, `shared` or `tests`.
    room: String,
    /// Its direct dependencies, those for tests left out.
    needs: BTreeSet<String>,
}

/// All packages by name.
fn packages() -> BTreeMap<String, Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let root = metadata["workspace_root"].as_str().unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let needs = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect();
            let manifest = package["manifest_path"].as_str().unwrap();
            let below = manifest.strip_prefix(root).unwrap().trim_start_matches('/');
            let room = below.split('/').next().unwrap().to_owned();
            (
                package["name"].as_str().unwrap().to_owned(),
                Package { room, needs },
            )
        })
        .collect()
}

/// What the packages of one room depend on that is in another one: "who depends on what".
fn reaching(rooms: &[&str], into: &[&str]) -> Vec<String> {
    let all = packages();
    let within = |name: &str, rooms: &[&str]| {
        all.get(name)
            .is_some_and(|package| rooms.contains(&package.room.as_str()))
    };
    let froms: Vec<_> = all.iter().filter(|(name, _)| within(name, rooms)).collect();
    assert!(!froms.is_empty(), "no package is in {rooms:?}");
    froms
        .iter()
        .flat_map(|(name, package)| package.needs.iter().map(move |needed| (name, needed)))
        .filter(|(_, needed)| within(needed, into))
        .map(|(name, needed)| format!("{name} depends on {needed}"))
        .collect()
}

const NOTHING: [String; 0] = [];

#[test]
fn domain_depends_on_nothing_that_could_do_io() {
    let allowed = [
        "base64",
        "form_urlencoded",
        "hmac",
        "ipnet",
        "jiff",
        "serde",
        "serde_json",
        "sha2",
        "thiserror",
    ];
    for needed in &packages()["domain"].needs {
        assert!(allowed.contains(&needed.as_str()), "domain depends on {needed}");
    }
}

#[test]
fn pages_are_drawn_from_domain_without_io() {
    let allowed = ["domain", "jiff", "maud", "serde", "serde_json"];
    for needed in &packages()["pages"].needs {
        assert!(allowed.contains(&needed.as_str()), "pages depends on {needed}");
    }
}

#[test]
fn functions_meet_in_the_state_machine_and_nowhere_else() {
    assert_eq!(reaching(&["functions"], &["functions"]), NOTHING);
}

#[test]
fn adapters_know_domain_and_no_function() {
    let all = packages();
    let ours: Vec<&String> = all["adapters"]
        .needs
        .iter()
        .filter(|needed| all.contains_key(*needed))
        .collect();
    assert_eq!(ours, ["domain"]);
}

#[test]
fn what_is_deployed_depends_on_nothing_that_is_for_tests() {
    assert_eq!(reaching(&["functions", "shared"], &["tests"]), NOTHING);
}

#[test]
fn the_local_cloud_knows_nothing_of_what_it_runs() {
    let all = packages();
    for package in ["elasticache-stand-in", "local-cloud", "demo"] {
        for needed in &all[package].needs {
            let deployed = all.get(needed).is_some_and(|needed| needed.room != "tests");
            assert!(!deployed, "{package} depends on {needed}");
        }
    }
    assert!(!all["elasticache-stand-in"].needs.contains("local-cloud"));
}

#[test]
fn there_is_one_tls_stack() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    let lock = std::fs::read_to_string(path).unwrap();
    let versions = |name: &str| lock.matches(&format!("name = \"{name}\"\n")).count();
    for one in ["rustls", "ring", "hyper", "h2", "tokio-rustls"] {
        assert_eq!(versions(one), 1, "{one}");
    }
    for other in ["aws-lc-rs", "native-tls", "openssl", "openssl-sys", "s2n-tls"] {
        assert_eq!(versions(other), 0, "{other}");
    }
}

/// What stands in `docs/decisions`, such as `0005-finding-the-migration.md`.
fn decisions() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/decisions");
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_decision_has_a_number_of_its_own_which_stands_in_its_title() {
    let mut numbers = BTreeSet::new();
    for file in decisions() {
        let number = file.split('-').next().unwrap().to_owned();
        let path = format!("{}/../../docs/decisions/{file}", env!("CARGO_MANIFEST_DIR"));
        let page = std::fs::read_to_string(path).unwrap();
        let title = format!("# {}. ", number.trim_start_matches('0'));
        assert!(page.starts_with(&title), "{file} begins with {title:?}");
        assert!(numbers.insert(number), "{file} has the number of another one");
    }
    assert!(numbers.len() > 10);
}
