//! The table of causes. Each explains what was seen, or does not; a new cause is one function and one line here.

use super::{Cause, Confidence, Evidence};
use crate::StepError;
use crate::engine::EngineFault;
use crate::preflight::Outcome;
use crate::preflight::checks;
use crate::target::EventKind;

/// Every cause, in the order in which equals are shown.
pub(super) const ALL: [fn(&Evidence) -> Vec<Cause>; 9] = [
    invalid_input,
    failed_findings,
    access_denied,
    not_ours,
    failed_event,
    completed_by_somebody_else,
    stopped,
    source_now,
    precondition,
];

fn cause(id: &str, confidence: Confidence, evidence: impl Into<String>, fix: impl Into<String>) -> Cause {
    Cause {
        id: id.to_owned(),
        confidence,
        evidence: evidence.into(),
        fix: fix.into(),
    }
}

/// What the user typed is wrong; nothing was called.
fn invalid_input(evidence: &Evidence) -> Vec<Cause> {
    evidence
        .caught(&StepError::InvalidInput(String::new()))
        .map(|message| {
            cause(
                "invalid_input",
                Confidence::Certain,
                message,
                "correct the fields named and start a new execution",
            )
        })
        .into_iter()
        .collect()
}

/// A check that failed is the cause itself.
fn failed_findings(evidence: &Evidence) -> Vec<Cause> {
    let Some(report) = &evidence.preflight else {
        return vec![];
    };
    report
        .with(Outcome::Fail)
        .map(|finding| {
            let id = checks::ALL
                .iter()
                .find(|check| check.id == finding.id)
                .map_or("preflight", |check| check.cause);
            cause(
                id,
                Confidence::Certain,
                finding.evidence.clone(),
                finding.remedy.clone(),
            )
        })
        .collect()
}

/// The role may not make a call.
fn access_denied(evidence: &Evidence) -> Vec<Cause> {
    evidence
        .caught(&StepError::AccessDenied(String::new()))
        .map(|message| {
            cause(
                "access_denied",
                Confidence::Certain,
                message,
                "allow the call named above to the function's role; a permissions boundary or an organisation's policy \
                 may deny it too",
            )
        })
        .into_iter()
        .collect()
}

/// The group is under somebody else's migration.
fn not_ours(evidence: &Evidence) -> Vec<Cause> {
    evidence
        .caught(&StepError::NotOurs(String::new()))
        .map(|message| {
            cause(
                "under_another_migration",
                Confidence::Certain,
                message,
                "let that migration end, or give it up with CompleteMigration and Force, then start again",
            )
        })
        .into_iter()
        .collect()
}

/// AWS says that the migration failed, and perhaps why.
fn failed_event(evidence: &Evidence) -> Vec<Cause> {
    let failure = evidence
        .events()
        .iter()
        .rev()
        .find_map(|event| match event.kind() {
            EventKind::Failed(reason) | EventKind::TestFailed(reason) => Some((event, reason)),
            _ => None,
        });
    let Some((event, reason)) = failure else {
        return vec![];
    };
    let reason = reason.unwrap_or_default().to_ascii_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if named(&["rdb"]) {
        return vec![cause(
            "rdb_version_too_new",
            Confidence::Certain,
            event.text.clone(),
            "the target's engine cannot load what the source sends: compare both RDB versions (finding S2)",
        )];
    }
    if named(&["auth"]) {
        return vec![cause(
            "source_requires_password",
            Confidence::Likely,
            event.text.clone(),
            "take the password off the source for the migration: redis-cli CONFIG SET requirepass \"\"",
        )];
    }
    if named(&["connect", "reach", "timeout", "timed out", "refused"]) {
        return vec![cause(
            "source_not_reached",
            Confidence::Likely,
            event.text.clone(),
            "let the target's subnets reach the source's port: security group, route tables, network ACLs",
        )];
    }
    vec![cause(
        "migration_failed",
        Confidence::Possible,
        event.text.clone(),
        "read the event and both engines' logs; AWS's list: \
         https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html",
    )]
}

/// A success that this migration did not ask for.
fn completed_by_somebody_else(evidence: &Evidence) -> Vec<Cause> {
    let promoting = evidence
        .observation
        .as_ref()
        .is_some_and(|observation| observation.stage.name == crate::progress::StageName::Promotion);
    evidence
        .events()
        .iter()
        .rev()
        .find(|event| !promoting && event.kind() == EventKind::Completed)
        .map(|event| {
            cause(
                "completed_by_somebody_else",
                Confidence::Certain,
                event.text.clone(),
                "find the CompleteMigration call in CloudTrail; the target takes writes, so decide which side is right \
                 before applications write to either",
            )
        })
        .into_iter()
        .collect()
}

/// The last look stopped the migration because it would never end. The reason was seen; what lies behind it may be told
/// more exactly by an event.
fn stopped(evidence: &Evidence) -> Vec<Cause> {
    evidence
        .observation
        .as_ref()
        .and_then(|observation| observation.stop.as_ref())
        .map(|stop| {
            cause(
                &stop.id,
                Confidence::Likely,
                stop.text.clone(),
                crate::progress::stop::fix_of(&stop.id),
            )
        })
        .into_iter()
        .collect()
}

/// What the source does right now explains why a target cannot follow it.
fn source_now(evidence: &Evidence) -> Vec<Cause> {
    let Some(Err(fault)) = &evidence.source else {
        return vec![];
    };
    let what = format!("the source, asked after the failure: {fault}");
    match fault {
        EngineFault::AuthRequired => vec![cause(
            "source_requires_password",
            Confidence::Likely,
            what,
            "take the password off the source for the migration: redis-cli CONFIG SET requirepass \"\"",
        )],
        EngineFault::ProtectedMode => vec![cause(
            "source_in_protected_mode",
            Confidence::Likely,
            what,
            "on the source: redis-cli CONFIG SET protected-mode no",
        )],
        EngineFault::Unreachable(_) | EngineFault::TimedOut(_) => vec![cause(
            "source_not_reached",
            Confidence::Likely,
            what,
            "see that the source runs and that the target's subnets reach its port",
        )],
        EngineFault::NotPermitted(_)
        | EngineFault::NotReady(_)
        | EngineFault::TooManyClients
        | EngineFault::UnknownCommand(_)
        | EngineFault::NotRedis(_)
        | EngineFault::Other(_) => {
            vec![cause(
                "source_not_ready",
                Confidence::Possible,
                what,
                "mend the source so that it answers INFO",
            )]
        }
    }
}

/// A refusal that no other cause names.
fn precondition(evidence: &Evidence) -> Vec<Cause> {
    evidence
        .caught(&StepError::Precondition(String::new()))
        .map(|message| {
            cause(
                "refused",
                Confidence::Possible,
                message,
                "do what the message says and start again",
            )
        })
        .into_iter()
        .collect()
}

/// Nothing fits: say so, with the last thing that was seen.
pub(super) fn unknown(evidence: &Evidence) -> Cause {
    let last = match (&evidence.error, &evidence.observation) {
        (Some(error), _) => format!("{}: {}", error.error, error.message()),
        (None, Some(observation)) => observation.why.clone(),
        (None, None) => "nothing was seen".to_owned(),
    };
    cause(
        "unknown",
        Confidence::Possible,
        last,
        "everything that was seen is listed below",
    )
}
