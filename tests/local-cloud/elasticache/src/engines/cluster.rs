//! Forming a real cluster out of engines in cluster mode, and giving its slots to the shards that shall have them.

use std::collections::HashMap;
use std::time::Duration;

use redis::Value;
use tokio::time::{Instant, sleep};

use super::EngineError;
use super::cluster_nodes::{self, Seen};
use super::control::Control;
use crate::state::{Layout, SLOTS};

/// An engine of a cluster.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// What errors call it.
    pub(super) name: String,
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) shard: usize,
    pub(super) primary: bool,
    pub(super) control: Control,
    /// The name of MIGRATE at this engine.
    pub(super) migrate: String,
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Assigns the slots, makes the engines meet, and puts the replicas behind their primaries.
pub(super) async fn form(members: &[Member], layout: &Layout) -> Result<(), EngineError> {
    let Some(first) = members.first() else {
        return Ok(());
    };
    for (number, member) in members.iter().enumerate() {
        // Distinct epochs from the start; else the nodes quarrel about them for some seconds.
        let epoch = (number + 1).to_string();
        member.cluster(&["SET-CONFIG-EPOCH", &epoch]).await?;
        if member.primary {
            member.slots("ADDSLOTS", layout.slots(member.shard)).await?;
        }
        first
            .cluster(&["MEET", &member.address, &member.port.to_string()])
            .await?;
    }
    // All are primaries yet; one that has only been heard of is not called one.
    wait("every node knows every other", members, |_, known| {
        known.iter().filter(|node| node.primary).count() >= members.len()
    })
    .await?;
    for replica in members.iter().filter(|member| !member.primary) {
        let id = primary(members, replica.shard)?.id().await?;
        replica.cluster(&["REPLICATE", &id]).await?;
    }
    settled(members, layout).await
}

/// Gives every slot to the shard that shall have it, with its keys. What is right is left alone, so this may follow on an
/// attempt that was broken off. That every node knows is for [`settled`] to see.
pub(super) async fn arrange(members: &[Member], layout: &Layout) -> Result<(), EngineError> {
    let primaries: Vec<_> = members.iter().filter(|member| member.primary).collect();
    for member in &primaries {
        let surplus = member.surplus(layout).await?;
        for slot in member.with_keys(&surplus).await? {
            let new = primary(members, layout.owner(slot))?;
            hand_over(slot, member, new).await?;
        }
        member.slots("DELSLOTS", member.surplus(layout).await?).await?;
    }
    for member in &primaries {
        let seen = member.seen().await?;
        let mine = owned(seen.iter().filter(|node| node.myself));
        let missing: Vec<_> = layout.slots(member.shard).filter(|slot| !mine[*slot]).collect();
        let [most @ .., last] = &missing[..] else {
            continue;
        };
        // Its idea of the former owner is out of date. A higher epoch makes the others believe the new one.
        let taken = owned(&seen);
        let stale = missing.iter().copied().filter(|slot| taken[*slot]);
        member.slots("DELSLOTS", stale).await?;
        member.cluster(&["BUMPEPOCH"]).await?;
        member.slots("ADDSLOTS", most.iter().copied()).await?;
        // The end of an import is told to every node at once; other news travel for seconds.
        let other = seen.iter().find(|node| node.primary && !node.myself);
        if let Some(other) = other {
            import(&last.to_string(), member, &other.id).await?;
        } else {
            member.slots("ADDSLOTS", [*last]).await?;
        }
    }
    Ok(())
}

async fn import(slot: &str, member: &Member, from: &str) -> Result<(), EngineError> {
    member.cluster(&["SETSLOT", slot, "IMPORTING", from]).await?;
    let id = member.id().await?;
    member.cluster(&["SETSLOT", slot, "NODE", &id]).await.map(drop)
}

/// Moves one slot with its keys, in the way of `redis-cli --cluster reshard`.
async fn hand_over(slot: usize, old: &Member, new: &Member) -> Result<(), EngineError> {
    let (slot, port) = (slot.to_string(), new.port.to_string());
    let (old_id, new_id) = (old.id().await?, new.id().await?);
    new.cluster(&["SETSLOT", &slot, "IMPORTING", &old_id]).await?;
    old.cluster(&["SETSLOT", &slot, "MIGRATING", &new_id]).await?;
    loop {
        let keys = old.cluster(&["GETKEYSINSLOT", &slot, "100"]).await?;
        let keys: Vec<String> = redis::from_redis_value(keys).unwrap_or_default();
        if keys.is_empty() {
            break;
        }
        let mut words = vec![old.migrate.as_str(), &new.address, &port, "", "0", "5000", "KEYS"];
        words.extend(keys.iter().map(String::as_str));
        old.control.command(&words).await?;
    }
    for member in [new, old] {
        member.cluster(&["SETSLOT", &slot, "NODE", &new_id]).await?;
    }
    Ok(())
}

