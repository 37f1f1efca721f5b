//! Fills the source, pipelined.

use crate::address::Address;
use crate::dataset::{DATABASES, Dataset};
use anyhow::Context;
use redis::Pipeline;
use redis::aio::MultiplexedConnection;

/// Keys to one pipeline.
const KEYS_AT_A_TIME: u32 = 500;
/// Pipelines under way at once: making the keys takes as long as storing them.
const LANES: u32 = 2;

/// Writes every key of the dataset. An error if the engine refused a single one.
pub(crate) async fn fill(source: &Address, dataset: &Dataset) -> anyhow::Result<()> {
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let (source, dataset) = (source.clone(), dataset.clone());
        lanes.spawn(async move { fill_lane(&source, &dataset, lane).await });
    }
    while let Some(lane) = lanes.join_next().await {
        lane?.context("cannot fill the source")?;
    }
    Ok(())
}

async fn fill_lane(source: &Address, dataset: &Dataset, lane: u32) -> anyhow::Result<()> {
    let mut connections = Vec::new();
    for database in DATABASES {
        connections.push((database, source.connect(database).await?));
    }
    let beginnings = (0..dataset.keys).step_by(KEYS_AT_A_TIME as usize);
    for begin in beginnings.skip(lane as usize).step_by(LANES as usize) {
        let end = dataset.keys.min(begin + KEYS_AT_A_TIME);
        let mut pipes: Vec<Pipeline> = DATABASES.iter().map(|_| redis::pipe()).collect();
        for item in (begin..end).map(|index| dataset.item(index)) {
            let number = usize::from(item.database != DATABASES[0]);
            item.content.write(&item.key, &mut pipes[number]);
            if let Some(expires) = item.expires {
                pipes[number].cmd("PEXPIREAT").arg(&item.key).arg(expires);
            }
        }
        for ((_, connection), pipe) in connections.iter_mut().zip(&pipes) {
            send(connection, pipe).await?;
        }
    }
    Ok(())
}

async fn send(connection: &mut MultiplexedConnection, pipe: &Pipeline) -> anyhow::Result<()> {
    if !pipe.is_empty() {
        pipe.exec_async(connection).await?;
    }
    Ok(())
}
