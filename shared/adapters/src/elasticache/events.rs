//! DescribeEvents. Without a start time AWS looks back one hour only, so one is always given.

use super::ElastiCache;
use crate::aws::step_error;
use aws_sdk_elasticache::types::SourceType;
use aws_smithy_types::DateTime;
use domain::target::Event;
use domain::{ReplicationGroupId, StepError};
use jiff::Timestamp;

impl ElastiCache {
    /// The group's events since a watermark, oldest first.
    ///
    /// # Errors
    /// Where AWS does not answer or refuses.
    pub async fn events(&self, id: &ReplicationGroupId, since: Timestamp) -> Result<Vec<Event>, StepError> {
        let mut pages = self
            .client
            .describe_events()
            .source_type(SourceType::ReplicationGroup)
            .source_identifier(id.as_str())
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
                if at >= since
                    && event
                        .source_identifier()
                        .is_none_or(|source| source == id.as_str())
                {
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
}
