//! Walks one logical database of one side, with several readers at once: while one waits for the engines, another compares.
//! The cursor that is handed back is one up to which everything was compared.

use super::batch::{Lane, Seen};
use super::keys::Keys;
use super::look::Reading;
use super::side::Side;
use super::touched::{Asked, Recent, recent};
use super::wire::{Reply, Unread};
use crate::clock;
use domain::verify::{Phase, SampleSpan, VerifyRule};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

/// SCAN's COUNT: about half a millisecond of the engine's time.
const COUNT: usize = 1_000;

/// What to walk.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) phase: Phase,
    pub(super) db: u32,
    pub(super) cursor: Vec<u8>,
    pub(super) sample: Option<SampleSpan>,
    /// Compare only what was touched since then.
    pub(super) touched_since: Option<Timestamp>,
    /// Begin no batch after this.
    pub(super) until: Instant,
    /// Begin no batch once so many keys are to be looked at again.
    pub(super) room: usize,
}

/// What a walk showed.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) keys: u64,
    pub(super) big: u64,
    /// Keys that are to be looked at again, and since when.
    pub(super) differs: Vec<(Vec<u8>, Timestamp)>,
    /// Where to go on; none where the walk came to its end.
    pub(super) cursor: Option<Vec<u8>>,
    pub(super) sample: Option<SampleSpan>,
    /// Where only what was touched is compared: keys of which the last use was asked for, those of the compared that have
    /// none, whether a sample was full before all keys were asked for, and the engine's words where it does not answer.
    pub(super) looked_through: u64,
    pub(super) untimed: u64,
    pub(super) cut: bool,
    pub(super) refused: Option<String>,
}

/// SCAN's state, used by one reader at a time.
#[derive(Debug)]
struct Scan {
    cursor: Vec<u8>,
    sample: Option<SampleSpan>,
    over: bool,
    /// Whether a sample was full before the walk came to its end.
    cut: bool,
}

struct Shared {
    scan: Mutex<Scan>,
    found: AtomicUsize,
    walk: Walk,
    reading: Reading,
    rule: VerifyRule,
}

/// Walks until the end, the time, or too much that differs. Gives the readers back.
pub(super) async fn walk(
    lanes: Vec<Lane>,
    reading: &Reading,
    rule: &VerifyRule,
    walk: Walk,
) -> Result<(Vec<Lane>, Walked), Unread> {
    let shared = Arc::new(Shared {
        scan: Mutex::new(Scan {
            cursor: walk.cursor.clone(),
            sample: walk.sample,
            over: false,
            cut: false,
        }),
        found: AtomicUsize::new(0),
        walk,
        reading: reading.clone(),
        rule: rule.clone(),
    });
    let mut readers = JoinSet::new();
    for lane in lanes {
        readers.spawn(read(lane, Arc::clone(&shared)));
    }
    let (mut back, mut all) = (vec![], Walked::default());
    while let Some(reader) = readers.join_next().await {
        // A reader that panicked takes the others down with it: half a comparison must not count as one.
        let (lane, walked) = match reader {
            Ok(result) => result?,
            Err(stopped) => std::panic::resume_unwind(stopped.into_panic()),
        };
        back.push(lane);
        all.keys += walked.keys;
        all.big += walked.big;
        all.looked_through += walked.looked_through;
        all.untimed += walked.untimed;
        all.refused = all.refused.or(walked.refused);
        all.differs.extend(walked.differs);
    }
    let scan = shared.scan.lock().await;
    all.cursor = (!scan.over).then(|| scan.cursor.clone());
    all.sample = scan.sample;
    all.cut = scan.cut;
    Ok((back, all))
}

