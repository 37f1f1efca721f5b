//! One look as CloudWatch metrics, in the embedded metric format: a log line that CloudWatch Logs turns into figures.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use super::{Observation, Phase};
use crate::ReplicationGroupId;
use serde_json::{Map, Value, json};

/// Where the metrics stand in CloudWatch.
const NAMESPACE: &str = "ElastiCacheMigrator";

/// The one dimension. An execution id would make a new, soon dead metric of each migration.
const DIMENSION: &str = "ReplicationGroup";

/// The log line of one look. What is not known has no figure: a zero would be a statement.
///
/// The line carries `level` and `timestamp`: Lambda takes a JSON line without them for INFO at the time of its arrival,
/// and drops it where the function's log level is higher.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>.
#[must_use]
pub fn metrics(group: &ReplicationGroupId, observation: &Observation) -> Value {
    let figures = [
        ("LagBytes", "Bytes", observation.lag.map(|lag| json!(lag.0))),
        (
            "LagSeconds",
            "Seconds",
            observation.lag_seconds.map(|lag| json!(lag)),
        ),
        (
            "ProgressPercent",
            "Percent",
            observation.progress.map(|progress| json!(progress.percent)),
        ),
        ("Phase", "None", Some(json!(number(observation.phase)))),
        ("ShardPairs", "Count", Some(json!(observation.shards.len()))),
        ("ShardPairsInSync", "Count", Some(json!(in_sync(observation)))),
    ];
    let known = || figures.iter().filter(|(_, _, value)| value.is_some());
    let definitions: Vec<Value> = known()
        .map(|(name, unit, _)| json!({"Name": name, "Unit": unit}))
        .collect();
    let mut line = Map::new();
    line.insert("timestamp".to_owned(), json!(observation.at));
    line.insert("level".to_owned(), json!("INFO"));
    line.insert("message".to_owned(), json!("observed"));
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": observation.at.as_millisecond(),
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions}
            ],
        }),
    );
    line.insert(DIMENSION.to_owned(), json!(group));
    line.insert("PhaseName".to_owned(), json!(observation.phase.word()));
    for (name, _, value) in figures.iter() {
        if let Some(value) = value {
            line.insert((*name).to_owned(), value.clone());
        }
    }
    Value::Object(line)
}

/// A phase as a figure that an alarm can compare: 0 unseen, 1 lost, then the order of a migration up to 10 promoted.
fn number(phase: Phase) -> usize {
    Phase::ALL.iter().position(|other| *other == phase).unwrap_or(0)
}

fn in_sync(observation: &Observation) -> usize {
    observation
        .shards
        .iter()
        .filter(|shard| shard.phase == Phase::InSync)
        .count()
}
