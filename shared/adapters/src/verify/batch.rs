//! Compares many small keys at once: type and time to live, then values, each asked of both sides in one go.
//!
//! Strings: GETRANGE of a first slice, which is the whole of a small one. Collections: their length and memory first; small
//! ones are then read whole with their type's own command, whose answers are compared as bytes and, where those differ,
//! without regard to order. DUMP would be a byte comparison too, but its bytes differ for equal sets and hashes and between
//! engine versions, and it costs the server a serialisation and a checksum.

use super::digest::{Hashing, Unordered, score_bits};
use super::look::{MEMORY_SAMPLES, Reading, add_elements, length_command};
use super::side::Side;
use super::wire::{Replies, Reply, Unread};
use domain::verify::{HllMask, Ttl, ValueType, VerifyRule, differ};
use std::ops::Range;

/// The first slice of a string.
const SLICE: usize = 4 * 1024;
/// Where the rest of a string ends that is still read in one go.
const REST_END: usize = SLICE + 64 * 1024;
/// A collection with more elements, or more bytes, is read in pieces.
const SMALL_ELEMENTS: u64 = 1_024;
const SMALL_BYTES: u64 = 128 * 1024;
/// The most elements of a collection that is read whole where the engine cannot tell its memory (before 4.0).
const SMALL_ELEMENTS_UNKNOWN: u64 = 128;
/// About how many bytes to ask of a side at a time.
const GROUP_BYTES: u64 = 1024 * 1024;

