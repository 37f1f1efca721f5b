//! A link that somebody with permission to invoke the function `console` asks for: to the fleet, or to a migration whose
//! message is not at hand.

use super::{Link, Right, Subject};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// No link lives for longer: the key is rotated every 30 days, and a link outlives one rotation.
pub const LONGEST_HOURS: u16 = 168;

/// What is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Wish {
    /// `fleet`, or the id of a migration.
    #[serde(rename = "for")]
    subject: String,
    /// `view`, or `act`: to approve whatever verdict stands, to put off, to give up. `view` where it is left out.
    #[serde(default)]
    right: Wanted,
    /// For how long; a day where it is left out.
    #[serde(default = "a_day")]
    hours: u16,
    /// The page's address.
    url: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Wanted {
    #[default]
    View,
    Act,
}

fn a_day() -> u16 {
    24
}

impl Wish {
    /// The link to sign.
    ///
    /// # Errors
    /// In words, where it is for the fleet and is to act, or for no time or too long.
    pub fn link(&self, now: Timestamp) -> Result<Link, String> {
        if !(1..=LONGEST_HOURS).contains(&self.hours) {
            return Err(format!("hours: must be 1 to {LONGEST_HOURS}"));
        }
        let subject = if self.subject == "fleet" {
            Subject::Fleet
        } else {
            Subject::Migration(self.subject.clone())
        };
        let right = match (self.right, &subject) {
            (Wanted::View, _) => Right::View,
            (Wanted::Act, Subject::Migration(_)) => Right::Act { verdict: None },
            (Wanted::Act, Subject::Fleet) => {
                return Err("right: act is for one migration; the fleet can be looked at".to_owned());
            }
        };
        let expires = now
            .checked_add(SignedDuration::from_hours(i64::from(self.hours)))
            .map_err(|error| error.to_string())?;
        Ok(Link {
            subject,
            right,
            expires,
        })
    }

    /// The page's address, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn link(wish: Value) -> Result<Link, String> {
        let wish: Wish = serde_json::from_value(wish).map_err(|error| error.to_string())?;
        wish.link(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_link_is_for_looking_and_a_day_unless_told_otherwise() {
        let made = link(json!({"for": "fleet", "url": "https://page.example/"})).expect("a link");
        assert_eq!((made.subject, made.right), (Subject::Fleet, Right::View));
        assert_eq!(made.expires.as_second(), 86_400);
        let made =
            link(json!({"for": "orders-1", "right": "act", "hours": 1, "url": "https://page.example"}));
        assert_eq!(made.map(|made| made.right), Ok(Right::Act { verdict: None }));
    }

    #[test]
    fn what_nobody_may_have_is_refused() {
        for wish in [
            json!({"for": "fleet", "right": "act", "url": "https://page.example"}),
            json!({"for": "orders-1", "hours": 0, "url": "https://page.example"}),
            json!({"for": "orders-1", "hours": 169, "url": "https://page.example"}),
            json!({"for": "orders-1", "right": "admin", "url": "https://page.example"}),
            json!({"for": "orders-1", "until": "forever", "url": "https://page.example"}),
            json!({"for": "orders-1"}),
        ] {
            assert!(link(wish.clone()).is_err(), "{wish}");
        }
    }
}
