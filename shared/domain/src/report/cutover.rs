//! The cutover as the report shows it: who approved which verdict, how the writers were stopped, what AWS answered, what
//! is proven, and what is handed over.

use crate::contract::cutover::{Handover, Released};
use crate::cutover::{Approval, CutoverVerdict, Fence, Setting};
use crate::plan::FenceKind;
use crate::{Endpoint, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An approval that was taken, and the verdict that it was for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approved {
    /// Who, when, by a person or by the plan, and the verdict's digest.
    #[serde(flatten)]
    pub approval: Approval,
    /// The verdict as it was drawn up; none where it is not in the history that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<CutoverVerdict>,
}

/// The last cutover that was tried.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cutover {
    /// How many were tried.
    pub attempts: u32,
    /// What stopped the source's writers, source by source.
    pub fences: Vec<Fenced>,
    /// What does not hold of the fence as a person might think.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caveats: Vec<String>,
    /// How often CompleteMigration was asked for.
    pub requests: u32,
    /// When the target was seen to take writes; none where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoted_at: Option<Timestamp>,
    /// From the first source's fence to the moment at which the target was seen to take writes: the longest that a writer
    /// was held up, in milliseconds. It includes the time until the workflow looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_pause_millis: Option<u64>,
    /// The proof, and what the applications need now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
    /// What became of the fence, where the cutover was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
}

/// One source's fence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fenced {
    /// The target shard that follows it.
    pub shard: ShardId,
    /// Where it listens.
    pub source: Endpoint,
    /// Its version.
    pub version: String,
    /// What the plan asked for.
    pub kind: FenceKind,
    /// The settings that were changed, with their old values.
    pub settings: Vec<Setting>,
    /// When its writers were stopped; none where they were not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl Cutover {
    /// Takes over what a fence says now.
    pub(super) fn take(&mut self, fence: &Fence) {
        self.caveats.clone_from(&fence.caveats);
        self.fences = fence
            .primaries
            .iter()
            .map(|primary| Fenced {
                shard: primary.shard.clone(),
                source: primary.source.clone(),
                version: primary.version.clone(),
                kind: fence.kind,
                settings: primary.settings.clone(),
                at: primary.mark.as_ref().map(|mark| mark.at),
            })
            .collect();
    }

    /// The target was seen to take writes.
    pub(super) fn promoted(&mut self, at: Timestamp) {
        let at = *self.promoted_at.get_or_insert(at);
        self.write_pause_millis = self
            .fences
            .iter()
            .filter_map(|fence| fence.at)
            .min()
            .and_then(|since| u64::try_from(at.duration_since(since).as_millis()).ok());
    }
}
