//! The table of causes. A new cause is one file and one line here; its id is stable, its texts are its documentation.

mod access_denied;
mod api_throttled;
mod aws_service_failed;
mod backlog_too_small;
mod completed_by_somebody_else;
mod data_differs;
mod data_not_compared;
mod database_count;
mod event_not_known;
mod finding;
mod fork_failed;
mod invalid_input;
mod lambda_network;
mod migration_failed;
mod module_data;
mod nobody_approved;
mod not_in_sync_at_completion;
mod output_buffer_overrun;
mod program_error;
mod rdb_version_too_new;
mod refused;
mod source_acl_restricts;
mod source_commands_renamed;
mod source_failed_over;
mod source_in_protected_mode;
mod source_name_not_resolved;
mod source_not_reached;
mod source_not_ready;
mod source_out_of_memory;
mod source_port_refused;
mod source_requires_password;
mod stopped;
mod target_changed_by_somebody;
mod target_deleted;
mod target_failed_over;
mod target_node_replaced;
mod target_not_reached;
mod target_out_of_memory;
mod took_too_long;
mod transfer_timed_out;
mod under_another_migration;

pub(super) use finding::way_is_in_doubt;

use super::{Cause, Confidence, Evidence, SourceSeen};
use crate::Bytes;
use crate::engine::Info;

/// A cause: data that a person can read, and one function.
#[derive(Debug)]
pub struct CauseRule {
    /// A stable id in snake case.
    pub id: &'static str,
    /// What is the case where it holds.
    pub title: &'static str,
    /// How it makes a migration fail.
    pub why: &'static str,
    /// What to do, with a command to paste where there is one.
    pub fix: &'static str,
    /// Where the knowledge comes from.
    pub reference: &'static str,
    /// Whether the evidence supports it.
    pub(super) explains: fn(&Evidence) -> Option<Explained>,
}

/// What of the evidence supports a cause, and how well.
pub(super) struct Explained {
    confidence: Confidence,
    evidence: String,
}

impl Explained {
    /// It was seen itself.
    fn certain(evidence: impl Into<String>) -> Explained {
        Explained::new(Confidence::Certain, evidence)
    }

    /// What was seen has hardly another explanation.
    fn likely(evidence: impl Into<String>) -> Explained {
        Explained::new(Confidence::Likely, evidence)
    }

    /// Something was seen that it would explain.
    fn possible(evidence: impl Into<String>) -> Explained {
        Explained::new(Confidence::Possible, evidence)
    }

    fn new(confidence: Confidence, evidence: impl Into<String>) -> Explained {
        Explained {
            confidence,
            evidence: evidence.into(),
        }
    }
}

/// Every cause. Among equals in confidence the order here stands: what explains most comes first.
pub const ALL: [CauseRule; 39] = [
    invalid_input::CAUSE,
    target_deleted::CAUSE,
    completed_by_somebody_else::CAUSE,
    target_changed_by_somebody::CAUSE,
    under_another_migration::CAUSE,
    access_denied::CAUSE,
    api_throttled::CAUSE,
    lambda_network::CAUSE,
    aws_service_failed::CAUSE,
    program_error::CAUSE,
    rdb_version_too_new::CAUSE,
    module_data::CAUSE,
    database_count::CAUSE,
    source_requires_password::CAUSE,
    source_acl_restricts::CAUSE,
    source_in_protected_mode::CAUSE,
    source_commands_renamed::CAUSE,
    source_name_not_resolved::CAUSE,
    source_port_refused::CAUSE,
    source_not_reached::CAUSE,
    source_not_ready::CAUSE,
    output_buffer_overrun::CAUSE,
    backlog_too_small::CAUSE,
    transfer_timed_out::CAUSE,
    fork_failed::CAUSE,
    source_out_of_memory::CAUSE,
    target_out_of_memory::CAUSE,
    target_node_replaced::CAUSE,
    target_failed_over::CAUSE,
    target_not_reached::CAUSE,
    source_failed_over::CAUSE,
    not_in_sync_at_completion::CAUSE,
    data_differs::CAUSE,
    data_not_compared::CAUSE,
    nobody_approved::CAUSE,
    took_too_long::CAUSE,
    migration_failed::CAUSE,
    event_not_known::CAUSE,
    refused::CAUSE,
];

const PREPARE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html";
const INITIATE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html";
const COMPLETE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Complete.html";
const EVENTS: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Console.html";
const REPLICATION: &str = "https://valkey.io/topics/replication/";
const IAM: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/IAM.APIReference.html";
const THROTTLING: &str = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html";
const VPC: &str = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html";
const HEALTH: &str = "https://docs.aws.amazon.com/health/latest/ug/what-is-aws-health.html";
const OWN: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/OnlineMigration.html";

