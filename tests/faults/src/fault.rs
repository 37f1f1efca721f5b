//! What goes wrong, by name. A fault is something that is done to real processes, sockets, settings or answers; none of
//! the product's code knows of it.

use crate::proxy::Link;
use crate::stage::{LINK_LOSS, Stage, TARGET};
use anyhow::{Context, Result, bail};
use elasticache_stand_in::{
    Announcement, ApiError, Fault as Api, LinkLoss, NodeRole, Reasons, TestEvents, Times,
};
use local_cloud::{Fault as Lambda, FaultRule};
use serde_json::json;
use std::time::Duration;

/// Every fault with what it does. `matrix.md` uses these names.
const FAULTS: [(&str, &str); 56] = [
    ("nothing", "nothing goes wrong"),
    ("source killed", "kill -9, for good"),
    (
        "source restarted",
        "kill -9, and up again with what it had acknowledged",
    ),
    ("source frozen", "SIGSTOP for two seconds"),
    ("source password", "CONFIG SET requirepass"),
    ("source ACL", "the default user may not SYNC or PSYNC"),
    ("source commands renamed", "SYNC and PSYNC have other names"),
    ("source INFO renamed", "INFO has another name"),
    ("source cannot save", "the RDB cannot be written"),
    (
        "source new history",
        "another replication id, as after a failover",
    ),
    ("source at maxmemory", "it refuses writes for two seconds"),
    (
        "source database 20",
        "a key in a database that the target does not have",
    ),
    ("source kicks its replicas", "CLIENT KILL TYPE replica, ten times"),
    (
        "tiny output buffer",
        "an output buffer limit that real writes overrun, and a slow link",
    ),
    (
        "tiny backlog",
        "a backlog of 16 KiB, many writes, and a link that is cut for a second",
    ),
    ("flood of writes", "as many writes as fit, for three seconds"),
    ("link cut", "closed for one second"),
    ("link silent", "closed for good, as by a firewall that drops"),
    ("link flaps", "closed and open five times"),
    ("link slow", "a megabyte a second from now on"),
    ("link stalled", "carries nothing for two seconds"),
    ("target primary killed", "kill -9, for good"),
    ("target primary restarted", "kill -9, and up again empty"),
    ("target replica killed", "kill -9, for good"),
    ("target deleted", "DeleteReplicationGroup"),
    (
        "target snapshotting",
        "its status says snapshotting for two seconds",
    ),
    ("somebody completes", "CompleteMigration by somebody else"),
    ("somebody aborts", "CompleteMigration with Force by somebody else"),
    ("API throttled", "six calls are throttled"),
    ("throttling storm", "every call is throttled for five seconds"),
    ("API down", "five calls get no answer"),
    ("API slow", "five calls take two seconds more"),
    ("start denied", "StartMigration is denied"),
    ("completion denied", "CompleteMigration is denied"),
    (
        "start answer lost",
        "StartMigration takes effect and does not answer",
    ),
    (
        "completion answer lost",
        "CompleteMigration takes effect and does not answer",
    ),
    (
        "topic answer lost",
        "ModifyReplicationGroup takes effect and does not answer",
    ),
    ("topic denied", "ModifyReplicationGroup is denied"),
    ("completion refused", "AWS refuses once: data is not in sync"),
    (
        "promotion fails",
        "AWS accepts, and fails to promote once: a node is being replaced",
    ),
    (
        "late event",
        "a failure of an earlier migration is still in the event log",
    ),
    ("duplicate events", "one message of ElastiCache comes five times"),
    ("unknown event", "an event with a text that nobody knows"),
    ("no rehearsal event", "TestMigration leaves no event"),
    ("plain reasons", "AWS gives a reason for a failure"),
    (
        "lambda crash after start",
        "the function start dies between effect and answer",
    ),
    (
        "lambda time-out after start",
        "the function start times out between effect and answer",
    ),
    (
        "lambda crash after complete",
        "the function cutover dies between effect and answer",
    ),
    (
        "lambda crash after prove",
        "the function cutover dies after the proof",
    ),
    (
        "lambda crashes everywhere",
        "each function dies once after its work",
    ),
    ("lambda throttled", "Lambda refuses each function twice"),
    ("lambda service fails", "Lambda itself fails for each function"),
    ("poll-lag times out", "three looks in a row time out"),
    (
        "diagnose crashes",
        "the diagnosis dies each time, after the source was killed",
    ),
    ("abort ordered", "a person gives it up"),
    ("wrong approval", "an approval for another verdict, twice"),
];

