//! The texts.

use super::{Attributes, Notice, compared};
use crate::contract::cutover::CleanedUp;
use crate::contract::notify::{Input, Occasion};
use crate::cutover::{Leaving, Proof};
use crate::diagnosis::Diagnosis;
use crate::preflight::{Outcome, PreflightReport};
use serde_json::json;

/// SNS's limit is "less than 100 characters".
const LONGEST_SUBJECT: usize = 99;

/// Renders the message of an occasion.
#[must_use]
pub fn render(input: &Input) -> Notice {
    let group = input
        .plan
        .as_ref()
        .map(|plan| plan.replication_group_id.to_string())
        .or_else(|| input.cleaned_up.as_ref()?.replication_group_id.clone())
        .unwrap_or_else(|| "unknown".to_owned());
    let migration = input
        .migration
        .as_ref()
        .map_or("unknown", |migration| migration.id.as_str())
        .to_owned();
    let (name, severity, headline) = match input.occasion {
        Occasion::Started => ("started", "info", "the target is copying the source"),
        Occasion::Ready => ("ready", "action", "in sync: approve the cutover"),
        Occasion::Done => ("done", "info", "the target has taken over"),
        Occasion::Failed => ("failed", "critical", "the migration failed"),
        Occasion::Aborted => ("aborted", "info", "the migration was given up"),
        Occasion::NotCompleted => (
            "notCompleted",
            "action",
            "the cutover did not happen, nothing is lost",
        ),
        Occasion::Ended => (
            "ended",
            "critical",
            "the migration's execution ended from outside",
        ),
    };
    let mut lines = vec![format!("{group}: {headline}."), String::new()];
    match input.occasion {
        Occasion::Started => started(&mut lines, input),
        Occasion::Ready => ready(&mut lines, &group, input),
        Occasion::Done => done(&mut lines, input),
        Occasion::Failed => failed(&mut lines, input.diagnosis.as_ref()),
        Occasion::Aborted => {
            if let Some(given_up) = &input.given_up {
                lines.push(given_up.target.clone());
            }
            lines.push("The source was not touched and takes reads and writes as before.".to_owned());
        }
        Occasion::NotCompleted => {
            lines.push(
                "The cutover was not made within the plan's budget. The target follows the source."
                    .to_owned(),
            );
            lines.push("You will hear again when there is a verdict to approve.".to_owned());
        }
        Occasion::Ended => ended(&mut lines, input.cleaned_up.as_ref()),
    }
    if let Some(released) = input.released.as_ref().filter(|_| input.diagnosis.is_none()) {
        lines.push(released.words.clone());
    }
    if keeps_a_fence(input) {
        lines.push(lift(input));
    }
    lines.push(String::new());
    lines.push(format!("migration: {migration}"));
    if let Some(migration) = &input.migration {
        lines.push(format!("execution: {}", migration.execution_arn));
    }
    if let Some(page) = &input.page {
        lines.push(format!("page:      {page}"));
    }
    if let Some(report) = &input.report {
        lines.push(format!("report: {}", report.console));
    }
    // A migration may be ready more than once; each time is a message of its own.
    let epoch = match (input.occasion, &input.observation) {
        (Occasion::Ready | Occasion::NotCompleted, Some(observation)) => {
            format!("/{}", observation.sync_epoch)
        }
        _ => String::new(),
    };
    let cause = input
        .diagnosis
        .as_ref()
        .map(|diagnosis| diagnosis.causes[0].id.clone());
    let id = format!("{migration}/{name}{epoch}");
    Notice {
        occasion: input.occasion,
        subject: subject(&format!(
            "[migration {name}] {group}: {}",
            cause.as_deref().unwrap_or(headline)
        )),
        text: lines.join("\n"),
        document: json!({
            "version": "1",
            "id": id,
            "event": format!("migration.{name}"),
            "severity": severity,
            "replicationGroupId": group,
            "migrationId": migration,
            "executionArn": input.migration.as_ref().map(|migration| &migration.execution_arn),
            "preflight": input.preflight.as_ref().map(PreflightReport::summary),
            "verdict": input.observation.as_ref().and_then(|observation| observation.verdict.as_ref()),
            "handover": input.handover,
            "diagnosis": input.diagnosis,
            "givenUp": input.given_up,
            "released": input.released,
            "report": input.report,
            "cleanedUp": input.cleaned_up,
            "verification": input.verification.as_ref().and_then(|standing| standing.result.as_ref()),
            "lastComparison": input.last_comparison,
        }),
        attributes: Attributes {
            severity,
            event_type: format!("migration.{name}"),
            replication_group_id: group,
            execution_name: migration,
        },
        id,
    }
}

fn started(lines: &mut Vec<String>, input: &Input) {
    if let Some(plan) = &input.plan {
        lines.push(format!("source:    {}", plan.source));
    }
    if let Some(report) = &input.preflight {
        lines.push(format!("preflight: {}", report.summary()));
        for finding in report.with(Outcome::Warn).chain(report.with(Outcome::Unknown)) {
            lines.push(format!("  {} {}", finding.id, finding.evidence));
        }
    }
    if let Some(topic) = &input.topic {
        lines.push(format!("events:    {}", topic.why));
    }
    lines.push(String::new());
    lines.push("Nothing is to be done. You will hear when source and target are in sync.".to_owned());
}

