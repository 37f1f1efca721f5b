//! Reads one key on one side, whatever its type and size, in pieces: used for big keys, for streams, and for every recheck.

use super::digest::{Hashing, Unordered, score_bits};
use super::side::Side;
use super::stream;
use super::throttle::Throttle;
use super::wire::{Reply, Unread};
use domain::engine::EngineFault;
use domain::verify::{HllMask, Look, Ttl, Value, ValueType};
use std::time::Instant;

/// A piece of a string, in bytes.
const STRING_PIECE: u64 = 256 * 1024;
/// About how many bytes of a collection to ask for at a time, and how many elements at most.
const PIECE_BYTES: u64 = 256 * 1024;
const PIECE_ELEMENTS: u64 = 500;
/// Elements at a time where their size is not known.
const PIECE_UNKNOWN: u64 = 100;
/// MEMORY USAGE looks at so many elements, so that it is exact for all but big keys and short for those.
/// Source: `objectComputeSize` in `src/object.c`.
pub(super) const MEMORY_SAMPLES: &[u8] = b"1024";
/// A module's value is read whole, because nothing else can read it, and not beyond this size in bytes.
const OPAQUE_LIMIT: u64 = 4 * 1024 * 1024;
/// DUMP ends with the RDB version (2 bytes) and a checksum (8 bytes), which differ between engines.
/// Source: `createDumpPayload` in `src/cluster.c`.
pub(super) const DUMP_FOOTER: usize = 10;

/// What all readings of one process share.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) hashing: Hashing,
    pub(super) throttle: Throttle,
    epoch: Instant,
}

impl Reading {
    pub(super) fn new(throttle: Throttle) -> Reading {
        Reading {
            hashing: Hashing::default(),
            throttle,
            epoch: Instant::now(),
        }
    }

