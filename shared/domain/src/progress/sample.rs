//! One look at a shard pair: what both sides answered to INFO, the source first.

use crate::engine::Info;
use crate::{Observed, ShardId};

/// Both sides of a shard pair. The source is asked first and the target second, so that a target that is level can only
/// be at or past the source's offset.
#[derive(Clone, Debug)]
pub struct ShardSample {
    /// Which shard of the target.
    pub shard: ShardId,
    /// INFO of the source that owns the same slots.
    pub source: Observed<Info>,
    /// INFO of the target's primary.
    pub target: Observed<Info>,
    /// The target primary's address as the source would see it: its IP address, where the name was resolved.
    pub target_address: Option<String>,
}

impl ShardSample {
    /// The state in which the source lists the target: by address and port, else the only replica there is.
    /// A dual-channel sync (Valkey 8) lists one replica twice; its RDB channel tells nothing about the stream.
    pub(super) fn source_view_of_target(&self) -> Option<String> {
        let replicas: Vec<_> = self
            .source
            .known()?
            .replicas()
            .into_iter()
            .filter(|replica| replica.kind.as_deref() != Some("rdb-channel"))
            .collect();
        let by_address = replicas
            .iter()
            .find(|replica| Some(&replica.address) == self.target_address.as_ref());
        match (by_address, replicas.as_slice()) {
            (Some(replica), _) => Some(replica.state.clone()),
            (None, [only]) => Some(only.state.clone()),
            _ => None,
        }
    }
}