/// Their names.
pub fn known_faults() -> impl Iterator<Item = &'static str> {
    FAULTS.iter().map(|(name, _)| *name)
}

/// What a source has to be started with for a fault.
pub(crate) fn source_config(fault: &str) -> &'static [&'static str] {
    match fault {
        "source commands renamed" => &[
            "rename-command SYNC hidden-sync",
            "rename-command PSYNC hidden-psync",
        ],
        "source INFO renamed" => &["rename-command INFO hidden-info"],
        "source database 20" => &["databases 32"],
        "tiny backlog" => &["repl-backlog-size 16kb"],
        "source cannot save" => &["repl-diskless-sync no"],
        _ => &[],
    }
}

/// Does it.
pub(crate) async fn strike(stage: &mut Stage, fault: &str) -> Result<()> {
    let kind = fault.split(' ').next().unwrap_or_default();
    match kind {
        "nothing" => Ok(()),
        "source" => source(stage, fault).await,
        "tiny" | "flood" => buffers(stage, fault).await,
        "link" => link(stage, fault).await,
        "target" | "somebody" => target(stage, fault).await,
        "abort" | "wrong" => person(stage, fault).await,
        "lambda" | "poll-lag" | "diagnose" => lambda(stage, fault),
        _ => api(stage, fault).await,
    }
}

/// With the engine its port goes: the proxy stands for both.
fn kill_source(stage: &Stage) {
    stage.source.kill();
    stage.proxy.set(Link::Cut);
}

