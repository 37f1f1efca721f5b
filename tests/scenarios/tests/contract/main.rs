//! Holds the state machine file against the Rust types: error names, the words of choices, and what each state hands to
//! its function. A state machine that names a word that no function answers would wait for ever.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot read fails the test"
)]

use domain::StepError;
use domain::contract::cutover::Outcome;
use domain::contract::{cutover, diagnose, notify, poll_lag, preflight, report, start, verify};
use domain::preflight::ReportVerdict;
use domain::progress::{Next, StageName};
use serde::de::DeserializeOwned;
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

/// A shard pair.
fn pair() -> Value {
    let endpoint = json!({"address": "10.0.0.241", "port": 6379});
    json!({"shard": "0001", "source": endpoint, "target": endpoint, "show": 20})
}

/// The first round of a comparison, as `PairShards` answers it.
fn rounds() -> Value {
    let plan = serde_json::from_value(sample("plan")).unwrap();
    let pairs = vec![serde_json::from_value(pair()).unwrap()];
    let round = domain::verify::Round::first(
        &plan,
        "basis".to_owned(),
        false,
        pairs,
        "2026-11-24T00:00:00Z".parse().unwrap(),
    );
    serde_json::to_value(verify::Rounds::from(round)).unwrap()
}

/// What a variable of the state machine holds once it is assigned.
fn sample(variable: &str) -> Value {
    let plan = domain::plan::Plan::from_input(
        &json!({"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241", "port": 6379}}),
    )
    .unwrap();
    let stage =
        json!({"name": "approval", "since": "2026-11-24T00:00:00Z", "watermark": "2026-11-24T00:00:00Z"});
    match variable {
        "plan" => serde_json::to_value(plan).unwrap(),
        "migration" => json!({"id": "m", "executionArn": "arn", "startedAt": "2026-11-24T00:00:00Z"}),
        "preflight" => json!({"at": "2026-11-24T00:00:00Z", "verdict": "mayStart", "findings": []}),
        "network" => json!({"location": {"vpcId": "vpc-1"}, "subnets": {"error": "denied", "cause": ""}}),
        "stage" => stage,
        "observation" => json!({
            "at": "2026-11-24T00:00:00Z", "stage": stage, "status": {"known": "migrating"}, "phase": "inSync",
            "shards": [], "inSyncSamples": 5, "syncEpoch": 0, "idleSamples": 0, "leftAvailable": true, "events": [],
            "next": "complete", "waitSeconds": 5, "why": "approved", "tell": "reminder"
        }),
        "signal" | "received" => {
            json!({"kind": "approve", "verdict": "00", "by": "somebody", "at": "2026-11-24T00:00:00Z"})
        }
        "armed" | "fence" => json!({
            "replicationGroupId": "orders-cache", "kind": "pause", "armedAt": "2026-11-24T00:00:00Z",
            "deadline": "2026-11-24T00:00:30Z", "pauseSeconds": 60, "primaries": []
        }),
        "asked" => json!(true),
        "refusal" => json!("text"),
        "released" => json!({"at": "2026-11-24T00:00:00Z", "leaving": "release", "words": "text"}),
        "listeners" => json!({"confirmed": ["email"], "pending": [], "webhook": false}),
        "rehearsal" => Value::Null,
        "topic" => json!({"action": "set", "before": null, "why": "text"}),
        "failedState" => json!("Observe"),
        "caught" => json!({"Error": "Migration.Stopped", "Cause": "text"}),
        "diagnosis" => json!({
            "at": "2026-11-24T00:00:00Z", "failedState": "Observe", "error": "Migration.Stopped", "summary": "text",
            "causes": [], "safety": {"source": "", "target": "", "nextStep": ""}, "seen": []
        }),
        "handover" => json!({"at": "2026-11-24T00:00:00Z", "endpoints": {"shards": []}, "proofs": []}),
        "ending" => json!("done"),
        "report" => {
            json!({"html": "s3://b/k.html", "json": "s3://b/k.json", "console": "https://example.com"})
        }
        "states.context.Execution.Id" => json!("arn"),
        "standing" => rounds()["standing"].clone(),
        "rounds" => rounds()["round"].clone(),
        "answers" => json!([{"pair": pair(), "progress": null, "unread": "Migration.Transient: text"}]),
        "states.context.Map.Item.Value.pair" => pair(),
        "states.context.Map.Item.Value.progress" => Value::Null,
        "lastComparison" => json!({"verdict": "unsure", "statement": "text"}),
        "sourceLog" => json!({"logGroupName": "/redis", "lines": ["Background saving error"], "more": false}),
        "targetLog" => json!({"logGroupName": "/engine", "unread": "CloudWatchLogs.CloudWatchLogsException"}),
        "givenUp" => json!({"at": "2026-11-24T00:00:00Z", "target": "text"}),
        "states.input" => json!({"replicationGroupId": "orders-cache"}),
        "states.context.Task.Token" => json!("a token"),
        "states.context.Execution.RedriveCount" | "redrivenBefore" => json!(0),
        "states.context.Execution" => {
            json!({"Id": "arn", "Name": "m", "StartTime": "2026-11-24T00:00:00.000Z", "Input": {}})
        }
        // A field of a variable.
        other if other.split_once('.').is_some_and(|(name, _)| name != "states") => {
            let (name, field) = other.split_once('.').unwrap();
            sample(name)[field].clone()
        }
        other => panic!("the state machine hands over ${other}, of which this test knows nothing"),
    }
}

