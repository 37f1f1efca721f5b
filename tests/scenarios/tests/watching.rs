//! What watches a deployed stack says what is true: the dashboard draws what the functions emit, and the rule for
//! migrations that died asks the notify function for a message that people get.
#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test cannot read fails the test"
)]

use anyhow::Result;
use domain::contract::notify::Input;
use domain::progress::{Observation, Progress, ProgressSource, metrics};
use scenarios::{Pair, Story, TARGET};
use serde_json::Value;
use std::collections::BTreeSet;

fn observability() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/observability.yaml");
    std::fs::read_to_string(path).unwrap()
}

/// What a `SEARCH` of the dashboard or a `SELECT` of an alarm looks for: namespace, dimension and metric, as `A B C`.
fn searched() -> BTreeSet<String> {
    let text = observability();
    let mut found = BTreeSet::new();
    for part in text.split("SEARCH('{").skip(1) {
        let (schema, rest) = part.split_once('}').unwrap();
        let metric = rest
            .split_once("MetricName=\\\"")
            .unwrap()
            .1
            .split("\\\"")
            .next()
            .unwrap();
        found.insert(format!("{} {metric}", schema.replace(',', " ")));
    }
    for part in text.split("SELECT MIN(").skip(1) {
        let (metric, rest) = part.split_once(") FROM SCHEMA(\"").unwrap();
        let schema = rest.split_once(')').unwrap().0.replace("\",", "");
        found.insert(format!("{schema} {metric}"));
    }
    // An alarm over one metric of ours, field by field.
    for part in text.split("Namespace: ElastiCacheMigrator").skip(1) {
        let value = |key: &str, end: char| part.split_once(key).unwrap().1.split(end).next().unwrap().trim();
        let (metric, dimension) = (value("MetricName:", '\n'), value("Dimensions: [{Name:", ','));
        found.insert(format!("ElastiCacheMigrator {dimension} {metric}"));
    }
    found
}

/// What a log line in the embedded metric format emits, as `A B C`.
fn emitted(line: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for block in line["_aws"]["CloudWatchMetrics"].as_array().into_iter().flatten() {
        let namespace = block["Namespace"].as_str().unwrap();
        let dimensions = block["Dimensions"].as_array().unwrap();
        for (dimension, metric) in dimensions.iter().flat_map(|dimensions| {
            let metrics = block["Metrics"].as_array().unwrap();
            metrics.iter().map(move |metric| (dimensions, metric))
        }) {
            let [dimension] = dimension.as_array().unwrap().as_slice() else {
                panic!("one dimension expected: {dimension}");
            };
            let (dimension, metric) = (dimension.as_str().unwrap(), metric["Name"].as_str().unwrap());
            // What is announced is there: CloudWatch drops a metric whose figure is missing.
            assert!(!line[dimension].is_null() && !line[metric].is_null(), "{line}");
            found.insert(format!("{namespace} {dimension} {metric}"));
        }
    }
    found
}

#[tokio::test]
async fn every_metric_of_the_dashboard_is_one_that_a_migration_emits() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let ending = story.migrate().await?;
    let mut all = BTreeSet::new();
    for function in &story.cloud.template().functions {
        for line in story.cloud.function_logs(&function.name) {
            if let Ok(line) = serde_json::from_str::<Value>(&line.text) {
                all.extend(emitted(&line));
            }
        }
    }
    // So small a source is copied between two looks: how far a copy is shows in a look at a larger one.
    let mut look: Observation = serde_json::from_value(ending.observations().remove(0))?;
    look.progress = Some(Progress {
        percent: 41.5,
        by: ProgressSource::SourceKeys,
    });
    all.extend(emitted(&metrics(&TARGET.to_owned().try_into()?, &look)));

    let drawn = searched();
    assert!(
        drawn.len() >= 6 && drawn.contains("ElastiCacheMigrator Function FencesEnding"),
        "{drawn:?}"
    );
    assert!(drawn.is_subset(&all), "drawn: {drawn:#?}, emitted: {all:#?}");
    Ok(())
}

/// The input transformer of the rule, as EventBridge fills it in for an execution that ran out of time.
fn told_of_the_dead() -> Value {
    let text = observability();
    let (_, template) = text.split_once("InputTemplate: |-\n").unwrap();
    let template: String = template
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("              "))
        .collect::<Vec<_>>()
        .join("\n");
    let filled = template
        .replace("<status>", "TIMED_OUT")
        .replace("<name>", "orders-20261124")
        .replace(
            "<execution>",
            "arn:aws:states:us-east-1:123456789012:execution:m:orders-20261124",
        )
        .replace("<time>", "2026-11-24T21:00:00Z");
    assert!(!filled.contains('<'), "{filled}");
    serde_json::from_str(&filled).unwrap()
}

#[test]
fn the_rule_asks_for_a_message_as_the_state_machine_does() {
    let input: Input = serde_json::from_value(told_of_the_dead()).unwrap();
    let notice = domain::notice::render(&input);
    assert_eq!(notice.attributes.severity, "critical");
    assert_eq!(notice.attributes.execution_name, "orders-20261124");
    assert!(notice.text.contains("TIMED_OUT"), "{}", notice.text);
    assert!(
        notice.text.contains("execution:m:orders-20261124"),
        "{}",
        notice.text
    );
}

#[tokio::test]
async fn people_hear_of_a_migration_that_died() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    story.cloud.invoke("NotifyFunction", told_of_the_dead()).await??;
    assert_eq!(story.told(), ["migration.failed"]);
    let message = story.messages().remove(0);
    assert!(
        message
            .body("email")
            .contains("cause: execution_ended_from_outside"),
        "{}",
        message.body("email")
    );
    Ok(())
}
