//! The functions that are measured, each with an event that makes it call AWS: a table.

use anyhow::{Context, Result};
use domain::plan::Plan;
use serde_json::{Value, json};

/// One function.
pub struct Function {
    /// Its binary.
    pub name: &'static str,
    /// Whether it speaks to engines: then it may take longer to start.
    pub speaks_redis: bool,
    /// What it is invoked with.
    pub event: Value,
}

/// Whether a function that is named here speaks to engines.
const FUNCTIONS: [(&str, bool); 12] = [
    ("preflight", true),
    ("start", false),
    ("poll-lag", true),
    ("verify", true),
    ("cutover", true),
    ("diagnose", true),
    ("signal", false),
    ("notify", false),
    ("report", false),
    ("console", false),
    ("rotate-key", false),
    ("fleet", false),
];

/// What the functions are measured against.
#[must_use]
pub fn hello_world() -> Function {
    Function {
        name: "hello-world",
        speaks_redis: false,
        event: json!({}),
    }
}

/// All of them. The source is a port where nobody listens: what an engine costs is another bench's matter.
///
/// # Errors
/// Where the bench's own plan is none.
pub fn all() -> Result<Vec<Function>> {
    let plan = Plan::from_input(
        &json!({"replicationGroupId": "orders-cache", "source": {"address": "127.0.0.1", "port": 1}}),
    )
    .ok()
    .context("the bench's plan is none")?;
    FUNCTIONS
        .iter()
        .map(|(name, speaks_redis)| {
            Ok(Function {
                name,
                speaks_redis: *speaks_redis,
                event: event(name, &plan)?,
            })
        })
        .collect()
}

fn event(name: &str, plan: &Plan) -> Result<Value> {
    let at = "2026-11-24T00:00:00Z";
    let execution = "arn:aws:states:us-east-1:123456789012:execution:m:m";
    let migration = json!({"id": "m", "executionArn": execution, "startedAt": at});
    Ok(match name {
        "preflight" => json!({"step": "locate", "plan": plan}),
        "start" => json!({"step": "lookAtTopic", "plan": plan, "migration": migration}),
        "poll-lag" => json!({
            "plan": plan, "migration": migration,
            "preflight": {"at": at, "verdict": "mayStart", "findings": []},
            "stage": {"name": "sync", "since": at, "watermark": at},
        }),
        "verify" => json!({"step": "pair", "plan": plan}),
        "cutover" => json!({"step": "abort", "plan": plan}),
        "diagnose" => json!({"failedState": "Observe", "plan": plan, "migration": migration}),
        "signal" => json!({"replicationGroupId": "orders-cache", "action": "abort", "by": "the bench"}),
        "notify" => json!({"occasion": "started", "plan": plan, "migration": migration}),
        "report" => json!({"executionArn": execution, "ending": "done", "migration": migration}),
        "console" => json!({"link": {"for": "fleet", "url": "https://page.example"}}),
        "rotate-key" => json!({"Step": "createSecret", "SecretId": "s", "ClientRequestToken": "v"}),
        "fleet" => {
            let list = json!([{"replicationGroupId": "orders-cache", "source": {"address": "127.0.0.1"}}]);
            json!({
                "step": "arrange", "executionArn": execution, "startedAt": at, "input": {"migrations": list},
            })
        }
        other => anyhow::bail!("no event is known for {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_function_is_measured() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../functions");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the functions' folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        let measured: BTreeSet<String> = all()
            .expect("events")
            .iter()
            .map(|function| function.name.to_owned())
            .collect();
        assert_eq!(measured, there);
    }
}
