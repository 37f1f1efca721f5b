//! The engines' logs: what to ask CloudWatch Logs for, and what came back. The state machine asks (FilterLogEvents) and
//! hands over what it got; which lines tell something stands in [`signs`].
//!
//! One page of each log group is read, of the last hour at most: engines say why a sync fails at each try, and tries are
//! seconds apart. What was not read is said, and stops no diagnosis.

mod line;
mod signs;

pub use line::LogLine;
pub use signs::{SIGNS, Sign, filter_pattern};

use crate::plan::{LogGroupName, LogGroups};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    /// The self-managed engine.
    Source,
    /// The replication group.
    Target,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Source => "source",
            Side::Target => "target",
        })
    }
}

/// What to ask the logs for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogQueries {
    /// At the source's log group, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<LogQuery>,
    /// At the target's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<LogQuery>,
}

/// What the logs answered, as far as they were asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPages {
    /// The source's.
    #[serde(default)]
    pub source: Option<LogPage>,
    /// The target's.
    #[serde(default)]
    pub target: Option<LogPage>,
}

impl LogPages {
    /// Each page with the side it is of.
    pub fn each(&self) -> impl Iterator<Item = (Side, &LogPage)> {
        [(Side::Source, &self.source), (Side::Target, &self.target)]
            .into_iter()
            .filter_map(|(side, page)| Some((side, page.as_ref()?)))
    }
}

/// One question to CloudWatch Logs, as FilterLogEvents takes it.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogQuery {
    /// Where it is.
    pub log_group_name: String,
    /// Which lines.
    pub filter_pattern: String,
    /// From when on, in milliseconds since 1970.
    pub start_time: i64,
    /// The most lines.
    pub limit: u32,
}

/// What a question was answered with, as the state machine hands it over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPage {
    /// Where it is.
    pub log_group_name: String,
    /// The lines as they were delivered, oldest first, each cut to a length.
    #[serde(default)]
    pub lines: Vec<String>,
    /// Whether there was more than one page.
    #[serde(default)]
    pub more: bool,
    /// Why it was not read.
    #[serde(default)]
    pub unread: Option<String>,
}

impl LogPage {
    /// What is not known for want of reading: none where the page is all there is.
    #[must_use]
    pub fn gap(&self, side: Side) -> Option<String> {
        let log_group_name = &self.log_group_name;
        match &self.unread {
            Some(why) => Some(format!("{side} log {log_group_name}: not read ({why})")),
            None if self.more => Some(format!(
                "{side} log {log_group_name}: only its first {} telling lines of that time were read",
                self.lines.len()
            )),
            None => None,
        }
    }
}

/// How far back a log is read, whenever the migration began.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The most lines of one log. With lines of 500 characters, which is where the state machine cuts them, both sides' stay
/// far below the 256 KiB that a state may pass on.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.
const LINES: u32 = 50;

/// What to ask for after a failure at `now` of a migration that runs since `since`: nothing where the plan names no group.
#[must_use]
pub fn queries(groups: &LogGroups, since: Timestamp, now: Timestamp) -> Option<LogQueries> {
    let from = since.max(now.saturating_sub(WINDOW).unwrap_or(since));
    let query = |name: &LogGroupName| LogQuery {
        log_group_name: name.to_string(),
        filter_pattern: filter_pattern(),
        start_time: from.as_millisecond(),
        limit: LINES,
    };
    let queries = LogQueries {
        source: groups.source.as_ref().map(query),
        target: groups.target.as_ref().map(query),
    };
    (queries != LogQueries::default()).then_some(queries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn each_side_that_is_named_is_asked_for_since_the_start_and_for_an_hour_at_most() {
        let groups: LogGroups = serde_json::from_value(json!({"target": "/engine"})).expect("groups");
        let now = at("2026-11-24T12:00:00Z");
        let asked = |since: &str| {
            let asked = queries(&groups, at(since), now).expect("something");
            assert_eq!(asked.source, None);
            asked.target.expect("the target's")
        };
        let short = asked("2026-11-24T11:50:00Z");
        assert_eq!(short.log_group_name, "/engine");
        assert_eq!(short.start_time, at("2026-11-24T11:50:00Z").as_millisecond());
        let long = asked("2026-11-20T00:00:00Z");
        assert_eq!(long.start_time, at("2026-11-24T11:00:00Z").as_millisecond());
        assert_eq!(queries(&LogGroups::default(), now, now), None);
    }

    #[test]
    fn what_was_not_read_is_said() {
        let page = |rest: serde_json::Value| {
            let mut page = json!({"logGroupName": "/redis"});
            for (name, value) in rest.as_object().expect("fields") {
                page[name] = value.clone();
            }
            serde_json::from_value::<LogPage>(page)
                .expect("a page")
                .gap(Side::Source)
        };
        assert_eq!(page(json!({"lines": ["a"]})), None);
        assert!(
            page(json!({"lines": ["a"], "more": true}))
                .expect("a gap")
                .contains("first 1")
        );
        let denied = page(json!({"unread": "AccessDenied"})).expect("a gap");
        assert_eq!(denied, "source log /redis: not read (AccessDenied)");
    }
}