async fn source(stage: &mut Stage, fault: &str) -> Result<()> {
    let commands: &[&[&str]] = match fault {
        "source killed" => {
            kill_source(stage);
            &[]
        }
        "source restarted" => {
            stage.source.restart().await?;
            &[]
        }
        "source frozen" => {
            stage.source.freeze()?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            stage.source.thaw()?;
            &[]
        }
        "source password" => {
            stage.restarts = true;
            &[&["CONFIG", "SET", "requirepass", "late"]]
        }
        "source ACL" => &[
            &["ACL", "SETUSER", "default", "-sync", "-psync"],
            &["CLIENT", "KILL", "TYPE", "replica"],
        ],
        "source commands renamed" | "source INFO renamed" => &[],
        "source cannot save" => {
            std::fs::create_dir(stage.source.dir().join("dump.rdb"))?;
            &[]
        }
        "source new history" => &[
            &["DEBUG", "CHANGE-REPL-ID"],
            &["CLIENT", "KILL", "TYPE", "replica"],
        ],
        "source at maxmemory" => {
            stage
                .source
                .command(&["CONFIG", "SET", "maxmemory", "1mb"])
                .await?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            &[&["CONFIG", "SET", "maxmemory", "0"]]
        }
        "source database 20" => {
            let client = redis::Client::open(format!("redis://127.0.0.1:{}/20", stage.source.port()))?;
            let mut connection = client.get_multiplexed_async_connection().await?;
            redis::cmd("SET")
                .arg("far")
                .arg(1)
                .query_async::<()>(&mut connection)
                .await?;
            &[]
        }
        "source kicks its replicas" => {
            for _ in 0..10 {
                stage
                    .source
                    .command(&["CLIENT", "KILL", "TYPE", "replica"])
                    .await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            &[]
        }
        other => bail!("there is no fault {other:?}"),
    };
    for command in commands {
        stage.source.command(command).await?;
    }
    Ok(())
}

async fn buffers(stage: &mut Stage, fault: &str) -> Result<()> {
    match fault {
        "tiny output buffer" => {
            let limit = [
                "CONFIG",
                "SET",
                "client-output-buffer-limit",
                "replica 64kb 64kb 1",
            ];
            stage.source.command(&limit).await?;
            stage.proxy.set(Link::Slow(300_000));
            stage.writer.flood(true);
        }
        "tiny backlog" => {
            stage.proxy.set(Link::Cut);
            stage.writer.flood(true);
            tokio::time::sleep(Duration::from_secs(1)).await;
            stage.writer.flood(false);
            stage.proxy.set(Link::Open);
        }
        "flood of writes" => {
            stage.writer.flood(true);
            tokio::time::sleep(Duration::from_secs(3)).await;
            stage.writer.flood(false);
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}

async fn link(stage: &Stage, fault: &str) -> Result<()> {
    let brief = Duration::from_secs(1);
    match fault {
        "link cut" => {
            stage.proxy.set(Link::Cut);
            tokio::time::sleep(brief).await;
            stage.proxy.set(Link::Open);
        }
        "link silent" => stage.proxy.set(Link::Silent),
        "link flaps" => {
            for _ in 0..5 {
                stage.proxy.set(Link::Cut);
                tokio::time::sleep(brief / 4).await;
                stage.proxy.set(Link::Open);
                tokio::time::sleep(brief / 2).await;
            }
        }
        "link slow" => stage.proxy.set(Link::Slow(1_000_000)),
        "link stalled" => {
            stage.proxy.set(Link::Stalled);
            tokio::time::sleep(brief * 2).await;
            stage.proxy.set(Link::Open);
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}

async fn target(stage: &mut Stage, fault: &str) -> Result<()> {
    let elasticache = stage.elasticache().clone();
    let somebody = aws_sdk_elasticache::Client::new(&stage.cloud.sdk_config());
    match fault {
        "target primary killed" => elasticache.kill_node(&stage.node(NodeRole::Primary)?.0)?,
        "target primary restarted" => {
            let (primary, _) = stage.node(NodeRole::Primary)?;
            elasticache.kill_node(&primary)?;
            elasticache.restart_node(&primary).await?;
        }
        "target replica killed" => elasticache.kill_node(&stage.node(NodeRole::Replica)?.0)?,
        "target deleted" => elasticache.delete_replication_group(TARGET).await?,
        "target snapshotting" => {
            elasticache.impose_status(TARGET, Some("snapshotting"))?;
            tokio::time::sleep(Duration::from_secs(2)).await;
            elasticache.impose_status(TARGET, None)?;
        }
        "somebody completes" => {
            stage.approves = false;
            somebody
                .complete_migration()
                .replication_group_id(TARGET)
                .send()
                .await?;
        }
        "somebody aborts" => {
            stage.approves = false;
            somebody
                .complete_migration()
                .replication_group_id(TARGET)
                .force(true)
                .send()
                .await?;
        }
        other => bail!("there is no fault {other:?}"),
    }
    Ok(())
}

async fn person(stage: &mut Stage, fault: &str) -> Result<()> {
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

fn lambda(stage: &Stage, fault: &str) -> Result<()> {
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

async fn api(stage: &mut Stage, fault: &str) -> Result<()> {
    let elasticache = stage.elasticache().clone();
    let script = elasticache.faults();
    let denied = |call: &str| {
        let words = format!("User is not authorized to perform: elasticache:{call}");
        Api::Answer(ApiError::new("AccessDenied", 403, words))
    };
    match fault {
        "API throttled" => script.inject("*", Times::Next(6), Api::Answer(ApiError::throttling())),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_each_says_what_it_does() {
        let names: BTreeSet<_> = known_faults().collect();
        assert_eq!(names.len(), FAULTS.len());
        assert!(FAULTS.iter().all(|(_, what)| what.len() > 5));
    }
}
