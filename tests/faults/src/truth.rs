//! What must be true after every row, whatever happened in it.

use crate::matrix::End;
use crate::stage::Stage;
use crate::writer::{Place, connect, holds};
use anyhow::{Result, ensure};
use local_cloud::LocalCloud;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long a cluster may take to be whole again: a node that was called failed is taken back after twice its time limit,
/// which is 15 s.
const CLUSTER_PATIENCE: Duration = Duration::from_secs(90);

/// Everything that is not as it must be, in words.
pub(crate) async fn violated(stage: Stage, ends: &End) -> Result<Vec<String>> {
    let mut problems = vec![];
    let Stage {
        source,
        writer,
        cloud,
        restarts,
        ..
    } = stage;
    let finals = final_notifications(&cloud);
    if finals.len() != 1 {
        problems.push(format!("final notifications: {finals:?}"));
    }
    let denied = cloud.calls().into_iter().filter(|call| call.denied);
    problems.extend(
        denied.map(|call| format!("{} may not call {}:{}", call.caller, call.service, call.operation)),
    );
    // The fault itself is taken back first: what is looked for is what the migration left behind.
    for engine in source.engines() {
        engine.thaw()?;
        if restarts || !engine.is_running() {
            engine.restart().await?;
        }
    }
    let acknowledged = writer.stop().await?;
    for place in source.places() {
        whole_again(&place).await?;
    }
    if acknowledged.len() < 20 {
        problems.push(format!(
            "only {} writes were acknowledged: nothing was tried",
            acknowledged.len()
        ));
    }
    if let Err(error) = holds(&source.places(), &acknowledged).await {
        problems.push(format!("the source: {error}"));
    }
    // After a proven cutover the source may stay fenced, so that stragglers hear a fast error.
    if *ends != End::Done {
        for place in source.places() {
            if let Err(error) = takes_writes(&place).await {
                problems.push(format!("a fence is left behind: {error}"));
            }
        }
    }
    cloud.shutdown().await;
    Ok(problems)
}

/// The final messages by their own id: one that was published twice is one.
fn final_notifications(cloud: &LocalCloud) -> BTreeSet<String> {
    cloud
        .messages()
        .iter()
        .filter(|message| {
            matches!(
                message.attribute("eventType"),
                Some("migration.done" | "migration.failed" | "migration.aborted")
            )
        })
        .map(|message| {
            message
                .attribute("messageId")
                .unwrap_or("without an id")
                .to_owned()
        })
        .collect()
}

/// A node of a cluster that was killed is a while in coming back to it. What else may be wrong is looked for afterwards.
async fn whole_again(place: &Place) -> Result<()> {
    let began = Instant::now();
    let mut connection = connect(place).await?;
    loop {
        let mut asked = redis::cmd("EXISTS");
        asked.arg(format!("faults:probe{}", place.tag));
        match asked.query_async::<u64>(&mut connection).await {
            Err(error) if error.code() == Some("CLUSTERDOWN") => {
                ensure!(began.elapsed() < CLUSTER_PATIENCE, "{}: {error}", place.address);
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            _ => return Ok(()),
        }
    }
}

async fn takes_writes(place: &Place) -> Result<()> {
    let mut connection = connect(place).await?;
    redis::cmd("SET")
        .arg(format!("faults:probe{}", place.tag))
        .arg(1)
        .query_async::<()>(&mut connection)
        .await?;
    for setting in ["min-replicas-to-write", "min-slaves-to-write"] {
        let (_, value): (String, String) = redis::cmd("CONFIG")
            .arg("GET")
            .arg(setting)
            .query_async(&mut connection)
            .await?;
        ensure!(value == "0", "{setting} is {value}");
    }
    Ok(())
}
