//! The states in people's words: what each was seen to do, and the whole run as a handful of steps.

use crate::observation::{OBSERVE, Observation};
use crate::visit::{Visit, between};
use crate::words::{bytes, spaced};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// A step of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) took: Duration,
    pub(crate) seen: String,
}

impl Step {
    pub(crate) fn new(name: &str, took: Duration, seen: impl Into<String>) -> Step {
        Step {
            name: name.to_owned(),
            took,
            seen: seen.into(),
        }
    }
}

/// What came of a state, in a few words. None for states that only route or wait, where nothing came.
pub(crate) fn seen(visit: &Visit) -> Option<String> {
    let answer = visit.answer.as_ref();
    if let (None, Some((error, cause))) = (answer, &visit.error)
        && error != "States.Timeout"
    {
        return Some(format!("failed: {error}: {}", message(cause)));
    }
    let words = match visit.state.as_str() {
        "Admit" => "the input is valid; what it leaves out has its default".to_owned(),
        "Preflight" | "Recheck" => findings(answer?),
        "Rehearse" => "TestMigration was accepted".to_owned(),
        "Start" => "StartMigration was accepted".to_owned(),
        "AwaitSignal" => signal(answer?)?,
        "Complete" => "CompleteMigration was accepted".to_owned(),
        "Prove" => proofs(answer?),
        "Abort" => text(answer?, "/target"),
        "Diagnose" => text(answer?, "/summary"),
        state if state.starts_with("Tell") => "people were told".to_owned(),
        _ => return None,
    };
    Some(words)
}

/// The message within a Lambda's cause, or the cause as it is.
pub(crate) fn message(cause: &str) -> String {
    serde_json::from_str::<Value>(cause)
        .ok()
        .and_then(|cause| Some(cause.get("errorMessage")?.as_str()?.to_owned()))
        .unwrap_or_else(|| cause.to_owned())
}

fn text(answer: &Value, pointer: &str) -> String {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("(no word)")
        .to_owned()
}

fn findings(report: &Value) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut remarkable = vec![];
    for finding in report["findings"].as_array().into_iter().flatten() {
        let outcome = finding["outcome"].as_str().unwrap_or("?");
        *counts.entry(outcome).or_default() += 1;
        if !outcome.eq_ignore_ascii_case("pass") {
            remarkable.push(finding["id"].as_str().unwrap_or("?"));
        }
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(outcome, count)| format!("{count} {}", outcome.to_uppercase()))
        .collect();
    let remarkable = if remarkable.is_empty() {
        String::new()
    } else {
        format!(" ({})", remarkable.join(", "))
    };
    format!("findings: {}{remarkable}", counts.join(", "))
}

fn signal(answer: &Value) -> Option<String> {
    Some(match answer["kind"].as_str()? {
        "approve" => format!("approved by {}", text(answer, "/by")),
        "abort" => format!("given up by {}", text(answer, "/by")),
        _ => format!("woken by {}", text(answer, "/name")),
    })
}

fn proofs(handover: &Value) -> String {
    let proofs = handover["proofs"].as_array().into_iter().flatten().map(|proof| {
        let result = spaced(
            proof
                .pointer("/proof/result")
                .and_then(Value::as_str)
                .unwrap_or("?"),
        );
        let detail = match (proof.pointer("/proof/bytes"), proof.pointer("/proof/why")) {
            (Some(bytes), _) => format!(", {bytes} bytes of its stream, pings included"),
            (_, Some(why)) => format!(", {}", why.as_str().unwrap_or_default()),
            _ => String::new(),
        };
        format!("shard {}: {result}{detail}", text(proof, "/shard"))
    });
    proofs.collect::<Vec<_>>().join("; ")
}

/// The run as steps: every state that did something, and each wait with its looks as one step, named after what was
/// waited for.
pub(crate) fn steps(visits: &[Visit]) -> Vec<Step> {
    let mut steps = vec![];
    let mut waited_for = "";
    let mut rest = visits;
    while let Some(visit) = rest.first() {
        let length = rest.iter().take_while(|visit| is_waiting(visit)).count();
        if length > 0 {
            let (loop_, after) = rest.split_at(length);
            steps.push(wait(waited_for, loop_));
            rest = after;
            continue;
        }
        waited_for = match visit.state.as_str() {
            "Rehearse" => "the rehearsal",
            "Start" | "TellSyncing" => "sync",
            "TellReady" => "approval",
            "Complete" => "promotion",
            _ => waited_for,
        };
        if let Some(seen) = seen(visit) {
            steps.push(Step::new(&visit.state, visit.took(), seen));
        }
        rest = &rest[1..];
    }
    steps
}

