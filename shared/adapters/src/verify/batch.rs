//! Compares many small keys at once. First the target is asked for everything that a string needs: type, time to live, first
//! slice. Nobody uses it yet, so it may answer WRONGTYPE for what is no string. The source is then asked only what fits the
//! type: time to live with the first slice of a string, or with the size of anything else; and last comes what is small
//! enough, whole, with its type's own command, from both sides at the same time.
//!
//! What costs an engine is the first touch of a key, about as much again for every command, and little for the bytes. So the
//! source is touched once by SCAN and once for two commands. Answers are compared as bytes and, where those differ, without
//! regard to order. DUMP would be a byte comparison too, but its bytes differ for equal sets and hashes and between engine
//! versions, and it costs the engine a serialisation and a checksum; MGET would be cheaper for strings, and reads them whole
//! whatever their size.

use super::digest::{Hashing, Unordered, score_bits};
use super::keys::Keys;
use super::look::{MEMORY_SAMPLES, Reading, add_elements, length_command};
use super::side::Side;
use super::wire::{Replies, Reply, Unread};
use domain::verify::{HllMask, Ttl, ValueType, VerifyRule, differ};
use std::ops::Range;

/// The first slice of a string, in bytes: the whole of most.
const SLICE: usize = 4 * 1024;
const SLICE_END: &[u8] = b"4095";
/// A string up to this many bytes is read in one go.
const ONE_GO: usize = 64 * 1024;
/// A collection with more elements, or more bytes, is read in pieces.
const SMALL_ELEMENTS: u64 = 1_024;
const SMALL_BYTES: u64 = 128 * 1024;
/// The most elements of a collection that is read whole where the engine cannot tell its memory (before 4.0).
const SMALL_ELEMENTS_UNKNOWN: u64 = 128;
/// About how many bytes to ask of a side at a time.
const GROUP_BYTES: u64 = 1024 * 1024;

/// Both sides of a shard pair, as one reader has them.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) source: Side,
    pub(super) target: Side,
}

/// What a batch showed.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Numbers of the keys that are to be looked at again.
    pub(super) differs: Vec<usize>,
    /// Keys read in pieces.
    pub(super) big: u64,
}

/// A key that is no string, with its size on the source.
struct Collection {
    key: usize,
    kind: ValueType,
    length: i64,
    used: Option<u64>,
}

/// A value that is still to be read: of which key, how, and about how large.
struct Wanted {
    key: usize,
    read: Read,
    bytes: u64,
}

#[derive(Clone, Copy)]
enum Read {
    String,
    List,
    Set,
    Hash,
    SortedSet,
    /// In pieces.
    Pieces {
        big: bool,
    },
}

impl Lane {
    /// Compares keys that the source's SCAN gave.
    pub(super) async fn compare(
        &mut self,
        reading: &Reading,
        rule: &VerifyRule,
        keys: &Keys,
    ) -> Result<Seen, Unread> {
        let slack = slack_of(rule);
        match self.compare_whole(reading, slack, keys).await {
            // What is small on the source is huge on the target: in pieces, then, key by key.
            Err(_) if self.target.wire.oversized => {
                self.target.reconnect().await?;
                self.source.reconnect().await?;
                let mut seen = Seen::default();
                for number in 0..keys.len() {
                    self.in_pieces(reading, keys, number, slack, &mut seen).await?;
                }
                Ok(seen)
            }
            seen => seen,
        }
    }

    async fn compare_whole(&mut self, reading: &Reading, slack: i64, keys: &Keys) -> Result<Seen, Unread> {
        let mut seen = Seen::default();
        let mut wanted = vec![];
        let collections = self
            .beginnings(reading, keys, slack, &mut wanted, &mut seen)
            .await?;
        self.sizes(keys, &collections, &mut wanted, &mut seen).await?;
        for group in groups(&wanted) {
            self.whole_values(reading, keys, &wanted[group], slack, &mut seen)
                .await?;
        }
        for wanted in &wanted {
            if let Read::Pieces { big } = wanted.read {
                seen.big += u64::from(big);
                self.in_pieces(reading, keys, wanted.key, slack, &mut seen)
                    .await?;
            }
        }
        Ok(seen)
    }

