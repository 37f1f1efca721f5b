//! What the writer writes. The sequence number says it all, so a write is made again from its number when it is checked.

use crate::dataset::DATABASES;
use crate::kind::Kind;
use redis::Pipeline;
use std::fmt;

/// How many keys of a type the writer has.
const STRINGS: u64 = 4_000;
const COLLECTIONS: u64 = 60;
/// Fields of a hash and members of a sorted set: they are written again and again.
const MEMBERS: u64 = 50;

const DAY_SECONDS: u32 = 86_400;

/// A key of the writer's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    number: u64,
}

impl Key {
    pub(crate) fn database(self) -> u8 {
        if self.number % 4 == 3 {
            DATABASES[1]
        } else {
            DATABASES[0]
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "writer:{}:{}", self.kind, self.number)
    }
}

/// One write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    /// Its number, from 1.
    pub(crate) sequence: u64,
    pub(crate) key: Key,
    pub(crate) change: Change,
}

/// What a write does to its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Sets the whole value, or one field or member of it; what was there is gone.
    Set(u64),
    /// Deletes the key.
    Delete,
    /// Adds the sequence number to what is there.
    Add,
}

impl Write {
    /// The write of a number.
    pub(crate) fn nth(sequence: u64) -> Write {
        let mixed = mix(sequence);
        let (kind, delete) = match sequence % 20 {
            0..=5 => (Kind::String, false),
            6 => (Kind::String, true),
            7..=9 => (Kind::Hash, false),
            10..=12 => (Kind::List, false),
            13..=14 => (Kind::Set, false),
            15..=16 => (Kind::SortedSet, false),
            _ => (Kind::Stream, false),
        };
        let change = match kind {
            Kind::String if delete => Change::Delete,
            Kind::String => Change::Set(0),
            Kind::Hash | Kind::SortedSet => Change::Set((mixed >> 32) % MEMBERS),
            Kind::List | Kind::Set | Kind::Stream => Change::Add,
        };
        let keys = if kind == Kind::String {
            STRINGS
        } else {
            COLLECTIONS
        };
        Write {
            sequence,
            key: Key {
                kind,
                number: mixed % keys,
            },
            change,
        }
    }

    /// Adds the command.
    pub(crate) fn send(&self, pipe: &mut Pipeline) {
        let Write {
            sequence,
            key,
            change,
        } = self;
        let name = key.to_string();
        match (key.kind, change) {
            (_, Change::Delete) => pipe.cmd("DEL").arg(name),
            (Kind::Hash, Change::Set(field)) => pipe.cmd("HSET").arg(name).arg(field).arg(text(*sequence)),
            (Kind::SortedSet, Change::Set(member)) => pipe.cmd("ZADD").arg(name).arg(sequence).arg(member),
            (_, Change::Set(_)) => {
                pipe.cmd("SET").arg(name).arg(text(*sequence));
                // Some with a time to live, as caches do.
                if sequence.is_multiple_of(3) {
                    pipe.arg("EX").arg(DAY_SECONDS)
                } else {
                    pipe
                }
            }
            (Kind::List, Change::Add) => pipe.cmd("RPUSH").arg(name).arg(sequence),
            (Kind::Set, Change::Add) => pipe.cmd("SADD").arg(name).arg(sequence),
            (_, Change::Add) => pipe
                .cmd("XADD")
                .arg(name)
                .arg(format!("{sequence}-1"))
                .arg("n")
                .arg(sequence),
        };
    }
}

/// The value that a write sets: its number and a tail of a length that differs from write to write.
fn text(sequence: u64) -> String {
    let tail = usize::try_from(mix(sequence) % 300).unwrap_or_default();
    format!("{sequence}:{}", "~".repeat(tail))
}

/// The number of the write that set this value, if one did.
pub(crate) fn written_by(value: &[u8]) -> Option<u64> {
    let sequence = std::str::from_utf8(value).ok()?.split(':').next()?.parse().ok()?;
    (text(sequence).as_bytes() == value).then_some(sequence)
}

/// Spreads numbers that follow each other (the finisher of `SplitMix64`).
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_writer_writes_every_type_in_both_databases_and_overwrites_its_own_keys() {
        let writes: Vec<Write> = (1..=10_000).map(Write::nth).collect();
        let places: BTreeSet<(Kind, u8)> = writes
            .iter()
            .map(|write| (write.key.kind, write.key.database()))
            .collect();
        assert_eq!(places.len(), Kind::ALL.len() * DATABASES.len());
        let keys: BTreeSet<Key> = writes.iter().map(|write| write.key).collect();
        assert!(keys.len() < 4_000, "{}", keys.len());
        assert!(writes.iter().any(|write| write.change == Change::Delete));
    }

    #[test]
    fn a_value_names_its_write_unless_it_was_cut() {
        let value = text(1_234);
        assert_eq!(written_by(value.as_bytes()), Some(1_234));
        assert_eq!(written_by(&value.as_bytes()[..value.len() - 1]), None);
        assert_eq!(written_by(b"something else"), None);
    }
}
