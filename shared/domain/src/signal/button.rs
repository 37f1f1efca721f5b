//! What a button in chat sends: an opaque id and nothing else. The id names a migration, an action and, for an approval or
//! a postponement, a verdict, by their digests. It is no token and no permission: whoever may invoke the function `signal`
//! may act, and the id only says on what. Which migration it is of is found among the executions that run, and a verdict
//! that is no longer the one to approve has other ids.

use super::{Action, Order};
use crate::ReplicationGroupId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// A button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Button {
    /// Complete the migration, on the verdict that the message shows.
    Approve,
    /// Put the cutover off by a day: a button carries no time.
    Postpone,
    /// Give it up.
    Abort,
}

impl Button {
    /// Every button, in the order in which chat shows them.
    pub const ALL: [Button; 3] = [Button::Approve, Button::Postpone, Button::Abort];

    /// The name under which a notification carries its id.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Button::Approve => "approve",
            Button::Postpone => "postpone",
            Button::Abort => "abort",
        }
    }

    /// The order that it gives for a group and its verdict. Chat does not tell who pressed it.
    #[must_use]
    pub fn order(
        self,
        group: ReplicationGroupId,
        verdict: Option<String>,
        by: Option<String>,
        now: Timestamp,
    ) -> Order {
        let (action, verdict, until) = match self {
            Button::Approve => (Action::Approve, verdict, None),
            Button::Postpone => (Action::Postpone, None, now.checked_add(A_DAY).ok()),
            Button::Abort => (Action::Abort, None, None),
        };
        Order {
            replication_group_id: group,
            action,
            verdict,
            until,
            by: by.unwrap_or_else(|| "a button in chat".to_owned()),
        }
    }
}

/// For how long a button puts a cutover off.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Bytes of the migration's digest: enough to tell the executions that run apart without reading each.
const OF_THE_MIGRATION: usize = 4;
/// Bytes of the whole's digest.
const OF_THE_WHOLE: usize = 12;

/// The id of one button under one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ButtonId(String);

impl ButtonId {
    /// The id of a button under a message about a migration; none for an approval or a postponement where there is no
    /// verdict.
    #[must_use]
    pub fn new(migration_id: &str, button: Button, verdict: Option<&str>) -> Option<ButtonId> {
        let judged = match button {
            Button::Approve | Button::Postpone => verdict?,
            Button::Abort => "",
        };
        let whole = digest(&[migration_id, button.word(), judged], OF_THE_WHOLE);
        Some(ButtonId(format!(
            "{}-{whole}",
            digest(&[migration_id], OF_THE_MIGRATION)
        )))
    }

    /// Whether this id may be of the migration that an execution of this name runs: then its newest verdict decides.
    #[must_use]
    pub fn may_be_of(&self, execution: &str) -> bool {
        self.0.split_once('-').is_some_and(|(migration, _)| {
            migrations(execution).any(|id| migration == digest(&[id], OF_THE_MIGRATION))
        })
    }

    /// Which button it is of the migration that an execution of this name runs, given the verdict that can be approved now.
    #[must_use]
    pub fn resolve(&self, execution: &str, verdict: Option<&str>) -> Option<Button> {
        migrations(execution).find_map(|id| {
            Button::ALL
                .into_iter()
                .find(|button| ButtonId::new(id, *button, verdict).as_ref() == Some(self))
        })
    }
}

/// The migrations that an execution of this name may run: the one of its name, and the one that went on in it, under its
/// id and a number. An id of 80 characters is shortened there, and its buttons then find nothing.
fn migrations(execution: &str) -> impl Iterator<Item = &str> {
    let before = execution
        .rsplit_once('-')
        .filter(|(_, number)| !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit()))
        .map(|(id, _)| id);
    std::iter::once(execution).chain(before)
}

/// The first bytes of a digest over parts, each with its length before it, in hexadecimal.
fn digest(parts: &[&str], bytes: usize) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    digest
        .finalize()
        .iter()
        .take(bytes)
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_one_migration_one_verdict_and_one_action() {
        let id = |migration, button, verdict| ButtonId::new(migration, button, verdict).expect("an id");
        let approve = id("m-1", Button::Approve, Some("aa"));
        assert!(approve.may_be_of("m-1") && !approve.may_be_of("m-2"));
        assert_eq!(approve.resolve("m-1", Some("aa")), Some(Button::Approve));
        assert!(approve.may_be_of("m-1-2") && !approve.may_be_of("m-1-x"));
        assert_eq!(
            approve.resolve("m-1-2", Some("aa")),
            Some(Button::Approve),
            "a migration that went on in another execution"
        );
        assert_eq!(approve.resolve("m-1", Some("ab")), None, "another verdict");
        assert_eq!(approve.resolve("m-1", None), None);
        assert_eq!(approve.resolve("m-2", Some("aa")), None, "another migration");
        // Giving up is about the migration, whatever the verdict.
        let abort = id("m-1", Button::Abort, None);
        assert_eq!(abort.resolve("m-1", Some("aa")), Some(Button::Abort));
        assert_eq!(ButtonId::new("m-1", Button::Approve, None), None);
    }

    #[test]
    fn a_button_orders_what_a_person_could() {
        let group = ReplicationGroupId::try_from("orders".to_owned()).expect("an id");
        let now = Timestamp::UNIX_EPOCH;
        for button in Button::ALL {
            let order = button.order(group.clone(), Some("aa".to_owned()), None, now);
            order.signal(now).expect("a whole order");
            let word = serde_json::to_value(order.action).expect("a word");
            assert_eq!(word, button.word());
        }
    }

    #[test]
    fn an_id_is_short_and_plain() {
        let id = ButtonId::new(&"m".repeat(80), Button::Postpone, Some("aa")).expect("an id");
        let text = serde_json::to_value(&id).expect("JSON");
        let text = text.as_str().expect("a text");
        assert!(
            text.len() == 33 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-'),
            "{text}"
        );
    }
}
