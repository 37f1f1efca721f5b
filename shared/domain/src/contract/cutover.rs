//! States `Complete`, `Prove` and `Abort`.

use super::Migration;
use crate::cutover::ShardProof;
use crate::plan::Plan;
use crate::progress::{Observation, Stage};
use crate::signal::Signal;
use crate::{Endpoint, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "step")]
pub enum Input {
    /// CompleteMigration, if the approval is for the verdict and the pair is in sync right now.
    Complete {
        /// What the user asked for.
        plan: Plan,
        /// Who asks.
        migration: Migration,
        /// The look at which the approval was taken.
        observation: Box<Observation>,
        /// The approval.
        signal: Signal,
    },
    /// Read the promoted group afresh and say what can be proven.
    Prove {
        /// What the user asked for.
        plan: Plan,
    },
    /// CompleteMigration with Force: the target stops following and keeps what it has.
    Abort {
        /// What the user asked for.
        plan: Plan,
    },
}

/// `Complete`'s answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completing {
    /// The stage that begins.
    pub stage: Stage,
    /// AWS's id of the request; none where an earlier try had made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether an earlier try of this state had made the request already.
    pub was_under_way: bool,
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
