//! The events' texts. Where AWS's are known they are AWS's, to the full stop.

use std::fmt;

use crate::settings::Reasons;
use crate::wire::Endpoint;

/// Something that leaves an event on a replication group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// Seen in a user's event log.
    Starting(Endpoint),
    /// With a reason: seen in a user's event log. Without: AWS's page on the console.
    Failed(Option<Reason>),
    /// AWS's page on completing.
    CompleteSuccessful,
    /// AWS's page on the console.
    MigrationSucceeded,
    /// AWS says that there is an event, not what it says.
    CompleteRefused(String),
    /// Made up.
    TestSucceeded,
    /// Made up.
    TestFailed(Option<Reason>),
}

/// Why a migration did not come about, as the engine's log or the connection told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The target cannot read the source's data. The only reason that AWS is known to give.
    InvalidRdb,
    /// Nothing listens, or nothing answers.
    Unreachable,
    /// The address has no meaning.
    UnknownHost,
    /// The source wants a password.
    AuthRequired,
    /// The source's protected mode.
    ProtectedMode,
    /// The source does not let the target replicate: a renamed command or an ACL.
    ReplicationRefused,
    /// The source is loading, or is a replica whose own link is down.
    SourceNotReady,
    /// The target is a cluster and the source is none.
    NotACluster,
    /// The source is a cluster that is not in order: its state is not ok, or slots are on the move.
    ClusterNotOk,
    /// Source and target have different numbers of shards.
    ShardCount,
    /// The transfer broke off, again and again.
    ConnectionLost,
    /// The target's process ended.
    EngineStopped,
    /// None of the above.
    Unknown,
}

impl Reason {
    /// What of a reason goes into an event.
    pub(crate) fn shown(self, reasons: Reasons) -> Option<Self> {
        match reasons {
            Reasons::Plausible => Some(self),
            Reasons::Known if self == Self::InvalidRdb => Some(self),
            Reasons::Known => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidRdb => "invalid RDB received",
            Self::Unreachable => "source endpoint is not reachable",
            Self::UnknownHost => "source endpoint address could not be resolved",
            Self::AuthRequired => "source requires authentication",
            Self::ProtectedMode => "source is in protected mode",
            Self::ReplicationRefused => "source refused replication commands",
            Self::SourceNotReady => "source is not ready for replication",
            Self::NotACluster => "source is not a cluster",
            Self::ClusterNotOk => "source cluster is not in ok state",
            Self::ShardCount => "source and target have different numbers of shards",
            Self::ConnectionLost => "connection with source was lost during synchronization",
            Self::EngineStopped => "target node stopped during synchronization",
            Self::Unknown => "an unknown reason",
        })
    }
}

impl Message {
    /// The event's text for a group.
    pub(crate) fn text(&self, group: &str) -> String {
        let because = |reason: &Reason| format!(" because of {reason}");
        match self {
            Self::Starting(Endpoint { address, port }) => format!(
                "Starting migration operation for target cluster {group} with source cluster endpoint {address} and port {port}"
            ),
            Self::Failed(None) => format!("Migration operation failed for replication group {group}."),
            Self::Failed(Some(reason)) => {
                format!(
                    "Migration operation failed for replication group {group}{}",
                    because(reason)
                )
            }
            Self::CompleteSuccessful => format!("Complete Migration successful for {group}"),
            Self::MigrationSucceeded => {
                format!("Migration operation succeeded for replication group {group}.")
            }
            Self::CompleteRefused(reason) => {
                format!("Complete migration failed for {group} because {reason}")
            }
            Self::TestSucceeded => {
                format!("Test migration operation succeeded for replication group {group}")
            }
            Self::TestFailed(reason) => {
                let because = reason.as_ref().map(because).unwrap_or_default();
                format!("Test migration operation failed for replication group {group}{because}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_that_aws_is_known_to_write() {
        let source = Endpoint {
            address: "10.0.0.1".into(),
            port: 6379,
        };
        let texts = [
            (
                Message::Starting(source),
                "Starting migration operation for target cluster rg with source cluster endpoint 10.0.0.1 and port 6379",
            ),
            (
                Message::Failed(Some(Reason::InvalidRdb)),
                "Migration operation failed for replication group rg because of invalid RDB received",
            ),
            (
                Message::Failed(None),
                "Migration operation failed for replication group rg.",
            ),
            (
                Message::CompleteSuccessful,
                "Complete Migration successful for rg",
            ),
            (
                Message::MigrationSucceeded,
                "Migration operation succeeded for replication group rg.",
            ),
        ];
        for (message, text) in texts {
            assert_eq!(message.text("rg"), text);
        }
    }

    #[test]
    fn only_the_known_reason_is_given_by_default() {
        assert_eq!(Reason::InvalidRdb.shown(Reasons::Known), Some(Reason::InvalidRdb));
        assert_eq!(Reason::AuthRequired.shown(Reasons::Known), None);
        assert_eq!(
            Reason::AuthRequired.shown(Reasons::Plausible),
            Some(Reason::AuthRequired)
        );
    }
}