fn ready(lines: &mut Vec<String>, group: &str, input: &Input) {
    let observation = input.observation.as_ref();
    let Some(verdict) = observation.and_then(|observation| observation.verdict.as_ref()) else {
        return;
    };
    let lag = verdict.lag.map_or("unknown".to_owned(), |lag| lag.to_string());
    lines.push(format!("verdict:  {}", verdict.digest));
    lines.push(format!("lag:      {lag}"));
    lines.push(format!("findings: {}", verdict.findings));
    lines.push(format!("expires:  {}", verdict.expires_at));
    compared::before(lines, verdict);
    lines.push(String::new());
    lines.push("Approve this verdict (no answer is never an approval):".to_owned());
    lines.push(format!(
        "  aws lambda invoke --function-name <the stack's signal function> --cli-binary-format raw-in-base64-out \
         --payload '{{\"replicationGroupId\":\"{group}\",\"action\":\"approve\",\"verdict\":\"{}\",\"by\":\"<your \
         name>\"}}' /dev/stdout",
        verdict.digest
    ));
}

fn done(lines: &mut Vec<String>, input: &Input) {
    let Some(handover) = &input.handover else { return };
    if let Some(endpoint) = &handover.endpoints.configuration {
        lines.push(format!("configuration endpoint: {endpoint}"));
    }
    for shard in &handover.endpoints.shards {
        if let Some(primary) = &shard.primary {
            lines.push(format!("shard {} primary: {primary}", shard.shard));
        }
        if let Some(reader) = &shard.reader {
            lines.push(format!("shard {} reader:  {reader}", shard.shard));
        }
    }
    for proof in &handover.proofs {
        let said = match &proof.proof {
            Proof::NothingLost => "every write of the source arrived".to_owned(),
            Proof::Lost { bytes } => format!("LOST: {bytes} bytes of the source's stream did not arrive"),
            Proof::SourceWentOn { bytes } => format!(
                "the source's stream went on by {bytes} bytes after the target left it (pings included)"
            ),
            Proof::NotProvable { why } => format!("not provable: {why}"),
        };
        lines.push(format!("shard {}: {said}", proof.shard));
        if !proof.basis.is_empty() {
            lines.push(format!("  ({})", proof.basis));
        }
    }
    if let Some(last) = &input.last_comparison {
        compared::after(lines, last);
    }
    lines.push(String::new());
    lines.push("Point applications to the endpoints above. Keep the source for 48 to 72 hours.".to_owned());
    if !handover.source.is_empty() {
        lines.push(handover.source.clone());
    }
    lines.push(String::new());
    lines.push("Going back:".to_owned());
    lines.extend(handover.rollback.iter().map(|case| format!("  - {case}")));
}

fn ended(lines: &mut Vec<String>, cleaned_up: Option<&CleanedUp>) {
    let Some(cleaned_up) = cleaned_up else { return };
    lines.push(format!(
        "It was stopped, timed out or died ({}); nobody watches this migration any more.",
        cleaned_up.status
    ));
    lines.push(match cleaned_up.leaving {
        Some(leaving) => leaving.words().to_owned(),
        None => "No fence was up on the source.".to_owned(),
    });
    lines.push(cleaned_up.target.clone());
}

/// Whether the source stays fenced after this message.
fn keeps_a_fence(input: &Input) -> bool {
    let released = input.released.as_ref().map(|released| released.leaving);
    let cleaned_up = input
        .cleaned_up
        .as_ref()
        .and_then(|cleaned_up| cleaned_up.leaving);
    let pinned = input
        .handover
        .as_ref()
        .is_some_and(|handover| !handover.source.is_empty());
    pinned || released.or(cleaned_up).is_some_and(Leaving::holds)
}

/// The order that lifts the fence.
fn lift(input: &Input) -> String {
    let execution = input
        .migration
        .as_ref()
        .map_or("<the execution's ARN>", |migration| {
            migration.execution_arn.as_str()
        });
    format!(
        "To lift the fence: aws lambda invoke --function-name <the stack's cutover function> --cli-binary-format \
         raw-in-base64-out --payload '{{\"step\":\"lift\",\"executionArn\":\"{execution}\",\"by\":\"<your name>\"}}' \
         /dev/stdout"
    )
}

fn failed(lines: &mut Vec<String>, diagnosis: Option<&Diagnosis>) {
    let Some(diagnosis) = diagnosis else { return };
    lines.push(format!("failed state: {}", diagnosis.failed_state));
    for cause in &diagnosis.causes {
        lines.push(format!("cause: {} ({:?})", cause.id, cause.confidence));
        lines.push(format!("  seen: {}", cause.evidence));
        if !cause.fix.is_empty() {
            lines.push(format!("  fix:  {}", cause.fix));
        }
    }
    lines.push(String::new());
    lines.push(format!("source: {}", diagnosis.safety.source));
    lines.push(format!("target: {}", diagnosis.safety.target));
    lines.push(format!("next:   {}", diagnosis.safety.next_step));
    if !diagnosis.seen.is_empty() {
        lines.push(String::new());
        lines.push("What was seen:".to_owned());
        lines.extend(diagnosis.seen.iter().map(|line| format!("  {line}")));
    }
}

/// Printable ASCII only, cut to what SNS takes.
fn subject(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .take(LONGEST_SUBJECT)
        .collect()
}
