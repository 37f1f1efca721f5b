//! Compares a shard pair while both sides are live: walks both sides, reads what has to be read, and looks again at what
//! differed. What counts as a difference is `domain::verify`'s business.
//!
//! Reads only. On engines from 7.2 on, its connections do not even make keys look recently used (CLIENT NO-TOUCH); below
//! that, reading every key of a source that evicts by LRU or LFU blurs what is old there. Source: `src/networking.c`.

mod batch;
mod digest;
mod keys;
mod look;
mod recheck;
mod reply;
mod scan;
mod side;
mod stream;
mod throttle;
mod touched;
mod wire;

use crate::clock;
use batch::Lane;
use domain::verify::{
    Mode, PairProgress, Pending, Phase, Position, SampleSpan, ShardPair, VerifyRule, why_untold,
};
use look::Reading;
use scan::{Walk, Walked};
use side::Side;
use std::time::{Duration, Instant};
use throttle::Throttle;
pub use wire::Unread;

/// Readers at once: enough that both engines and this process are busy at the same time.
const LANES: usize = 3;
/// The share of the time that is kept for rechecks at the end, one part in so many, and the most of it.
const RESERVE_SHARE: u32 = 4;
const RESERVE_MOST: Duration = Duration::from_secs(30);

/// Compares a pair for at most `lasts`, going on where `progress` left off. A batch or a big key that was begun is read to
/// its end. `seed` decides where a sample starts.
///
/// # Errors
/// Where a side cannot be read; nothing of this call counts then, and calling again with the same progress is safe.
pub async fn compare(
    pair: &ShardPair,
    rule: &VerifyRule,
    seed: &str,
    progress: Option<PairProgress>,
    lasts: Duration,
) -> Result<PairProgress, Unread> {
    let until = Instant::now() + lasts;
    let scan_until = until - (lasts / RESERVE_SHARE).min(RESERVE_MOST);
    let mut progress = progress.unwrap_or_else(|| PairProgress::new(pair, rule, clock::now()));
    if progress.is_done() {
        return Ok(progress);
    }
    let throttle = Throttle::new(rule);
    let reading = Reading::new(throttle.clone());
    let mut lanes = connect(pair).await?;
    let _probe = throttle.probe(&pair.source).await?;
    begin_with_touched(&mut progress, pair, rule, &lanes[0]);
    while !progress.is_done() && Instant::now() < until {
        if progress.position.phase == Phase::Rechecks {
            recheck::settle(&mut lanes[0], &reading, rule, &mut progress, 0, until).await?;
            progress.finish_if_settled();
            continue;
        }
        if Instant::now() >= scan_until {
            recheck::settle(&mut lanes[0], &reading, rule, &mut progress, 0, until).await?;
            break;
        }
        lanes = walk(lanes, &reading, rule, seed, &mut progress, scan_until).await?;
        if progress.pending.len() >= PairProgress::MOST_CARRIED {
            let goal = PairProgress::MOST_CARRIED / 2;
            recheck::settle(&mut lanes[0], &reading, rule, &mut progress, goal, until).await?;
        }
    }
    progress.counts.bytes += lanes
        .iter()
        .map(|lane| lane.source.wire.received + lane.target.wire.received)
        .sum::<u64>();
    progress.worst_source_latency_ms = progress.worst_source_latency_ms.max(throttle.worst_latency_ms());
    Ok(progress.carried(clock::now()))
}

async fn connect(pair: &ShardPair) -> Result<Vec<Lane>, Unread> {
    let mut lanes = vec![];
    for _ in 0..LANES {
        lanes.push(Lane {
            source: Side::connect(&pair.source, "source").await?,
            target: Side::connect(&pair.target, "target").await?,
        });
    }
    Ok(lanes)
}

/// What was touched since the approval, where that is asked for and was not begun.
fn begin_with_touched(progress: &mut PairProgress, pair: &ShardPair, rule: &VerifyRule, lane: &Lane) {
    let begun = progress.touched.is_some() || progress.untold.is_some();
    if let Some(since) = rule.touched_since.filter(|_| !begun) {
        let traits = &lane.source.traits;
        let keys = traits.databases.iter().map(|(_, keys)| keys).sum();
        progress.look_for_touched(since, keys, why_untold(pair.ages_kept, traits.evicts_by_lfu));
    }
}

