//! One look at one key on one side, and in what two looks differ.

use super::{DifferenceKind, Ttl};
use serde::{Deserialize, Serialize};

/// What TYPE says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ValueType {
    /// Bytes; HyperLogLogs, bitmaps and counters too.
    String,
    /// Ordered elements.
    List,
    /// Members without order.
    Set,
    /// Fields with values, without order.
    Hash,
    /// Members with scores. Geo indexes too.
    SortedSet,
    /// Entries, with their consumer groups.
    Stream,
    /// A module's type, by its name. Compared byte by byte, because nobody else can read it.
    Other(String),
}

impl ValueType {
    /// Reads TYPE's answer; none where there is no such key.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<ValueType> {
        Some(match word {
            b"none" => return None,
            b"string" => ValueType::String,
            b"list" => ValueType::List,
            b"set" => ValueType::Set,
            b"hash" => ValueType::Hash,
            b"zset" => ValueType::SortedSet,
            b"stream" => ValueType::Stream,
            other => ValueType::Other(String::from_utf8_lossy(other).into_owned()),
        })
    }
}

/// A key as one side holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// Its type.
    pub kind: ValueType,
    /// Elements, or bytes of a string.
    pub length: u64,
    /// A hash of all that it holds, equal for equal values of sets and hashes in whatever order they were read.
    pub digest: u64,
    /// When it ends.
    pub ttl: Ttl,
}

/// One look at one key on one side: nothing there, or a value.
pub type Look = Option<Value>;

/// In what the two sides differ, if in anything. `slack` is how far two times to live may be apart, in milliseconds.
#[must_use]
pub fn differ(source: &Look, target: &Look, slack: i64) -> Option<DifferenceKind> {
    match (source, target) {
        (None, None) => None,
        (Some(_), None) => Some(DifferenceKind::Missing),
        (None, Some(_)) => Some(DifferenceKind::Extra),
        (Some(source), Some(target)) => {
            if source.kind != target.kind {
                Some(DifferenceKind::Type)
            } else if source.length != target.length || source.digest != target.digest {
                Some(DifferenceKind::Value)
            } else if !source.ttl.agrees(target.ttl, slack) {
                Some(DifferenceKind::Ttl)
            } else {
                None
            }
        }
    }
}

/// A HyperLogLog begins with `HYLL`; bytes 8 to 15 cache its last count and are rewritten by PFCOUNT, on a replica too,
/// without being replicated. They are no part of the value. Source: `struct hllhdr` in `src/hyperloglog.c`.
#[derive(Clone, Copy, Debug)]
pub struct HllMask;

impl HllMask {
    const MAGIC: &'static [u8] = b"HYLL";
    const HEADER: usize = 16;
    const CACHE_AT: usize = 8;

    /// The parts of a string's first bytes that count.
    #[must_use]
    pub fn parts(first: &[u8]) -> (&[u8], &[u8]) {
        if first.len() >= Self::HEADER && first.starts_with(Self::MAGIC) {
            (&first[..Self::CACHE_AT], &first[Self::HEADER..])
        } else {
            (first, &[])
        }
    }

    /// Whether two strings, or their beginnings, hold the same.
    #[must_use]
    pub fn same(one: &[u8], other: &[u8]) -> bool {
        one == other || (one.len() == other.len() && Self::parts(one) == Self::parts(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: ValueType, length: u64, digest: u64, ttl: Ttl) -> Look {
        Some(Value {
            kind,
            length,
            digest,
            ttl,
        })
    }

    #[test]
    fn the_first_thing_that_differs_names_the_difference() {
        let ends = Ttl::Ends {
            earliest: 9_000,
            latest: 9_001,
        };
        let base = value(ValueType::Set, 3, 7, Ttl::Forever);
        let cases = [
            (base.clone(), None),
            (None, Some(DifferenceKind::Missing)),
            (
                value(ValueType::List, 3, 7, Ttl::Forever),
                Some(DifferenceKind::Type),
            ),
            (
                value(ValueType::Set, 4, 7, Ttl::Forever),
                Some(DifferenceKind::Value),
            ),
            (value(ValueType::Set, 3, 8, ends), Some(DifferenceKind::Value)),
            (value(ValueType::Set, 3, 7, ends), Some(DifferenceKind::Ttl)),
        ];
        for (target, expected) in cases {
            assert_eq!(differ(&base, &target, 1_000), expected, "{target:?}");
        }
        assert_eq!(differ(&None, &base, 0), Some(DifferenceKind::Extra));
        assert_eq!(differ(&None, &None, 0), None);
    }

    #[test]
    fn a_hyperloglogs_cached_count_is_no_part_of_its_value() {
        let one = b"HYLL\x01\0\0\0\x00\x00\x00\x00\x00\x00\x00\x80rest";
        let counted = b"HYLL\x01\0\0\0\x2a\x00\x00\x00\x00\x00\x00\x00rest";
        let other = b"HYLL\x01\0\0\0\x2a\x00\x00\x00\x00\x00\x00\x00resT";
        assert!(HllMask::same(one, counted));
        assert!(!HllMask::same(one, other));
        assert!(!HllMask::same(b"plain text of 16", b"plain teXt of 16"));
    }
}
