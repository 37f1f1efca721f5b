//! One look at the migration: the JSON that stands in the execution's history, that people see and that the next look
//! starts from.

use super::Phase;
use crate::cutover::CutoverVerdict;
use crate::target::{Event, GroupStatus};
use crate::{Bytes, LagBytes, Observed, ReplicationOffset, Seconds, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the migration is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StageName {
    /// TestMigration's answer.
    Rehearsal,
    /// The target to be in sync.
    Sync,
    /// A person's word.
    Approval,
    /// The target to be promoted.
    Promotion,
}

/// A stage, since when, and from when on events count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// Which.
    pub name: StageName,
    /// When it began.
    pub since: Timestamp,
    /// Events before this belong to something earlier: identical texts come again with every attempt.
    pub watermark: Timestamp,
}

/// What the state machine does next. The words are those of its states' choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Next {
    /// Wait, then look again.
    Wait,
    /// The rehearsal is over: start.
    Start,
    /// In sync by the rule: tell people, and wait for approval.
    Ready,
    /// Approved: complete.
    Complete,
    /// Promoted: prove and hand over.
    Prove,
    /// It failed.
    Diagnose,
    /// A person gave it up.
    Abort,
}

impl Next {
    /// Every word, so that a test can hold the state machine's choices against them.
    pub const ALL: [Next; 7] = [
        Next::Wait,
        Next::Start,
        Next::Ready,
        Next::Complete,
        Next::Prove,
        Next::Diagnose,
        Next::Abort,
    ];
}

/// Which figure the percentage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProgressSource {
    /// Keys the source's fork has written (6.2 and later), known even for a diskless transfer.
    SourceKeys,
    /// Bytes the target has received, known when the transfer is from disk.
    TargetBytes,
    /// Share of the RDB the target has loaded.
    TargetLoading,
}

/// How far a phase is, from the best figure there is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// 0 to 100, of the phase it was measured in.
    pub percent: f64,
    /// Where the figure comes from.
    pub by: ProgressSource,
}

/// One shard pair at one look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardObservation {
    /// Which shard.
    pub shard: ShardId,
    /// How far.
    pub phase: Phase,
    /// The percentage of that phase, where a figure is to be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// Bytes of RDB that the target has received in this sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Bytes>,
    /// How far the target is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagBytes>,
    /// The same at the source's present write rate, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// Bytes a second that the source writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_rate: Option<f64>,
    /// The source's position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_offset: Option<ReplicationOffset>,
    /// The source's history, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Whether the target has followed the source at any look so far.
    pub followed: bool,
    /// Why a side could not be read, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

impl ShardObservation {
    pub(super) fn was_following(&self) -> bool {
        self.followed
    }
}

/// One look at the whole migration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
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
    /// Bytes received by all shards in this sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Bytes>,
    /// The largest lag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagBytes>,
    /// The largest lag in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// What is left of the phase, from the last two looks; withheld until two figures of one phase allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Seconds>,
    /// Every shard pair.
    pub shards: Vec<ShardObservation>,
    /// Looks in a row at which every shard pair was in sync.
    pub in_sync_samples: u32,
    /// How often the pair had been in sync and lost it: an approval for an earlier time does not count.
    pub sync_epoch: u32,
    /// Looks in a row at which the group was `available` after it had been busy.
    pub idle_samples: u32,
    /// Whether the group was seen to leave `available` in this stage. The status lags behind the call.
    pub left_available: bool,
    /// The migration's events since the stage's watermark, newest last, ten at most.
    pub events: Vec<Event>,
    /// What may be approved, once there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<CutoverVerdict>,
    /// What the state machine does next.
    pub next: Next,
    /// How long it waits before the next look, unless a signal comes. At least 1.
    pub wait_seconds: Seconds,
    /// Why that is next, in a sentence for people.
    pub why: String,
}
