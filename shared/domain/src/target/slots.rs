//! Hash slots, and whether the target's shards own them as the source's masters do.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Cluster mode has 16,384 slots.
/// Source: <https://valkey.io/topics/cluster-spec/>.
const SLOTS: u16 = 16_384;

/// Why slots could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a list of slot ranges such as 0-5460,5462-10922")]
pub struct InvalidSlots(String);

/// Slots from the first to the last, both owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SlotRange {
    first: u16,
    last: u16,
}

/// The slots that one node owns, as ranges in ascending order that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slots(Vec<SlotRange>);

impl SlotRange {
    /// A range; none where it is empty or leaves the 16,384 slots.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<SlotRange> {
        (first <= last && last < SLOTS).then_some(SlotRange { first, last })
    }
}

impl Slots {
    /// Sorts the ranges and joins those that touch, so that equal sets are equal values.
    pub fn of(ranges: impl IntoIterator<Item = SlotRange>) -> Slots {
        let mut sorted: Vec<SlotRange> = ranges.into_iter().collect();
        sorted.sort_unstable();
        let mut joined: Vec<SlotRange> = vec![];
        for range in sorted {
            match joined.last_mut() {
                Some(last) if range.first <= last.last + 1 => last.last = last.last.max(range.last),
                _ => joined.push(range),
            }
        }
        Slots(joined)
    }

    /// How many slots these are.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.0
            .iter()
            .map(|range| u32::from(range.last - range.first) + 1)
            .sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `NodeGroup.Slots` of DescribeReplicationGroups: `0-5460,5462-10922,16383`.
impl FromStr for Slots {
    type Err = InvalidSlots;

    fn from_str(text: &str) -> Result<Self, InvalidSlots> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            SlotRange::new(first.trim().parse().ok()?, last.trim().parse().ok()?)
        };
        text.split(',')
            .filter(|part| !part.trim().is_empty())
            .map(|part| range(part.trim()).ok_or_else(|| InvalidSlots(text.to_owned())))
            .collect::<Result<Vec<_>, _>>()
            .map(Slots::of)
    }
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, range) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            if range.first == range.last {
                write!(f, "{comma}{}", range.first)?;
            } else {
                write!(f, "{comma}{}-{}", range.first, range.last)?;
            }
        }
        Ok(())
    }
}

/// How the source's masters and the target's shards compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotLayout {
    /// As many, and for each master there is a shard that owns the same slots.
    Same,
    /// As many, but some slots lie elsewhere: ElastiCache reshards the target first.
    Resharded {
        /// How many of the source's masters have no shard that owns just their slots.
        masters_without_twin: usize,
    },
    /// Not as many: the migration is not possible.
    CountsDiffer {
        /// Masters of the source that own slots.
        masters: usize,
        /// Shards of the target.
        shards: usize,
    },
}

/// Compares the slots of the source's masters with those of the target's shards. Masters without slots do not count:
/// nothing is copied from them. The order of either side does not matter.
#[must_use]
pub fn compare_layouts(masters: &[Slots], shards: &[Slots]) -> SlotLayout {
    let owning: Vec<&Slots> = masters.iter().filter(|slots| !slots.is_empty()).collect();
    if owning.len() != shards.len() {
        return SlotLayout::CountsDiffer {
            masters: owning.len(),
            shards: shards.len(),
        };
    }
    let targets: BTreeSet<&Slots> = shards.iter().collect();
    match owning.iter().filter(|slots| !targets.contains(*slots)).count() {
        0 => SlotLayout::Same,
        masters_without_twin => SlotLayout::Resharded { masters_without_twin },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slots(text: &str) -> Slots {
        text.parse().expect("slots")
    }

    #[test]
    fn the_same_slots_are_the_same_however_they_are_written_and_ordered() {
        let source = [
            slots("0-5460"),
            slots("5461-10922"),
            slots("10923-16383"),
            slots(""),
        ];
        let target = [
            slots("10923-16383"),
            slots("0-5000,5001-5460"),
            slots("5461-10922"),
        ];
        assert_eq!(compare_layouts(&source, &target), SlotLayout::Same);
    }

    #[test]
    fn a_slot_elsewhere_means_resharding_and_another_count_means_no_migration() {
        let source = [slots("0-8191"), slots("8192-16383")];
        assert_eq!(
            compare_layouts(&source, &[slots("0-8190"), slots("8191-16383")]),
            SlotLayout::Resharded {
                masters_without_twin: 2
            }
        );
        assert_eq!(
            compare_layouts(&source, &[slots("0-16383")]),
            SlotLayout::CountsDiffer {
                masters: 2,
                shards: 1
            }
        );
    }

    #[test]
    fn what_is_no_slot_is_refused() {
        for text in ["5-4", "0-16384", "a-b", "1-2-3", "-1"] {
            assert!(text.parse::<Slots>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn slots_written_and_read_again_are_the_same(owned in proptest::collection::btree_set(0_u16..16_384, 0..200)) {
            let slots = Slots::of(owned.iter().filter_map(|slot| SlotRange::new(*slot, *slot)));
            prop_assert_eq!(slots.count() as usize, owned.len());
            prop_assert_eq!(slots.to_string().parse::<Slots>(), Ok(slots));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            let _ = text.parse::<Slots>();
        }
    }
}
