//! What a form carries so that its order is known to come from a form that this page showed, a moment ago, to somebody
//! with this very link, about this very verdict.
//!
//! There is no session and no cookie, so a form on another site has nothing of the victim's to send along. The ticket is
//! there all the same: a link that became known does not make a form elsewhere work, and what was shown is what is ordered.

use super::{Keys, Refusal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

const PURPOSE: &str = "elasticache-migrator form 1";
/// Long enough to read what is to be approved.
const OPEN_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What a ticket is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Ticket<'a> {
    /// The text of the link by which the form was shown.
    pub link: &'a str,
    /// The digest of the verdict that it showed; empty where none stood.
    pub verdict: &'a str,
}

impl Ticket<'_> {
    /// Issues it.
    #[must_use]
    pub fn issue(&self, keys: &Keys, now: Timestamp) -> String {
        let key = &keys.current;
        let expires = now.saturating_add(OPEN_FOR).map_or(i64::MAX, |at| at.as_second());
        let expires = expires.to_string();
        let signature = key.sign(PURPOSE, &[self.link, self.verdict, &expires, key.id()]);
        format!("{expires}.{}.{}", key.id(), URL_SAFE_NO_PAD.encode(signature))
    }

    /// Checks one.
    ///
    /// # Errors
    /// [`Refusal::NotOurForm`] and [`Refusal::FormExpired`].
    pub fn check(&self, text: &str, keys: &Keys, now: Timestamp) -> Result<(), Refusal> {
        let parts: Vec<&str> = text.split('.').collect();
        let &[expires, key_id, signature] = parts.as_slice() else {
            return Err(Refusal::NotOurForm);
        };
        let key = keys.find(key_id).ok_or(Refusal::NotOurForm)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| Refusal::NotOurForm)?;
        if !key.verifies(PURPOSE, &[self.link, self.verdict, expires, key_id], &signature) {
            return Err(Refusal::NotOurForm);
        }
        match expires.parse::<i64>() {
            Ok(expires) if now.as_second() < expires => Ok(()),
            _ => Err(Refusal::FormExpired),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;

    #[test]
    fn a_ticket_is_for_one_link_one_verdict_and_a_quarter_of_an_hour() {
        let keys = Keys {
            current: Key::new("c0c0c0c0", &[1; 32]).expect("a key"),
            previous: None,
        };
        let ticket = Ticket {
            link: "a.1",
            verdict: "v1",
        };
        let at = |second| Timestamp::from_second(second).expect("a time");
        let text = ticket.issue(&keys, at(0));
        assert_eq!(ticket.check(&text, &keys, at(899)), Ok(()));
        assert_eq!(ticket.check(&text, &keys, at(900)), Err(Refusal::FormExpired));
        for other in [
            Ticket {
                link: "a.2",
                ..ticket
            },
            Ticket {
                verdict: "v2",
                ..ticket
            },
            Ticket {
                verdict: "",
                ..ticket
            },
        ] {
            assert_eq!(other.check(&text, &keys, at(0)), Err(Refusal::NotOurForm));
        }
        for forged in ["", "..", "900.c0c0c0c0.AAAA", &text.replacen("900", "901", 1)] {
            assert_eq!(
                ticket.check(forged, &keys, at(0)),
                Err(Refusal::NotOurForm),
                "{forged}"
            );
        }
    }
}
