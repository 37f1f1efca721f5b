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
    let a_week = now
        .saturating_add(SignedDuration::from_hours(i64::from(LONGEST_HOURS)))
        .unwrap_or(Timestamp::MAX);
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
