//! What stands around a group: its parameters, its subnets, the service updates that wait, and serverless caches.

use super::ElastiCache;
use crate::aws::step_error;
use aws_sdk_elasticache::types::UpdateActionStatus;
use domain::target::{Parameters, SubnetGroup, UpdateAction};
use domain::{ReplicationGroupId, StepError};
use jiff::Timestamp;

impl ElastiCache {
    /// The values of a parameter group.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheParameters.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn parameters(&self, parameter_group: &str) -> Result<Parameters, StepError> {
        let mut pages = self
            .client
            .describe_cache_parameters()
            .cache_parameter_group_name(parameter_group)
            .into_paginator()
            .send();
        let mut parameters = Parameters::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| step_error("elasticache:DescribeCacheParameters", &error))?;
            parameters.extend(page.parameters().iter().filter_map(|parameter| {
                Some((
                    parameter.parameter_name()?.to_owned(),
                    parameter.parameter_value()?.to_owned(),
                ))
            }));
        }
        Ok(parameters)
    }

    /// A subnet group; none where there is no such group.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheSubnetGroups.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn subnet_group(&self, name: &str) -> Result<Option<SubnetGroup>, StepError> {
        let answer = self
            .client
            .describe_cache_subnet_groups()
            .cache_subnet_group_name(name)
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.cache_subnet_groups().first().map(|group| SubnetGroup {
                name: name.to_owned(),
                vpc_id: group.vpc_id().map(str::to_owned),
                subnets: group
                    .subnets()
                    .iter()
                    .filter_map(|subnet| subnet.subnet_identifier())
                    .map(str::to_owned)
                    .collect(),
            })),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_cache_subnet_group_not_found_fault()) =>
            {
                Ok(None)
            }
            Err(error) => Err(step_error("elasticache:DescribeCacheSubnetGroups", &error)),
        }
    }

    /// The service updates of a group that are neither complete nor none of its business.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeUpdateActions.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn update_actions(&self, id: &ReplicationGroupId) -> Result<Vec<UpdateAction>, StepError> {
        let mut pages = self
            .client
            .describe_update_actions()
            .replication_group_ids(id.as_str())
            .into_paginator()
            .items()
            .send();
        let mut updates = vec![];
        while let Some(action) = pages.next().await {
            let action = action.map_err(|error| step_error("elasticache:DescribeUpdateActions", &error))?;
            let over = matches!(
                action.update_action_status(),
                Some(
                    UpdateActionStatus::Complete
                        | UpdateActionStatus::NotApplicable
                        | UpdateActionStatus::Stopped
                )
            );
            if over {
                continue;
            }
            updates.push(UpdateAction {
                name: action.service_update_name().unwrap_or("?").to_owned(),
                severity: action
                    .service_update_severity()
                    .map(|severity| severity.as_str().to_owned()),
                status: action
                    .update_action_status()
                    .map_or("not told", |status| status.as_str())
                    .to_owned(),
                apply_by: action
                    .service_update_recommended_apply_by_date()
                    .and_then(|date| Timestamp::from_millisecond(date.to_millis().ok()?).ok()),
            });
        }
        Ok(updates)
    }

    /// Whether a serverless cache has this name.
    /// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeServerlessCaches.html>.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn is_serverless(&self, id: &ReplicationGroupId) -> Result<bool, StepError> {
        let answer = self
            .client
            .describe_serverless_caches()
            .serverless_cache_name(id.as_str())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(!answer.serverless_caches().is_empty()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_serverless_cache_not_found_fault()) =>
            {
                Ok(false)
            }
            Err(error) => Err(step_error("elasticache:DescribeServerlessCaches", &error)),
        }
    }
}
