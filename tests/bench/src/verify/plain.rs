//! The floor: what a person writes in an afternoon. One thread scans the source with COUNT 1000 and pipelines TYPE, PTTL and
//! DUMP to both sides. It compares DUMP's bytes without their footer, which is wrong for sets and hashes, and never looks for
//! keys that only the target holds; it is here for its speed.

use anyhow::Result;
use redis::Connection;

/// What it saw.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) keys: u64,
    pub(crate) bytes: u64,
    /// Keys whose type or DUMP bytes differ, truly or not.
    pub(crate) differs: u64,
}

/// DUMP's last bytes: RDB version and checksum.
const FOOTER: usize = 10;

type Dumped = (String, i64, Option<Vec<u8>>);

/// Compares every key of the source.
pub(crate) fn compare(source: &mut Connection, target: &mut Connection) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut cursor = 0_u64;
    loop {
        let (next, keys): (u64, Vec<Vec<u8>>) = redis::cmd("SCAN")
            .arg(cursor)
            .arg("COUNT")
            .arg(1_000)
            .query(source)?;
        if !keys.is_empty() {
            let mut pipeline = redis::pipe();
            for key in &keys {
                pipeline
                    .cmd("TYPE")
                    .arg(key)
                    .cmd("PTTL")
                    .arg(key)
                    .cmd("DUMP")
                    .arg(key);
            }
            let one = triples(pipeline.query(source)?)?;
            let other = triples(pipeline.query(target)?)?;
            for (one, other) in one.iter().zip(&other) {
                seen.keys += 1;
                seen.bytes += (size(one) + size(other)) as u64;
                let times = (one.1 < 0) == (other.1 < 0) && (one.1 - other.1).abs() < 5_000;
                seen.differs += u64::from(one.0 != other.0 || !times || payload(one) != payload(other));
            }
        }
        cursor = next;
        if cursor == 0 {
            return Ok(seen);
        }
    }
}

fn triples(replies: Vec<redis::Value>) -> Result<Vec<Dumped>> {
    let mut replies = replies.into_iter();
    let mut triples = Vec::with_capacity(replies.len() / 3);
    while let (Some(kind), Some(ttl), Some(dump)) = (replies.next(), replies.next(), replies.next()) {
        triples.push((
            redis::from_redis_value(kind)?,
            redis::from_redis_value(ttl)?,
            redis::from_redis_value(dump)?,
        ));
    }
    Ok(triples)
}

fn size(dumped: &Dumped) -> usize {
    dumped.2.as_ref().map_or(0, Vec::len)
}

fn payload(dumped: &Dumped) -> Option<&[u8]> {
    dumped
        .2
        .as_ref()
        .map(|dump| &dump[..dump.len().saturating_sub(FOOTER)])
}
