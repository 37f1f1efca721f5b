//! Which primary owns which slots, as a cluster says itself.

use super::wire::{Reply, Unread, Wire};
use domain::Endpoint;
use domain::verify::SlotOwner;
use std::collections::BTreeMap;

/// Asks a node of a cluster for CLUSTER SLOTS. `whose` names the side in errors. A node that does not know its own address
/// gives an empty one: it is the node that was asked.
///
/// # Errors
/// Where the node cannot be read, or knows no cluster.
pub async fn slot_owners(node: &Endpoint, whose: &str) -> Result<Vec<SlotOwner>, Unread> {
    let mut wire = Wire::connect(node, whose).await?;
    let reply = wire.ask(&[b"CLUSTER", b"SLOTS"]).await?;
    let mut owners: BTreeMap<Endpoint, Vec<(u16, u16)>> = BTreeMap::new();
    for range in reply.elements() {
        let mut parts = range.elements();
        let mut slot = || {
            parts
                .next()
                .and_then(Reply::integer)
                .and_then(|slot| u16::try_from(slot).ok())
        };
        let (Some(first), Some(last)) = (slot(), slot()) else {
            continue;
        };
        let Some(primary) = parts.next() else { continue };
        let mut primary = primary.elements();
        let address = String::from_utf8_lossy(primary.next().map_or(&[], Reply::text)).into_owned();
        let port = primary
            .next()
            .and_then(Reply::integer)
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(node.port);
        let address = if address.is_empty() {
            node.address.clone()
        } else {
            address
        };
        owners
            .entry(Endpoint { address, port })
            .or_default()
            .push((first, last));
    }
    Ok(owners
        .into_iter()
        .map(|(primary, ranges)| SlotOwner { primary, ranges })
        .collect())
}
