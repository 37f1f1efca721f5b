//! DescribeEvents. Without a start time AWS looks back one hour only, so one is always given; it keeps events for 14 days.
//! Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeEvents.html>.

use super::ElastiCache;
use crate::aws::step_error;
use aws_sdk_elasticache::operation::describe_events::builders::DescribeEventsFluentBuilder;
use aws_sdk_elasticache::types::SourceType;
use aws_smithy_types::DateTime;
use domain::target::{Event, ReplicationGroup};
use domain::{ReplicationGroupId, StepError};
use jiff::Timestamp;

impl ElastiCache {
    /// The group's events since a watermark, oldest first.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn events(&self, id: &ReplicationGroupId, since: Timestamp) -> Result<Vec<Event>, StepError> {
        let of_the_group = self
            .client
            .describe_events()
            .source_type(SourceType::ReplicationGroup)
            .source_identifier(id.as_str());
        read(of_the_group, since, |source| {
            source.is_none_or(|source| source == id.as_str())
        })
        .await
    }

    /// The events of a group's nodes since a watermark, oldest first: a node that is replaced is told of under the node's
    /// name. One request (and its pages) for all nodes.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn events_of_nodes(
        &self,
        group: &ReplicationGroup,
        since: Timestamp,
    ) -> Result<Vec<Event>, StepError> {
        let of_all_nodes = self
            .client
            .describe_events()
            .source_type(SourceType::CacheCluster);
        read(of_all_nodes, since, |source| {
            group
                .member_clusters
                .iter()
                .any(|node| Some(node.as_str()) == source)
        })
        .await
    }
}

async fn read(
    request: DescribeEventsFluentBuilder,
    since: Timestamp,
    is_meant: impl Fn(Option<&str>) -> bool,
) -> Result<Vec<Event>, StepError> {
    let mut pages = request
        .start_time(DateTime::from_millis(since.as_millisecond()))
        .into_paginator()
        .items()
        .send();
    let mut events = vec![];
    while let Some(event) = pages.next().await {
        let event = event.map_err(|error| step_error("elasticache:DescribeEvents", &error))?;
        let at = event
            .date()
            .and_then(|date| Timestamp::from_millisecond(date.to_millis().ok()?).ok());
        if let (Some(at), Some(text)) = (at, event.message()) {
            // AWS may round the start time: what is before the watermark belongs to something earlier.
            if at >= since && is_meant(event.source_identifier()) {
                events.push(Event {
                    at,
                    text: text.to_owned(),
                });
            }
        }
    }
    events.sort_by_key(|event| event.at);
    Ok(events)
}
