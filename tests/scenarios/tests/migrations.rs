//! Migrations that succeed, or are given up by a person.

use anyhow::Result;
use elasticache_stand_in::NodeRole;
use scenarios::{Ending, Pair, Story, TARGET};
use serde_json::json;

/// What must hold after every migration that succeeded.
async fn assert_migrated(story: &Story, ending: &Ending) -> Result<()> {
    ending.assert_succeeded();
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&ending.execution.arn).await?;

    let output = ending.execution.output.clone().expect("an output");
    let primary = &output["endpoints"]["shards"][0]["primary"];
    let port = u16::try_from(primary["port"].as_u64().expect("a port"))?;
    assert_eq!(story.target_ports(NodeRole::Primary), [port]);
    // The probe that shows that the source takes writes again came after the fence was lifted.
    assert_eq!(story.keys_at(port).await? + 1, story.source.key_count().await?);
    assert_eq!(
        output["proofs"][0]["proof"]["result"], "nothingLost",
        "{output:#}"
    );
    Ok(())
}

#[tokio::test]
async fn a_redis_7_0_moves_to_a_valkey_8_0_group() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let ending = story.migrate().await?;
    assert_migrated(&story, &ending).await?;
    let states = ending.states();
    let path: Vec<&str> = states
        .iter()
        .copied()
        .filter(|state| !["Observe", "WhatNext", "AwaitSignal", "HoldFence", "IsPromoted"].contains(state))
        .collect();
    assert_eq!(
        path,
        [
            "Admit",
            "WhetherItContinues",
            "WhatFor",
            "TellStarted",
            "WhoHears",
            "Locate",
            "DescribeSourceInterfaces",
            "DescribeSecurityGroups",
            "DescribeSubnets",
            "DescribeRouteTables",
            "DescribeMainRouteTables",
            "DescribeNetworkAcls",
            "WhatForTheWay",
            "Preflight",
            "MayStart",
            "LookAtTopic",
            "WhetherToSetTopic",
            "SetTopic",
            "TellPreflight",
            "WhetherToRehearse",
            "Rehearse",
            "RehearsalAccepted",
            "TellRehearsed",
            "Recheck",
            "StillMayStart",
            "Start",
            "TellSyncing",
            "PairShards",
            "Compare",
            "SumUp",
            "IsCompared",
            "TellReady",
            "RecheckCutover",
            "StillMayCutOver",
            "TellCutover",
            "Arm",
            "Fence",
            "MayDrain",
            "Drain",
            "MayComplete",
            "Complete",
            "Accepted",
            "Prove",
            "HandOver",
            "WhetherToCompareOnceMore",
            "PairShards",
            "Compare",
            "SumUp",
            "IsCompared",
            "Report",
            "WhomToTell",
            "TellDone",
            "WhetherToRestoreTopic",
            "RestoreTopic",
            "HowItEnded",
            "Done"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_redis_7_0_moves_to_a_redis_7_0_group_without_a_rehearsal() -> Result<()> {
    let story = Story::begin(Pair::redis_to_redis()).await?;
    let mut input = story.input();
    input["rehearse"] = json!(false);
    let execution = story.start(input).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    assert_migrated(&story, &ending).await?;
    assert!(!ending.states().contains(&"Rehearse"));
    Ok(())
}

#[tokio::test]
async fn an_approval_for_another_verdict_changes_nothing_and_the_right_one_still_counts() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    let verdict = story.verdict_of(&execution).await?;
    story.approve("0000000000000000").await?;
    story
        .observation(&execution, "the refusal", |seen| {
            seen["why"]
                .as_str()
                .is_some_and(|why| why.contains("is for another verdict"))
        })
        .await?;
    assert!(
        !story
            .elasticache()
            .calls()
            .iter()
            .any(|call| call.action == "CompleteMigration")
    );
    story.approve(&verdict).await?;
    assert_migrated(&story, &story.end_of(&execution).await?).await
}

#[tokio::test]
async fn a_signal_wakes_a_migration_that_would_wait_for_an_hour() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input();
    input["polling"] = json!({"minSeconds": 1, "maxSeconds": 3600});
    let execution = story.start(input).await?;
    let verdict = story.verdict_of(&execution).await?;
    // The first look after `ready` is a short one; the next waits for the hour.
    story
        .observation(&execution, "a long wait", |seen| seen["waitSeconds"] == 3600)
        .await?;
    story.approve(&verdict).await?;
    assert_migrated(&story, &story.end_of(&execution).await?).await
}

#[tokio::test]
async fn a_person_gives_a_migration_up_and_the_source_is_as_it_was() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = story.start(story.input()).await?;
    story.verdict_of(&execution).await?;
    let answer = story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    assert_eq!(answer["delivered"], true);
    let ending = story.end_of(&execution).await?;
    assert_eq!(ending.execution.error.as_deref(), Some("Migration.Aborted"));
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.aborted"]
    );
    story
        .elasticache()
        .wait_for_status(TARGET, "available", std::time::Duration::from_secs(30))
        .await?;
    story.assert_source_is_as_it_was().await
}

#[tokio::test]
async fn a_signal_for_no_migration_is_answered_so() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let answer = story
        .order(json!({"replicationGroupId": TARGET, "action": "abort", "by": "a story"}))
        .await??;
    assert_eq!(answer["delivered"], false);
    let refused = story
        .order(json!({"replicationGroupId": TARGET, "action": "approve", "by": "a story"}))
        .await?;
    let refused = refused.expect_err("an approval without a verdict");
    assert_eq!(refused.error_type, "Migration.InvalidInput");
    assert!(refused.message.contains("verdict"), "{}", refused.message);
    Ok(())
}