/// A payload with its expressions replaced by what they hold.
fn rendered(payload: &Value) -> Value {
    match payload {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), rendered(value)))
            .collect(),
        Value::String(text) => match text.strip_prefix("{% ").and_then(|text| text.strip_suffix(" %}")) {
            None => payload.clone(),
            Some(expression) if expression.contains(" = '") => json!(true),
            Some(expression) => {
                let variable = expression.strip_prefix("$exists($").map_or_else(
                    || expression.trim_start_matches('$'),
                    |guarded| guarded.split(')').next().unwrap(),
                );
                sample(variable)
            }
        },
        other => other.clone(),
    }
}

#[test]
fn every_function_can_read_what_its_state_hands_over() {
    fn check<T: DeserializeOwned>(name: &str, payload: &Value) {
        if let Err(error) = serde_json::from_value::<T>(payload.clone()) {
            panic!("{name}: {error} in {payload}");
        }
    }
    for (name, state, item) in all_states() {
        let Some(function) = state["Arguments"]["FunctionName"].as_str() else {
            continue;
        };
        let payload = match &state["Arguments"]["Payload"] {
            Value::String(whole) if whole == "{% $states.input %}" => rendered(&item),
            payload => rendered(payload),
        };
        match function {
            "${PreflightFunction}" => check::<preflight::Input>(&name, &payload),
            "${StartFunction}" => check::<start::Input>(&name, &payload),
            "${PollLagFunction}" => check::<poll_lag::Input>(&name, &payload),
            "${VerifyFunction}" => check::<verify::Input>(&name, &payload),
            "${CutoverFunction}" => check::<cutover::Input>(&name, &payload),
            "${DiagnoseFunction}" => check::<diagnose::Input>(&name, &payload),
            "${NotifyFunction}" => check::<notify::Request>(&name, &payload),
            "${ReportFunction}" => check::<report::Input>(&name, &payload),
            "${SignalFunction}" => {}
            other => panic!("{name} calls {other}, of which this test knows nothing"),
        }
    }
}

/// JSONata's functions are variables too: `$exists($error)` is true wherever it stands.
const FUNCTIONS_OF_JSONATA: [&str; 62] = [
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "eval",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "hash",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "pad",
    "parse",
    "parseInteger",
    "partition",
    "power",
    "random",
    "range",
    "reduce",
    "replace",
    "reverse",
    "round",
    "shuffle",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "string",
    "substring",
    "sum",
    "toMillis",
    "uuid",
];

/// The variables that states assign.
fn assigned(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let ("Assign", Value::Object(variables)) = (name.as_str(), value) {
                    names.extend(variables.keys().cloned());
                }
                assigned(value, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assigned(item, names)),
        _ => {}
    }
}

