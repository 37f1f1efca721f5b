//! Stories of histories: given these events, this is what the report says.

mod bounds;
mod stories;

use super::{Chronicle, End, Entry, Happening, Report};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// When every story begins.
fn start() -> Timestamp {
    "2026-11-24T00:00:00Z".parse().expect("a time")
}

/// So many seconds into the story.
fn at(seconds: i64) -> Timestamp {
    start()
        .checked_add(SignedDuration::from_secs(seconds))
        .expect("a time")
}

/// A history that is being written: each event follows from the one before, as Step Functions numbers them.
struct History {
    chronicle: Chronicle,
    id: i64,
    now: Timestamp,
}

impl History {
    fn begin() -> History {
        let mut chronicle = Chronicle::new();
        chronicle.begin_execution();
        let mut history = History {
            chronicle,
            id: 0,
            now: start(),
        };
        history.event(Happening::Began {
            input: "{}".to_owned(),
        });
        history
    }

    fn event(&mut self, what: Happening) {
        self.follows(self.id, what);
    }

    /// An event that follows from another than the last.
    fn follows(&mut self, previous: i64, what: Happening) {
        self.id += 1;
        let (id, at) = (self.id, self.now);
        self.chronicle.read(&Entry {
            id,
            previous,
            at,
            what,
        });
    }

    fn wait(&mut self, millis: i64) {
        self.now = self
            .now
            .checked_add(SignedDuration::from_millis(millis))
            .expect("a time");
    }

    fn enter(&mut self, state: &str) {
        self.event(Happening::Entered {
            state: state.to_owned(),
        });
    }

    /// A state whose function answers after a tenth of a second.
    fn task(&mut self, state: &str, answer: &Value) {
        self.enter(state);
        self.event(Happening::Scheduled { lambda: true });
        self.event(Happening::Other);
        self.wait(100);
        self.event(answered(answer));
        self.event(Happening::Other);
    }

    /// The wait, ended by this signal after a time, or by time itself.
    fn await_signal(&mut self, millis: i64, signal: Option<&Value>) {
        self.enter("AwaitSignal");
        self.event(Happening::Scheduled { lambda: true });
        self.event(Happening::Other);
        self.wait(30);
        self.event(Happening::Submitted);
        self.wait(millis);
        self.event(match signal {
            Some(signal) => Happening::Answered {
                output: signal.to_string(),
            },
            None => Happening::Failed {
                error: "States.Timeout".to_owned(),
            },
        });
        self.event(Happening::Other);
    }

    fn end(&mut self, end: End) {
        self.event(Happening::Ended(end));
    }

    fn report(&self) -> Report {
        self.chronicle.report(self.now)
    }
}

fn answered(answer: &Value) -> Happening {
    Happening::Answered {
        output: json!({"ExecutedVersion": "1", "Payload": answer, "StatusCode": 200}).to_string(),
    }
}

/// What `Admit` answers.
fn admitted() -> Value {
    let plan = crate::plan::Plan::from_input(
        &json!({"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}}),
    )
    .expect("a plan");
    json!({
        "plan": plan,
        "migration": {"id": "orders-1", "executionArn": "arn:aws:states:us-east-1:1:execution:m:orders-1", "startedAt": start()},
    })
}

fn preflight(at: Timestamp) -> Value {
    json!({
        "at": at, "verdict": "mayStart",
        "findings": [
            {"id": "T1", "title": "The engine can be migrated to", "outcome": "PASS", "evidence": "Valkey 8.0"},
            {"id": "P2", "title": "The backlog is long enough", "outcome": "WARN", "evidence": "1 MiB", "remedy": "CONFIG SET repl-backlog-size 64mb"},
        ],
    })
}

fn stage(name: &str, since: Timestamp) -> Value {
    json!({"name": name, "since": since, "watermark": since})
}

/// A look at one shard.
fn look(at: Timestamp, stage_name: &str, phase: &str, lag: Option<u64>, received: Option<u64>) -> Value {
    json!({
        "at": at, "stage": stage(stage_name, start()), "status": {"known": "migrating"}, "phase": phase,
        "lag": lag, "received": received,
        "shards": [{"shard": "0001", "phase": phase, "lag": lag, "received": received, "writeRate": 1_000.0, "followed": true}],
        "inSyncSamples": 0, "syncEpoch": 0, "idleSamples": 0, "leftAvailable": true, "events": [],
        "next": "wait", "waitSeconds": 5, "why": "it goes on",
    })
}
