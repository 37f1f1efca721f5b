//! What the source holds before the migration: keys of every type, small and large, with and without an expiry, in two
//! logical databases. Key by key it follows from a seed, so that the check can make each one again and needs no copy.

use crate::content::{Content, Group};
use crate::kind::Kind;
use jiff::Timestamp;
use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};

/// The logical databases in use.
pub(crate) const DATABASES: [u8; 2] = [0, 3];

/// Every so many keys one is large.
const LARGE_ONE_IN: u32 = 2_000;
const LARGE_STRING_BYTES: usize = 200_000;
const LARGE_COLLECTION_MEMBERS: u32 = 5_000;

/// Every so many keys one expires while the demo runs.
const BRIEF_ONE_IN: u32 = 500;
/// The first of them, which is no large one.
const FIRST_BRIEF: u32 = 250;

const DAY_MILLISECONDS: i64 = 86_400_000;

/// The keys, as a rule.
#[derive(Clone, Debug)]
pub(crate) struct Dataset {
    pub(crate) keys: u32,
    pub(crate) seed: u64,
    /// Expiries are counted from here.
    pub(crate) born: Timestamp,
}

/// One key.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) database: u8,
    pub(crate) key: String,
    pub(crate) content: Content,
    /// When it expires, in milliseconds since 1970.
    pub(crate) expires: Option<i64>,
}

impl Dataset {
    /// The keys that expire soon.
    pub(crate) fn brief(&self) -> impl Iterator<Item = Item> {
        (FIRST_BRIEF..self.keys)
            .step_by(BRIEF_ONE_IN as usize)
            .map(|index| self.item(index))
    }

    /// The key of a number below `keys`.
    pub(crate) fn item(&self, index: u32) -> Item {
        let mut dice = SmallRng::seed_from_u64(self.seed.wrapping_add(u64::from(index)));
        let large = index.is_multiple_of(LARGE_ONE_IN);
        let kind = if large {
            Kind::ALL[(index / LARGE_ONE_IN) as usize % Kind::ALL.len()]
        } else {
            small_kind(&mut dice)
        };
        let content = content(kind, large, &mut dice);
        Item {
            database: if index % 5 == 4 {
                DATABASES[1]
            } else {
                DATABASES[0]
            },
            key: format!("orders:{kind}:{index}"),
            content,
            expires: life(index, &mut dice).map(|life| self.born.as_millisecond() + life),
        }
    }
}

/// Half of the keys are strings, as in most caches.
fn small_kind(dice: &mut SmallRng) -> Kind {
    match dice.random_range(0..20) {
        0..10 => Kind::String,
        10..13 => Kind::Hash,
        13..15 => Kind::List,
        15..17 => Kind::Set,
        17..19 => Kind::SortedSet,
        _ => Kind::Stream,
    }
}

/// A third of the keys expire, nearly all of them long after the demo; a few do while it runs.
fn life(index: u32, dice: &mut SmallRng) -> Option<i64> {
    match dice.random_range(0..3) {
        _ if index % BRIEF_ONE_IN == FIRST_BRIEF => Some(dice.random_range(20_000..40_000)),
        0 => Some(dice.random_range(DAY_MILLISECONDS..30 * DAY_MILLISECONDS)),
        _ => None,
    }
}

fn content(kind: Kind, large: bool, dice: &mut SmallRng) -> Content {
    let members = if large {
        LARGE_COLLECTION_MEMBERS
    } else {
        dice.random_range(1..=8)
    };
    match kind {
        Kind::String => {
            let length = match dice.random_range(0..10) {
                _ if large => LARGE_STRING_BYTES,
                0 => dice.random_range(1_000..4_000),
                _ => dice.random_range(3..200),
            };
            Content::String(bytes(length, dice))
        }
        Kind::Hash => Content::Hash(
            (0..members)
                .map(|n| (name("field", n), bytes(12, dice)))
                .collect(),
        ),
        Kind::List => Content::List((0..members).map(|_| bytes(10, dice)).collect()),
        // Whole numbers alone have an encoding of their own, which half of the small sets get.
        Kind::Set if dice.random() => {
            Content::Set((0..members).map(|n| n.to_string().into_bytes()).collect())
        }
        Kind::Set => Content::Set((0..members).map(|n| name("member", n)).collect()),
        Kind::SortedSet => Content::SortedSet(
            (0..members)
                .map(|n| (name("member", n), dice.random_range(-1_000_000..1_000_000)))
                .collect(),
        ),
        Kind::Stream => {
            let entries: Vec<_> = (1..=members)
                .map(|n| (format!("{n}-0"), bytes(10, dice)))
                .collect();
            let grouped = large || dice.random_ratio(1, 4);
            let groups = grouped.then(|| Group {
                name: "workers".to_owned(),
                pending: members.min(3) as usize,
                last_delivered: format!("{}-0", members.min(3)),
            });
            Content::Stream {
                entries,
                groups: groups.into_iter().collect(),
            }
        }
    }
}

fn name(of: &str, number: u32) -> Vec<u8> {
    format!("{of}-{number}").into_bytes()
}

/// Any bytes at all: values are no texts, and these do not compress.
fn bytes(length: usize, dice: &mut SmallRng) -> Vec<u8> {
    let mut bytes = vec![0; length];
    dice.fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn dataset() -> Dataset {
        Dataset {
            keys: 20_000,
            seed: 7,
            born: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_type_is_there_small_and_large_with_and_without_expiry_in_both_databases() {
        let mut seen: BTreeMap<(Kind, u8), u32> = BTreeMap::new();
        let (mut expiring, mut brief) = (0, 0);
        for item in (1..6_000).map(|index| dataset().item(index)) {
            *seen.entry((item.content.kind(), item.database)).or_default() += 1;
            expiring += u32::from(item.expires.is_some());
            brief += u32::from(item.expires.is_some_and(|at| at < 60_000));
        }
        assert_eq!(seen.len(), Kind::ALL.len() * DATABASES.len(), "{seen:?}");
        assert!((1_500..2_500).contains(&expiring), "{expiring}");
        assert_eq!(brief, 12);
        assert!(
            dataset()
                .brief()
                .all(|item| item.expires.is_some_and(|at| at < 60_000))
        );
        let large: Vec<Kind> = (0..6)
            .map(|n| dataset().item(n * LARGE_ONE_IN).content.kind())
            .collect();
        assert_eq!(large, Kind::ALL);
    }

    #[test]
    fn a_key_is_the_same_however_often_it_is_made() {
        let (one, two) = (dataset().item(4_711), dataset().item(4_711));
        assert_eq!(
            (one.key, one.content, one.expires),
            (two.key, two.content, two.expires)
        );
    }
}
