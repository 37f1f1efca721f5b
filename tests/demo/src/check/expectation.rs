//! What a key of the writer's must hold, from the writes that it got. Pure.

use crate::content::Content;
use crate::kind::Kind;
use crate::writes::{Change, Write, written_by};
use std::collections::{BTreeMap, BTreeSet};

/// What must be found under one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectation {
    /// Values, fields and members, by their number: the last write counts.
    places: BTreeMap<u64, Place>,
    /// Elements that were acknowledged: each must be there.
    added: BTreeSet<u64>,
    /// Elements without an answer: each may be there.
    perhaps: BTreeSet<u64>,
}

/// The number of the write that may be found in a place, or none where it may be empty.
#[derive(Clone, Debug)]
struct Place {
    acceptable: Vec<Option<u64>>,
}

impl Expectation {
    /// Takes the next write to the key into account.
    pub(crate) fn expect(&mut self, write: &Write, acknowledged: bool) {
        let (place, now) = match write.change {
            Change::Set(place) => (place, Some(write.sequence)),
            Change::Delete => (0, None),
            Change::Add if acknowledged => {
                self.added.insert(write.sequence);
                return;
            }
            Change::Add => {
                self.perhaps.insert(write.sequence);
                return;
            }
        };
        let place = self.places.entry(place).or_insert_with(|| Place {
            acceptable: vec![None],
        });
        if acknowledged {
            place.acceptable.clear();
        }
        place.acceptable.push(now);
    }

    /// How many places and elements are looked at.
    pub(crate) fn looks(&self) -> u64 {
        (self.places.len() + self.added.len()) as u64
    }

    /// Compares with what was found: a sentence for every place and element that is not as it must be.
    pub(crate) fn judge(&self, kind: Kind, found: Option<Content>) -> Vec<String> {
        let found = match found.map_or(Ok(Found::default()), |content| Found::of(kind, content)) {
            Ok(found) => found,
            Err(what) => return vec![what; usize::try_from(self.looks()).unwrap_or(1).max(1)],
        };
        let mut wrong = vec![];
        for (place, expected) in &self.places {
            let there = found.places.get(place).copied();
            if !expected.acceptable.contains(&there) {
                let said = |write: &Option<u64>| write.map_or("nothing".to_owned(), |n| format!("write {n}"));
                let expected: Vec<String> = expected.acceptable.iter().map(said).collect();
                wrong.push(format!(
                    "holds {} instead of {}",
                    said(&there),
                    expected.join(" or ")
                ));
            }
        }
        let there: BTreeSet<u64> = found.elements.iter().copied().collect();
        wrong.extend(self.added.difference(&there).map(|n| format!("lacks write {n}")));
        wrong.extend(
            there
                .iter()
                .filter(|n| !self.added.contains(n) && !self.perhaps.contains(n))
                .map(|n| format!("holds {n}, which was never written to it")),
        );
        if !found.elements.is_sorted_by(|before, after| before < after) {
            wrong.push("holds its elements in another order, or twice".to_owned());
        }
        wrong
    }
}

/// What a key holds, in numbers of writes.
#[derive(Default)]
struct Found {
    places: BTreeMap<u64, u64>,
    /// In the order of the list or the stream; a set has none, so it is sorted.
    elements: Vec<u64>,
}

impl Found {
    fn of(kind: Kind, content: Content) -> Result<Found, String> {
        let foreign = || format!("holds a {kind} that the writer did not write");
        let number = |text: &[u8]| -> Result<u64, String> {
            std::str::from_utf8(text)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(foreign)
        };
        let mut found = Found::default();
        match content {
            Content::String(value) => {
                found.places.insert(0, written_by(&value).ok_or_else(foreign)?);
            }
            Content::Hash(fields) => {
                for (field, value) in fields {
                    found
                        .places
                        .insert(number(&field)?, written_by(&value).ok_or_else(foreign)?);
                }
            }
            Content::SortedSet(members) => {
                for (member, score) in members {
                    let write = u64::try_from(score).map_err(|_| foreign())?;
                    found.places.insert(number(&member)?, write);
                }
            }
            Content::List(elements) => {
                found.elements = elements
                    .iter()
                    .map(|element| number(element))
                    .collect::<Result<_, _>>()?;
            }
            Content::Set(members) => {
                found.elements = members
                    .iter()
                    .map(|member| number(member))
                    .collect::<Result<_, _>>()?;
                found.elements.sort_unstable();
            }
            Content::Stream { entries, .. } => {
                found.elements = entries
                    .iter()
                    .map(|(id, value)| {
                        let write = number(value)?;
                        if *id == format!("{write}-1") {
                            Ok(write)
                        } else {
                            Err(foreign())
                        }
                    })
                    .collect::<Result<_, _>>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(sequence: u64) -> Write {
        Write {
            change: Change::Set(0),
            sequence,
            ..Write::nth(1)
        }
    }

    fn score(sequence: i64) -> Option<Content> {
        Some(Content::SortedSet([(b"0".to_vec(), sequence)].into()))
    }

    #[test]
    fn the_last_acknowledged_write_must_be_there_and_an_unanswered_later_one_may() {
        let mut expectation = Expectation::default();
        for (sequence, acknowledged) in [(4, true), (7, true), (9, false)] {
            expectation.expect(&set(sequence), acknowledged);
        }
        assert_eq!(expectation.judge(Kind::SortedSet, score(7)), Vec::<String>::new());
        assert_eq!(expectation.judge(Kind::SortedSet, score(9)), Vec::<String>::new());
        assert_eq!(
            expectation.judge(Kind::SortedSet, score(4)),
            ["holds write 4 instead of write 7 or write 9"]
        );
        assert_eq!(
            expectation.judge(Kind::SortedSet, None),
            ["holds nothing instead of write 7 or write 9"]
        );
    }

    #[test]
    fn a_delete_that_was_acknowledged_is_a_write_too() {
        let mut expectation = Expectation::default();
        expectation.expect(&set(4), true);
        expectation.expect(
            &Write {
                change: Change::Delete,
                ..set(5)
            },
            true,
        );
        assert_eq!(expectation.judge(Kind::SortedSet, None), Vec::<String>::new());
        assert_eq!(
            expectation.judge(Kind::SortedSet, score(4)),
            ["holds write 4 instead of nothing"]
        );
    }

    #[test]
    fn elements_must_all_be_there_once_and_in_order() {
        let mut expectation = Expectation::default();
        for (sequence, acknowledged) in [(1, true), (2, true), (3, false), (4, true)] {
            expectation.expect(
                &Write {
                    change: Change::Add,
                    ..set(sequence)
                },
                acknowledged,
            );
        }
        let judge = |elements: &[&str]| {
            let elements = elements
                .iter()
                .map(|element| element.as_bytes().to_vec())
                .collect();
            expectation.judge(Kind::List, Some(Content::List(elements)))
        };
        assert_eq!(judge(&["1", "2", "4"]), Vec::<String>::new());
        assert_eq!(judge(&["1", "2", "3", "4"]), Vec::<String>::new());
        assert_eq!(judge(&["1", "4"]), ["lacks write 2"]);
        assert_eq!(
            judge(&["1", "2", "4", "8"]),
            ["holds 8, which was never written to it"]
        );
        assert_eq!(
            judge(&["1", "4", "2"]),
            ["holds its elements in another order, or twice"]
        );
        assert_eq!(
            judge(&["1", "2", "2", "4"]),
            ["holds its elements in another order, or twice"]
        );
    }
}
