//! One message of each occasion, for a test of the messages and for the snapshots. What they tell never happened.

use crate::contract::Migration;
use crate::contract::notify::{Input, Occasion};
use crate::plan::Plan;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// One of each, about this plan's group. Marked, so that nobody takes them for news.
#[must_use]
pub fn one_of_each(migration: &Migration, plan: &Plan) -> Vec<Input> {
    Occasion::ALL
        .into_iter()
        .map(|occasion| {
            let mut input = Input::about(occasion, Some(migration.clone()), Some(plan.clone()));
            input.test = true;
            fill(&mut input, plan);
            input
        })
        .collect()
}

fn fill(input: &mut Input, plan: &Plan) {
    let about = |text: &str| text.replace("GROUP", plan.replication_group_id.as_str());
    match input.occasion {
        Occasion::Started | Occasion::Syncing | Occasion::Preflight => {
            input.preflight = read(preflight());
            input.topic = read(json!({
                "action": "set", "before": null, "why": about("GROUP has no topic: this stack's is set meanwhile")
            }));
        }
        Occasion::Assessed => {
            input.preflight = read(preflight());
            input.rehearsal = read(rehearsal());
        }
        Occasion::Rehearsed => {
            input.observation = observation(json!({"rehearsal": rehearsal(), "next": "start"}));
        }
        Occasion::Ready | Occasion::Reminder => {
            input.preflight = read(preflight());
            input.observation = observation(json!({"verdict": verdict(), "next": "ready"}));
        }
        Occasion::Trouble => {
            input.observation = observation(json!({"phase": "lost", "told": {"concerns": [concern()]}}))
        }
        Occasion::Recovered => input.observation = observation(json!({"verdict": verdict(), "lag": 14})),
        Occasion::Cutover => {
            input.observation = observation(json!({
                "verdict": verdict(), "next": "complete",
                "approval": {"verdict": DIGEST, "by": "somebody", "at": AT, "how": "manual"},
            }));
        }
        Occasion::NotCompleted => {
            input.observation = observation(json!({"attempts": 1}));
            input.released = read(json!({"at": AT, "leaving": "release", "words": RELEASED}));
        }
        Occasion::Done => input.handover = read(handover()),
        Occasion::Aborted => {
            input.observation =
                observation(json!({"why": "a person gave the migration up", "next": "abort"}));
            input.given_up = read(json!({
                "at": AT, "target": about("GROUP stopped following and holds what it had copied by then.")
            }));
        }
        Occasion::Failed => input.diagnosis = read(diagnosis()),
        Occasion::Ended => {
            input.cleaned_up = read(json!({
                "at": AT, "status": "ABORTED", "replicationGroupId": plan.replication_group_id,
                "leaving": "release", "target": about("GROUP is migrating."),
            }));
        }
        Occasion::FleetDone => input.fleet = read(json!({"summary": summary("done", 0)})),
        Occasion::FleetFailed => input.fleet = read(json!({"summary": summary("stopped", 2)})),
    }
}

/// A sample that does not read is left out of the message; a test holds that none is.
fn read<T: DeserializeOwned>(sample: Value) -> Option<T> {
    serde_json::from_value(sample).ok()
}

const AT: &str = "2026-11-24T00:00:00Z";
const DIGEST: &str = "5a1e0f3c9b7d2468";
const RELEASED: &str = "The source is the primary and takes writes again: its fence was released.";

fn observation<T: DeserializeOwned>(more: Value) -> Option<T> {
    let mut look = json!({
        "at": AT, "stage": {"name": "approval", "since": AT, "watermark": AT}, "status": {"known": "migrating"},
        "phase": "inSync", "shards": [], "inSyncSamples": 5, "syncEpoch": 0, "idleSamples": 0, "leftAvailable": true,
        "events": [], "next": "wait", "waitSeconds": 5, "why": "ready: waiting for approval"
    });
    if let (Value::Object(look), Value::Object(more)) = (&mut look, more) {
        look.extend(more);
    }
    read(look)
}

fn verdict() -> Value {
    json!({
        "digest": DIGEST, "at": AT, "expiresAt": "2026-11-25T00:00:00Z", "lag": 14, "lagSeconds": 0.1, "heldFor": 95,
        "findings": "1 WARN, 45 PASS"
    })
}

fn concern() -> Value {
    json!({
        "kind": "linkLost", "since": AT, "text": "shard 0001: the link between source and target is down", "looks": 2,
        "gone": 0, "told": true
    })
}

fn rehearsal() -> Value {
    json!({"outcome": "passed", "evidence": "AWS says: the test of the migration succeeded", "verdict": "mayStart"})
}

fn preflight() -> Value {
    json!({"at": AT, "moment": "beforeStart", "verdict": "mayStart", "findings": [
        {"id": "S1", "title": "The source answers", "outcome": "PASS", "evidence": "redis 7.0.15 answers"},
        {"id": "P2", "title": "The backlog outlasts a broken link", "outcome": "WARN",
         "evidence": "the backlog holds 3 s of writes",
         "remedy": "on the source: redis-cli CONFIG SET repl-backlog-size 268435456"}
    ]})
}

fn summary(outcome: &str, failed: u64) -> Value {
    let failures: Vec<Value> = (0..failed)
        .map(|index| {
            json!({
                "executionArn": format!("arn:aws:states:eu-west-1:123456789012:execution:migrate:sample-{index}"),
                "standing": "failed", "error": "Migration.Stopped"
            })
        })
        .collect();
    json!({
        "outcome": outcome, "total": 100, "succeeded": 100 - 2 * failed, "failed": failed, "running": 0,
        "notStarted": failed, "failures": failures
    })
}

fn handover() -> Value {
    json!({
        "at": AT, "lostBytes": 0, "source": "The source stays fenced until somebody lifts it.",
        "endpoints": {"shards": [{
            "shard": "0001",
            "primary": {"address": "master.sample.cache.amazonaws.com", "port": 6379},
            "reader": {"address": "replica.sample.cache.amazonaws.com", "port": 6379}
        }]},
        "proofs": [{
            "shard": "0001", "proof": {"result": "nothingLost"}, "lostBytes": 0,
            "basis": "the target applied up to 1000; the source is at 1000 now"
        }],
        "rollback": ["If no application has written to the target yet: lift the fence of the source."]
    })
}

fn diagnosis() -> Value {
    json!({
        "at": AT, "failedState": "Observe", "error": "Migration.Stopped",
        "summary": "Observe failed: the source closed the connection (output_buffer_overrun)",
        "causes": [{
            "id": "output_buffer_overrun", "confidence": "likely", "evidence": "the source closed the connection",
            "fix": "on the source: redis-cli CONFIG SET client-output-buffer-limit \"slave 0 0 0\""
        }],
        "safety": {
            "source": "The source takes reads and writes as before.",
            "target": "The target holds a part of the data and follows nobody.",
            "nextStep": "Mend the cause, then start again."
        },
        "seen": ["status: available"]
    })
}
