//! The keys that the source was filled with, each made again and compared with the target: value, groups, expiry.

use super::{Tally, replies};
use crate::address::Address;
use crate::content::Content;
use crate::dataset::{DATABASES, Dataset, Item};
use jiff::Timestamp;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value, from_redis_value};

const KEYS_AT_A_TIME: u32 = 500;
const LANES: u32 = 2;

/// A key this near to its end may be there or not, in milliseconds.
const NEARLY_EXPIRED: i64 = 2_000;

/// Compares every key of the dataset.
pub(crate) async fn check_dataset(target: &Address, dataset: &Dataset) -> anyhow::Result<Tally> {
    let mut lanes = tokio::task::JoinSet::new();
    for lane in 0..LANES {
        let (target, dataset) = (target.clone(), dataset.clone());
        lanes.spawn(async move { check_lane(&target, &dataset, lane).await });
    }
    let mut tally = Tally::default();
    while let Some(lane) = lanes.join_next().await {
        tally.add(lane??);
    }
    Ok(tally)
}

async fn check_lane(target: &Address, dataset: &Dataset, lane: u32) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut connections = Vec::new();
    for database in DATABASES {
        connections.push((database, target.connect(database).await?));
    }
    let beginnings = (0..dataset.keys).step_by(KEYS_AT_A_TIME as usize);
    for begin in beginnings.skip(lane as usize).step_by(LANES as usize) {
        let end = dataset.keys.min(begin + KEYS_AT_A_TIME);
        let items: Vec<Item> = (begin..end).map(|index| dataset.item(index)).collect();
        for (database, connection) in &mut connections {
            let items: Vec<&Item> = items.iter().filter(|item| item.database == *database).collect();
            compare(&items, connection, &mut tally).await?;
        }
    }
    Ok(tally)
}

async fn compare(
    items: &[&Item],
    connection: &mut MultiplexedConnection,
    tally: &mut Tally,
) -> anyhow::Result<()> {
    let mut pipe = redis::pipe();
    for item in items {
        Content::ask(item.content.kind(), &item.key, &mut pipe);
        pipe.cmd("PEXPIRETIME").arg(&item.key);
    }
    let mut replies = replies(&mut pipe, connection).await?;
    let now = Timestamp::now().as_millisecond();
    for item in items {
        let kind = item.content.kind();
        tally.row(kind, item.database).acknowledged += 1;
        let found = Content::answer(kind, &mut replies);
        let expires = replies.next();
        if item.expires.is_some_and(|at| (at - now).abs() < NEARLY_EXPIRED) {
            continue;
        }
        tally.row(kind, item.database).compared += 1;
        if let Err(what) = judge(item, now, found, expires) {
            tally.miss(kind, item.database, format!("{} {what}", item.key));
        }
    }
    Ok(())
}

fn judge(
    item: &Item,
    now: i64,
    found: Result<Option<Content>, String>,
    expires: Option<RedisResult<Value>>,
) -> Result<(), String> {
    let gone = item.expires.is_some_and(|at| at < now);
    match found? {
        None if gone => return Ok(()),
        Some(_) if gone => return Err("is there though it has expired".to_owned()),
        None => return Err("is missing".to_owned()),
        Some(content) if content != item.content => return Err("holds something else".to_owned()),
        Some(_) => {}
    }
    // -1: it does not expire.
    let expected = item.expires.unwrap_or(-1);
    let found: i64 = expires
        .ok_or_else(|| "no reply".to_owned())?
        .and_then(|reply| Ok(from_redis_value(reply)?))
        .map_err(|error| error.to_string())?;
    if found == expected {
        Ok(())
    } else {
        Err(format!("expires at {found} instead of {expected}"))
    }
}
