//! One look at the migration: the JSON that stands in the execution's history, that people see and that the next look
//! starts from.

use super::Phase;
use super::eta::{EtaRange, Pace};
use super::figure::Progress;
use super::stop::Stop;
use super::tell::{Tell, Told};
use super::watch::Watch;
use crate::cutover::{Approval, CutoverVerdict};
use crate::preflight::ReportVerdict;
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
    /// All keys to be compared.
    Verification,
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
    /// The rehearsal is over, and so is the assessment that asked for it.
    Assessed,
    /// In sync by the rule: pair the shards and begin to compare.
    Verify,
    /// Go on comparing.
    Compare,
    /// Compared: tell people, and wait for approval.
    Ready,
    /// Approved: complete.
    Complete,
    /// Promoted: prove and hand over.
    Prove,
    /// It failed.
    Diagnose,
    /// A person gave it up.
    Abort,
    /// AWS did not complete after all: let the source's writers go on, and wait for a new approval.
    Release,
    /// This execution has looked often enough: go on in another one.
    RollOver,
}

/// What observations of versions without a roll-over count as: those of a first execution.
fn first() -> u32 {
    1
}

impl Next {
    /// Every word, so that a test can hold the state machine's choices against them.
    pub const ALL: [Next; 12] = [
        Next::Wait,
        Next::Start,
        Next::Assessed,
        Next::Verify,
        Next::Compare,
        Next::Ready,
        Next::Complete,
        Next::Prove,
        Next::Diagnose,
        Next::Abort,
        Next::Release,
        Next::RollOver,
    ];
}

/// What TestMigration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RehearsalOutcome {
    /// An event says that it succeeded.
    Passed,
    /// An event says that it failed.
    Failed,
    /// It is over, or took too long, and nothing that can be read says how it went. Never taken for passed.
    Inconclusive,
}

/// What TestMigration came to, and what that means for a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// What.
    pub outcome: RehearsalOutcome,
    /// AWS's own text, or what was seen instead of one.
    pub evidence: String,
    /// Whether a migration may start: a failed rehearsal forbids it.
    pub verdict: ReportVerdict,
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
    /// The position the target has to reach: the source's, or that of the root behind a chained source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_offset: Option<ReplicationOffset>,
    /// The source's history: its replication id, before 4.0 its run id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Whether the target has followed the source at any look so far.
    pub followed: bool,
    /// Whether the source is itself a replica.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub chained: bool,
    /// The phase before the pair went out of sight, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_unseen: Option<Phase>,
    /// Why a side could not be read, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
    /// What the next look compares with.
    #[serde(default)]
    pub watch: Watch,
}

impl ShardObservation {
    /// The last phase that was seen.
    pub(super) fn last_seen(&self) -> Option<Phase> {
        match self.phase {
            Phase::Unseen => self.before_unseen,
            phase => Some(phase),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
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
    /// What is left of the phase at its speed so far; withheld until that means something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Seconds>,
    /// The same at the fastest and at the slowest speed seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_range: Option<EtaRange>,
    /// The phase's percentages so far, from which that comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// Every shard pair.
    pub shards: Vec<ShardObservation>,
    /// Looks in a row at which every shard pair was in sync.
    pub in_sync_samples: u32,
    /// How often the pair had been in sync and lost it: an approval for an earlier time does not count.
    pub sync_epoch: u32,
    /// Names the copy that the target holds: which sources, which targets, which full sync. What was verified holds for it
    /// alone. None while a pair is not in sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Looks in a row at which the group was `available` after it had been busy.
    pub idle_samples: u32,
    /// Whether the group was seen to leave `available` in this stage. The status lags behind the call.
    pub left_available: bool,
    /// When ElastiCache was last seen moving the target's slots in this stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resharded_at: Option<Timestamp>,
    /// The migration's events since the stage's watermark, newest last, ten at most.
    pub events: Vec<Event>,
    /// The last call of somebody else's that the migration was woken by, and who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub somebodys_call: Option<String>,
    /// Why the migration is stopped though nothing has failed: it would never end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Stop>,
    /// What may be approved, once there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<CutoverVerdict>,
    /// What became of the rehearsal, at the look that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsal: Option<Rehearsal>,
    /// Since when this epoch lasts: the verdict can be approved for a time that is counted from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch_since: Option<Timestamp>,
    /// How many cutovers were tried before this look.
    #[serde(default)]
    pub attempts: u32,
    /// The digest of the verdict that people were told of last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<String>,
    /// Until when a person put the cutover off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postponed_until: Option<Timestamp>,
    /// The digest of the verdict whose approval was used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// The approval that was taken at this look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// What people know of what is wrong, and since when their word is awaited.
    #[serde(default, skip_serializing_if = "Told::is_nothing")]
    pub told: Told,
    /// What people are told at this look, where there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tell: Option<Tell>,
    /// What the state machine does next.
    pub next: Next,
    /// Which of the migration's executions made this look, counted from 1.
    #[serde(default = "first")]
    pub generation: u32,
    /// How many looks that execution has made, this one included.
    #[serde(default)]
    pub looks: u32,
    /// How many of them led to a round of comparing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rounds: u32,
    /// The name of the execution that goes on, where this one rolls over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// How long it waits before the next look, unless a signal comes. At least 1.
    pub wait_seconds: Seconds,
    /// Why that is next, in a sentence for people.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::tests::{Watched, following};

    #[test]
    fn a_look_of_an_older_version_is_one_of_the_first_execution() {
        let mut watched = Watched::started();
        let mut old = serde_json::to_value(watched.look(5, vec![following(100, 100)])).expect("JSON");
        assert_eq!(old.get("rounds"), None, "what is nothing is not written");
        for newer in ["generation", "looks", "attempts"] {
            old.as_object_mut().expect("an object").remove(newer);
        }
        let read: Observation = serde_json::from_value(old).expect("an older look");
        assert_eq!((read.generation, read.looks, read.attempts), (1, 0, 0));
    }
}
