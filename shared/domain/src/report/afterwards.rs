//! What to undo on the source, and what to do next. Two tables of rules: when an advice holds, and what it says.

use super::{Outcome, Report};
use crate::cutover::Leaving;
use crate::plan::FenceKind;
use serde::{Deserialize, Serialize};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Advice {
    /// A stable id.
    pub id: String,
    /// What, and why.
    pub text: String,
    /// A command to paste, where there is one; what to fill in stands in angle brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

fn advice(id: &str, text: impl Into<String>) -> Advice {
    Advice {
        id: id.to_owned(),
        text: text.into(),
        command: None,
    }
}

impl Advice {
    fn with(mut self, command: impl Into<String>) -> Advice {
        self.command = Some(command.into());
        self
    }
}

/// What gives an advice where it holds.
type Rule = fn(&Report) -> Option<Advice>;

/// What the migration, or a person for its sake, may have changed on the source.
const UNDO: &[Rule] = &[fence, settings_for_the_fence, access, buffers, security_group];

/// What comes after a migration.
const NEXT: &[Rule] = &[
    running,
    safety,
    clients,
    rollback,
    keep_the_source,
    tls,
    auth,
    alarms,
    left_over_target,
    start_after_assessment,
];

pub(super) fn undo(report: &Report) -> Vec<Advice> {
    UNDO.iter().filter_map(|rule| rule(report)).collect()
}

pub(super) fn next(report: &Report) -> Vec<Advice> {
    NEXT.iter().filter_map(|rule| rule(report)).collect()
}

/// Whether the source's writers may be stopped, as far as the history tells.
fn is_fenced(report: &Report) -> bool {
    let Some(cutover) = &report.cutover else {
        return false;
    };
    let raised = cutover
        .fences
        .iter()
        .any(|fence| fence.at.is_some() && fence.kind != FenceKind::None);
    raised
        && cutover
            .released
            .as_ref()
            .is_none_or(|released| released.leaving != Leaving::Release)
}

fn fence(report: &Report) -> Option<Advice> {
    let cutover = report.cutover.as_ref()?;
    if !is_fenced(report) {
        return cutover
            .released
            .as_ref()
            .map(|released| advice("fenceReleased", released.words.clone()));
    }
    let execution = report.migration.as_ref()?;
    let text = if cutover.promoted_at.is_some() {
        "The source's writers are stopped, so that none writes where nobody reads any more. Lift the fence only to go back, \
         or once no client connects there."
    } else {
        "The source's writers may be stopped. Look which side takes writes before the fence is lifted."
    };
    Some(advice("liftFence", text).with(format!(
        "aws lambda invoke --function-name <the stack's cutover function> --cli-binary-format raw-in-base64-out --payload \
         '{{\"step\":\"lift\",\"executionArn\":\"{}\",\"by\":\"<your name>\"}}' /dev/stdout",
        execution.execution_arn
    )))
}

fn settings_for_the_fence(report: &Report) -> Option<Advice> {
    let cutover = report.cutover.as_ref().filter(|_| is_fenced(report))?;
    let commands: Vec<String> = cutover
        .fences
        .iter()
        .flat_map(|fence| {
            fence.settings.iter().map(move |setting| {
                format!(
                    "redis-cli -h {} -p {} CONFIG SET {} {}",
                    fence.source.address, fence.source.port, setting.name, setting.was
                )
            })
        })
        .collect();
    (!commands.is_empty()).then(|| {
        advice(
            "fenceSettings",
            "Lifting the fence puts these settings back. By hand, should the function be gone by then:",
        )
        .with(commands.join("\n"))
    })
}

/// Whether the source was touched by people for a migration that has ended.
fn was_prepared(report: &Report) -> bool {
    report.outcome.is_over() && report.preflight.is_some()
}

fn access(report: &Report) -> Option<Advice> {
    was_prepared(report).then(|| {
        advice(
            "sourceAccess",
            "Where AUTH, an ACL, protected-mode, bind or the name of a command was changed for the migration, change it \
             back: ElastiCache needs an open source only while it follows it.",
        )
        .with("redis-cli -h <source> CONFIG SET protected-mode yes\nredis-cli -h <source> CONFIG SET requirepass <the old password>")
    })
}

fn buffers(report: &Report) -> Option<Advice> {
    was_prepared(report).then(|| {
        advice(
            "sourceBuffers",
            "Where client-output-buffer-limit or repl-backlog-size was raised for the full sync, lower it again, if the \
             source lives on: both take memory that its data may need.",
        )
    })
}

fn security_group(report: &Report) -> Option<Advice> {
    was_prepared(report).then(|| {
        let text = "Remove the rule of the source's security group that lets ElastiCache's nodes in, once nothing follows \
                    the source any more.";
        advice("sourceSecurityGroup", text)
    })
}

fn running(report: &Report) -> Option<Advice> {
    (report.outcome == Outcome::Running)
        .then_some(report.latest.as_ref())
        .flatten()
        .map(|latest| advice("wait", latest.why.clone()))
}

fn safety(report: &Report) -> Option<Advice> {
    let diagnosis = report.diagnosis.as_ref()?;
    Some(advice("afterFailure", diagnosis.safety.next_step.clone()))
}

fn clients(report: &Report) -> Option<Advice> {
    let handover = report.cutover.as_ref()?.handover.as_ref()?;
    let endpoints = &handover.endpoints;
    let names: Vec<String> = endpoints
        .configuration
        .iter()
        .chain(endpoints.shards.iter().filter_map(|shard| shard.primary.as_ref()))
        .map(ToString::to_string)
        .collect();
    Some(advice(
        "pointClients",
        format!(
            "Point every application to {}. Read the names from here: they may differ from those before the promotion.",
            names.join(", ")
        ),
    ))
}

fn rollback(report: &Report) -> Option<Advice> {
    let handover = report.cutover.as_ref()?.handover.as_ref()?;
    (!handover.rollback.is_empty()).then(|| advice("goingBack", handover.rollback.join(" ")))
}

/// AWS's guidance for after a cutover is to keep the source for 48 to 72 hours.
/// Source: <https://github.com/aws/agent-toolkit-for-aws/blob/main/skills/specialized-skills/database-skills/amazon-elasticache/references/migration/self-managed-migration.md>.
fn keep_the_source(report: &Report) -> Option<Advice> {
    (report.outcome == Outcome::Done).then(|| {
        advice(
            "keepSource",
            "Keep the source, fenced, for 48 to 72 hours: until then it is the way back. Then stop it, and take a last \
             copy of its data first.",
        )
    })
}

/// Online migration demands a target without encryption in transit; it can be switched on afterwards without a new group.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/in-transit-encryption-enable.html>.
fn tls(report: &Report) -> Option<Advice> {
    let group = done_group(report)?;
    Some(
        advice(
            "targetTls",
            "Switch encryption in transit on: the migration needed it off. In two steps, so that clients can follow: \
             preferred, then, once all of them use TLS, required.",
        )
        .with(format!(
            "aws elasticache modify-replication-group --replication-group-id {group} --transit-encryption-enabled \
             --transit-encryption-mode preferred --apply-immediately\n\
             aws elasticache modify-replication-group --replication-group-id {group} --transit-encryption-mode required \
             --apply-immediately"
        )),
    )
}

/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth.html>.
fn auth(report: &Report) -> Option<Advice> {
    let group = done_group(report)?;
    Some(
        advice(
            "targetAuth",
            "Then let clients authenticate, which needs encryption in transit: a user group (RBAC), or an AUTH token from \
             a secret store.",
        )
        .with(format!(
            "aws elasticache modify-replication-group --replication-group-id {group} --user-group-ids-to-add <user group> \
             --apply-immediately"
        )),
    )
}

fn alarms(report: &Report) -> Option<Advice> {
    done_group(report)?;
    Some(advice(
        "targetWatch",
        "Give the target what the source had: alarms (memory, CPU, evictions, replication lag), automatic backups, a \
         maintenance window, and its settings: a parameter group does not come with the data.",
    ))
}

fn left_over_target(report: &Report) -> Option<Advice> {
    let over = matches!(
        report.outcome,
        Outcome::Failed | Outcome::Aborted | Outcome::Stopped
    );
    let started = report
        .requests
        .iter()
        .any(|request| request.call == "elasticache:StartMigration");
    (over && started).then(|| {
        advice(
            "leftOverTarget",
            "The target may hold what it had copied so far. A new migration empties it: it then needs \
             \"overwriteTarget\": true.",
        )
    })
}

fn start_after_assessment(report: &Report) -> Option<Advice> {
    (report.outcome == Outcome::Assessed).then(|| {
        advice(
            "startMigration",
            "Mend what stands as FAIL, look at what stands as WARN or UNKNOWN, and start the same input without \
             \"mode\": \"assess\".",
        )
    })
}

fn done_group(report: &Report) -> Option<&str> {
    (report.outcome == Outcome::Done)
        .then_some(report.plan.as_ref())?
        .map(|plan| plan.replication_group_id.as_str())
}
