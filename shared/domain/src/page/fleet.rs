//! The executions as the fleet page lists them, by how they stand.

use jiff::Timestamp;

/// One execution in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The migration's id: the name of its first execution.
    pub id: String,
    /// How Step Functions says that it stands.
    pub status: ListedStatus,
    /// When it began.
    pub began_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What only a description tells; none where it was not looked up.
    pub details: Details,
}

/// What only a description of an execution tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The replication group; none where the input names none.
    pub group: Option<String>,
    /// The error it ended with.
    pub error: Option<String>,
    /// The id of the migration that it continues; none where it is the first.
    pub continues: Option<String>,
    /// Whether another execution goes on after it.
    pub rolled_over: bool,
}

/// Step Functions' word for an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListedStatus {
    /// It runs, or will again.
    Running,
    /// It came to a good end: done, or assessed.
    Succeeded,
    /// It ended with an error; a migration that was given up does so too.
    Failed,
    /// It ran for longer than it may.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
    /// A word that is not known here.
    Other(String),
}

/// The groups of the fleet page, in its order.
pub const GROUPS: [(&str, &str); 6] = [
    ("running", "Running"),
    ("failed", "Failed"),
    ("stopped", "Stopped or timed out"),
    ("aborted", "Given up"),
    ("succeeded", "Done or assessed"),
    ("other", "Not known"),
];

/// The error with which the execution of a migration that was given up ends.
const GIVEN_UP: &str = "Migration.Aborted";

impl Listed {
    /// The id of its group in [`GROUPS`].
    #[must_use]
    pub fn group_id(&self) -> &'static str {
        match (&self.status, self.details.error.as_deref()) {
            (ListedStatus::Running, _) => "running",
            (ListedStatus::Failed, Some(GIVEN_UP)) => "aborted",
            (ListedStatus::Failed, _) => "failed",
            (ListedStatus::TimedOut | ListedStatus::Stopped, _) => "stopped",
            (ListedStatus::Succeeded, _) => "succeeded",
            (ListedStatus::Other(_), _) => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_execution_stands_in_one_group_of_the_page() {
        let listed = |status: ListedStatus, error: Option<&str>| Listed {
            id: "a".to_owned(),
            status,
            began_at: None,
            ended_at: None,
            details: Details {
                error: error.map(str::to_owned),
                ..Details::default()
            },
        };
        for (status, error, group) in [
            (ListedStatus::Running, None, "running"),
            (ListedStatus::Failed, Some("Migration.Failed"), "failed"),
            (ListedStatus::Failed, None, "failed"),
            (ListedStatus::Failed, Some("Migration.Aborted"), "aborted"),
            (ListedStatus::TimedOut, None, "stopped"),
            (ListedStatus::Stopped, None, "stopped"),
            (ListedStatus::Succeeded, None, "succeeded"),
            (ListedStatus::Other("NEW".to_owned()), None, "other"),
        ] {
            assert_eq!(listed(status, error).group_id(), group);
            assert!(GROUPS.iter().any(|(id, _)| *id == group));
        }
    }
}
