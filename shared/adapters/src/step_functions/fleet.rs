//! The executions of a fleet: found by the mark in their names, among those that began since the fleet did.
//!
//! `ListExecutions` gives the youngest first, so that reading ends at the fleet's own start and does not go through
//! the ninety days of executions that Step Functions keeps. Sources:
//! <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>,
//! <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.

use super::Migrations;
use crate::aws::step_error;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use domain::StepError;
use domain::contract::fleet::Fleet;
use domain::fleet::{Failure, Standing};
use domain::plan::Member;
use std::collections::BTreeMap;

/// `ListExecutions` gives as many executions at most.
const PAGE: i32 = 1_000;
/// Clocks differ: an execution of the fleet's may seem a little older than the fleet.
const CLOCK_SKEW_SECONDS: i64 = 60;

impl Migrations {
    /// How many of a fleet's executions are over and did not succeed.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn failures_in(&self, fleet: &Fleet) -> Result<u64, StepError> {
        let mut failures = 0;
        for status in [
            ExecutionStatus::Failed,
            ExecutionStatus::TimedOut,
            ExecutionStatus::Aborted,
        ] {
            failures += self.list_of(fleet, Some(status)).await?.len() as u64;
        }
        Ok(failures)
    }

    /// All of a fleet's migrations that were started, each by its newest execution.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn members_of(&self, fleet: &Fleet) -> Result<Vec<Failure>, StepError> {
        let mut newest: BTreeMap<usize, (u32, Failure)> = BTreeMap::new();
        for (member, execution) in self.list_of(fleet, None).await? {
            let kept = newest.get(&member.index).map(|(generation, _)| *generation);
            if kept.is_none_or(|kept| kept < member.generation) {
                let known = Failure {
                    standing: standing(&execution.status),
                    execution_arn: execution.execution_arn,
                    error: None,
                };
                newest.insert(member.index, (member.generation, known));
            }
        }
        Ok(newest.into_values().map(|(_, known)| known).collect())
    }

    /// The name of the error that an execution ended with; none where it ended with none.
    ///
    /// # Errors
    /// Where Step Functions does not answer or refuses.
    pub async fn error_of(&self, execution_arn: &str) -> Result<Option<String>, StepError> {
        let described = self
            .client
            .describe_execution()
            .execution_arn(execution_arn)
            .send()
            .await
            .map_err(|error| step_error("states:DescribeExecution", &error))?;
        Ok(described.error)
    }

    async fn list_of(
        &self,
        fleet: &Fleet,
        status: Option<ExecutionStatus>,
    ) -> Result<Vec<(Member, ExecutionListItem)>, StepError> {
        let mut pages = self
            .client
            .list_executions()
            .state_machine_arn(&self.state_machine_arn)
            .set_status_filter(status)
            .max_results(PAGE)
            .into_paginator()
            .items()
            .send();
        let oldest = fleet.started_at.as_second() - CLOCK_SKEW_SECONDS;
        let mut listed = vec![];
        while let Some(execution) = pages.next().await {
            let execution = execution.map_err(|error| step_error("states:ListExecutions", &error))?;
            if execution.start_date.secs() < oldest {
                break;
            }
            if let Some(member) = fleet.id.member(&execution.name) {
                listed.push((member, execution));
            }
        }
        Ok(listed)
    }
}

fn standing(status: &ExecutionStatus) -> Standing {
    match status {
        ExecutionStatus::Running | ExecutionStatus::PendingRedrive => Standing::Running,
        ExecutionStatus::Succeeded => Standing::Succeeded,
        ExecutionStatus::Failed => Standing::Failed,
        ExecutionStatus::TimedOut => Standing::TimedOut,
        ExecutionStatus::Aborted => Standing::Stopped,
        _ => Standing::Unknown,
    }
}