/// Keys in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Keys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Keys {
    pub(super) fn push(&mut self, key: &[u8]) {
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, number: usize) -> &[u8] {
        let start = if number == 0 { 0 } else { self.ends[number - 1] };
        &self.bytes[start..self.ends[number]]
    }

    pub(super) fn truncate(&mut self, keys: usize) {
        self.ends.truncate(keys);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|number| self.get(number))
    }
}

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
    Rest,
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
        let mut seen = Seen::default();
        let slack = slack_of(rule);
        let kinds = self.kinds(reading, keys, slack, &mut seen).await?;
        let wanted = self.first_values(keys, &kinds, &mut seen).await?;
        for group in groups(&wanted) {
            self.whole_values(reading, keys, &wanted[group], &mut seen)
                .await?;
        }
        // After the whole ones, because a rest may have turned out to be longer.
        for wanted in &wanted {
            if let Read::Pieces { big } = wanted.read {
                seen.big += u64::from(big);
                self.in_pieces(reading, keys, wanted.key, slack, &mut seen)
                    .await?;
            }
        }
        Ok(seen)
    }

    /// The type of every key that is on both sides with the same time to live; none for those that differ or are gone.
    async fn kinds(
        &mut self,
        reading: &Reading,
        keys: &Keys,
        slack: i64,
        seen: &mut Seen,
    ) -> Result<Vec<Option<ValueType>>, Unread> {
        for key in keys.iter() {
            self.source.wire.send(&[b"TYPE", key]);
            self.source.wire.send(&[b"PTTL", key]);
            self.target.wire.send(&[b"PTTL", key]);
        }
        let asked = reading.now();
        let (source, target) = self.exchange().await?;
        let answered = reading.now();
        let mut kinds = Vec::with_capacity(keys.len());
        for number in 0..keys.len() {
            let ttl = |pttl: Reply<'_>| Ttl::read(pttl.integer().unwrap_or(-2), asked, answered);
            let kind = ValueType::parse(source.get(2 * number).text());
            let (on_source, on_target) = (ttl(source.get(2 * number + 1)), ttl(target.get(number)));
            kinds.push(match (kind, on_source, on_target) {
                (Some(kind), Some(one), Some(other)) if one.agrees(other, slack) => Some(kind),
                (None, None, None) => None,
                _ => {
                    seen.differs.push(number);
                    None
                }
            });
        }
        Ok(kinds)
    }

    /// Compares the first slice of strings; of the others, and of longer strings, says what is to be read.
    async fn first_values(
        &mut self,
        keys: &Keys,
        kinds: &[Option<ValueType>],
        seen: &mut Seen,
    ) -> Result<Vec<Wanted>, Unread> {
        const LAST: &[u8] = b"4095";
        let memory = self.source.traits.memory_usage;
        for (number, kind) in kinds.iter().enumerate() {
            let key = keys.get(number);
            match kind {
                None => {}
                Some(ValueType::String) => {
                    self.source.wire.send(&[b"GETRANGE", key, b"0", LAST]);
                    self.target.wire.send(&[b"GETRANGE", key, b"0", LAST]);
                }
                Some(kind) => {
                    self.source.wire.send(&[length_command(kind), key]);
                    self.target.wire.send(&[length_command(kind), key]);
                    if memory {
                        self.source
                            .wire
                            .send(&[b"MEMORY", b"USAGE", key, b"SAMPLES", MEMORY_SAMPLES]);
                    }
                }
            }
        }
        let (source, target) = self.exchange().await?;
        let (mut at_source, mut at_target) = (0, 0);
        let mut wanted = vec![];
        for (key, kind) in kinds.iter().enumerate() {
            let Some(kind) = kind else { continue };
            let (one, other) = (source.get(at_source), target.get(at_target));
            at_source += 1;
            at_target += 1;
            if *kind == ValueType::String {
                match (one, other) {
                    (Reply::Bulk(one), Reply::Bulk(other)) if HllMask::same(one, other) => {
                        if one.len() == SLICE {
                            wanted.push(Wanted {
                                key,
                                read: Read::Rest,
                                bytes: (REST_END - SLICE) as u64,
                            });
                        }
                    }
                    _ => seen.differs.push(key),
                }
                continue;
            }
            let used = if memory {
                at_source += 1;
                source
                    .get(at_source - 1)
                    .integer()
                    .and_then(|used| u64::try_from(used).ok())
            } else {
                None
            };
            match (one.integer(), other.integer()) {
                (Some(one), Some(other)) if one == other => {
                    wanted.push(want(key, kind, u64::try_from(one).unwrap_or(0), used));
                }
                _ => seen.differs.push(key),
            }
        }
        Ok(wanted)
    }

    /// Reads a group of values whole from both sides and compares them.
    async fn whole_values(
        &mut self,
        reading: &Reading,
        keys: &Keys,
        group: &[Wanted],
        seen: &mut Seen,
    ) -> Result<(), Unread> {
        let (from, to) = (SLICE.to_string(), (REST_END - 1).to_string());
        for wanted in group {
            let key = keys.get(wanted.key);
            for side in [&mut self.source, &mut self.target] {
                match wanted.read {
                    Read::Rest => side
                        .wire
                        .send(&[b"GETRANGE", key, from.as_bytes(), to.as_bytes()]),
                    Read::List => side.wire.send(&[b"LRANGE", key, b"0", b"-1"]),
                    Read::Set => side.wire.send(&[b"SMEMBERS", key]),
                    Read::Hash => side.wire.send(&[b"HGETALL", key]),
                    Read::SortedSet => side.wire.send(&[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"]),
                    Read::Pieces { .. } => {}
                }
            }
        }
        let (source, target) = self.exchange().await?;
        let mut too_long = vec![];
        let whole = group
            .iter()
            .filter(|wanted| !matches!(wanted.read, Read::Pieces { .. }));
        for (number, wanted) in whole.enumerate() {
            if !same_value(&reading.hashing, wanted.read, source, target, number) {
                seen.differs.push(wanted.key);
            } else if matches!(wanted.read, Read::Rest) && source.get(number).text().len() == REST_END - SLICE
            {
                too_long.push(wanted.key);
            }
        }
        for key in too_long {
            seen.big += 1;
            self.in_pieces(reading, keys, key, i64::MAX, seen).await?;
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
        Read::Rest | Read::List | Read::Pieces { .. } => false,
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
