//! Looks again at what differed. One recheck reads the source, notes how far the source's stream had come, waits until the
//! target has applied all of it, reads the target, and reads the source once more. Whatever the lag was, a target that
//! follows faithfully must then hold what the source held, unless the key changed between the two readings of the source.

use super::{Difference, DifferenceKind, KeyName, Look, VerifyRule, differ};
use crate::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What one recheck of one key showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// The target holds what the source held before or after. No difference.
    Settled,
    /// The source did not change, and the target, which had caught up, holds something else.
    Differs(DifferenceKind),
    /// The source changed meanwhile: this recheck shows nothing.
    Moving,
}

/// Judges a recheck: the source before, the target once it had caught up, the source after. `slack` is how far
/// two times to live may be apart, in milliseconds.
#[must_use]
pub fn judge(before: &Look, target: &Look, after: &Look, slack: i64) -> Judged {
    if differ(before, target, slack).is_none() {
        return Judged::Settled;
    }
    match differ(after, target, slack) {
        None => Judged::Settled,
        Some(kind) if differ(before, after, slack).is_none() => Judged::Differs(kind),
        Some(_) => Judged::Moving,
    }
}

/// A key that differed and is to be looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// The logical database.
    pub db: u32,
    /// The key's bytes, in hexadecimal.
    #[serde(with = "hex")]
    pub key: Vec<u8>,
    /// When it was first seen to differ.
    pub since: Timestamp,
    /// Rechecks so far.
    pub rechecks: u32,
    /// Rechecks in a row that showed a difference.
    pub held: u32,
}

/// What follows from a recheck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No difference after all.
    Dropped,
    /// Look again.
    Again(Pending),
    /// A difference, to be reported.
    Reported(Difference),
    /// It never stood still: neither equal nor different can be said.
    Unsettled,
}

impl Pending {
    /// Rechecks in a row that must show the difference. More than one, because a value may change and change back between
    /// two readings.
    pub const CONFIRMATIONS: u32 = 3;
    /// Rechecks after which a key that never stands still is given up.
    pub const PATIENCE: u32 = 40;

    /// A key that was just seen to differ.
    #[must_use]
    pub fn new(db: u32, key: Vec<u8>, since: Timestamp) -> Pending {
        Pending {
            db,
            key,
            since,
            rechecks: 0,
            held: 0,
        }
    }

    /// Takes in what a recheck showed.
    #[must_use]
    pub fn after(mut self, judged: Judged, rule: &VerifyRule, now: Timestamp) -> Outcome {
        self.rechecks += 1;
        let age = Seconds::between(self.since, now);
        match judged {
            Judged::Settled => Outcome::Dropped,
            Judged::Differs(kind) => {
                self.held += 1;
                if self.held >= Self::CONFIRMATIONS && age >= rule.settle {
                    Outcome::Reported(Difference {
                        db: self.db,
                        key: KeyName::of(&self.key),
                        kind,
                        age,
                        rechecks: self.rechecks,
                    })
                } else {
                    Outcome::Again(self)
                }
            }
            Judged::Moving if self.rechecks >= Self::PATIENCE => Outcome::Unsettled,
            Judged::Moving => {
                self.held = 0;
                Outcome::Again(self)
            }
        }
    }
}

/// Bytes as a JSON text, two digits a byte: a key may hold anything.
mod hex {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::fmt::Write;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        if !text.is_ascii() || text.len() % 2 != 0 {
            return Err(D::Error::custom("a key is not hexadecimal"));
        }
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16))
            .collect::<Result<_, _>>()
            .map_err(|_| D::Error::custom("a key is not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ttl, Value, ValueType};
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;

    fn holds(digest: u64) -> Look {
        Some(Value {
            kind: ValueType::String,
            length: 1,
            digest,
            ttl: Ttl::Forever,
        })
    }

    #[test]
    fn only_a_source_that_stood_still_shows_a_difference() {
        assert_eq!(
            judge(&holds(1), &holds(2), &holds(1), 0),
            Judged::Differs(DifferenceKind::Value)
        );
        assert_eq!(judge(&holds(1), &holds(1), &holds(2), 0), Judged::Settled);
        assert_eq!(judge(&holds(1), &holds(2), &holds(2), 0), Judged::Settled);
        assert_eq!(judge(&holds(1), &holds(2), &holds(3), 0), Judged::Moving);
        assert_eq!(judge(&holds(1), &None, &None, 0), Judged::Settled);
        assert_eq!(
            judge(&None, &holds(1), &None, 0),
            Judged::Differs(DifferenceKind::Extra)
        );
    }

    proptest! {
        /// given a source that goes through states, and a target that follows it from behind but past the state that was
        /// read first; when it is rechecked; then it is never called different.
        #[test]
        fn a_faithful_target_is_never_called_different(
            states in proptest::collection::vec(0u64..3, 1..20), at in any::<[proptest::sample::Index; 3]>(),
        ) {
            let mut at = at.map(|index| index.index(states.len()));
            at.sort_unstable();
            let [before, target, after] = at;
            // A target that holds a state between the two readings of the source, at or past the first.
            let judged = judge(&holds(states[before]), &holds(states[target]), &holds(states[after]), 0);
            // The one way to be fooled: the source went away and came back. Three in a row are asked for because of it.
            let came_back = states[before] == states[after] && states[target] != states[before];
            prop_assert_eq!(matches!(judged, Judged::Differs(_)), came_back);
        }

        /// A difference is never reported before it is old enough and was confirmed often enough.
        #[test]
        fn nothing_is_reported_early(judged in proptest::collection::vec(0u8..3, 1..60)) {
            let rule = VerifyRule::default();
            let since = Timestamp::UNIX_EPOCH;
            let mut pending = Pending::new(0, b"k".to_vec(), since);
            let mut in_a_row = 0;
            for (number, shown) in judged.into_iter().enumerate() {
                let now = since + SignedDuration::from_millis(100 * (number as i64 + 1));
                let judged = match shown {
                    0 => Judged::Moving,
                    _ => Judged::Differs(DifferenceKind::Value),
                };
                in_a_row = if judged == Judged::Moving { 0 } else { in_a_row + 1 };
                match pending.after(judged, &rule, now) {
                    Outcome::Again(again) => pending = again,
                    Outcome::Reported(difference) => {
                        prop_assert!(in_a_row >= Pending::CONFIRMATIONS && difference.age >= rule.settle);
                        return Ok(());
                    }
                    Outcome::Unsettled => {
                        prop_assert!(number as u32 + 1 >= Pending::PATIENCE);
                        return Ok(());
                    }
                    Outcome::Dropped => return Err(TestCaseError::fail("nothing settled")),
                }
            }
        }
    }

    #[test]
    fn a_pending_key_survives_its_way_through_json() {
        let pending = Pending::new(3, b"\x00\xff key".to_vec(), Timestamp::UNIX_EPOCH);
        let text = serde_json::to_string(&pending).expect("written");
        assert!(text.contains("00ff206b6579"), "{text}");
        assert_eq!(
            serde_json::from_str::<Pending>(&text).expect("read back"),
            pending
        );
    }
}
