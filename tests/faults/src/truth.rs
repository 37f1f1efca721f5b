//! What must be true after every row, whatever happened in it.

use crate::matrix::End;
use crate::stage::Stage;
use crate::writer::{connect, holds};
use anyhow::Result;
use local_cloud::LocalCloud;
use std::collections::BTreeSet;

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
    // The fault itself is taken back first: what is looked for is what the migration left behind.
    source.thaw()?;
    if restarts || !source.is_running() {
        source.restart().await?;
    }
    let acknowledged = writer.stop().await?;
    if acknowledged.len() < 20 {
        problems.push(format!(
            "only {} writes were acknowledged: nothing was tried",
            acknowledged.len()
        ));
    }
    if let Err(error) = holds(source.port(), &acknowledged).await {
        problems.push(format!("the source: {error}"));
    }
    // After a proven cutover the source may stay fenced, so that stragglers hear a fast error.
    if *ends != End::Done
        && let Err(error) = takes_writes(source.port()).await
    {
        problems.push(format!("a fence is left behind: {error}"));
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

async fn takes_writes(port: u16) -> Result<()> {
    let mut connection = connect(port).await?;
    redis::cmd("SET")
        .arg("faults:probe")
        .arg(1)
        .query_async::<()>(&mut connection)
        .await?;
    for setting in ["min-replicas-to-write", "min-slaves-to-write"] {
        let (_, value): (String, String) = redis::cmd("CONFIG")
            .arg("GET")
            .arg(setting)
            .query_async(&mut connection)
            .await?;
        anyhow::ensure!(value == "0", "{setting} is {value}");
    }
    Ok(())
}