/// Walks on in the database where the progress is, and from its end to the next.
async fn walk(
    lanes: Vec<Lane>,
    reading: &Reading,
    rule: &VerifyRule,
    seed: &str,
    progress: &mut PairProgress,
    until: Instant,
) -> Result<Vec<Lane>, Unread> {
    let (source, target) = (&lanes[0].source.traits, &lanes[0].target.traits);
    let mut databases: Vec<u32> = source
        .databases
        .iter()
        .chain(&target.databases)
        .map(|(db, _)| *db)
        .collect();
    databases.push(0);
    databases.sort_unstable();
    databases.dedup();
    let walked_side = if progress.position.phase == Phase::Source {
        source
    } else {
        target
    };
    if progress.position.run_id != walked_side.run_id {
        // Another process than the one that gave the cursor: to it the cursor means nothing.
        progress.position.cursor = None;
        progress.position.run_id.clone_from(&walked_side.run_id);
    }
    let position = &progress.position;
    let (cursor, sample) = match &position.cursor {
        Some(cursor) => (cursor.clone(), position.sample),
        None => beginning(progress, &walked_side.databases, seed),
    };
    let going = Walk {
        phase: position.phase,
        db: position.db,
        cursor: cursor.into_bytes(),
        sample,
        until,
        touched_since: progress.touched.as_ref().map(|touched| touched.since),
        room: PairProgress::MOST_CARRIED
            .saturating_sub(progress.pending.len())
            .max(1),
    };
    let (lanes, walked) = scan::walk(lanes, reading, rule, going).await?;
    take(progress, walked, &databases);
    Ok(lanes)
}

/// Where a database's walk starts: a sample anywhere, anything else at its beginning. So does a sample of what was touched:
/// it may have to look through all keys, and then must not meet them twice.
fn beginning(progress: &PairProgress, databases: &[(u32, u64)], seed: &str) -> (String, Option<SampleSpan>) {
    let position = &progress.position;
    let all: u64 = databases.iter().map(|(_, keys)| keys).sum();
    let here = databases
        .iter()
        .find(|(db, _)| *db == position.db)
        .map_or(0, |(_, keys)| *keys);
    match progress.mode {
        Mode::Sample(wanted) if wanted < all => {
            let share = u128::from(wanted) * u128::from(here);
            let span = SampleSpan {
                want: u64::try_from(share.div_ceil(u128::from(all))).unwrap_or(here),
                taken: 0,
                wrapped: progress.touched.is_some(),
            };
            let start = if progress.touched.is_some() {
                0
            } else {
                Position::sample_start(seed, &progress.shard, position.phase, position.db)
            };
            (start.to_string(), Some(span))
        }
        _ => ("0".to_owned(), None),
    }
}

fn take(progress: &mut PairProgress, walked: Walked, databases: &[u32]) {
    if let Some(words) = &walked.refused {
        progress.compare_all(&format!("the source does not tell when keys were used: {words}"));
        return;
    }
    if let Some(touched) = &mut progress.touched {
        touched.looked_through += walked.looked_through;
        touched.touched += walked.keys;
        touched.untimed += walked.untimed;
        touched.cut |= walked.cut;
    }
    match progress.position.phase {
        Phase::Target => progress.counts.target_keys += walked.keys,
        _ => progress.counts.source_keys += walked.keys,
    }
    progress.counts.big_keys += walked.big;
    let db = progress.position.db;
    progress.pending.extend(
        walked
            .differs
            .into_iter()
            .map(|(key, since)| Pending::new(db, key, since)),
    );
    match walked.cursor {
        Some(cursor) => {
            progress.position.cursor = Some(String::from_utf8_lossy(&cursor).into_owned());
            progress.position.sample = walked.sample;
        }
        None => progress.next_database(databases),
    }
}
