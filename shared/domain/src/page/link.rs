//! Signed links. A link says what it is for, what it allows, until when, and which version of the key signed it; the
//! signature covers all of it. There is no store of links: what was signed and has not expired is valid.

use super::{Key, Keys, Refusal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

const PURPOSE: &str = "elasticache-migrator link 1";
/// Texts of more bytes are no links; they are refused before anything is computed.
const LONGEST: usize = 200;
const DIGEST_LENGTH: usize = 16;

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One migration, by its id.
    Migration(String),
    /// All migrations.
    Fleet,
}

impl Subject {
    /// Its path.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Subject::Migration(id) => format!("/migrations/{}", percent(id)),
            Subject::Fleet => "/migrations".to_owned(),
        }
    }

    /// What is signed. An execution's name has no asterisk, so no migration can be taken for the fleet.
    /// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
    fn signed(&self) -> &str {
        match self {
            Subject::Migration(id) => id,
            Subject::Fleet => "*",
        }
    }
}

/// What a link allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// To look.
    View,
    /// To look, to put off and to give up; and to approve: the verdict that it names, or the one that stands where it
    /// names none.
    Act {
        /// The digest of the verdict that it may approve.
        verdict: Option<String>,
    },
}

impl Right {
    /// Whether it allows more than to look.
    #[must_use]
    pub fn may_act(&self) -> bool {
        matches!(self, Right::Act { .. })
    }
}

/// A link that is to be signed, or one whose signature held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it leads to.
    pub subject: Subject,
    /// What it allows there.
    pub right: Right,
    /// When it ends; to the second.
    pub expires: Timestamp,
}

impl Link {
    /// Signs it: the text that stands in its URL.
    #[must_use]
    pub fn sign(&self, key: &Key) -> String {
        // A link for one verdict is told by its letter: with an empty verdict it would otherwise read as one for any.
        let (right, verdict) = match &self.right {
            Right::View => ("v", ""),
            Right::Act { verdict: None } => ("a", ""),
            Right::Act {
                verdict: Some(verdict),
            } => ("o", verdict.as_str()),
        };
        let expires = self.expires.as_second().to_string();
        let parts = [self.subject.signed(), right, verdict, &expires, key.id()];
        let signature = URL_SAFE_NO_PAD.encode(key.sign(PURPOSE, &parts));
        format!("{right}.{verdict}.{expires}.{}.{signature}", key.id())
    }

    /// Signs it: its path and query, to put behind the page's address.
    #[must_use]
    pub fn path(&self, key: &Key) -> String {
        format!("{}?link={}", self.subject.path(), self.sign(key))
    }
}

impl Keys {
    /// What a link's text allows on a subject now.
    ///
    /// # Errors
    /// [`Refusal::NoLink`] where it is none, was altered, is for something else, or was signed with a key that is gone;
    /// [`Refusal::LinkExpired`] where its time is over.
    pub fn open(&self, text: &str, subject: Subject, now: Timestamp) -> Result<Link, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::NoLink);
        }
        let parts: Vec<&str> = text.split('.').collect();
        let &[right, verdict, expires, key_id, signature] = parts.as_slice() else {
            return Err(Refusal::NoLink);
        };
        let key = self.find(key_id).ok_or(Refusal::NoLink)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Refusal::NoLink)?;
        let signed = [subject.signed(), right, verdict, expires, key_id];
        if !key.verifies(PURPOSE, &signed, &signature) {
            return Err(Refusal::NoLink);
        }
        // From here on the text is our own.
        let expires = expires
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or(Refusal::NoLink)?;
        if expires <= now {
            return Err(Refusal::LinkExpired);
        }
        let right = match (right, verdict) {
            ("v", "") => Right::View,
            ("a", "") => Right::Act { verdict: None },
            ("o", verdict) if verdict.len() <= DIGEST_LENGTH => Right::Act {
                verdict: Some(verdict.to_owned()),
            },
            _ => return Err(Refusal::NoLink),
        };
        Ok(Link {
            subject,
            right,
            expires,
        })
    }
}