/// Variables that an execution does not hand to its successor, and why that one lacks nothing.
const NOT_HANDED_ON: &[(&str, &str)] = &[
    ("network", "only Preflight reads it, before the first look"),
    (
        "listeners",
        "read before the first look; a Recheck in a successor says that nobody was asked",
    ),
    ("tested", "a test of the messages never looks"),
    ("continued", "Admit's answer in the successor"),
    ("successor", "read at the end alone"),
    (
        "signal",
        "taken by the look before: no roll-over follows a signal that is still to be read",
    ),
    ("recheck", CUTOVER),
    ("rounds", COMPARING),
    ("answers", COMPARING),
    ("answer", "of a shard pair's own execution"),
    ("verified", CUTOVER),
    ("lastComparison", END),
    ("armed", CUTOVER),
    ("fence", CUTOVER),
    ("lastFence", CUTOVER),
    ("outcome", CUTOVER),
    ("asked", CUTOVER),
    ("promoted", CUTOVER),
    ("leaveTo", CUTOVER),
    ("handover", END),
    ("ending", END),
    ("topicRestored", END),
    ("failedState", END),
    ("caught", END),
    ("diagnosis", END),
    ("sourceLog", END),
    ("targetLog", END),
    ("givenUp", END),
    ("refusal", CUTOVER),
    ("redrivenBefore", END),
    ("report", END),
    ("plan", "handed on, and Admit gives it back"),
    ("migration", "handed on, and Admit gives it back"),
];
const CUTOVER: &str = "of a cutover that is under way or over, and nothing rolls over in one";
const COMPARING: &str =
    "of a comparison that is under way: where it was not done, the successor begins it again";
const END: &str = "of a migration that ends";

#[test]
fn a_successor_gets_every_variable_that_it_needs() {
    let states = state_machine();
    let handed: BTreeSet<String> = states["RollOver"]["Arguments"]["Input"]["continues"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    let taken: BTreeSet<String> = states["WhetherItContinues"]["Choices"][0]["Assign"]
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| *name != "continued")
        .cloned()
        .collect();
    assert!(taken.is_subset(&handed), "{taken:?} of {handed:?}");
    let mut names = BTreeSet::new();
    assigned(&Value::Object(states), &mut names);
    for name in &names {
        let told = NOT_HANDED_ON.iter().any(|(not, _)| not == name);
        assert!(
            taken.contains(name) != told,
            "${name}: either RollOver hands it on and WhetherItContinues takes it, or NOT_HANDED_ON says why not"
        );
    }
    for (name, _) in NOT_HANDED_ON {
        assert!(names.contains(*name), "${name} is no variable any more");
    }
}

#[test]
fn what_rolls_over_is_what_the_successor_admits() {
    let states = state_machine();
    let mut continues = rendered(&states["RollOver"]["Arguments"]["Input"]["continues"]);
    continues["observation"]["next"] = json!("rollOver");
    let execution = |name: &str| {
        serde_json::from_value(json!({"Id": "arn-2", "Name": name, "StartTime": "2026-12-24T00:00:00Z"}))
            .unwrap()
    };
    let input = json!({"replicationGroupId": "orders-cache", "continues": continues});
    let admitted = preflight::Admitted::from_input(&input, execution("m-2")).unwrap();
    assert_eq!(
        (admitted.migration.id.as_str(), admitted.migration.generation),
        ("m", 2)
    );
    assert_eq!(admitted.migration.execution_arn, "arn-2");
    // The whole of it comes back to the state machine, with what only the state machine reads.
    let answer = serde_json::to_value(&admitted).unwrap();
    assert_eq!(answer["continued"]["topic"], continues["topic"]);
    // Nobody but a roll-over starts one.
    assert!(preflight::Admitted::from_input(&input, execution("by-hand")).is_err());
    let mut waits = input.clone();
    waits["continues"]["observation"]["next"] = json!("wait");
    assert!(preflight::Admitted::from_input(&waits, execution("m-2")).is_err());
}

#[test]
fn no_variable_has_the_name_of_a_function() {
    let mut names = BTreeSet::new();
    assigned(&Value::Object(state_machine()), &mut names);
    assert!(names.contains("plan"), "{names:?}");
    for name in names {
        assert!(
            !FUNCTIONS_OF_JSONATA.contains(&name.as_str()),
            "${name} is a function of JSONata"
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