    /// Compares types, times to live and first slices of strings; what is longer is wanted. Gives the collections, with the
    /// sizes that the source has.
    async fn beginnings(
        &mut self,
        reading: &Reading,
        keys: &Keys,
        slack: i64,
        wanted: &mut Vec<Wanted>,
        seen: &mut Seen,
    ) -> Result<Vec<Collection>, Unread> {
        for key in keys.iter() {
            self.target.wire.send(&[b"TYPE", key]);
            self.target.wire.send(&[b"PTTL", key]);
            self.target.wire.send(&[b"GETRANGE", key, b"0", SLICE_END]);
        }
        let target_asked = reading.now();
        let target = self.target.wire.exchange().await?;
        let target_answered = reading.now();
        let kinds: Vec<_> = (0..keys.len())
            .map(|key| ValueType::parse(target.get(3 * key).text()))
            .collect();
        let memory = self.source.traits.memory_usage;
        ask_source(&mut self.source, keys, &kinds, memory);
        let asked = reading.now();
        let source = self.source.wire.exchange().await?;
        let answered = reading.now();
        let mut at = 0;
        let mut collections = vec![];
        for (key, kind) in kinds.into_iter().enumerate() {
            let Some(kind) = kind else {
                seen.differs.push(key);
                continue;
            };
            let (pttl, value) = (source.get(at), source.get(at + 1));
            at += 2;
            let mut used = None;
            if memory && kind != ValueType::String {
                used = source.get(at).integer().and_then(|used| u64::try_from(used).ok());
                at += 1;
            }
            let time = pttl.integer().and_then(|pttl| Ttl::read(pttl, asked, answered));
            let on_target = target.get(3 * key + 1).integer();
            let on_target = on_target.and_then(|pttl| Ttl::read(pttl, target_asked, target_answered));
            let agree = match (time, on_target) {
                (Some(time), Some(other)) => time.agrees(other, slack),
                _ => false,
            };
            match (&kind, value, target.get(3 * key + 2)) {
                _ if !agree => seen.differs.push(key),
                (ValueType::String, Reply::Bulk(one), Reply::Bulk(other)) if HllMask::same(one, other) => {
                    if one.len() == SLICE {
                        wanted.push(Wanted {
                            key,
                            read: Read::String,
                            bytes: ONE_GO as u64,
                        });
                    }
                }
                (ValueType::String, ..) => seen.differs.push(key),
                (_, Reply::Integer(length), _) => collections.push(Collection {
                    key,
                    kind,
                    length,
                    used,
                }),
                _ => seen.differs.push(key),
            }
        }
        Ok(collections)
    }

    /// Compares the sizes of collections; equal ones are wanted.
    async fn sizes(
        &mut self,
        keys: &Keys,
        collections: &[Collection],
        wanted: &mut Vec<Wanted>,
        seen: &mut Seen,
    ) -> Result<(), Unread> {
        for collection in collections {
            let command = length_command(&collection.kind);
            self.target.wire.send(&[command, keys.get(collection.key)]);
        }
        let replies = self.target.wire.exchange().await?;
        for (number, collection) in collections.iter().enumerate() {
            if replies.get(number).integer() == Some(collection.length) {
                wanted.push(want(collection));
            } else {
                seen.differs.push(collection.key);
            }
        }
        Ok(())
    }

    /// Reads a group of values whole from both sides and compares them.
    async fn whole_values(
        &mut self,
        reading: &Reading,
        keys: &Keys,
        group: &[Wanted],
        slack: i64,
        seen: &mut Seen,
    ) -> Result<(), Unread> {
        let last = (ONE_GO - 1).to_string();
        for wanted in group {
            let key = keys.get(wanted.key);
            for side in [&mut self.source, &mut self.target] {
                match wanted.read {
                    Read::String => side.wire.send(&[b"GETRANGE", key, b"0", last.as_bytes()]),
                    Read::List => side.wire.send(&[b"LRANGE", key, b"0", b"-1"]),
                    Read::Set => side.wire.send(&[b"SMEMBERS", key]),
                    Read::Hash => side.wire.send(&[b"HGETALL", key]),
                    Read::SortedSet => side.wire.send(&[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]),
                    Read::Pieces { .. } => {}
                }
            }
        }
        let (source, target) = self.exchange().await?;
        let mut longer = vec![];
        let whole = group
            .iter()
            .filter(|wanted| !matches!(wanted.read, Read::Pieces { .. }));
        for (number, wanted) in whole.enumerate() {
            if !same_value(&reading.hashing, wanted.read, source, target, number) {
                seen.differs.push(wanted.key);
            } else if matches!(wanted.read, Read::String) && source.get(number).text().len() == ONE_GO {
                longer.push(wanted.key);
            }
        }
        for key in longer {
            seen.big += 1;
            self.in_pieces(reading, keys, key, slack, seen).await?;
        }
        Ok(())
    }

