//! Holds the state machine file against the Rust types: error names, the words of choices, and what each state hands to
//! its function. A state machine that names a word that no function answers would wait for ever.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot read fails the test"
)]

mod documents;

use domain::StepError;
use domain::contract::cutover::Outcome;
use domain::preflight::ReportVerdict;
use domain::progress::{Next, StageName};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn state_machine() -> Map<String, Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../statemachine/migrate.asl.json");
    let text = std::fs::read_to_string(path).unwrap();
    let machine: Value = serde_json::from_str(&text).unwrap();
    machine["States"].as_object().unwrap().clone()
}

/// Every state, those inside a Map's item processor too, each with what an item of that Map is.
fn all_states() -> Vec<(String, Value, Value)> {
    let mut all = vec![];
    for (name, state) in state_machine() {
        let item = state["ItemSelector"].clone();
        for (inner, inner_state) in state["ItemProcessor"]["States"].as_object().into_iter().flatten() {
            all.push((inner.clone(), inner_state.clone(), item.clone()));
        }
        all.push((name, state, Value::Null));
    }
    all
}

fn word<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The words that the choices of a state compare a variable with.
fn words_compared(state: &Value, variable: &str) -> BTreeSet<String> {
    let marker = format!("${variable} = '");
    state["Choices"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|choice| choice["Condition"].as_str()?.split_once(&marker))
        .map(|(_, rest)| rest.split('\'').next().unwrap().to_owned())
        .collect()
}

#[test]
fn choices_know_every_word_and_no_other() {
    let states = state_machine();
    let next: BTreeSet<String> = Next::ALL.iter().map(word).collect();
    assert_eq!(words_compared(&states["WhatNext"], "observation.next"), next);
    let verdicts: BTreeSet<String> = [ReportVerdict::MayStart, ReportVerdict::MustNotStart]
        .iter()
        .map(word)
        .collect();
    for state in ["MayStart", "StillMayStart"] {
        assert_eq!(
            words_compared(&states[state], "preflight.verdict"),
            verdicts,
            "{state}"
        );
    }
    let cutover: BTreeSet<String> = [ReportVerdict::MayCutOver, ReportVerdict::MustNotCutOver]
        .iter()
        .map(word)
        .collect();
    assert_eq!(
        words_compared(&states["StillMayCutOver"], "recheck.verdict"),
        cutover
    );
}

#[test]
fn a_redriven_migration_carries_on_from_every_stage_there_is() {
    let states = state_machine();
    let stages = [
        StageName::Rehearsal,
        StageName::Sync,
        StageName::Verification,
        StageName::Approval,
        StageName::Promotion,
    ];
    // One that is new has to be added here, and to CarryOn.
    for stage in stages {
        match stage {
            StageName::Rehearsal
            | StageName::Sync
            | StageName::Verification
            | StageName::Approval
            | StageName::Promotion => {}
        }
        let named = format!("$stage.name = '{}'", word(stage));
        let choices = states["CarryOn"]["Choices"].as_array().unwrap();
        let knows = |choice: &Value| choice["Condition"].as_str().is_some_and(|it| it.contains(&named));
        assert!(choices.iter().any(knows), "{named}");
    }
}

#[test]
fn the_cutovers_choices_know_every_outcome_and_no_other() {
    let states = state_machine();
    let known: BTreeSet<String> = [
        Outcome::Done,
        Outcome::Refused,
        Outcome::Promoted,
        Outcome::Promoting,
    ]
    .iter()
    .map(word)
    .collect();
    let mut compared = BTreeSet::new();
    for state in ["MayDrain", "MayComplete", "Accepted"] {
        let words = words_compared(&states[state], "outcome");
        assert!(words.contains("refused"), "{state} knows no way back");
        compared.extend(words);
    }
    assert_eq!(compared, known);
}

#[test]
fn every_way_out_of_a_cutover_passes_by_the_fence() {
    let states = state_machine();
    for state in [
        "Arm",
        "Fence",
        "Drain",
        "Complete",
        "HoldFence",
        "Prove",
        "Observe",
        "AwaitSignal",
    ] {
        let last = states[state]["Catch"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["Next"], "Leave", "{state}");
    }
    for (name, state) in &states {
        for choice in state["Choices"].as_array().into_iter().flatten() {
            let by_fence =
                ["Leave", "LeaveToAbort", "WhereTo", "MayStart", "StillMayStart"].contains(&name.as_str());
            let leaves = choice["Next"] == "Diagnose" || choice["Next"] == "Abort";
            assert!(by_fence || !leaves, "{name} leaves without a look at the fence");
        }
    }
}

#[test]
fn a_comparison_that_fails_ends_a_migration_before_the_cutover_and_never_after_it() {
    let states = state_machine();
    for state in ["PairShards", "Compare", "SumUp"] {
        let last = states[state]["Catch"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["Next"], "Unverified", "{state}");
    }
    assert_eq!(states["Unverified"]["Default"], "Leave");
    assert_eq!(
        states["Unverified"]["Choices"][0]["Condition"],
        "{% $observation.next = 'prove' %}"
    );
    assert_eq!(states["Unverified"]["Choices"][0]["Next"], "Report");
    // People and programs are told where the applications connect before anything is compared again.
    assert_eq!(states["HandOver"]["Next"], "WhetherToCompareOnceMore");
    assert_eq!(
        states["Compare"]["MaxConcurrency"],
        domain::verify::Round::AT_ONCE
    );
    assert_eq!(
        states["Compare"]["ItemProcessor"]["ProcessorConfig"]["Mode"],
        "DISTRIBUTED"
    );
}