fn is_waiting(visit: &Visit) -> bool {
    [OBSERVE, "AwaitSignal", "WhatNext"].contains(&visit.state.as_str())
}

fn wait(what: &str, visits: &[Visit]) -> Step {
    let looks: Vec<Observation> = visits.iter().filter_map(Observation::of).collect();
    let mut phases: Vec<String> = looks.iter().map(|look| spaced(&look.phase)).collect();
    phases.dedup();
    let mut seen = vec![match looks.len() {
        0 => "no look".to_owned(),
        1 => format!("1 look: {}", phases.join(", ")),
        number => format!("{number} looks: {}", phases.join(", ")),
    }];
    if let Some(received) = looks
        .iter()
        .filter_map(|look| look.received)
        .max()
        .filter(|bytes| *bytes > 0)
    {
        seen.push(format!("{} received", bytes(received)));
    }
    if let Some(lag) = looks.iter().filter_map(|look| look.lag).max() {
        seen.push(format!("lag at most {}", bytes(lag)));
    }
    seen.extend(
        visits
            .iter()
            .filter(|visit| visit.state == "AwaitSignal")
            .filter_map(self::seen),
    );
    let took = match (visits.first(), visits.last()) {
        (Some(first), Some(last)) => between(first.entered, last.left.unwrap_or(last.entered)),
        _ => Duration::ZERO,
    };
    Step::new(&format!("Wait for {what}"), took, seen.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    fn visit(state: &str, from: i64, to: i64, answer: Option<Value>) -> Visit {
        let at = |second| Timestamp::from_second(second).expect("a time");
        Visit {
            state: state.to_owned(),
            entered: at(from),
            left: Some(at(to)),
            answer,
            error: None,
        }
    }

    fn look(phase: &str, lag: u64) -> Option<Value> {
        Some(json!({"stage": {"name": "sync"}, "phase": phase, "lag": lag, "why": "so"}))
    }

    #[test]
    fn a_wait_with_all_its_looks_is_one_step() {
        let findings =
            json!({"findings": [{"id": "s1", "outcome": "pass"}, {"id": "s2", "outcome": "warn"}]});
        let approval = json!({"kind": "approve", "by": "make demo"});
        let steps = steps(&[
            visit("Preflight", 0, 2, Some(findings)),
            visit("MayStart", 2, 2, None),
            visit("Start", 2, 3, Some(json!({}))),
            visit("Observe", 3, 4, look("transferring", 0)),
            visit("WhatNext", 4, 4, None),
            visit("AwaitSignal", 4, 9, None),
            visit("Observe", 9, 10, look("inSync", 2_048)),
            visit("WhatNext", 10, 10, None),
            visit("TellReady", 10, 11, None),
            visit("AwaitSignal", 11, 20, Some(approval)),
        ]);
        let told: Vec<String> = steps
            .iter()
            .map(|step| format!("{} {:?} {}", step.name, step.took, step.seen))
            .collect();
        assert_eq!(
            told,
            [
                "Preflight 2s findings: 1 PASS, 1 WARN (s2)",
                "Start 1s StartMigration was accepted",
                "Wait for sync 7s 2 looks: transferring, in sync; lag at most 2.0 KiB",
                "TellReady 1s people were told",
                "Wait for approval 9s no look; approved by make demo",
            ]
        );
    }

    #[test]
    fn a_function_that_failed_is_told_with_its_own_message() {
        let mut failed = visit("Start", 0, 1, None);
        failed.error = Some((
            "Migration.Precondition".to_owned(),
            r#"{"errorMessage":"it is busy"}"#.to_owned(),
        ));
        assert_eq!(
            seen(&failed).as_deref(),
            Some("failed: Migration.Precondition: it is busy")
        );
        let mut waited = visit("AwaitSignal", 0, 5, None);
        waited.error = Some(("States.Timeout".to_owned(), String::new()));
        assert_eq!(seen(&waited), None);
    }
}