    async fn in_pieces(
        &mut self,
        reading: &Reading,
        keys: &Keys,
        number: usize,
        slack: i64,
        seen: &mut Seen,
    ) -> Result<(), Unread> {
        let key = keys.get(number);
        let (source, target) = tokio::join!(
            reading.look(&mut self.source, key),
            reading.look(&mut self.target, key)
        );
        if differ(&source?, &target?, slack).is_some() {
            seen.differs.push(number);
        }
        Ok(())
    }

    /// Both sides answer what is queued, at the same time.
    async fn exchange(&mut self) -> Result<(Replies<'_>, Replies<'_>), Unread> {
        let (source, target) = tokio::join!(self.source.wire.exchange(), self.target.wire.exchange());
        Ok((source?, target?))
    }
}

/// How far two times to live may be apart, in milliseconds.
pub(super) fn slack_of(rule: &VerifyRule) -> i64 {
    i64::try_from(rule.ttl_slack.0.saturating_mul(1_000)).unwrap_or(i64::MAX)
}

/// Asks the source what fits the type that the target has.
fn ask_source(source: &mut Side, keys: &Keys, kinds: &[Option<ValueType>], memory: bool) {
    for (number, kind) in kinds.iter().enumerate() {
        let (Some(kind), key) = (kind, keys.get(number)) else {
            continue;
        };
        source.wire.send(&[b"PTTL", key]);
        if *kind == ValueType::String {
            source.wire.send(&[b"GETRANGE", key, b"0", SLICE_END]);
            continue;
        }
        source.wire.send(&[length_command(kind), key]);
        if memory {
            source
                .wire
                .send(&[b"MEMORY", b"USAGE", key, b"SAMPLES", MEMORY_SAMPLES]);
        }
    }
}

fn want(collection: &Collection) -> Wanted {
    let length = u64::try_from(collection.length).unwrap_or(0);
    let small = match collection.used {
        Some(used) => length <= SMALL_ELEMENTS && used <= SMALL_BYTES,
        None => length <= SMALL_ELEMENTS_UNKNOWN,
    };
    let read = match collection.kind {
        ValueType::List if small => Read::List,
        ValueType::Set if small => Read::Set,
        ValueType::Hash if small => Read::Hash,
        ValueType::SortedSet if small => Read::SortedSet,
        _ => Read::Pieces { big: !small },
    };
    Wanted {
        key: collection.key,
        read,
        bytes: match read {
            Read::Pieces { .. } => 0,
            _ => collection.used.unwrap_or(length * 64),
        },
    }
}

/// Cuts what is wanted into groups of about [`GROUP_BYTES`].
fn groups(wanted: &[Wanted]) -> Vec<Range<usize>> {
    let (mut groups, mut start, mut bytes) = (vec![], 0, 0);
    for (number, wanted) in wanted.iter().enumerate() {
        if bytes > 0 && bytes + wanted.bytes > GROUP_BYTES {
            groups.push(start..number);
            (start, bytes) = (number, 0);
        }
        bytes += wanted.bytes;
    }
    if bytes > 0 {
        groups.push(start..wanted.len());
    }
    groups
}

/// Whether two answers hold the same: as bytes, or else as the type counts it.
fn same_value(
    hashing: &Hashing,
    read: Read,
    source: Replies<'_>,
    target: Replies<'_>,
    number: usize,
) -> bool {
    if source.raw(number) == target.raw(number) {
        return !matches!(source.get(number), Reply::Error(_));
    }
    let (one, other) = (source.get(number), target.get(number));
    if let (Read::String, Reply::Bulk(one), Reply::Bulk(other)) = (read, one, other) {
        return HllMask::same(one, other);
    }
    let (Reply::Array(_), Reply::Array(_)) = (one, other) else {
        return false;
    };
    let unordered = |reply: Reply<'_>, width: usize| {
        let mut all = Unordered::default();
        add_elements(hashing, &mut all, reply, width, false);
        all
    };
    match read {
        Read::Set => unordered(one, 1) == unordered(other, 1),
        Read::Hash => unordered(one, 2) == unordered(other, 2),
        Read::SortedSet => same_scores(one, other),
        Read::String | Read::List | Read::Pieces { .. } => false,
    }
}

/// The same members in the same order, with the same numbers as scores, however they are printed.
fn same_scores(one: Reply<'_>, other: Reply<'_>) -> bool {
    let (mut one, mut other) = (one.elements(), other.elements());
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(member), Some(twin)) if member.text() == twin.text() => {}
            _ => return false,
        }
        match (one.next(), other.next()) {
            (Some(score), Some(twin)) if score_bits(score.text()) == score_bits(twin.text()) => {}
            _ => return false,
        }
    }
}