#[test]
fn error_names_are_those_that_functions_answer() {
    for (name, state, _) in all_states() {
        for rule in ["Retry", "Catch"]
            .iter()
            .filter_map(|key| state[*key].as_array())
            .flatten()
        {
            for error in rule["ErrorEquals"].as_array().unwrap() {
                let error = error.as_str().unwrap();
                let ours = error.starts_with("Migration.");
                assert!(
                    !ours || StepError::NAMES.contains(&error),
                    "{name} names {error}, which no function answers"
                );
            }
        }
    }
}

#[test]
fn every_task_retries_what_may_pass_catches_the_rest_and_ends_in_time() {
    for (name, state, _) in all_states() {
        // `Failed` fails with the diagnosis's error, which a Retry or a Catch would take for its own.
        if state["Type"] != "Task" || name == "Failed" {
            continue;
        }
        let retried: Vec<&str> = state["Retry"]
            .as_array()
            .unwrap_or_else(|| panic!("{name} has no Retry"))
            .iter()
            .flat_map(|rule| rule["ErrorEquals"].as_array().unwrap())
            .map(|error| error.as_str().unwrap())
            .collect();
        // What may pass: of our functions and Lambda, or of a service that the state machine calls by itself.
        let resource = state["Resource"].as_str().unwrap();
        let passing = if resource.contains(":aws-sdk:ec2:") {
            ["Ec2.Ec2Exception", "Ec2.SdkClientException"]
        } else if resource.contains(":aws-sdk:cloudwatchlogs:") {
            [
                "CloudWatchLogs.CloudWatchLogsException",
                "CloudWatchLogs.SdkClientException",
            ]
        } else if resource.ends_with(":states:startExecution") {
            ["States.TaskFailed", "States.Timeout"]
        } else {
            ["Migration.Transient", "Lambda.TooManyRequestsException"]
        };
        assert!(passing.iter().all(|error| retried.contains(error)), "{name}");
        assert!(
            state["Retry"]
                .as_array()
                .unwrap()
                .iter()
                .all(|rule| rule["JitterStrategy"] == "FULL" || rule["MaxAttempts"] == 0),
            "{name}"
        );
        let last = state["Catch"]
            .as_array()
            .unwrap_or_else(|| panic!("{name} has no Catch"))
            .last()
            .unwrap();
        assert_eq!(last["ErrorEquals"], json!(["States.ALL"]), "{name}");
        assert!(!state["TimeoutSeconds"].is_null(), "{name} may wait for ever");
    }
}

/// A log query has every field that the state which asks reads, and what is kept of the answer is a page.
#[test]
fn the_logs_are_asked_for_what_the_diagnosis_wants() {
    let states = state_machine();
    let groups = serde_json::from_value(json!({"source": "/redis", "target": "/engine"})).unwrap();
    let now = "2026-11-24T00:00:00Z".parse().unwrap();
    let queries = serde_json::to_value(domain::diagnosis::queries(&groups, now, now)).unwrap();
    for (name, side) in [("ReadSourceLog", "source"), ("ReadTargetLog", "target")] {
        let text = states[name].to_string();
        let before = format!("$diagnosis.logQueries.{side}.");
        assert_eq!(
            text.matches("$diagnosis.logQueries.").count(),
            text.matches(&before).count()
        );
        for part in text.split(&before).skip(1) {
            let field = part
                .split(|letter: char| !letter.is_alphanumeric())
                .next()
                .unwrap();
            assert!(
                !queries[side][field].is_null(),
                "{name} reads {field}, which no query has"
            );
        }
        let kept = &states[name]["Assign"][format!("{side}Log")];
        for field in ["'logGroupName'", "'lines'", "'more'"] {
            assert!(kept.as_str().unwrap().contains(field), "{kept}");
        }
        for caught in states[name]["Catch"].as_array().unwrap() {
            let kept = caught["Assign"][format!("{side}Log")].as_str().unwrap();
            assert!(
                kept.contains("'logGroupName'") && kept.contains("'unread'"),
                "{kept}"
            );
        }
    }
}

#[test]
fn every_state_says_what_it_is_for() {
    for (name, state, _) in all_states() {
        assert!(
            state["Comment"]
                .as_str()
                .is_some_and(|comment| comment.len() > 20),
            "{name}"
        );
    }
}

#[test]
fn every_state_that_does_something_belongs_to_a_step_of_the_report() {
    use domain::progress::StageName;
    use domain::report::{is_plumbing, step_of};
    for (name, state) in state_machine() {
        if state["Type"] == "Task" {
            let known = is_plumbing(&name) || step_of(&name, Some(StageName::Sync)).is_some();
            assert!(
                known,
                "{name} belongs to no step: give it one in shared/domain/src/report/steps.rs"
            );
        }
    }
}

#[test]
fn every_ending_passes_by_the_report_which_cannot_change_it() {
    let states = state_machine();
    let report = &states["Report"];
    assert_eq!(report["Next"], "WhomToTell");
    assert_eq!(report["Catch"][0]["Next"], "WhomToTell");
    let told: BTreeSet<&str> = states["WhomToTell"]["Choices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|choice| choice["Next"].as_str().unwrap())
        .chain(states["WhomToTell"]["Default"].as_str())
        .collect();
    for (name, state) in &states {
        let ways = ["Next", "Default"].iter().filter_map(|key| state[*key].as_str());
        let choices = ["Choices", "Catch"]
            .iter()
            .filter_map(|key| state[*key].as_array())
            .flatten()
            .filter_map(|way| way["Next"].as_str());
        for way in ways.chain(choices).filter(|_| name != "WhomToTell") {
            assert!(!told.contains(way), "{name} goes to {way} past the report");
        }
    }
}
