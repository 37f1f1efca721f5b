//! The plan's part about a failure: which log groups hold the engines' logs. Who names none loses nothing but those lines as
//! evidence.

use super::fields::Fields;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a diagnosis may read beside the engines and AWS's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosisPlan {
    /// Where the engines' logs are.
    #[serde(default)]
    pub log_groups: LogGroups,
}

/// The log groups of CloudWatch Logs, one a side: every node of a side writes streams of its own in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroups {
    /// Where an agent on the source's hosts sends the engine's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<LogGroupName>,
    /// Where ElastiCache delivers the target's engine log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<LogGroupName>,
}

/// The name of a log group, as `aws logs describe-log-groups` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogGroupName(String);

/// The longest name that CloudWatch Logs takes.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
const LONGEST: usize = 512;

impl LogGroupName {
    /// As it is given to CloudWatch Logs.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LogGroupName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<LogGroupName, &'static str> {
        let fits = text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || "_-/.#".contains(letter));
        if text.is_empty() || text.len() > LONGEST || !fits {
            return Err(
                "must be the name of a log group, such as /elasticache/orders/engine-log: no ARN, letters, digits and _-/.# \
                 alone",
            );
        }
        Ok(LogGroupName(text))
    }
}

impl From<LogGroupName> for String {
    fn from(name: LogGroupName) -> String {
        name.0
    }
}

impl fmt::Display for LogGroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DiagnosisPlan {
    pub(super) fn read(root: &mut Fields<'_>) -> DiagnosisPlan {
        let mut section = root.section("diagnosis", false);
        let mut groups = section.section("logGroups", false);
        let mut name = |field| {
            groups.optional(field, "the name of a log group", |text| {
                LogGroupName::try_from(text.to_owned())
            })
        };
        let log_groups = LogGroups {
            source: name("source"),
            target: name("target"),
        };
        section.merge(groups);
        root.merge(section);
        DiagnosisPlan { log_groups }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Plan;
    use super::*;
    use serde_json::json;

    fn plan(diagnosis: &serde_json::Value) -> Result<Plan, super::super::Mistakes> {
        Plan::from_input(&json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.241"}, "diagnosis": diagnosis
        }))
    }

    #[test]
    fn log_groups_are_named_one_a_side_and_neither_has_to_be() {
        let target = json!({"logGroups": {"target": "/elasticache/orders/engine-log"}});
        let groups = plan(&target).expect("valid").diagnosis.log_groups;
        assert_eq!(groups.source, None);
        assert_eq!(
            groups.target.as_ref().map(LogGroupName::as_str),
            Some("/elasticache/orders/engine-log")
        );
        assert_eq!(
            plan(&json!({})).expect("valid").diagnosis,
            DiagnosisPlan::default()
        );
        let written = serde_json::to_value(plan(&target).expect("valid")).expect("json");
        let read: Plan = serde_json::from_value(written).expect("read back");
        assert_eq!(read.diagnosis.log_groups, groups);
    }

    #[test]
    fn what_is_no_log_group_is_refused_with_its_field() {
        for wrong in ["", "arn:aws:logs:us-east-1:123456789012:log-group:x", "a b"] {
            let mistakes = plan(&json!({"logGroups": {"source": wrong}})).expect_err(wrong);
            assert!(
                mistakes
                    .to_string()
                    .contains("diagnosis.logGroups.source: must be"),
                "{mistakes}"
            );
        }
        let mistakes = plan(&json!({"logGroups": {"sources": "x"}})).expect_err("no such field");
        assert!(
            mistakes.to_string().contains("diagnosis.logGroups.sources"),
            "{mistakes}"
        );
    }
}