/// The id of a migration as one part of a path.
fn percent(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> Keys {
        Keys {
            current: Key::new("c0c0c0c0", &[1; 32]).expect("a key"),
            previous: Some(Key::new("b0b0b0b0", &[2; 32]).expect("a key")),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn of(id: &str) -> Subject {
        Subject::Migration(id.to_owned())
    }

    fn link(right: Right) -> Link {
        Link {
            subject: of("orders-1"),
            right,
            expires: at(1_000),
        }
    }

    const VERDICT: &str = "00112233aabbccdd";

    fn rights() -> [Right; 3] {
        [
            Right::View,
            Right::Act { verdict: None },
            Right::Act {
                verdict: Some(VERDICT.to_owned()),
            },
        ]
    }

    #[test]
    fn a_link_says_what_was_signed_until_it_expires() {
        for right in rights() {
            let link = link(right);
            let text = link.sign(&keys().current);
            assert_eq!(keys().open(&text, of("orders-1"), at(999)), Ok(link));
            assert_eq!(
                keys().open(&text, of("orders-1"), at(1_000)),
                Err(Refusal::LinkExpired)
            );
        }
    }

    /// Found by `make fuzz`: it opened as a link for whatever verdict stands.
    #[test]
    fn a_link_for_a_verdict_without_a_digest_is_not_one_for_any() {
        let link = link(Right::Act {
            verdict: Some(String::new()),
        });
        let text = link.sign(&keys().current);
        assert_eq!(keys().open(&text, of("orders-1"), at(0)), Ok(link));
    }

    #[test]
    fn a_link_is_for_one_migration_and_the_fleet_is_none() {
        let text = link(Right::View).sign(&keys().current);
        for other in [of("orders-2"), of("orders-1 "), of(""), Subject::Fleet] {
            assert_eq!(keys().open(&text, other, at(0)), Err(Refusal::NoLink));
        }
        let fleet = Link {
            subject: Subject::Fleet,
            ..link(Right::View)
        };
        assert!(
            keys()
                .open(&fleet.sign(&keys().current), Subject::Fleet, at(0))
                .is_ok()
        );
    }

    #[test]
    fn nobody_makes_a_right_or_a_time_of_his_own() {
        let text = link(Right::View).sign(&keys().current);
        for altered in [
            text.replacen('v', "a", 1),
            text.replacen("v..", &format!("o.{VERDICT}."), 1),
            text.replacen(".1000.", ".9000.", 1),
            text.replacen("c0c0c0c0", "b0b0b0b0", 1),
            text.replacen("c0c0c0c0", "d0d0d0d0", 1),
            format!("{text}."),
            text[..text.len() - 1].to_owned(),
            String::new(),
            "x".repeat(100_000),
        ] {
            assert_ne!(altered, text);
            assert_eq!(
                keys().open(&altered, of("orders-1"), at(0)),
                Err(Refusal::NoLink),
                "{altered:.80}"
            );
        }
    }

    #[test]
    fn a_link_outlives_one_rotation_and_not_two() {
        let before = keys();
        let text = link(Right::View).sign(&before.current);
        let once = Keys {
            current: Key::new("e0e0e0e0", &[3; 32]).expect("a key"),
            previous: Some(before.current),
        };
        assert!(once.open(&text, of("orders-1"), at(0)).is_ok());
        let twice = Keys {
            current: Key::new("f0f0f0f0", &[4; 32]).expect("a key"),
            previous: Some(once.current),
        };
        assert_eq!(twice.open(&text, of("orders-1"), at(0)), Err(Refusal::NoLink));
    }

    #[test]
    fn a_path_holds_any_name_of_an_execution() {
        assert_eq!(of("orders-cache_1").path(), "/migrations/orders-cache_1");
        assert_eq!(of("a b/c").path(), "/migrations/a%20b%2Fc");
    }

    proptest! {
        #[test]
        fn one_changed_byte_is_one_too_many(place in 0usize..90, by in 1u8..128) {
            for right in rights() {
                let text = link(right).sign(&keys().current);
                let mut bytes = text.clone().into_bytes();
                let place = place % bytes.len();
                bytes[place] ^= by;
                let Ok(altered) = String::from_utf8(bytes) else { continue };
                prop_assert!(keys().open(&altered, of("orders-1"), at(0)).is_err());
            }
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,250}") {
            prop_assert_eq!(keys().open(&text, of("orders-1"), at(0)), Err(Refusal::NoLink));
        }
    }
}
