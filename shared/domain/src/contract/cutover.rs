//! States `Arm`, `Fence`, `Drain`, `Complete`, `HoldFence`, `Prove`, `ReleaseFence` and `Abort`, and two invocations that
//! no state makes: EventBridge's at an execution's end, and a person's order to lift a fence.

use crate::cutover::{Fence, Leaving, ShardProof};
use crate::plan::Plan;
use crate::progress::{Observation, Stage};
use crate::{Endpoint, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "step")]
pub enum Input {
    /// Draw the fence up, if the approval is for the verdict: which sources, by which means, and every old value.
    /// Changes nothing.
    Arm {
        /// What the user asked for.
        plan: Plan,
        /// The look at which the approval was taken.
        observation: Box<Observation>,
    },
    /// Stop the source's writers.
    Fence {
        /// What to raise.
        fence: Fence,
    },
    /// Wait until the target has everything.
    Drain {
        /// What was raised.
        fence: Fence,
    },
    /// CompleteMigration, and the first of the wait for the promotion.
    Complete {
        /// What was raised.
        fence: Fence,
    },
    /// Renew the fence while the promotion goes on.
    Hold {
        /// What was raised.
        fence: Fence,
    },
    /// Read the promoted group afresh, say what can be proven, and make the fence last.
    Prove {
        /// What the user asked for.
        plan: Plan,
        /// What was raised.
        #[serde(default)]
        fence: Option<Fence>,
    },
    /// Let the source's writers go on, unless the target may have taken over.
    Release {
        /// What was raised.
        fence: Fence,
        /// Whether CompleteMigration may have been accepted.
        asked: bool,
        /// Why the cutover was not made, where it was refused.
        #[serde(default)]
        why: Option<String>,
    },
    /// CompleteMigration with Force: the target stops following and keeps what it has.
    Abort {
        /// What the user asked for.
        plan: Plan,
        /// The last look.
        #[serde(default)]
        observation: Option<Box<Observation>>,
    },
    /// A person lifts the fence that a migration left on its source.
    Lift {
        /// The migration's execution.
        execution_arn: String,
        /// Who orders it.
        by: String,
    },
}

/// `Arm`'s and `Fence`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fenced {
    /// How a cutover goes on.
    pub outcome: Outcome,
    /// The fence as it is now.
    pub fence: Fence,
    /// In a sentence.
    pub why: String,
}

/// How a cutover goes on. The words are those of the state machine's choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The step did what it is for.
    Done,
    /// The budget is spent, or AWS refused until it was: release the fence and be ready again. Nothing is lost.
    Refused,
    /// AWS has accepted, and every target primary takes writes.
    Promoted,
    /// AWS has accepted, and the promotion goes on.
    Promoting,
}

/// `Complete`'s and `HoldFence`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completing {
    /// How it goes on.
    pub outcome: Outcome,
    /// The stage that begins: promotion where AWS accepted, approval where it did not.
    pub stage: Stage,
    /// The fence as it is now.
    pub fence: Fence,
    /// AWS's id of the request; none where an earlier try had made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// How often AWS was asked.
    pub requests: u32,
    /// In a sentence.
    pub why: String,
}

/// `HoldFence`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Whether every target primary takes writes and the group is available.
    pub promoted: bool,
    /// The fence as it is now.
    pub fence: Fence,
    /// Sources that could not be reached to renew their fence, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreached: Vec<String>,
}

/// `ReleaseFence`'s answer, and that of a lift.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// What became of the fence.
    pub leaving: Leaving,
    /// In a sentence for people.
    pub words: String,
}

/// The answer to an execution's end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CleanedUp {
    /// When.
    pub at: Timestamp,
    /// The execution's status: `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// The target, where the execution's input names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication_group_id: Option<String>,
    /// What became of the fence; none where none was up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Leaving>,
    /// What the target is doing, in a sentence.
    pub target: String,
}

/// `Prove`'s answer: what the applications need now, and what is known of the cutover.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handover {
    /// When the endpoints were read.
    pub at: Timestamp,
    /// Where applications connect, read after the promotion: names may differ from those before.
    pub endpoints: Endpoints,
    /// What can be proven, shard by shard.
    pub proofs: Vec<ShardProof>,
    /// How many bytes of the source's stream the target lacks, all shards together; none where one cannot tell.
    #[serde(default)]
    pub lost_bytes: Option<u64>,
    /// What keeps writers off the source from now on, in a sentence.
    #[serde(default)]
    pub source: String,
    /// What going back would lose, in both cases.
    #[serde(default)]
    pub rollback: Vec<String>,
}

/// The group's addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoints {
    /// Cluster mode: the one address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Endpoint>,
    /// Per shard, where cluster mode is off.
    pub shards: Vec<ShardEndpoints>,
}

/// One shard's addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardEndpoints {
    /// Which shard.
    pub shard: ShardId,
    /// For writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<Endpoint>,
    /// For reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader: Option<Endpoint>,
}

/// `Abort`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenUp {
    /// When.
    pub at: Timestamp,
    /// What the target holds now, in a sentence.
    pub target: String,
    /// AWS's id of the request; none where the group was under no migration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}
