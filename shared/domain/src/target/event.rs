//! What DescribeEvents says of a migration. AWS documents few of the texts, two of them twice, so a text is classified by
//! the words it must hold and kept as it is; a text that fits nothing is `Other`, shown to people and never guessed at.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One event of a replication group.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Event.html>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// AWS's text.
    pub text: String,
}

/// What an event means for a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// TestMigration found nothing wrong.
    TestPassed,
    /// TestMigration found something wrong; the reason if AWS gave one.
    TestFailed(Option<String>),
    /// StartMigration was accepted, for the source endpoint that the text names.
    Started {
        /// The source's address, as it was given to StartMigration.
        address: String,
        /// The source's port, as it was given to StartMigration.
        port: String,
    },
    /// CompleteMigration was refused because source and target differ; the target goes on following.
    NotInSync,
    /// CompleteMigration was refused because a target node is being replaced.
    NodeReplaced,
    /// The migration failed; the reason if AWS gave one.
    Failed(Option<String>),
    /// The target was promoted.
    Completed,
    /// Anything else.
    Other,
}

impl Event {
    /// Classifies the text.
    /// Sources: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html>,
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Complete.html>,
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Console.html>, and a real event log.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        let text = self.text.to_ascii_lowercase();
        let has = |word: &str| text.contains(word);
        if !has("migration") {
            return EventKind::Other;
        }
        let failed = has("fail") || has("error") || has("unsuccessful") || has("could not") || has("cannot");
        let succeeded = has("success") || has("succeed");
        if has("test") && (failed || succeeded) {
            return if failed {
                EventKind::TestFailed(self.reason())
            } else {
                EventKind::TestPassed
            };
        }
        if has("not in sync") {
            return EventKind::NotInSync;
        }
        if has("being replaced") || has("node replacement") {
            return EventKind::NodeReplaced;
        }
        if failed {
            return EventKind::Failed(self.reason());
        }
        if succeeded {
            return EventKind::Completed;
        }
        match self.started_endpoint() {
            Some((address, port)) => EventKind::Started { address, port },
            None => EventKind::Other,
        }
    }

    /// What stands behind "because of".
    fn reason(&self) -> Option<String> {
        let lower = self.text.to_ascii_lowercase();
        let start = lower.find("because")? + "because".len();
        let reason = self
            .text
            .get(start..)?
            .trim_start_matches(" of")
            .trim()
            .trim_end_matches('.');
        (!reason.is_empty()).then(|| reason.to_owned())
    }

    /// `Starting migration operation for target cluster <group> with source cluster endpoint <address> and port <port>`.
    fn started_endpoint(&self) -> Option<(String, String)> {
        let (_, rest) = self.text.split_once("source cluster endpoint ")?;
        let (address, port) = rest.split_once(" and port ")?;
        Some((
            address.trim().to_owned(),
            port.trim().trim_end_matches('.').to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(text: &str) -> EventKind {
        Event {
            at: Timestamp::UNIX_EPOCH,
            text: text.to_owned(),
        }
        .kind()
    }

    #[test]
    fn the_texts_that_are_known_are_understood() {
        assert_eq!(
            kind(
                "Starting migration operation for target cluster rg with source cluster endpoint 10.0.0.1 and port 6379"
            ),
            EventKind::Started {
                address: "10.0.0.1".to_owned(),
                port: "6379".to_owned()
            }
        );
        assert_eq!(
            kind("Migration operation failed for replication group rg because of invalid RDB received"),
            EventKind::Failed(Some("invalid RDB received".to_owned()))
        );
        assert_eq!(
            kind("Migration operation failed for replication group rg."),
            EventKind::Failed(None)
        );
        assert_eq!(
            kind("Migration operation succeeded for replication group rg."),
            EventKind::Completed
        );
        assert_eq!(kind("Complete Migration successful for rg"), EventKind::Completed);
    }

    #[test]
    fn texts_that_aws_does_not_give_are_understood_by_their_words() {
        assert_eq!(
            kind("Test migration operation succeeded for replication group rg"),
            EventKind::TestPassed
        );
        assert_eq!(
            kind("TestMigration failed for rg because of connection timeout."),
            EventKind::TestFailed(Some("connection timeout".to_owned()))
        );
        assert_eq!(
            kind("Complete migration failed for rg because data is not in sync"),
            EventKind::NotInSync
        );
        assert_eq!(
            kind("Migration cannot be completed: a node is being replaced"),
            EventKind::NodeReplaced
        );
    }

    #[test]
    fn anything_else_is_kept_as_it_is() {
        assert_eq!(kind("Replication group rg created"), EventKind::Other);
        assert_eq!(kind("Migration is taking a while"), EventKind::Other);
    }

    proptest! {
        #[test]
        fn any_text_is_classified_without_a_panic(text in any::<String>()) {
            let _ = kind(&text);
            let _ = kind(&format!("migration failed because of {text}"));
        }
    }
}
