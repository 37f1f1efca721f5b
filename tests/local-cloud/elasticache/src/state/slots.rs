//! Which shard owns which slots.

use std::ops::RangeInclusive;

/// The slots of a cluster.
pub(crate) const SLOTS: usize = 16384;

/// The owner of every slot, as the number of a shard, from 0. All slots have one: a cluster without is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout(Vec<usize>);

impl Layout {
    /// All slots in even ranges, as ElastiCache deals them out unless told otherwise.
    pub(crate) fn even(shards: usize) -> Self {
        let shards = shards.max(1);
        // The inverse of "shard n begins at slot n * SLOTS / shards", rounded as that is.
        Self((0..SLOTS).map(|slot| ((slot + 1) * shards - 1) / SLOTS).collect())
    }

    /// The ranges of each shard in turn. `None` when a slot has no owner, or two, or a shard has no slot.
    pub(crate) fn of<'r>(shards: impl IntoIterator<Item = &'r [RangeInclusive<usize>]>) -> Option<Self> {
        let mut owners = vec![None; SLOTS];
        for (shard, ranges) in shards.into_iter().enumerate() {
            let mut slots = ranges.iter().cloned().flatten().peekable();
            slots.peek()?;
            for slot in slots {
                if owners.get_mut(slot)?.replace(shard).is_some() {
                    return None;
                }
            }
        }
        owners.into_iter().collect::<Option<Vec<_>>>().map(Self)
    }

    /// The slots of a shard, in order.
    pub(crate) fn slots(&self, shard: usize) -> impl Iterator<Item = usize> {
        (0..SLOTS).filter(move |&slot| self.0[slot] == shard)
    }

    /// The shard that owns a slot.
    pub(crate) fn owner(&self, slot: usize) -> usize {
        self.0[slot]
    }

    /// The slots of a shard as the API writes them: `0-999,2000-5460`.
    pub(crate) fn shown(&self, shard: usize) -> String {
        let texts: Vec<_> = ranges(self.slots(shard))
            .iter()
            .map(|range| format!("{}-{}", range.start(), range.end()))
            .collect();
        texts.join(",")
    }

    /// This layout with so many per cent of the slots that differ from `goal` already where they shall be.
    pub(crate) fn towards(&self, goal: &Self, percent: usize) -> Self {
        let differ: Vec<_> = (0..SLOTS).filter(|&slot| self.0[slot] != goal.0[slot]).collect();
        let mut layout = self.clone();
        for &slot in &differ[..differ.len() * percent.min(100) / 100] {
            layout.0[slot] = goal.0[slot];
        }
        layout
    }
}

/// Slots in ascending order, as ranges.
fn ranges(slots: impl IntoIterator<Item = usize>) -> Vec<RangeInclusive<usize>> {
    let mut ranges: Vec<RangeInclusive<usize>> = Vec::new();
    for slot in slots {
        match ranges.last_mut() {
            Some(last) if *last.end() + 1 == slot => *last = *last.start()..=slot,
            _ => ranges.push(slot..=slot),
        }
    }
    ranges
}

/// For every slot, in order, a number whose text is in it: as a key, or as the part of a key in braces.
pub(crate) fn tags() -> Vec<String> {
    let mut tags = vec![None; SLOTS];
    let mut missing = SLOTS;
    for number in 0_u64.. {
        let text = number.to_string();
        let tag = &mut tags[slot_of(text.as_bytes())];
        if tag.is_none() {
            *tag = Some(text);
            missing -= 1;
        }
        if missing == 0 {
            break;
        }
    }
    tags.into_iter().flatten().collect()
}

/// The slot of a key without braces: CRC16 as XMODEM has it, of which the lower 14 bits count (the cluster specification).
fn slot_of(key: &[u8]) -> usize {
    let mut crc: u16 = 0;
    for byte in key {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
        }
    }
    usize::from(crc) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_tag_for_every_slot() {
        assert_eq!(slot_of(b"123456789"), 0x31c3, "from the cluster specification");
        assert_eq!(slot_of(b"foo"), 12182, "what CLUSTER KEYSLOT says");
        let tags = tags();
        assert_eq!(tags.len(), SLOTS);
        assert!(
            tags.iter()
                .enumerate()
                .all(|(slot, tag)| slot_of(tag.as_bytes()) == slot)
        );
    }

    #[test]
    fn even_layouts_are_those_that_redis_cli_makes() {
        let shown = |shards: usize| -> Vec<_> {
            let layout = Layout::even(shards);
            (0..shards).map(|shard| layout.shown(shard)).collect()
        };
        assert_eq!(shown(1), ["0-16383"]);
        assert_eq!(shown(2), ["0-8191", "8192-16383"]);
        assert_eq!(shown(3), ["0-5460", "5461-10921", "10922-16383"]);
        for shards in 1..=90 {
            let layout = Layout::even(shards);
            for shard in 0..shards {
                let range = shard * SLOTS / shards..(shard + 1) * SLOTS / shards;
                assert!(layout.slots(shard).eq(range), "shard {shard} of {shards}");
            }
        }
    }

    #[test]
    fn a_layout_has_every_slot_once() {
        let shards = |first: &[RangeInclusive<usize>], second: &[RangeInclusive<usize>]| {
            Layout::of([first, second]).map(|layout| (layout.shown(0), layout.shown(1)))
        };
        assert_eq!(
            shards(&[0..=9, 20..=20], &[10..=19, 21..=16383]),
            Some(("0-9,20-20".into(), "10-19,21-16383".into()))
        );
        assert_eq!(shards(&[0..=9], &[11..=16383]), None, "slot 10 has no owner");
        assert_eq!(shards(&[0..=9], &[9..=16383]), None, "slot 9 has two");
        assert_eq!(shards(&[0..=9], &[10..=16384]), None, "there is no slot 16384");
        assert_eq!(shards(&[0..=16383], &[]), None, "a shard has none");
    }

    #[test]
    fn slots_move_bit_by_bit() {
        let from = Layout::even(2);
        let to = Layout::of([&[0..=1191][..], &[1192..=16383]]).unwrap();
        assert_eq!(from.towards(&to, 0), from);
        let half = from.towards(&to, 50);
        assert_eq!(half.shown(0), "0-1191,4692-8191");
        assert_eq!(half.owner(1192), 1);
        assert_eq!(from.towards(&to, 100), to);
    }
}