async fn read(mut lane: Lane, shared: Arc<Shared>) -> Result<(Lane, Walked), Unread> {
    let (walk, reading) = (&shared.walk, &shared.reading);
    lane.source.select(walk.db).await?;
    lane.target.select(walk.db).await?;
    let mut walked = Walked::default();
    while Instant::now() < walk.until && shared.found.load(Ordering::Relaxed) < walk.room {
        let keys = {
            let mut scan = shared.scan.lock().await;
            if scan.over {
                break;
            }
            let side = match walk.phase {
                Phase::Target => &mut lane.target,
                _ => &mut lane.source,
            };
            match walk.touched_since {
                None => scan.next(side, reading.throttle.batch(COUNT)).await?,
                // Asking for a key's last use is not reading it.
                Some(_) => scan.step(side, COUNT).await?,
            }
        };
        let keys = match walk.touched_since {
            None => keys,
            Some(since) => {
                walked.looked_through += keys.len() as u64;
                match recent(&mut lane.source, &keys, since).await? {
                    Asked::Refused(words) => {
                        walked.refused = Some(words);
                        break;
                    }
                    Asked::Recent(recent) => shared.scan.lock().await.wanted(recent, &mut walked.untimed),
                }
            }
        };
        if keys.len() == 0 {
            continue;
        }
        reading.throttle.admit(keys.len()).await;
        let seen = match walk.phase {
            Phase::Target => absent(&mut lane.source, &keys).await?,
            _ => lane.compare(reading, &shared.rule, &keys).await?,
        };
        shared.found.fetch_add(seen.differs.len(), Ordering::Relaxed);
        walked.keys += keys.len() as u64;
        walked.big += seen.big;
        let now = clock::now();
        let differs = seen
            .differs
            .iter()
            .map(|number| (keys.get(*number).to_vec(), now));
        walked.differs.extend(differs);
    }
    Ok((lane, walked))
}

impl Scan {
    /// The next keys, as many as a sample still wants of them.
    async fn next(&mut self, side: &mut Side, count: usize) -> Result<Keys, Unread> {
        let mut keys = self.step(side, count).await?;
        self.take(&mut keys);
        Ok(keys)
    }

    /// Those of the touched that are still wanted. Readers that are behind another which filled the sample come with more.
    fn wanted(&mut self, recent: Recent, untimed: &mut u64) -> Keys {
        let Recent {
            mut keys,
            untimed: found,
        } = recent;
        *untimed += found;
        self.take(&mut keys);
        keys
    }

    /// Takes for a sample what it still wants.
    fn take(&mut self, keys: &mut Keys) {
        let Some(span) = &mut self.sample else { return };
        let room = usize::try_from(span.want - span.taken).unwrap_or(usize::MAX);
        self.cut |= keys.len() > room || (keys.len() == room && !self.over);
        keys.truncate(room.min(keys.len()));
        span.taken += keys.len() as u64;
        self.over |= span.taken >= span.want;
    }

    /// One SCAN.
    async fn step(&mut self, side: &mut Side, count: usize) -> Result<Keys, Unread> {
        let count = count.to_string();
        let reply = side
            .wire
            .ask(&[b"SCAN", &self.cursor, b"COUNT", count.as_bytes()])
            .await?;
        let mut parts = reply.elements();
        let cursor = parts.next().map_or(&b"0"[..], Reply::text).to_vec();
        let mut keys = Keys::default();
        for key in parts.next().map(Reply::elements).into_iter().flatten() {
            keys.push(key.text());
        }
        let at_end = cursor == b"0";
        self.cursor = cursor;
        match &mut self.sample {
            None => self.over = at_end,
            Some(span) => {
                // From the end of the table a sample goes on at its beginning, once.
                self.over = at_end && span.wrapped;
                span.wrapped |= at_end;
            }
        }
        Ok(keys)
    }
}

/// Which keys the source does not hold. One EXISTS answers for a whole batch unless one of it is missing.
async fn absent(source: &mut Side, keys: &Keys) -> Result<Seen, Unread> {
    let mut seen = Seen::default();
    if source.traits.exists_many {
        let mut command = Vec::with_capacity(keys.len() + 1);
        command.push(&b"EXISTS"[..]);
        command.extend(keys.iter());
        let there = source.wire.ask(&command).await?.integer();
        if there.and_then(|there| usize::try_from(there).ok()) == Some(keys.len()) {
            return Ok(seen);
        }
    }
    for key in keys.iter() {
        source.wire.send(&[b"EXISTS", key]);
    }
    let replies = source.wire.exchange().await?;
    seen.differs
        .extend((0..keys.len()).filter(|number| replies.get(*number).integer() != Some(1)));
    Ok(seen)
}
