//! Least privilege, proven both ways: over the main paths no call is made that the template's policies would not allow,
//! and nothing is allowed that no call used. The calls are judged as IAM does: action, resource and conditions.

use anyhow::{Context, Result};
use domain::plan::Plan;
use elasticache_stand_in::{Fault, Times};
use local_cloud::iam::{Decision, Effect, Policy, Statement};
use local_cloud::{Call, LocalCloud};
use scenarios::{Pair, Story, TARGET};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Allowed, and never seen as a call: role or policy, action, and why.
const NOT_SEEN: &[(&str, &str, &str)] = &[
    ("FunctionBasics", "logs:CreateLogStream", LAMBDA),
    ("FunctionBasics", "logs:PutLogEvents", LAMBDA),
    ("FunctionBasics", "xray:PutTraceSegments", LAMBDA),
    ("FunctionBasics", "xray:PutTelemetryRecords", LAMBDA),
    ("FunctionNetwork", "ec2:CreateNetworkInterface", LAMBDA),
    ("FunctionNetwork", "ec2:DeleteNetworkInterface", LAMBDA),
    ("FunctionNetwork", "ec2:AssignPrivateIpAddresses", LAMBDA),
    ("FunctionNetwork", "ec2:UnassignPrivateIpAddresses", LAMBDA),
    ("FunctionNetwork", "ec2:DescribeNetworkInterfaces", LAMBDA),
    ("FunctionNetwork", "ec2:DescribeSubnets", LAMBDA),
    (
        "SignalRole",
        "sqs:SendMessage",
        "Lambda puts the events there that the function failed at",
    ),
    (
        "ReportRole",
        "sqs:SendMessage",
        "Lambda puts the events there that the function failed at",
    ),
    (
        "StartRole",
        "sqs:SendMessage",
        "Lambda puts the events there that the function failed at",
    ),
    (
        "CutoverRole",
        "sqs:SendMessage",
        "Lambda puts the events there that the function failed at",
    ),
    (
        "CutoverRole",
        "kms:Decrypt",
        "SNS uses the topic's key with the publisher's permissions",
    ),
    (
        "CutoverRole",
        "kms:GenerateDataKey",
        "SNS uses the topic's key with the publisher's permissions",
    ),
    (
        "NotifyRole",
        "sqs:SendMessage",
        "Lambda puts the events there that the function failed at",
    ),
    (
        "NotifyRole",
        "kms:Decrypt",
        "SNS uses the topic's key with the publisher's permissions",
    ),
    (
        "NotifyRole",
        "kms:GenerateDataKey",
        "SNS uses the topic's key with the publisher's permissions",
    ),
    ("PollLagRole", "elasticache:DescribeCacheClusters", CLUSTERED),
    ("MigrateStateMachineRole", "states:DescribeExecution", DISTRIBUTED),
    ("MigrateStateMachineRole", "states:StopExecution", DISTRIBUTED),
    ("VerifyRole", "elasticache:DescribeCacheClusters", CLUSTERED),
    ("CutoverRole", "elasticache:DescribeCacheClusters", CLUSTERED),
    ("DiagnoseRole", "elasticache:DescribeCacheClusters", CLUSTERED),
    (
        "MigrateStateMachineRole",
        "logs:CreateLogDelivery",
        STEP_FUNCTIONS,
    ),
    ("MigrateStateMachineRole", "logs:GetLogDelivery", STEP_FUNCTIONS),
    (
        "MigrateStateMachineRole",
        "logs:UpdateLogDelivery",
        STEP_FUNCTIONS,
    ),
    (
        "MigrateStateMachineRole",
        "logs:DeleteLogDelivery",
        STEP_FUNCTIONS,
    ),
    (
        "MigrateStateMachineRole",
        "logs:ListLogDeliveries",
        STEP_FUNCTIONS,
    ),
    (
        "MigrateStateMachineRole",
        "logs:PutResourcePolicy",
        STEP_FUNCTIONS,
    ),
    (
        "MigrateStateMachineRole",
        "logs:DescribeResourcePolicies",
        STEP_FUNCTIONS,
    ),
    (
        "MigrateStateMachineRole",
        "logs:DescribeLogGroups",
        STEP_FUNCTIONS,
    ),
    ("MigrateStateMachineRole", "xray:PutTraceSegments", STEP_FUNCTIONS),
    (
        "MigrateStateMachineRole",
        "xray:PutTelemetryRecords",
        STEP_FUNCTIONS,
    ),
    ("MigrateStateMachineRole", "xray:GetSamplingRules", STEP_FUNCTIONS),
    (
        "MigrateStateMachineRole",
        "xray:GetSamplingTargets",
        STEP_FUNCTIONS,
    ),
];
const LAMBDA: &str = "Lambda calls it for the function, and this machine has no such service";
const STEP_FUNCTIONS: &str =
    "Step Functions calls it for the state machine, and this machine has no such service";
