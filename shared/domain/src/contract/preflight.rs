//! States `Admit`, `Preflight` and `Recheck`.

use super::Migration;
use super::notify::Listeners;
use crate::StepError;
use crate::plan::Plan;
use crate::preflight::network::Described;
#[cfg(doc)]
use crate::preflight::network::Location;
use crate::preflight::{Moment, PreflightReport};
use crate::progress::{Next, Observation, Stage, successor};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "step")]
pub enum Input {
    /// Validate what the user typed. Calls nothing.
    Admit {
        /// The execution's input as it is.
        #[serde(default)]
        input: serde_json::Value,
        /// The execution, as the context object gives it.
        execution: Execution,
    },
    /// Find out where target and source stand in the network, for the state machine's own EC2 tasks. Changes nothing.
    /// Answers with a [`Location`], which says itself what could not be found out.
    Locate {
        /// What to look for.
        plan: Plan,
    },
    /// Look at both sides. Changes nothing. Answers with a [`crate::preflight::PreflightReport`].
    Check {
        /// What to check for.
        plan: Plan,
        /// What the check is made for.
        #[serde(default)]
        moment: Moment,
        /// What the EC2 tasks answered; none in executions that were started before there were any.
        #[serde(default)]
        network: Option<Box<Described>>,
        /// Who hears of the migration; none in executions that were started before it was asked.
        #[serde(default)]
        listeners: Option<Listeners>,
    },
}

/// The context object's `Execution`, as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Execution {
    /// The ARN.
    pub id: String,
    /// The name.
    pub name: String,
    /// When it was started.
    pub start_time: Timestamp,
}

/// `Admit`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Admitted {
    /// The plan, with every default filled in.
    pub plan: Plan,
    /// Who this migration is.
    pub migration: Migration,
    /// What the execution before this one handed over, where it continues one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued: Option<Box<Continued>>,
}

/// What an execution hands to the one that goes on after it: state `RollOver` writes it, `Admit` reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Continued {
    /// The execution before.
    pub execution_arn: String,
    /// The migration as that one had it.
    pub migration: Migration,
    /// What the user asked for.
    pub plan: Plan,
    /// What preflight found.
    pub preflight: PreflightReport,
    /// What the migration waits for.
    pub stage: Stage,
    /// The last look, which ordered the roll-over.
    pub observation: Observation,
    /// Variables that the state machine alone reads, as they were.
    #[serde(flatten)]
    pub variables: serde_json::Map<String, serde_json::Value>,
}

impl Admitted {
    /// Validates an execution's input: what a person typed, or what an execution before handed over.
    ///
    /// # Errors
    /// [`StepError::InvalidInput`] with every mistake of what a person typed; with the one that was found first where it
    /// says that it continues another execution: only a roll-over writes such an input, under a name that is made for it.
    pub fn from_input(input: &serde_json::Value, execution: Execution) -> Result<Admitted, StepError> {
        let Some(continues) = input.get("continues") else {
            let plan =
                Plan::from_input(input).map_err(|mistakes| StepError::InvalidInput(mistakes.to_string()))?;
            return Ok(Admitted {
                plan,
                migration: Migration {
                    id: execution.name,
                    execution_arn: execution.id,
                    started_at: execution.start_time,
                    generation: Migration::first(),
                },
                continued: None,
            });
        };
        let wrong = |what: String| {
            StepError::InvalidInput(format!(
                "continues: {what}. Only a migration's own roll-over writes this field: start with replicationGroupId and \
                 source"
            ))
        };
        let continued: Continued =
            serde_json::from_value(continues.clone()).map_err(|error| wrong(error.to_string()))?;
        let before = &continued.migration;
        if execution.name != successor(&before.id, before.generation) {
            return Err(wrong(
                "this execution's name is not that of a successor".to_owned(),
            ));
        }
        if continued.observation.next != Next::RollOver {
            return Err(wrong("the last look ordered no roll-over".to_owned()));
        }
        Ok(Admitted {
            plan: continued.plan.clone(),
            migration: Migration {
                id: before.id.clone(),
                execution_arn: execution.id,
                started_at: before.started_at,
                generation: before.generation.saturating_add(1),
            },
            continued: Some(Box::new(continued)),
        })
    }
}
