//! Who owns which slots, on both sides, as far as it was read: what T6 and T21 compare.

use super::super::{Facts, Verdict};
use crate::Observed;
use crate::target::{ReplicationGroup, Slots};

/// The slots of each of the source's masters. A source that is no cluster is one master without slots.
pub(super) enum SourceLayout {
    /// Cluster mode is off at the source.
    Single,
    /// Cluster mode is on: each master's slots, or why they were not read.
    Cluster(Observed<Vec<Slots>>),
}

pub(super) fn of_source(facts: &Facts) -> Result<SourceLayout, Verdict> {
    let info = facts.source.info()?;
    if info.is_set("cluster_enabled") {
        return Ok(SourceLayout::Cluster(facts.source.slots()));
    }
    // 2.8 knows no cluster mode and does not tell.
    Ok(SourceLayout::Single)
}

/// The slots of each of the target's shards; fails where AWS gave none or gave what cannot be read.
pub(super) fn of_target(group: &ReplicationGroup) -> Result<Vec<Slots>, Verdict> {
    group
        .shards
        .iter()
        .map(|shard| match shard.slots.as_deref().map(str::parse::<Slots>) {
            Some(Ok(slots)) => Ok(slots),
            Some(Err(why)) => Err(Verdict::unknown(
                format!("the slots of shard {}: {why}", shard.id),
                "",
            )),
            None => Err(Verdict::unknown(
                format!("DescribeReplicationGroups gave no slots for shard {}", shard.id),
                "",
            )),
        })
        .collect()
}