const DISTRIBUTED: &str = "Step Functions starts, watches and stops the executions of a Distributed Map with the state machine's role";
const CLUSTERED: &str = "only for groups with cluster mode, which these stories do not have";

/// Resources that no call is judged by: role, action and a part of the resource.
///
/// AWS's reference names two kinds of resource for these actions and does not say which it asks for; being denied at a
/// cutover would be worse than naming both.
const RESOURCES_NOT_SEEN: &[(&str, &str, &str)] = &[
    // The version that an execution was started with by the alias: AWS's example names the machine alone.
    ("MigrateStateMachineRole", "states:StartExecution", "-migrate:*"),
    ("CutoverRole", "elasticache:CompleteMigration", ":cluster:"),
    ("PreflightRole", "elasticache:DescribeUpdateActions", ":cluster:"),
];

/// Everything a story can do: refused at the preflight, given up, woken by an event, and carried through
/// although an answer is lost.
async fn the_main_paths(story: &Story) -> Result<()> {
    let mut elsewhere = story.input();
    elsewhere["source"]["port"] = json!(1);
    let refused = story.run(elsewhere).await?;
    assert_eq!(refused.cause().as_deref(), Some("source_port_refused"));

    let mut of_nobody = story.input();
    of_nobody["replicationGroupId"] = json!("orders-cash");
    let refused = story.run(of_nobody).await?;
    assert_eq!(refused.cause().as_deref(), Some("target_not_found"));

    let mut long = story.input();
    long["polling"] = json!({"minSeconds": 1, "maxSeconds": 1, "looksPerExecution": 10});
    let given_up = story.start(long).await?;
    let given_up = story.successor_of(&given_up).await?;
    // Asked by itself, so that its role is held to its calls in whichever state it is invoked.
    let plan = Plan::from_input(&story.input()).context("a plan")?;
    let pairs = json!({"step": "pair", "plan": plan});
    story.cloud.invoke("VerifyFunction", pairs).await??;
    story
        .publish(
            "ElastiCacheTopic",
            r#"{"ElastiCache:FailoverComplete": "orders-cache-002"}"#,
        )
        .await?;
    story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    story.end_of(&given_up).await?;
    story
        .elasticache()
        .wait_for_status(TARGET, "available", Duration::from_secs(30))
        .await?;

    // Stopped from the console: what it left is looked after, and people are told.
    let stopped = story.start(of_many_tries(story)).await?;
    story.verdict_of(&stopped).await?;
    story.cloud.stop_execution(&stopped, "Story", "over").await?;
    story
        .until("people to be told", async || {
            Ok(story.told().last().is_some_and(|last| last == "migration.ended"))
        })
        .await?;
    // The function that looks after the topic has had its look: a later one would find the group free and change it, which
    // the next start would meet.
    story
        .until("the topic to be looked after", async || {
            let lines = story.cloud.function_logs("StartFunction");
            Ok(lines
                .iter()
                .any(|line| line.text.contains("still follows the source and takes no change")))
        })
        .await?;
    let group = story.elasticache_client().complete_migration();
    group.replication_group_id(TARGET).force(true).send().await?;
    story
        .elasticache()
        .wait_for_status(TARGET, "available", Duration::from_secs(30))
        .await?;

    // The answer to the start is lost, so that the retry has to find out whose migration it meets.
    story
        .elasticache()
        .faults()
        .inject("StartMigration", Times::Next(1), Fault::DropAfter);
    let execution = story.start(of_many_tries(story)).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    assert!(ending.states().contains(&"Done"), "{:?}", ending.execution);
    story.assert_fenced_until_lifted(&execution).await
}

/// The input for a target that an earlier try has filled.
fn of_many_tries(story: &Story) -> serde_json::Value {
    let mut input = story.input();
    input["overwriteTarget"] = json!(true);
    input
}

/// Every policy of the template, by the caller who has it.
fn policies(cloud: &LocalCloud) -> Result<BTreeMap<String, Policy>> {
    let template = cloud.template();
    let mut policies = BTreeMap::new();
    for function in &template.functions {
        let policy = function
            .policy
            .clone()
            .with_context(|| format!("{} has no known policy", function.name))?;
        policies.insert(function.name.clone(), policy);
    }
    let machine = template.state_machines.first().context("no state machine")?;
    policies.insert(
        "state-machine".to_owned(),
        machine
            .policy
            .clone()
            .context("the machine's policy is not known")?,
    );
    Ok(policies)
}

