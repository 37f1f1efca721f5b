//! The document for programs. Its form is docs/message.schema.json; within a version it only ever gains fields.

use super::{About, Story, cut};
use crate::contract::notify::Input;
use crate::preflight::PreflightReport;
use serde_json::{Map, Value, json};

pub(super) fn document(story: &Story, about: &About, input: &Input) -> Value {
    let head = head(story, about, input);
    let whole = merged(
        &head,
        json!({
            "why": story.lines,
            "concerns": input.observation.as_ref().map(|observation| &observation.told.concerns),
            "rehearsal": input.rehearsal.as_ref().or_else(|| input.observation.as_ref()?.rehearsal.as_ref()),
            "verification": input.verification.as_ref().and_then(|standing| standing.result.as_ref()),
            "lastComparison": input.last_comparison,
            "handover": input.handover,
            "diagnosis": input.diagnosis,
            "givenUp": input.given_up,
            "released": input.released,
            "cleanedUp": input.cleaned_up,
            "fleet": input.fleet,
            "truncated": false,
        }),
    );
    if whole.to_string().len() <= cut::LARGEST_DOCUMENT {
        return whole;
    }
    // What is too large for a message stands in the execution, which the head names.
    merged(
        &head,
        json!({
            "why": [cut::bytes(&story.lines.join("\n"), cut::LARGEST_DOCUMENT / 4)],
            "concerns": null, "rehearsal": null, "verification": null, "lastComparison": null, "handover": null, "diagnosis": null, "givenUp": null,
            "released": null, "cleanedUp": null, "fleet": null,
            "truncated": true,
        }),
    )
}

fn head(story: &Story, about: &About, input: &Input) -> Value {
    let orders: Map<String, Value> = story
        .buttons
        .iter()
        .map(|(button, id)| (button.word().to_owned(), json!(id)))
        .collect();
    let next: Vec<String> = story
        .next
        .iter()
        .map(|step| {
            let command = step
                .command
                .as_ref()
                .map_or_else(String::new, |command| format!(" {command}"));
            cut::bytes(&format!("{}{command}", step.text), LONGEST_STEP)
        })
        .take(MOST_STEPS)
        .collect();
    json!({
        "version": "1",
        "id": about.message_id,
        "event": about.event(),
        "test": about.test,
        "severity": about.kind.severity.word(),
        "replicationGroupId": about.group,
        "migrationId": about.migration,
        "executionArn": about.execution_arn,
        "headline": cut::bytes(&story.headline, LONGEST_STEP),
        "next": next,
        "links": {"execution": about.console, "page": about.page},
        "orders": orders,
        "report": input.report,
        "preflight": input.preflight.as_ref().map(PreflightReport::summary),
        "verdict": input.observation.as_ref().and_then(|observation| observation.verdict.as_ref()),
    })
}

/// A step in the head, which is never left out.
const LONGEST_STEP: usize = 1_000;
const MOST_STEPS: usize = 10;

fn merged(head: &Value, more: Value) -> Value {
    let mut whole = head.clone();
    if let (Value::Object(whole), Value::Object(more)) = (&mut whole, more) {
        whole.extend(more);
    }
    whole
}
