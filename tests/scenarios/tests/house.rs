//! The directions in which dependencies may point, and other promises of docs/architecture.md that a machine can check.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot read fails the test"
)]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each package of the workspace with its direct dependencies, those for tests left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
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
            (package["name"].as_str().unwrap().to_owned(), needs)
        })
        .collect()
}

const FUNCTIONS: [&str; 10] = [
    "preflight",
    "start",
    "poll-lag",
    "diagnose",
    "cutover",
    "signal",
    "notify",
    "console",
    "rotate-key",
    "report",
];
const FOR_TESTS: [&str; 8] = [
    "elasticache-stand-in",
    "local-cloud",
    "demo",
    "scenarios",
    "bench-cold",
    "bench-cost",
    "bench-cutover",
    "faults",
];

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
    for needed in &dependencies()["domain"] {
        assert!(allowed.contains(&needed.as_str()), "domain depends on {needed}");
    }
}

#[test]
fn pages_are_drawn_from_domain_without_io() {
    let allowed = ["domain", "jiff", "maud", "serde", "serde_json"];
    for needed in &dependencies()["pages"] {
        assert!(allowed.contains(&needed.as_str()), "pages depends on {needed}");
    }
}

#[test]
fn functions_meet_in_the_state_machine_and_nowhere_else() {
    let all = dependencies();
    for function in FUNCTIONS {
        for needed in &all[function] {
            assert!(
                !FUNCTIONS.contains(&needed.as_str()),
                "{function} depends on {needed}"
            );
        }
    }
}

#[test]
fn adapters_know_domain_and_no_function() {
    let all = dependencies();
    let ours: Vec<&String> = all["adapters"]
        .iter()
        .filter(|needed| all.contains_key(*needed))
        .collect();
    assert_eq!(ours, ["domain"]);
}

#[test]
fn what_is_deployed_depends_on_nothing_that_is_for_tests() {
    let all = dependencies();
    for package in FUNCTIONS.iter().chain(&["domain", "adapters", "pages"]) {
        for needed in &all[*package] {
            assert!(
                !FOR_TESTS.contains(&needed.as_str()),
                "{package} depends on {needed}"
            );
        }
    }
}

#[test]
fn the_local_cloud_knows_nothing_of_what_it_runs() {
    let all = dependencies();
    let deployed: Vec<&str> = FUNCTIONS
        .iter()
        .copied()
        .chain(["domain", "adapters", "pages"])
        .collect();
    for package in ["elasticache-stand-in", "local-cloud", "demo"] {
        for needed in &all[package] {
            assert!(
                !deployed.contains(&needed.as_str()),
                "{package} depends on {needed}"
            );
        }
    }
    assert!(!all["elasticache-stand-in"].contains("local-cloud"));
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