fn action(call: &Call) -> String {
    match call.operation.as_str() {
        "Invoke" => "lambda:InvokeFunction".to_owned(),
        operation => format!("{}:{operation}", call.service),
    }
}

/// The condition keys of a call. Events have one source, which is held against the policy when they are put.
fn context(call: &Call) -> BTreeMap<String, String> {
    match (call.service.as_str(), call.operation.as_str()) {
        ("events", "PutEvents") => {
            BTreeMap::from([("events:source".to_owned(), "elasticache-migrator".to_owned())])
        }
        _ => BTreeMap::new(),
    }
}

#[tokio::test]
async fn the_main_paths_use_exactly_what_the_policies_allow() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    the_main_paths(&story).await?;
    let mut policies = policies(&story.cloud)?;
    // A fleet is no path of one migration. Its stories (fleet.rs) run under its policies: a call that they deny fails there.
    policies.remove("local-fleet");
    let calls: Vec<Call> = story
        .cloud
        .calls()
        .into_iter()
        .filter(|call| policies.contains_key(&call.caller))
        .collect();

    // No call that would be denied.
    for call in &calls {
        let decision = policies[&call.caller].decide(&action(call), &call.resource, &context(call));
        assert_eq!(
            decision,
            Decision::Allowed,
            "{} {} {}",
            call.caller,
            call.operation,
            call.resource
        );
    }
    let callers: BTreeSet<&str> = calls.iter().map(|call| call.caller.as_str()).collect();
    assert_eq!(
        callers.len(),
        policies.len(),
        "somebody called nothing: {callers:?}"
    );

    // Nothing that is allowed and never used.
    let mut excused = BTreeSet::new();
    for (caller, policy) in &policies {
        for statement in policy
            .0
            .iter()
            .filter(|statement| statement.effect == Effect::Allow)
        {
            let theirs = || calls.iter().filter(|call| call.caller == *caller);
            for allowed in &statement.actions {
                if theirs().any(|call| action(call) == *allowed && statement.covers(allowed, &call.resource))
                {
                    continue;
                }
                let excuse = NOT_SEEN
                    .iter()
                    .find(|(origin, name, _)| *origin == statement.origin && name == allowed);
                let excuse = excuse.unwrap_or_else(|| panic!("{caller} may call {allowed} and never does"));
                excused.insert((excuse.0, excuse.1));
            }
            assert_resources_used(statement, caller, theirs);
        }
    }
    for (origin, name, _) in NOT_SEEN {
        assert!(
            excused.contains(&(origin, name)),
            "{origin} {name} is excused and needs no excuse"
        );
    }
    Ok(())
}

/// Every resource of a statement is one that a call named, where any of its actions was called at all.
fn assert_resources_used<'c, Calls>(statement: &Statement, caller: &str, calls: impl Fn() -> Calls)
where
    Calls: Iterator<Item = &'c Call>,
{
    let used = |resources: Vec<String>| {
        let only = Statement {
            resources,
            ..statement.clone()
        };
        calls().any(|call| only.covers(&action(call), &call.resource))
    };
    if !used(statement.resources.clone()) {
        return;
    }
    for resource in &statement.resources {
        let excused = RESOURCES_NOT_SEEN.iter().any(|(origin, action, part)| {
            *origin == statement.origin && statement.actions == [*action] && resource.contains(part)
        });
        assert!(
            excused || used(vec![resource.clone()]),
            "{caller} may use {resource} and never does"
        );
    }
}

#[tokio::test]
async fn where_a_tag_is_required_a_group_without_it_is_not_touched() -> Result<()> {
    let story = Story::begin_with(Pair::default(), &[("RequireTag", "true")]).await?;
    let ending = story.run(story.input()).await?;
    ending.assert_failed("Migration.AccessDenied", "Rehearse", "access_denied");
    story.assert_nothing_was_changed();

    let tag = aws_sdk_elasticache::types::Tag::builder()
        .key("migration-allowed")
        .value("true")
        .build();
    let group = format!("arn:aws:elasticache:us-east-1:123456789012:replicationgroup:{TARGET}");
    story
        .elasticache_client()
        .add_tags_to_resource()
        .resource_name(group)
        .tags(tag)
        .send()
        .await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    story.cloud.stop_execution(&execution, "Story", "over").await?;
    Ok(())
}

#[tokio::test]
async fn a_group_outside_the_pattern_is_not_touched() -> Result<()> {
    let story = Story::begin_with(Pair::default(), &[("ReplicationGroupPattern", "staging-*")]).await?;
    let ending = story.run(story.input()).await?;
    ending.assert_failed("Migration.AccessDenied", "Rehearse", "access_denied");
    story.assert_nothing_was_changed();
    Ok(())
}
