//! Counts that both sides give of themselves.

use crate::address::Address;
use crate::dataset::{DATABASES, Dataset, Item};
use anyhow::{bail, ensure};
use std::time::{Duration, Instant};

/// How long engines may take to drop keys that have expired, and a replica to catch up.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The number of keys in one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyCount {
    pub(crate) database: u8,
    pub(crate) source: u64,
    pub(crate) target: u64,
}

/// The number of keys on both sides, while nobody writes. An engine counts an expired key until it comes across it, so it
/// is asked for each of them first. Keys may expire meanwhile: this looks until both sides are the same, or for long.
pub(crate) async fn count_keys(
    source: &Address,
    target: &Address,
    dataset: &Dataset,
) -> anyhow::Result<Vec<KeyCount>> {
    let brief: Vec<Item> = dataset.brief().collect();
    let began = Instant::now();
    loop {
        let mut counts = vec![];
        for database in DATABASES {
            counts.push(KeyCount {
                database,
                source: size(source, database, &brief).await?,
                target: size(target, database, &brief).await?,
            });
        }
        if counts.iter().all(|count| count.source == count.target) || began.elapsed() > PATIENCE {
            return Ok(counts);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn size(engine: &Address, database: u8, brief: &[Item]) -> anyhow::Result<u64> {
    let mut connection = engine.connect(database).await?;
    let mut pipe = redis::pipe();
    for item in brief.iter().filter(|item| item.database == database) {
        pipe.cmd("EXISTS").arg(&item.key).ignore();
    }
    if !pipe.is_empty() {
        pipe.exec_async(&mut connection).await?;
    }
    Ok(redis::cmd("DBSIZE").query_async(&mut connection).await?)
}

/// Waits until a replica has all that its primary has right now, while nobody writes.
pub(crate) async fn wait_for_replica(primary: &Address, replica: &Address) -> anyhow::Result<()> {
    let goal = offset(primary).await?;
    let began = Instant::now();
    loop {
        let reached = offset(replica).await?;
        if reached >= goal {
            return Ok(());
        }
        ensure!(
            began.elapsed() <= PATIENCE,
            "the replica {replica} is at {reached} and does not reach {goal} of its primary {primary}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A primary's offset; a replica's is what it has applied.
async fn offset(engine: &Address) -> anyhow::Result<u64> {
    let mut connection = engine.connect(0).await?;
    let info: String = redis::cmd("INFO")
        .arg("replication")
        .query_async(&mut connection)
        .await?;
    let fact = |name: &str| {
        info.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    match fact("slave_repl_offset")
        .or_else(|| fact("master_repl_offset"))
        .and_then(|text| text.parse().ok())
    {
        Some(offset) => Ok(offset),
        None => bail!("{engine} tells no replication offset"),
    }
}
