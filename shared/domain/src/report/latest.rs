//! The last look at a migration, as far as people need it.

use crate::cutover::CutoverVerdict;
use crate::progress::{Observation, Phase, Progress, Rehearsal, Stage, Stop};
use crate::target::{Event, GroupStatus};
use crate::{Bytes, LagBytes, Observed, Seconds, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The last look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Latest {
    /// When.
    pub at: Timestamp,
    /// What the migration waits for.
    pub stage: Stage,
    /// The group's status, or why it could not be had.
    pub status: Observed<GroupStatus>,
    /// The phase of the slowest shard.
    pub phase: Phase,
    /// The percentage of the slowest shard in that phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The largest lag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagBytes>,
    /// The same in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// What is left of the phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Seconds>,
    /// Every shard pair.
    pub shards: Vec<LatestShard>,
    /// AWS's events since the stage began, ten at most.
    #[serde(default)]
    pub events: Vec<Event>,
    /// What may be approved, while there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<CutoverVerdict>,
    /// Until when a person put the cutover off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed_until: Option<Timestamp>,
    /// Why the migration was stopped though nothing had failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// What became of the rehearsal, at the look that ended it.
    #[serde(default, skip_serializing)]
    pub rehearsal: Option<Rehearsal>,
    /// How long the migration waits before the next look.
    pub wait_seconds: Seconds,
    /// Why that is next, in a sentence.
    pub why: String,
}

/// One shard pair at the last look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LatestShard {
    /// Which shard.
    pub shard: ShardId,
    /// How far.
    pub phase: Phase,
    /// The percentage of that phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Bytes of RDB that the target has received in this sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Bytes>,
    /// How far the target is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagBytes>,
    /// The same in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// Bytes a second that the source writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_rate: Option<f64>,
    /// Why a side could not be read, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

impl From<Observation> for Latest {
    fn from(seen: Observation) -> Latest {
        Latest {
            at: seen.at,
            stage: seen.stage,
            status: seen.status,
            phase: seen.phase,
            progress: seen.progress,
            lag: seen.lag,
            lag_seconds: seen.lag_seconds,
            eta: seen.eta,
            shards: seen
                .shards
                .into_iter()
                .map(|shard| LatestShard {
                    shard: shard.shard,
                    phase: shard.phase,
                    progress: shard.progress,
                    received: shard.received,
                    lag: shard.lag,
                    lag_seconds: shard.lag_seconds,
                    write_rate: shard.write_rate,
                    unseen: shard.unseen,
                })
                .collect(),
            events: seen.events,
            verdict: seen.verdict,
            postponed_until: seen.postponed_until,
            stop: seen.stop,
            rehearsal: seen.rehearsal,
            wait_seconds: seen.wait_seconds,
            why: seen.why,
        }
    }
}
