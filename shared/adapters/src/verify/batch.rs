//! Compares many small keys at once: their types, asked of the source; then times to live with the beginning of every string
//! and the size of everything else, asked of both sides in one go; then what is small enough, whole, with its type's own
//! command.
//!
//! What costs an engine is the first touch of a key, about as much again for every command, and little for the bytes. So a
//! small string takes three commands of the source and two of the target, and nothing is asked twice. Answers are compared
//! as bytes and, where those differ, without regard to order. DUMP would be a byte comparison too, but its bytes differ for
//! equal sets and hashes and between engine versions, and it costs the engine a serialisation and a checksum; MGET would be
//! cheaper for strings, and reads them whole whatever their size.

use super::digest::{Hashing, Unordered, score_bits};
use super::keys::Keys;
use super::look::{MEMORY_SAMPLES, Reading, add_elements, length_command};
use super::side::Side;
use super::wire::{Replies, Reply, Unread};
use domain::verify::{HllMask, Ttl, ValueType, VerifyRule, differ};
use std::ops::Range;

/// The first slice of a string: the whole of most.
const SLICE: usize = 4 * 1024;
const SLICE_END: &[u8] = b"4095";
/// A string up to this is read in one go.
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
        let kinds = self.kinds(keys).await?;
        let wanted = self.beginnings(reading, keys, &kinds, slack, &mut seen).await?;
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

    /// The source's types; none where a key is gone since SCAN gave it.
    async fn kinds(&mut self, keys: &Keys) -> Result<Vec<Option<ValueType>>, Unread> {
        for key in keys.iter() {
            self.source.wire.send(&[b"TYPE", key]);
        }
        let replies = self.source.wire.exchange().await?;
        Ok((0..keys.len())
            .map(|number| ValueType::parse(replies.get(number).text()))
            .collect())
    }

    /// Compares times to live, first slices of strings and sizes of all else; says what is to be read beyond that.
    async fn beginnings(
        &mut self,
        reading: &Reading,
        keys: &Keys,
        kinds: &[Option<ValueType>],
        slack: i64,
        seen: &mut Seen,
    ) -> Result<Vec<Wanted>, Unread> {
        let memory = self.source.traits.memory_usage;
        self.ask_beginnings(keys, kinds, memory);
        let asked = reading.now();
        let (source, target) = self.exchange().await?;
        let answered = reading.now();
        let ttl = |pttl: Reply<'_>| Ttl::read(pttl.integer().unwrap_or(-2), asked, answered);
        // Where the target's reply is, and how far the source's is ahead of it: it was asked for memory too.
        let (mut at, mut ahead) = (0, 0);
        let mut wanted = vec![];
        for (key, kind) in kinds.iter().enumerate() {
            let Some(kind) = kind else {
                // Gone from the source: is it from the target, too?
                seen.differs.push(key);
                continue;
            };
            let times = (ttl(source.get(at + ahead)), ttl(target.get(at)));
            let (one, other) = (source.get(at + 1 + ahead), target.get(at + 1));
            at += 2;
            let mut used = None;
            if memory && *kind != ValueType::String {
                used = source
                    .get(at + ahead)
                    .integer()
                    .and_then(|used| u64::try_from(used).ok());
                ahead += 1;
            }
            match times {
                (Some(time), Some(other)) if time.agrees(other, slack) => {}
                (None, None) => continue,
                _ => {
                    seen.differs.push(key);
                    continue;
                }
            }
            match (kind, one, other) {
                (ValueType::String, Reply::Bulk(one), Reply::Bulk(other)) if HllMask::same(one, other) => {
                    if one.len() == SLICE {
                        wanted.push(Wanted {
                            key,
                            read: Read::String,
                            bytes: ONE_GO as u64,
                        });
                    }
                }
                (kind, Reply::Integer(one), Reply::Integer(other)) if one == other => {
                    wanted.push(want(key, kind, u64::try_from(one).unwrap_or(0), used));
                }
                _ => seen.differs.push(key),
            }
        }
        Ok(wanted)
    }

    fn ask_beginnings(&mut self, keys: &Keys, kinds: &[Option<ValueType>], memory: bool) {
        for (number, kind) in kinds.iter().enumerate() {
            let (Some(kind), key) = (kind, keys.get(number)) else {
                continue;
            };
            for side in [&mut self.source, &mut self.target] {
                side.wire.send(&[b"PTTL", key]);
                match kind {
                    ValueType::String => side.wire.send(&[b"GETRANGE", key, b"0", SLICE_END]),
                    kind => side.wire.send(&[length_command(kind), key]),
                }
            }
            if memory && *kind != ValueType::String {
                self.source
                    .wire
                    .send(&[b"MEMORY", b"USAGE", key, b"SAMPLES", MEMORY_SAMPLES]);
            }
        }
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

fn want(key: usize, kind: &ValueType, length: u64, used: Option<u64>) -> Wanted {
    let small = match used {
        Some(used) => length <= SMALL_ELEMENTS && used <= SMALL_BYTES,
        None => length <= SMALL_ELEMENTS_UNKNOWN,
    };
    let read = match kind {
        ValueType::List if small => Read::List,
        ValueType::Set if small => Read::Set,
        ValueType::Hash if small => Read::Hash,
        ValueType::SortedSet if small => Read::SortedSet,
        _ => Read::Pieces { big: !small },
    };
    Wanted {
        key,
        read,
        bytes: match read {
            Read::Pieces { .. } => 0,
            _ => used.unwrap_or(length * 64),
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