    /// Milliseconds of this process's clock, the one that [`Ttl`] counts in.
    pub(super) fn now(&self) -> i64 {
        i64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Reads a key. A value that changes meanwhile gives a look that equals no other: its rechecks show it.
    pub(super) async fn look(&self, side: &mut Side, key: &[u8]) -> Result<Look, Unread> {
        let asked = self.now();
        side.wire.send(&[b"TYPE", key]);
        side.wire.send(&[b"PTTL", key]);
        let replies = side.wire.exchange().await?;
        let pttl = match (replies.get(0), replies.get(1)) {
            (Reply::Simple(_), Reply::Integer(pttl)) => pttl,
            // An engine that loads or lost its primary answers so: that is no missing key.
            (Reply::Error(text), _) | (_, Reply::Error(text)) => {
                let fault = EngineFault::from_reply(&String::from_utf8_lossy(text));
                return Err(side.wire.fault(fault));
            }
            _ => -2,
        };
        let kind = ValueType::parse(replies.get(0).text());
        let (Some(kind), Some(ttl)) = (kind, Ttl::read(pttl, asked, self.now())) else {
            return Ok(None);
        };
        let contents = self.contents(side, key, &kind).await?;
        Ok(contents.map(|(length, digest)| Value {
            kind,
            length,
            digest,
            ttl,
        }))
    }

    /// Length and digest; none where the key went away or changed its type meanwhile.
    async fn contents(
        &self,
        side: &mut Side,
        key: &[u8],
        kind: &ValueType,
    ) -> Result<Option<(u64, u64)>, Unread> {
        side.wire.send(&[length_command(kind), key]);
        if side.traits.memory_usage {
            side.wire
                .send(&[b"MEMORY", b"USAGE", key, b"SAMPLES", MEMORY_SAMPLES]);
        }
        let memory_known = side.traits.memory_usage;
        let replies = side.wire.exchange().await?;
        let length = replies
            .get(0)
            .integer()
            .and_then(|length| u64::try_from(length).ok());
        let memory = memory_known
            .then(|| replies.get(1).integer())
            .flatten()
            .and_then(|memory| u64::try_from(memory).ok());
        let Some(length) = length else { return Ok(None) };
        if length == 0 && *kind != ValueType::String && *kind != ValueType::Stream {
            return Ok(None);
        }
        let piece = piece_of(length, memory);
        let digest = match kind {
            ValueType::String => self.string(side, key, length).await?,
            ValueType::List => self.list(side, key, length, piece).await?,
            ValueType::Set => self.scanned(side, key, b"SSCAN", piece, 1).await?,
            ValueType::Hash => self.scanned(side, key, b"HSCAN", piece, 2).await?,
            ValueType::SortedSet => self.scanned(side, key, b"ZSCAN", piece, 2).await?,
            ValueType::Stream => stream::digest(self, side, key, piece).await?,
            ValueType::Other(_) => self.opaque(side, key, memory).await?,
        };
        Ok(Some((
            if matches!(kind, ValueType::Other(_)) {
                1
            } else {
                length
            },
            digest,
        )))
    }

    async fn string(&self, side: &mut Side, key: &[u8], length: u64) -> Result<u64, Unread> {
        let mut digest = self.hashing.running();
        let mut at = 0;
        while at < length {
            let (from, to) = (at.to_string(), (at + STRING_PIECE - 1).to_string());
            let reply = side
                .wire
                .ask(&[b"GETRANGE", key, from.as_bytes(), to.as_bytes()])
                .await;
            let Some(reply) = unless_changed(reply)? else {
                break;
            };
            let piece = reply.text();
            if piece.is_empty() {
                break;
            }
            let (one, other) = if at == 0 {
                HllMask::parts(piece)
            } else {
                (piece, &[][..])
            };
            digest.part(one);
            digest.part(other);
            at += piece.len() as u64;
            self.throttle.breathe().await;
        }
        Ok(digest.digest())
    }

    async fn list(&self, side: &mut Side, key: &[u8], length: u64, piece: u64) -> Result<u64, Unread> {
        let mut digest = self.hashing.running();
        let mut at = 0;
        while at < length {
            let (from, to) = (at.to_string(), (at + piece - 1).to_string());
            let reply = side
                .wire
                .ask(&[b"LRANGE", key, from.as_bytes(), to.as_bytes()])
                .await;
            let Some(reply) = unless_changed(reply)? else {
                break;
            };
            let before = at;
            for element in reply.elements() {
                digest.part(element.text());
                at += 1;
            }
            if at == before {
                break;
            }
            self.throttle.breathe().await;
        }
        Ok(digest.digest())
    }

    /// What SSCAN, HSCAN and ZSCAN give: members, or members with something that belongs to each.
    async fn scanned(
        &self,
        side: &mut Side,
        key: &[u8],
        command: &[u8],
        piece: u64,
        width: usize,
    ) -> Result<u64, Unread> {
        let scores = command == b"ZSCAN";
        let mut all = Unordered::default();
        let mut cursor = b"0".to_vec();
        let count = piece.to_string();
        loop {
            let reply = side
                .wire
                .ask(&[command, key, &cursor, b"COUNT", count.as_bytes()])
                .await;
            let Some(reply) = unless_changed(reply)? else {
                break;
            };
            let mut parts = reply.elements();
            cursor = parts
                .next()
                .map(|cursor| cursor.text().to_vec())
                .unwrap_or_default();
            if let Some(elements) = parts.next() {
                add_elements(&self.hashing, &mut all, elements, width, scores);
            }
            if cursor.is_empty() || cursor == b"0" {
                break;
            }
            self.throttle.breathe().await;
        }
        Ok(all.digest())
    }

    /// A module's value, as its own DUMP writes it; too large a one by its size alone, which equals nothing else's.
    async fn opaque(&self, side: &mut Side, key: &[u8], memory: Option<u64>) -> Result<u64, Unread> {
        if memory.is_none_or(|memory| memory > OPAQUE_LIMIT) {
            return Ok(self.hashing.of(&[b"not read", key, &self.now().to_be_bytes()]));
        }
        let reply = side.wire.ask(&[b"DUMP", key]).await?;
        let dump = reply.text();
        Ok(self
            .hashing
            .of(&[&dump[..dump.len().saturating_sub(DUMP_FOOTER)]]))
    }
}

/// Adds elements of a flat reply, `width` at a time: members, fields with values, or members with scores.
pub(super) fn add_elements(
    hashing: &Hashing,
    all: &mut Unordered,
    elements: Reply<'_>,
    width: usize,
    scores: bool,
) {
    let mut elements = elements.elements();
    while let Some(first) = elements.next() {
        let hash = match (width, scores) {
            (1, _) => hashing.of(&[first.text()]),
            (_, false) => {
                let value = elements.next().map_or(&[][..], Reply::text);
                hashing.of(&[first.text(), value])
            }
            (_, true) => {
                let score = elements.next().map_or(0, |score| score_bits(score.text()));
                hashing.of(&[first.text(), &score.to_be_bytes()])
            }
        };
        all.add(hash);
    }
}

/// The command that gives a value's length.
pub(super) fn length_command(kind: &ValueType) -> &'static [u8] {
    match kind {
        ValueType::String => b"STRLEN",
        ValueType::List => b"LLEN",
        ValueType::Set => b"SCARD",
        ValueType::Hash => b"HLEN",
        ValueType::SortedSet => b"ZCARD",
        ValueType::Stream => b"XLEN",
        // Every engine answers 1 for a key that is there.
        ValueType::Other(_) => b"EXISTS",
    }
}

/// How many elements to read at a time.
pub(super) fn piece_of(length: u64, memory: Option<u64>) -> u64 {
    match memory {
        Some(memory) if length > 0 => (PIECE_BYTES / (memory / length).max(1)).clamp(1, PIECE_ELEMENTS),
        _ => PIECE_UNKNOWN,
    }
}

/// A reply, or none where the key changed its type between two pieces.
pub(super) fn unless_changed(reply: Result<Reply<'_>, Unread>) -> Result<Option<Reply<'_>>, Unread> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(unread) => match &unread.fault {
            EngineFault::Other(text) if text.starts_with("WRONGTYPE") || text.contains("no such key") => {
                Ok(None)
            }
            _ => Err(unread),
        },
    }
}
