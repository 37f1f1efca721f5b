//! The states of `fleet.asl.json`: `Arrange`, `CanariesPassed`, `MayStart`, `SumUp`.

use crate::plan::{FleetId, FleetItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "step", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Input {
    /// Read and check everything before anything is started. Answers with [`Arranged`].
    Arrange {
        /// The fleet's execution.
        execution_arn: String,
        /// When it was started.
        started_at: Timestamp,
        /// What it was started with.
        input: Value,
    },
    /// Whether a further migration may be started. Answers with [`Gate`].
    Gate {
        /// The fleet.
        fleet: Fleet,
        /// Whether those who went so far are the canaries, of which none may have failed.
        #[serde(default)]
        canaries: bool,
    },
    /// What became of all of them. Answers with [`crate::fleet::Summary`].
    Sum {
        /// The fleet.
        fleet: Fleet,
    },
}

/// A fleet, as its states hand it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fleet {
    /// What marks its executions.
    pub id: FleetId,
    /// When it was started; its executions are younger.
    pub started_at: Timestamp,
    /// How many migrations it has.
    pub total: u64,
    /// How many lanes are under way at a time.
    pub concurrency: u64,
    /// After how many failures no further migration is started.
    pub stop_after_failures: u64,
}

/// A fleet that may start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arranged {
    /// The fleet.
    pub fleet: Fleet,
    /// They go first, one by one.
    pub canaries: Vec<FleetItem>,
    /// How many lanes follow.
    pub lane_count: usize,
    /// The S3 object with the lanes.
    pub lanes: ObjectPlace,
}

/// Where an S3 object is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectPlace {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

/// Whether the line goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gate {
    /// Whether a further migration may be started.
    pub go_on: bool,
    /// Why, in a sentence.
    pub why: String,
}
