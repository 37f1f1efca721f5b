//! Which link a message carries: one that acts where there is a verdict to approve, one that looks elsewhere.

use super::mint::LONGEST_HOURS;
use super::{Link, Right, Subject};
use crate::contract::Migration;
use crate::cutover::CutoverVerdict;
use jiff::{SignedDuration, Timestamp};

/// The link of a message about a migration. One that acts ends with the verdict that it is for, and none lives for longer
/// than a week.
#[must_use]
pub fn link_of(migration: &Migration, verdict: Option<&CutoverVerdict>, now: Timestamp) -> Link {
    let a_week = in_a_week(now);
    let (right, expires) = match verdict {
        Some(verdict) => (
            Right::Act {
                verdict: Some(verdict.digest.clone()),
            },
            verdict.expires_at.min(a_week),
        ),
        None => (Right::View, a_week),
    };
    Link {
        subject: Subject::Migration(migration.id.clone()),
        right,
        expires,
    }
}

/// The link of a fleet's message, to the page of all migrations. It looks, for a week.
#[must_use]
pub fn fleet_link(now: Timestamp) -> Link {
    Link {
        subject: Subject::Fleet,
        right: Right::View,
        expires: in_a_week(now),
    }
}

fn in_a_week(now: Timestamp) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(i64::from(LONGEST_HOURS)))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn migration() -> Migration {
        serde_json::from_value(json!({
            "id": "orders-1", "executionArn": "arn:x", "startedAt": "1970-01-01T00:00:00Z"
        }))
        .expect("a migration")
    }

    fn verdict(expires: &str) -> CutoverVerdict {
        serde_json::from_value(json!({
            "digest": "00112233aabbccdd", "at": "1970-01-01T00:00:00Z", "expiresAt": expires, "heldFor": 60,
            "findings": "37 PASS"
        }))
        .expect("a verdict")
    }

    #[test]
    fn what_can_be_approved_makes_a_link_that_acts_until_it_cannot() {
        let looks = link_of(&migration(), None, Timestamp::UNIX_EPOCH);
        assert_eq!(
            (looks.right, looks.expires.as_second()),
            (Right::View, 7 * 86_400)
        );

        let acts = link_of(
            &migration(),
            Some(&verdict("1970-01-01T04:00:00Z")),
            Timestamp::UNIX_EPOCH,
        );
        let right = Right::Act {
            verdict: Some("00112233aabbccdd".to_owned()),
        };
        assert_eq!((acts.right, acts.expires.as_second()), (right, 4 * 3_600));

        let never = link_of(
            &migration(),
            Some(&verdict("9000-01-01T00:00:00Z")),
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(never.expires.as_second(), 7 * 86_400);
    }
}
