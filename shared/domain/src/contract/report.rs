//! State `Report`, and an invocation that no state makes: EventBridge's at an execution's end.

use super::Migration;
use crate::cutover::StatusChange;
use crate::report::{Executions, Location, Outcome, Report};
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Input {
    /// By the state machine, before it tells people how the migration ends.
    Ending(Ending),
    /// By EventBridge: an execution ended, maybe without having come by the state.
    Ended(StatusChange),
}

/// The ending that the state machine has come to.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ending {
    /// The execution that asks.
    pub execution_arn: String,
    /// How the migration ends.
    pub ending: Outcome,
    /// Who ends. Absent where the execution failed before it was admitted.
    #[serde(default)]
    pub migration: Option<Migration>,
}

impl Input {
    /// The execution whose history is read.
    #[must_use]
    pub fn execution_arn(&self) -> &str {
        match self {
            Input::Ending(ending) => &ending.execution_arn,
            Input::Ended(ended) => &ended.detail.execution_arn,
        }
    }

    /// The executions whose histories make up the migration's.
    #[must_use]
    pub fn executions(&self) -> Executions {
        match self {
            Input::Ending(ending) => ending.migration.as_ref().map_or_else(
                || Executions::of(&ending.execution_arn, "", 1),
                |migration| Executions::of(&ending.execution_arn, &migration.id, migration.generation),
            ),
            Input::Ended(ended) => {
                let ended = &ended.detail;
                Executions::of(&ended.execution_arn, &ended.migration_id(), ended.generation())
            }
        }
    }

    /// The migration's id: its own where it was admitted, else its execution's name.
    #[must_use]
    pub fn migration_id(&self, report: &Report) -> String {
        let admitted = match self {
            Input::Ending(ending) => ending.migration.as_ref(),
            Input::Ended(_) => None,
        };
        admitted.or(report.migration.as_ref()).map_or_else(
            || {
                self.execution_arn()
                    .rsplit(':')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            },
            |migration| migration.id.clone(),
        )
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Where; none where the report was there already.
    pub location: Option<Location>,
}
