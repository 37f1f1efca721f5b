//! One look at a shard pair: what both sides answered to INFO, the source first.

use crate::engine::{Info, ReplicaLine};
use crate::{Observed, ShardId};

/// Both sides of a shard pair. The source is asked first and the target last, so that a target that is level can only be
/// at or past the source's offset.
#[derive(Clone, Debug)]
pub struct ShardSample {
    /// Which shard of the target.
    pub shard: ShardId,
    /// INFO of the source that owns the same slots.
    pub source: Observed<Info>,
    /// INFO of the primary at the top of the chain, where the source is itself a replica.
    pub root: Option<Observed<Info>>,
    /// INFO of the target's primary.
    pub target: Observed<Info>,
    /// The target primary's address as the source would see it: its IP address, where the name was resolved.
    pub target_address: Option<String>,
    /// The port on which the target's primary listens, which it announces to the source.
    pub target_port: Option<u16>,
}

impl ShardSample {
    /// The state in which the source lists the target: by address and port, by address, else the only one that is being
    /// fed. Behind a NAT or a load balancer the address is another one, and then a replica that is `online` may be
    /// anybody's. A dual-channel sync (Valkey 8) lists one replica twice; its RDB channel tells nothing of the stream.
    pub(super) fn source_view_of_target(&self) -> Option<String> {
        let replicas: Vec<ReplicaLine> = self
            .source
            .known()?
            .replicas()
            .into_iter()
            .filter(|replica| replica.kind.as_deref() != Some("rdb-channel"))
            .collect();
        let at_address = |replica: &&ReplicaLine| Some(&replica.address) == self.target_address.as_ref();
        let mut fed = replicas.iter().filter(|replica| replica.state != "online");
        replicas
            .iter()
            .filter(at_address)
            .find(|replica| Some(replica.port) == self.target_port)
            .or_else(|| only(replicas.iter().filter(at_address)))
            .or_else(|| only(fed.by_ref()))
            .map(|replica| replica.state.clone())
    }
}

/// The only item, where there is exactly one.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}
