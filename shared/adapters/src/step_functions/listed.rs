//! The newest executions, running and past, with what each migrates into. Executions are listed by one call; what one
//! migrates into, and how it failed, costs a call each, which a sandbox makes once for one that has ended.
//! Sources: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>,
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html>.

use super::Migrations;
use super::directory::group_of;
use crate::aws::step_error;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus;
use domain::StepError;
use domain::page::{Details, Listed, ListedStatus};
use jiff::Timestamp;
use serde_json::Value;
use tokio::task::JoinSet;

/// As many executions are listed at most.
const NEWEST: i32 = 200;
/// Calls under way at a time.
const AT_ONCE: usize = 8;

impl Migrations {
    /// The newest 200 executions, newest first; the newest `described` of them, and all that this sandbox knows, with
    /// their details.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses. One that cannot be described is shown without details.
    pub async fn fleet(&self, described: usize) -> Result<Vec<Listed>, StepError> {
        let page = self
            .client
            .list_executions()
            .state_machine_arn(&self.state_machine_arn)
            .max_results(NEWEST)
            .send()
            .await
            .map_err(|error| step_error("states:ListExecutions", &error))?;
        let mut fleet: Vec<Listed> = page
            .executions
            .iter()
            .map(|execution| Listed {
                id: execution.name.clone(),
                status: status(&execution.status),
                began_at: timestamp(&execution.start_date),
                ended_at: execution.stop_date.as_ref().and_then(timestamp),
                details: Details::default(),
            })
            .collect();
        let arns: Vec<&str> = page
            .executions
            .iter()
            .map(|execution| execution.execution_arn.as_str())
            .collect();
        for chunk in (0..arns.len().min(described)).collect::<Vec<_>>().chunks(AT_ONCE) {
            let mut calls = JoinSet::new();
            for &place in chunk {
                if let Some(details) = self.ended.get(arns[place]) {
                    fleet[place].details = details;
                    continue;
                }
                let call = self.client.describe_execution().execution_arn(arns[place]);
                calls.spawn(async move { (place, call.send().await) });
            }
            while let Some(done) = calls.join_next().await {
                let (place, described) = done.map_err(|error| StepError::Bug(error.to_string()))?;
                let Ok(described) = described else { continue };
                let details = details(&described);
                if fleet[place].status != ListedStatus::Running {
                    self.ended.put(arns[place], details.clone());
                }
                fleet[place].details = details;
            }
        }
        // A migration that went on in another execution stands once in the list: where it is now.
        fleet.retain(|listed| !listed.details.rolled_over);
        for listed in &mut fleet {
            if let Some(id) = &listed.details.continues {
                listed.id.clone_from(id);
            }
        }
        Ok(fleet)
    }

    /// One execution, by its name; none where there is none.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn listed(&self, name: &str) -> Result<Option<Listed>, StepError> {
        let described = self
            .client
            .describe_execution()
            .execution_arn(self.execution_arn(name))
            .send()
            .await;
        match described {
            Ok(described) => Ok(Some(Listed {
                id: name.to_owned(),
                status: status(&described.status),
                began_at: timestamp(&described.start_date),
                ended_at: described.stop_date.as_ref().and_then(timestamp),
                details: details(&described),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_execution_does_not_exist() || error.is_invalid_arn()) =>
            {
                Ok(None)
            }
            Err(error) => Err(step_error("states:DescribeExecution", &error)),
        }
    }

    /// The ARN of the execution with a name.
    #[must_use]
    pub fn execution_arn(&self, name: &str) -> String {
        format!(
            "{}:{name}",
            self.state_machine_arn
                .replacen(":stateMachine:", ":execution:", 1)
        )
    }
}

fn details(described: &DescribeExecutionOutput) -> Details {
    let document = |text: Option<&str>| -> Value {
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    };
    let input = document(described.input());
    Details {
        group: group_of(described.input()).map(String::from),
        error: described.error.clone(),
        continues: input
            .pointer("/continues/migration/id")
            .and_then(Value::as_str)
            .map(str::to_owned),
        rolled_over: document(described.output())["status"] == "rolledOver",
    }
}

fn status(status: &ExecutionStatus) -> ListedStatus {
    match status {
        ExecutionStatus::Running | ExecutionStatus::PendingRedrive => ListedStatus::Running,
        ExecutionStatus::Succeeded => ListedStatus::Succeeded,
        ExecutionStatus::Failed => ListedStatus::Failed,
        ExecutionStatus::TimedOut => ListedStatus::TimedOut,
        ExecutionStatus::Aborted => ListedStatus::Stopped,
        other => ListedStatus::Other(other.as_str().to_owned()),
    }
}

fn timestamp(at: &aws_sdk_sfn::primitives::DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}
