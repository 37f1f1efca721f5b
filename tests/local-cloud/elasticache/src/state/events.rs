//! The event log, and the window of time that DescribeEvents looks through.

use jiff::{SignedDuration, Timestamp};

use crate::settings::OldStartTime;
use crate::wire::{ApiError, DescribeEvents};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceType {
    /// A replication group.
    ReplicationGroup,
    /// A member cluster.
    CacheCluster,
}

impl SourceType {
    /// The API's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReplicationGroup => "replication-group",
            Self::CacheCluster => "cache-cluster",
        }
    }
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Counts all events of the stand-in, from 1.
    pub number: u64,
    /// The group's or the cluster's id.
    pub source: String,
    /// What `source` is.
    pub source_type: SourceType,
    /// The text.
    pub message: String,
    /// When, to the millisecond.
    pub date: Timestamp,
}

/// Every event, oldest first.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    events: Vec<Event>,
}

impl EventLog {
    pub(crate) fn record(&mut self, source_type: SourceType, source: &str, message: String, now: Timestamp) {
        let number = u64::try_from(self.events.len()).unwrap_or(u64::MAX) + 1;
        let date = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        self.events.push(Event {
            number,
            source: source.to_owned(),
            source_type,
            message,
            date,
        });
    }

    pub(crate) fn of(&self, source: &str) -> Vec<Event> {
        self.events
            .iter()
            .filter(|event| event.source == source)
            .cloned()
            .collect()
    }

    pub(crate) fn select(&self, request: &DescribeEvents, window: Window) -> Vec<Event> {
        let wanted = |event: &&Event| {
            request
                .source
                .as_ref()
                .is_none_or(|source| *source == event.source)
                && request
                    .source_type
                    .as_ref()
                    .is_none_or(|kind| kind == event.source_type.name())
                && window.start <= event.date
                && event.date <= window.end
        };
        self.events.iter().filter(wanted).cloned().collect()
    }
}

/// From when to when, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

const RETENTION: SignedDuration = SignedDuration::from_hours(14 * 24);
const DEFAULT: SignedDuration = SignedDuration::from_hours(1);

impl Window {
    /// The last hour unless the request says otherwise; a duration counts from the start or back from the end.
    pub(crate) fn of(request: &DescribeEvents, now: Timestamp, old: OldStartTime) -> Result<Self, ApiError> {
        let duration = match request.duration_minutes {
            Some(minutes) if minutes <= 0 => {
                return Err(ApiError::invalid_value(format!("Invalid Duration {minutes}.")));
            }
            // Clamped: what is longer than the retention is refused below, and must not overflow on the way.
            Some(minutes) => Some(SignedDuration::from_mins(minutes.min(60 * 24 * 365))),
            None => None,
        };
        let back = |end: Timestamp| end - duration.unwrap_or(DEFAULT);
        let (start, end) = match (request.start, request.end, duration) {
            (Some(_), Some(_), Some(_)) => {
                let message = "Duration cannot be combined with both StartTime and EndTime.";
                return Err(ApiError::invalid_combination(message));
            }
            (Some(start), Some(end), None) => (start, end),
            (Some(start), None, Some(duration)) => (start, start + duration),
            (Some(start), None, None) => (start, now),
            (None, Some(end), _) => (back(end), end),
            (None, None, _) => (back(now), now),
        };
        if start > end {
            return Err(ApiError::invalid_combination(
                "StartTime must be earlier than EndTime.",
            ));
        }
        // The stand-in's own allowance, so that "exactly 14 days" asked a moment ago is not refused.
        let oldest = now - RETENTION;
        if start < oldest - SignedDuration::from_mins(1) && old == OldStartTime::Refuse {
            return Err(ApiError::invalid_value(
                "Events can be retrieved for the past 14 days only.",
            ));
        }
        Ok(Self {
            start: start.max(oldest),
            end,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Form, Request};

    const NOW: &str = "2026-01-31T12:00:00Z";

    fn request(body: &str) -> DescribeEvents {
        let form = Form::decode(format!("Action=DescribeEvents&Version=2015-02-02&{body}").as_bytes());
        match Request::read(&form).unwrap() {
            Request::DescribeEvents(request) => request,
            other => panic!("{other:?}"),
        }
    }

    fn window(body: &str) -> Result<(String, String), String> {
        Window::of(&request(body), NOW.parse().unwrap(), OldStartTime::Refuse)
            .map(|window| (window.start.to_string(), window.end.to_string()))
            .map_err(|error| error.code)
    }

    fn times(start: &str, end: &str) -> Result<(String, String), String> {
        Ok((start.to_owned(), end.to_owned()))
    }

    #[test]
    fn the_window_is_the_last_hour_unless_said_otherwise() {
        assert_eq!(window(""), times("2026-01-31T11:00:00Z", NOW));
        assert_eq!(window("Duration=90"), times("2026-01-31T10:30:00Z", NOW));
        assert_eq!(
            window("StartTime=2026-01-30T00%3A00%3A00Z"),
            times("2026-01-30T00:00:00Z", NOW)
        );
        assert_eq!(
            window("StartTime=2026-01-30T00:00:00Z&Duration=60"),
            times("2026-01-30T00:00:00Z", "2026-01-30T01:00:00Z")
        );
        assert_eq!(
            window("EndTime=2026-01-30T00:00:00Z"),
            times("2026-01-29T23:00:00Z", "2026-01-30T00:00:00Z")
        );
    }

    #[test]
    fn windows_that_make_no_sense_are_refused() {
        assert_eq!(
            window("StartTime=2026-01-01T00:00:00Z"),
            Err("InvalidParameterValue".into())
        );
        assert_eq!(
            window("Duration=9999999999999"),
            Err("InvalidParameterValue".into())
        );
        assert_eq!(window("Duration=0"), Err("InvalidParameterValue".into()));
        let backwards = "StartTime=2026-01-30T01:00:00Z&EndTime=2026-01-30T00:00:00Z";
        assert_eq!(window(backwards), Err("InvalidParameterCombination".into()));
        let all = "StartTime=2026-01-30T01:00:00Z&EndTime=2026-01-30T02:00:00Z&Duration=5";
        assert_eq!(window(all), Err("InvalidParameterCombination".into()));
    }

    #[test]
    fn events_are_selected_by_source_kind_and_time() {
        let mut log = EventLog::default();
        let now: Timestamp = NOW.parse().unwrap();
        log.record(
            SourceType::ReplicationGroup,
            "a",
            "old".into(),
            now - SignedDuration::from_hours(2),
        );
        log.record(SourceType::ReplicationGroup, "a", "new".into(), now);
        log.record(SourceType::CacheCluster, "a-001", "node".into(), now);
        let select = |body: &str| {
            let request = request(body);
            let window = Window::of(&request, now, OldStartTime::Refuse).unwrap();
            log.select(&request, window)
                .into_iter()
                .map(|event| event.message)
                .collect::<Vec<_>>()
        };
        assert_eq!(select("SourceIdentifier=a&SourceType=replication-group"), ["new"]);
        assert_eq!(select("Duration=180"), ["old", "new", "node"]);
        assert_eq!(select("SourceType=cache-cluster"), ["node"]);
        assert!(select("SourceType=user").is_empty());
    }
}
