//! Which running execution migrates into which group. Step Functions does not index executions by their input, so the
//! answer costs calls; docs/decisions/0005-finding-the-migration.md says how it is kept to a few.

use crate::aws::step_error;
use aws_sdk_sfn::types::ExecutionStatus;
use domain::{ReplicationGroupId, StepError};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::task::JoinSet;

/// What one sandbox has learnt. An execution's input never changes, so what was true once stays true; only executions
/// that run no longer are forgotten.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory(Arc<Mutex<HashMap<String, Option<ReplicationGroupId>>>>);

/// A migration that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its execution.
    pub execution_arn: String,
    /// The group it migrates into.
    pub group: ReplicationGroupId,
}

/// `ListExecutions` gives as many executions at most.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html>.
const PAGE: i32 = 1_000;
/// Executions that one lookup describes at most. The bucket of `DescribeExecution` holds 250 to 300 calls, for all of an
/// account's callers; what is left over is described by the next try, which remembers these.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.
const DESCRIBED_AT_MOST: usize = 150;
/// Calls under way at first, and at most: doubled after a batch that went well, halved by one that was throttled, and none
/// any more where a single one is.
const AT_FIRST: usize = 4;
const AT_MOST: usize = 16;

impl Running {
    /// The execution's name: the migration's id.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.execution_arn)
    }
}

impl Directory {
    /// Takes note of an execution's group without a call: the waiting state tells both whenever it hands out a token.
    pub(super) fn learn(&self, execution_arn: &str, group: Option<ReplicationGroupId>) {
        self.with(|known| known.insert(execution_arn.to_owned(), group));
    }

    /// The newest running execution that migrates into one of the groups.
    pub(super) async fn find(
        &self,
        client: &aws_sdk_sfn::Client,
        state_machine_arn: &str,
        groups: &[ReplicationGroupId],
    ) -> Result<Option<Running>, StepError> {
        let running = list(client, state_machine_arn).await?;
        self.with(|known| known.retain(|arn, _| running.contains(arn)));
        if let Some(found) = self.among(&running, groups) {
            return Ok(Some(found));
        }
        let mut unknown: Vec<String> = self.with(|known| {
            running
                .iter()
                .filter(|arn| !known.contains_key(*arn))
                .cloned()
                .collect()
        });
        // Stable: among those that are named alike the newest comes first.
        unknown.sort_by_key(|arn| !is_named_after(arn, groups));
        let left_over = unknown.len().saturating_sub(DESCRIBED_AT_MOST);
        unknown.truncate(DESCRIBED_AT_MOST);

        let mut rest = unknown.as_slice();
        let mut at_once = AT_FIRST;
        while !rest.is_empty() {
            let (batch, behind) = rest.split_at(at_once.min(rest.len()));
            let throttled = self.describe(client, batch).await?;
            if let Some(found) = self.among(&running, groups) {
                return Ok(Some(found));
            }
            rest = behind;
            at_once = match (throttled, at_once) {
                // The client has tried each again by itself. One more refusal, and the rest of the function's time would
                // go into waiting for the next; and a sandbox that runs out of it forgets what it has learnt.
                (true, 1) => break,
                (true, _) => at_once / 2,
                (false, _) => AT_MOST.min(at_once * 2),
            };
        }
        let undescribed = self.with(|known| running.iter().filter(|arn| !known.contains_key(*arn)).count());
        if undescribed > 0 {
            return Err(StepError::Transient(format!(
                "{undescribed} running executions have not been looked into yet ({left_over} left for the next try); \
                 send it again. Executions that are named after their replication group are looked into first"
            )));
        }
        Ok(None)
    }

    /// The running executions whose name is wanted, newest first. An execution whose input names no group is left out.
    pub(super) async fn named(
        &self,
        client: &aws_sdk_sfn::Client,
        state_machine_arn: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<Running>, StepError> {
        let mut running = list(client, state_machine_arn).await?;
        running.retain(|arn| wanted(name_of(arn)));
        running.truncate(AT_MOST);
        let unknown: Vec<String> = self.with(|known| {
            let unknown = running.iter().filter(|arn| !known.contains_key(*arn));
            unknown.cloned().collect()
        });
        if self.describe(client, &unknown).await? {
            return Err(StepError::Transient(
                "Step Functions wants fewer calls; send it again".to_owned(),
            ));
        }
        Ok(self.with(|known| {
            running
                .iter()
                .filter_map(|arn| {
                    Some(Running {
                        execution_arn: arn.clone(),
                        group: known.get(arn)?.clone()?,
                    })
                })
                .collect()
        }))
    }

    /// Describes a batch; true where Step Functions wants fewer calls. What was throttled stays unknown.
    async fn describe(&self, client: &aws_sdk_sfn::Client, batch: &[String]) -> Result<bool, StepError> {
        let mut calls = JoinSet::new();
        for arn in batch {
            let call = client.describe_execution().execution_arn(arn);
            let arn = arn.clone();
            calls.spawn(async move { (arn, call.send().await) });
        }
        let mut throttled = false;
        while let Some(done) = calls.join_next().await {
            let (arn, described) = done.map_err(|error| StepError::Bug(error.to_string()))?;
            match described {
                Ok(described) => self.learn(&arn, group_of(described.input())),
                // It ended a moment ago and was removed: it migrates into nothing.
                Err(error)
                    if error
                        .as_service_error()
                        .is_some_and(|e| e.is_execution_does_not_exist()) =>
                {
                    self.learn(&arn, None);
                }
                Err(error) => match step_error("states:DescribeExecution", &error) {
                    StepError::Transient(_) => throttled = true,
                    other => return Err(other),
                },
            }
        }
        Ok(throttled)
    }

    fn among(&self, running: &[String], groups: &[ReplicationGroupId]) -> Option<Running> {
        self.with(|known| {
            running.iter().find_map(|arn| {
                let group = known.get(arn)?.as_ref()?;
                groups.contains(group).then(|| Running {
                    execution_arn: arn.clone(),
                    group: group.clone(),
                })
            })
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<String, Option<ReplicationGroupId>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The running executions, newest first.
async fn list(client: &aws_sdk_sfn::Client, state_machine_arn: &str) -> Result<Vec<String>, StepError> {
    let mut pages = client
        .list_executions()
        .state_machine_arn(state_machine_arn)
        .status_filter(ExecutionStatus::Running)
        .max_results(PAGE)
        .into_paginator()
        .items()
        .send();
    let mut running = vec![];
    while let Some(execution) = pages.next().await {
        let execution = execution.map_err(|error| step_error("states:ListExecutions", &error))?;
        running.push(execution.execution_arn);
    }
    Ok(running)
}

/// The execution's name: the last part of its ARN.
fn name_of(execution_arn: &str) -> &str {
    execution_arn.rsplit(':').next().unwrap_or_default()
}

/// Whether the execution's name is a group's id, or begins with it: `orders-cache-2026-11-24`.
fn is_named_after(execution_arn: &str, groups: &[ReplicationGroupId]) -> bool {
    let name = name_of(execution_arn).to_ascii_lowercase();
    groups.iter().any(|group| {
        name.strip_prefix(group.as_str())
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

/// The group in an execution's input: typed by a person, or handed on by a migration that continues itself.
pub(super) fn group_of(input: Option<&str>) -> Option<ReplicationGroupId> {
    let input: Value = serde_json::from_str(input?).ok()?;
    let id = ["/replicationGroupId", "/plan/replicationGroupId"]
        .iter()
        .find_map(|place| input.pointer(place)?.as_str())?;
    ReplicationGroupId::try_from(id.to_owned()).ok()
}
