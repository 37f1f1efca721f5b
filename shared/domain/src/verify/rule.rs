//! How thoroughly to verify, and what it may cost the source.

use crate::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many keys to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Every key of both sides.
    #[default]
    Full,
    /// So many keys of each shard's source, drawn at random, and as many of its target. A shard that holds no more is
    /// compared in full.
    Sample(u64),
    /// None. The result says so; it never reads as passed.
    Off,
}

/// Whose keys are gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// The source's and then the target's.
    #[default]
    Both,
    /// The source's alone: a promoted target may hold new ones.
    SourceOnly,
}

impl Direction {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_both(&self) -> bool {
        *self == Direction::Both
    }
}

/// The rule that a verification follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VerifyRule {
    /// How many keys.
    pub mode: Mode,
    /// The most keys to compare per second on one shard pair; none is as fast as the latency rule lets it.
    pub max_keys_per_second: Option<u32>,
    /// The source answers a PING within this time while it is read, or the reading slows down. In milliseconds.
    pub max_source_latency_ms: u32,
    /// How far two times to live may be apart: the lag that the migration tolerates. Engines before 7.0 replicate EXPIRE
    /// as a span and not as a moment, so the target's copy lives longer by the lag. Source: `src/expire.c`.
    pub ttl_slack: Seconds,
    /// A difference younger than this is not reported.
    pub settle: Seconds,
    /// The verification of a shard pair stops once it has reported so many differences.
    pub stop_at_differences: u64,
    /// Whose keys are gone through. Nobody types this: it follows from what is verified.
    #[serde(skip_serializing_if = "Direction::is_both")]
    pub direction: Direction,
    /// Compare only what was touched since this moment. Nobody types this: it is when the cutover was approved, and none
    /// before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touched_since: Option<Timestamp>,
}

impl Default for VerifyRule {
    fn default() -> Self {
        VerifyRule {
            mode: Mode::Full,
            max_keys_per_second: None,
            max_source_latency_ms: 20,
            ttl_slack: Seconds(1),
            settle: Seconds(2),
            stop_at_differences: 1_000,
            direction: Direction::Both,
            touched_since: None,
        }
    }
}
