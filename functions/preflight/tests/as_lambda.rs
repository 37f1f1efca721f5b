//! Preflight of a group of any size, 90 shards among them: the function's own binary, run as Lambda runs it, between a
//! stand-in for the runtime and the ElastiCache API that `support` makes up, and a real engine. Its answer has to fit into a
//! state and the function into its memory.

mod support;

use serde_json::{Value, json};
use support::{Api, Engine, Function};

/// What Step Functions lets a state pass on.
const STATE_LIMIT: usize = 256 * 1024;

/// `MemorySize` of the function in template.yaml, in KiB.
const MEMORY_KIB: u64 = 256 * 1024;

fn check(source_port: u16) -> Value {
    json!({
        "step": "check",
        "plan": {
            "mode": "migrate", "replicationGroupId": "orders", "rehearse": true, "overwriteTarget": false,
            "source": {"address": "127.0.0.1", "port": source_port},
            "sync": {"maxLagBytes": 1, "maxLagSeconds": 1, "samples": 5},
            "polling": {"minSeconds": 5, "maxSeconds": 60},
            "limits": {"rehearsal": 900, "start": 1800, "sync": 172_800, "approval": 604_800, "promotion": 1800},
        },
    })
}

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["id"] == id)
        .expect("a finding of each check")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ninety_shards_are_judged_within_the_functions_memory_and_far_below_a_states_limit() {
    let engine = Engine::start().await;
    let api = Api::start(90, engine.port).await;
    let function = Function::start(&api);

    let report = api.invoke(check(engine.port)).await;
    let (bytes, peak) = (report.to_string().len(), function.peak_memory_kib());
    println!("report of 90 shards: {bytes} bytes; peak memory of the function: {peak} KiB");
    assert!(bytes < STATE_LIMIT / 4, "{bytes} bytes");
    assert!(peak < MEMORY_KIB / 2, "{peak} KiB");

    // All of it was looked at: 180 nodes in three pages, and every shard asked.
    assert_eq!(api.calls("DescribeCacheClusters"), 3, "few calls for many nodes");
    assert_eq!(finding(&report, "T22")["outcome"], "PASS", "{report:#}");
    assert_eq!(finding(&report, "T14")["outcome"], "PASS", "{report:#}");
    assert_eq!(finding(&report, "T1")["outcome"], "PASS", "{report:#}");
    // The source is no cluster, and the target has 90 shards.
    assert_eq!(finding(&report, "T6")["outcome"], "FAIL", "{report:#}");
    assert_eq!(report["verdict"], "mustNotStart");

    // Twice is safe: it looks again and finds the same.
    let again = api.invoke(check(engine.port)).await;
    assert_eq!(
        again["findings"].as_array().map(Vec::len),
        report["findings"].as_array().map(Vec::len)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ninety_silent_shards_do_not_swell_the_report() {
    let closed = support::closed_port().await;
    let api = Api::start(90, closed).await;
    let _function = Function::start(&api);
    let report = api.invoke(check(closed)).await;
    let bytes = report.to_string().len();
    assert!(bytes < STATE_LIMIT / 4, "{bytes} bytes");
    let silent = finding(&report, "T14");
    assert_eq!(silent["outcome"], "UNKNOWN");
    assert!(
        silent["evidence"]
            .as_str()
            .expect("text")
            .ends_with("and 87 more"),
        "{silent:#}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_call_makes_only_its_own_checks_unknown_and_is_named() {
    let engine = Engine::start().await;
    let api = Api::start(1, engine.port).await;
    api.deny("DescribeUpdateActions");
    let _function = Function::start(&api);
    let report = api.invoke(check(engine.port)).await;
    assert_eq!(finding(&report, "T19")["outcome"], "UNKNOWN", "{report:#}");
    let access = finding(&report, "A1");
    assert_eq!(access["outcome"], "WARN", "{access:#}");
    assert!(
        access["evidence"]
            .as_str()
            .expect("text")
            .contains("elasticache:DescribeUpdateActions"),
        "{access:#}"
    );
    for id in ["T0", "T8", "T22", "T16", "T7"] {
        assert_eq!(finding(&report, id)["outcome"], "PASS", "{id}: {report:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_describe_call_that_is_denied_leaves_its_checks_unknown() {
    let engine = Engine::start().await;
    for (call, check_id) in [
        ("DescribeReplicationGroups", "T0"),
        ("DescribeCacheClusters", "T16"),
        ("DescribeCacheParameters", "T11"),
        ("DescribeEvents", "T22"),
    ] {
        let api = Api::start(1, engine.port).await;
        api.deny(call);
        let _function = Function::start(&api);
        let report = api.invoke(check(engine.port)).await;
        assert_eq!(
            finding(&report, check_id)["outcome"],
            "UNKNOWN",
            "{call}: {report:#}"
        );
        assert_ne!(finding(&report, "A1")["outcome"], "PASS", "{call}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_serverless_cache_of_that_name_is_told_from_a_group_that_does_not_exist() {
    let engine = Engine::start().await;
    let api = Api::start(0, engine.port).await;
    let _function = Function::start(&api);
    let report = api.invoke(check(engine.port)).await;
    assert_eq!(finding(&report, "T0")["outcome"], "FAIL", "{report:#}");
    let node_based = finding(&report, "T12");
    assert_eq!(node_based["outcome"], "FAIL", "{report:#}");
    assert!(
        node_based["evidence"]
            .as_str()
            .expect("text")
            .contains("serverless"),
        "{node_based:#}"
    );
    for id in ["T8", "T3", "T7", "T14"] {
        assert_eq!(finding(&report, id)["outcome"], "UNKNOWN", "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_target_and_source_stand_is_told_for_the_ec2_tasks() {
    let engine = Engine::start().await;
    let api = Api::start(3, engine.port).await;
    let _function = Function::start(&api);
    let mut input = check(engine.port);
    input["step"] = json!("locate");
    let location = api.invoke(input).await;
    assert_eq!(
        location,
        json!({"vpcId": "vpc-1", "subnetIds": ["subnet-a", "subnet-b"], "securityGroupIds": ["sg-target"],
               "sourceAddress": "127.0.0.1", "untold": []})
    );
}