/// What AWS and a target say that does not reach its source, in lower case. AWS documents no such words; the engines' stand
/// in `src/replication.c`.
const NOT_REACHED: [&str; 8] = [
    "reach",
    "connect",
    "no route",
    "timed out",
    "timeout connecting",
    "connection timeout",
    "no data nor ping",
    "error condition on socket",
];

/// All that the evidence supports, best first, each once.
pub(super) fn all_that_explain(evidence: &Evidence) -> Vec<Cause> {
    let from_table = ALL.iter().filter_map(|rule| {
        let Explained { confidence, evidence } = (rule.explains)(evidence)?;
        Some(Cause {
            id: rule.id.to_owned(),
            confidence,
            evidence,
            fix: rule.fix.to_owned(),
        })
    });
    // The rule that stopped it tells what was seen; a cause of the table that is as sure tells what lies behind it.
    let mut causes: Vec<Cause> = finding::causes(evidence)
        .into_iter()
        .chain(from_table)
        .chain(stopped::causes(evidence))
        .collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.confidence));
    let mut ids = std::collections::BTreeSet::new();
    causes.retain(|cause| ids.insert(cause.id.clone()));
    causes
}

/// Nothing fits: say so, with the last thing that was seen.
pub(super) fn unknown(evidence: &Evidence) -> Cause {
    let last = match (&evidence.error, &evidence.observation) {
        (Some(error), _) => format!("{}: {}", error.error, error.message()),
        (None, Some(observation)) => observation.why.clone(),
        (None, None) => "nothing was seen".to_owned(),
    };
    Cause {
        id: "unknown".to_owned(),
        confidence: Confidence::Possible,
        evidence: last,
        fix: "everything that was seen is listed below".to_owned(),
    }
}

/// The best that any of the source's primaries supports; among equals the first.
fn by_source(
    evidence: &Evidence,
    explains: impl FnMut(&SourceSeen) -> Option<Explained>,
) -> Option<Explained> {
    let supported = evidence.sources.iter().filter_map(explains);
    supported.rev().max_by_key(|explained| explained.confidence)
}

/// Whether a text holds one of these pieces, which are in lower case.
fn has_any(text: &str, pieces: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    pieces.iter().any(|piece| text.contains(piece))
}

/// How full an engine is that is within a twentieth of its limit; none where it has room or no limit.
fn nearly_full(info: &Info) -> Option<String> {
    let (used, limit) = (info.count("used_memory")?, info.count("maxmemory")?);
    (limit > 0 && used >= limit - limit / 20).then(|| format!("{} of {}", Bytes(used), Bytes(limit)))
}

#[cfg(test)]
mod tests {
    use super::super::diagnose;
    use super::super::testing::seen;
    use super::ALL;
    use crate::engine::EngineFault;
    use std::collections::BTreeSet;

    /// What goes wrong with one primary of a cluster is seen wherever it stands in the plan.
    #[test]
    fn every_primary_of_a_source_cluster_is_looked_at() {
        let well = "role:master\r\nredis_version:7.0.15";
        let refused = EngineFault::Unreachable("Connection refused (os error 111)".to_owned());
        let silent = EngineFault::TimedOut("3 s".to_owned());
        let not_permitted = EngineFault::NotPermitted("NOPERM".to_owned());
        for (fault, cause) in [
            (refused, "source_port_refused"),
            (silent, "source_not_reached"),
            (EngineFault::AuthRequired, "source_requires_password"),
            (not_permitted, "source_acl_restricts"),
            (EngineFault::ProtectedMode, "source_in_protected_mode"),
            (EngineFault::TooManyClients, "source_not_ready"),
        ] {
            let evidence = seen("Observe")
                .source_says(well)
                .source_says(well)
                .source_does(fault);
            let best = &diagnose(&evidence).causes[0];
            assert_eq!(best.id, cause);
            assert!(best.evidence.contains("10.0.0.243:6379"), "{}", best.evidence);
        }
        for (said, cause) in [
            ("rdb_last_bgsave_status:err", "fork_failed"),
            ("used_memory:990\r\nmaxmemory:1000", "source_out_of_memory"),
            (
                "client_output_buffer_limit_disconnections:3",
                "output_buffer_overrun",
            ),
        ] {
            let evidence = seen("Observe")
                .source_says(well)
                .source_says(said)
                .source_says(well);
            let best = &diagnose(&evidence).causes[0];
            assert_eq!(best.id, cause);
            assert!(best.evidence.contains("10.0.0.242:6379"), "{}", best.evidence);
        }
    }

    #[test]
    fn ids_are_unique_and_every_cause_says_why_what_to_do_and_where_from() {
        let ids: BTreeSet<_> = ALL.iter().map(|cause| cause.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for cause in &ALL {
            assert!(
                cause.title.len() > 10 && cause.why.len() > 20 && cause.fix.len() > 10,
                "{}",
                cause.id
            );
            assert!(cause.reference.starts_with("https://"), "{}", cause.id);
        }
    }
}
