//! Faults of what answers: ElastiCache's API and its events, Lambda, and the person who is asked.

use super::engines::kill_source;
use crate::stage::{LINK_LOSS, Stage, TARGET};
use anyhow::{Context, Result, bail};
use elasticache_stand_in::{Announcement, ApiError, Fault as Api, LinkLoss, Reasons, TestEvents, Times};
use local_cloud::{Fault as Lambda, FaultRule};
use serde_json::json;
use std::time::Duration;

pub(super) async fn person(stage: &mut Stage, fault: &str) -> Result<()> {
    let order = match fault {
        "abort ordered" => {
            stage.approves = false;
            json!({"replicationGroupId": TARGET, "action": "abort", "by": "the matrix"})
        }
        "wrong approval" => {
            json!({"replicationGroupId": TARGET, "action": "approve", "verdict": "0000", "by": "the matrix"})
        }
        other => bail!("there is no fault {other:?}"),
    };
    let times = if fault == "wrong approval" { 2 } else { 1 };
    for _ in 0..times {
        stage
            .cloud
            .invoke("SignalFunction", order.clone())
            .await?
            .context("the order")?;
    }
    Ok(())
}

pub(super) fn lambda(stage: &Stage, fault: &str) -> Result<()> {
    const ALL: [&str; 6] = ["preflight", "start", "poll-lag", "cutover", "signal", "notify"];
    let inject = |rule: FaultRule| stage.cloud.inject(rule);
    match fault {
        "lambda crash after start" => {
            inject(FaultRule::new("start", Lambda::CrashAfterHandler).when("/step", "start"))
        }
        "lambda time-out after start" => {
            inject(FaultRule::new("start", Lambda::TimeOutAfterHandler).when("/step", "start"))
        }
        "lambda crash after complete" => {
            inject(FaultRule::new("cutover", Lambda::CrashAfterHandler).when("/step", "complete"));
        }
        "lambda crash after prove" => {
            inject(FaultRule::new("cutover", Lambda::CrashAfterHandler).when("/step", "prove"))
        }
        "lambda crashes everywhere" => {
            ALL.iter().filter(|name| **name != "signal").for_each(|name| {
                inject(FaultRule::new(*name, Lambda::CrashAfterHandler));
            });
        }
        "lambda throttled" => ALL
            .iter()
            .for_each(|name| inject(FaultRule::new(*name, Lambda::Throttled).times(2))),
        "lambda service fails" => ALL
            .iter()
            .for_each(|name| inject(FaultRule::new(*name, Lambda::ServiceFailure))),
        "poll-lag times out" => inject(FaultRule::new("poll-lag", Lambda::TimeOutBeforeHandler).times(3)),
        "diagnose crashes" => {
            inject(FaultRule::new("diagnose", Lambda::CrashBeforeHandler).times(20));
            kill_source(stage);
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}

pub(super) async fn api(stage: &mut Stage, fault: &str) -> Result<()> {
    let elasticache = stage.elasticache().clone();
    let script = elasticache.faults();
    let denied = |call: &str| {
        let words = format!("User is not authorized to perform: elasticache:{call}");
        Api::Answer(ApiError::new("AccessDenied", 403, words))
    };
    match fault {
        "API throttled" => script.inject("*", Times::Next(6), Api::Answer(ApiError::throttling())),
        "throttled for good" => script.inject("*", Times::Every, Api::Answer(ApiError::throttling())),
        "API gone" => script.inject("*", Times::Every, Api::DropBefore),
        "throttling storm" => {
            script.inject("*", Times::Every, Api::Answer(ApiError::throttling()));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_secs(5)).await;
                elasticache.faults().clear();
            });
        }
        "API down" => script.inject("*", Times::Next(5), Api::DropBefore),
        "API slow" => script.inject("*", Times::Next(5), Api::Delay(Duration::from_secs(2))),
        "start denied" => script.inject("StartMigration", Times::Every, denied("StartMigration")),
        "completion denied" => {
            script.inject("CompleteMigration", Times::Every, denied("CompleteMigration"));
        }
        "start answer lost" => script.inject("StartMigration", Times::Next(1), Api::DropAfter),
        "completion answer lost" => script.inject("CompleteMigration", Times::Next(1), Api::DropAfter),
        "topic answer lost" => script.inject("ModifyReplicationGroup", Times::Next(1), Api::DropAfter),
        "topic denied" => script.inject(
            "ModifyReplicationGroup",
            Times::Every,
            denied("ModifyReplicationGroup"),
        ),
        "completion refused" => {
            let reason = "data is not in sync".to_owned();
            script.inject(
                "CompleteMigration",
                Times::Next(1),
                Api::RefuseCompletion { reason },
            );
        }
        "promotion fails" => {
            let reason = "a node is being replaced".to_owned();
            script.inject("CompleteMigration", Times::Next(1), Api::FailPromotion { reason });
        }
        "late event" => announce(
            stage,
            &format!("Migration operation failed for replication group {TARGET}."),
            None,
        ),
        "unknown event" => announce(
            stage,
            &format!("Migration of {TARGET} has entered the moon phase"),
            Some("Moon"),
        ),
        "duplicate events" => {
            for _ in 0..5 {
                announce(stage, "Finished something", Some("FailoverComplete"));
            }
        }
        "no rehearsal event" => {
            elasticache.change_settings(|settings| settings.test_events = TestEvents::None)
        }
        "plain reasons" => {
            elasticache.change_settings(|settings| {
                settings.reasons = Reasons::Plausible;
                settings.link_loss = LinkLoss::FailAfter(LINK_LOSS / 4);
            });
            stage
                .source
                .engine()
                .command(&["CONFIG", "SET", "requirepass", "late"])
                .await?;
            stage.restarts = true;
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}

fn announce(stage: &Stage, text: &str, sns_name: Option<&str>) {
    stage.elasticache().announce(Announcement {
        group: TARGET.to_owned(),
        cluster: None,
        message: text.to_owned(),
        sns_name: sns_name.map(str::to_owned),
    });
}