/// Waits until the cluster is whole and every node knows who has which slots.
pub(super) async fn settled(members: &[Member], layout: &Layout) -> Result<(), EngineError> {
    let mut shards = HashMap::new();
    for member in members.iter().filter(|member| member.primary) {
        shards.insert(member.id().await?, member.shard);
    }
    let replicas = members.iter().filter(|member| !member.primary).count();
    wait("cluster_state is ok", members, |info, known| {
        let agrees = |node: &Seen| {
            let shard = shards.get(&node.id);
            node.slots
                .iter()
                .cloned()
                .flatten()
                .all(|slot| slot < SLOTS && shard == Some(&layout.owner(slot)))
        };
        info.contains("cluster_state:ok")
            && owned(known).iter().all(|taken| *taken)
            && known.iter().all(agrees)
            // A dead one is no member here, and the others still know it.
            && known.iter().filter(|node| !node.primary).count() >= replicas
    })
    .await
}

async fn wait(
    what: &str,
    members: &[Member],
    good: impl Fn(&str, &[Seen]) -> bool,
) -> Result<(), EngineError> {
    let deadline = Instant::now() + PATIENCE;
    for member in members {
        loop {
            let info = member.cluster(&["INFO"]).await?;
            let info: String = redis::from_redis_value(info).unwrap_or_default();
            if good(&info, &member.seen().await?) {
                break;
            }
            if Instant::now() > deadline {
                return Err(EngineError::Timeout {
                    what: format!("{what} ({})", member.name),
                });
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

fn primary(members: &[Member], shard: usize) -> Result<&Member, EngineError> {
    members
        .iter()
        .find(|member| member.primary && member.shard == shard)
        .ok_or_else(|| EngineError::Cluster(format!("shard {shard} has no primary")))
}

/// For each slot, whether one of these nodes has it.
fn owned<'s>(nodes: impl IntoIterator<Item = &'s Seen>) -> Vec<bool> {
    let mut taken = vec![false; SLOTS];
    for slot in nodes
        .into_iter()
        .flat_map(|node| node.slots.iter().cloned().flatten())
    {
        if let Some(taken) = taken.get_mut(slot) {
            *taken = true;
        }
    }
    taken
}

impl Member {
    async fn cluster(&self, words: &[&str]) -> Result<Value, EngineError> {
        let words: Vec<_> = ["CLUSTER"].iter().chain(words).copied().collect();
        self.control.command(&words).await
    }

    /// ADDSLOTS or DELSLOTS, whose variants with ranges came with Redis 7.0.
    async fn slots(&self, command: &str, slots: impl IntoIterator<Item = usize>) -> Result<(), EngineError> {
        let slots: Vec<_> = slots.into_iter().map(|slot| slot.to_string()).collect();
        if slots.is_empty() {
            return Ok(());
        }
        let words: Vec<_> = [command]
            .into_iter()
            .chain(slots.iter().map(String::as_str))
            .collect();
        self.cluster(&words).await.map(drop)
    }

    async fn seen(&self) -> Result<Vec<Seen>, EngineError> {
        let reply = self.cluster(&["NODES"]).await?;
        let text: String = redis::from_redis_value(reply).unwrap_or_default();
        Ok(cluster_nodes::parse(&text))
    }

    async fn id(&self) -> Result<String, EngineError> {
        let reply = self.cluster(&["MYID"]).await?;
        Ok(redis::from_redis_value(reply).unwrap_or_default())
    }

    /// The slots that it has and shall not have.
    async fn surplus(&self, layout: &Layout) -> Result<Vec<usize>, EngineError> {
        let seen = self.seen().await?;
        let mine = owned(seen.iter().filter(|node| node.myself));
        Ok((0..SLOTS)
            .filter(|&slot| mine[slot] && layout.owner(slot) != self.shard)
            .collect())
    }

    /// Those of the slots that hold keys.
    async fn with_keys(&self, slots: &[usize]) -> Result<Vec<usize>, EngineError> {
        let reply = self.control.command(&["DBSIZE"]).await?;
        if matches!(reply, Value::Int(0)) || slots.is_empty() {
            return Ok(Vec::new());
        }
        let failed = |source| EngineError::Command {
            port: self.port,
            command: "CLUSTER".to_owned(),
            source,
        };
        let mut connection = self.control.connect().await.map_err(failed)?;
        let mut counts = redis::pipe();
        for slot in slots {
            counts.cmd("CLUSTER").arg("COUNTKEYSINSLOT").arg(*slot);
        }
        let counts: Vec<usize> = counts.query_async(&mut connection).await.map_err(failed)?;
        let held = slots.iter().zip(counts).filter(|(_, count)| *count > 0);
        Ok(held.map(|(slot, _)| *slot).collect())
    }
}
