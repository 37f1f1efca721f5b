//! What each state hands to its function, to its successor and to nobody: the documents that the state machine makes, read by
//! the types that read them.

use super::{all_states, state_machine};
use domain::contract::{cutover, diagnose, notify, poll_lag, preflight, report, start, verify};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
        "approvedAt" => json!("2026-11-24T00:00:00Z"),
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
            // A variable that is handed over where something is so.
            Some(expression) if expression.contains(" ? $") => {
                let (_, handed) = expression.split_once(" ? $").unwrap();
                sample(handed.split(" : ").next().unwrap())
            }
            Some(expression) if expression.contains(" = '") => json!(true),
            Some(expression) => sample(expression.trim_start_matches('$')),
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
    (
        "answers",
        "of a round that is under way, and nothing rolls over before it is summed up",
    ),
    ("answer", "of a shard pair's own execution"),
    ("verified", CUTOVER),
    ("approvedAt", CUTOVER),
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
