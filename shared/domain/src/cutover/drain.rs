//! Whether the last bytes have arrived. The source's stream never stands quite still: each `repl-ping-replica-period`
//! (10 s by default, 1 s at least) it grows by a PING, during a pause too, so "the offset stopped moving" is no measure.
//! What counts is that the target is at or past the place where the source was when the fence went up. Sources:
//! `replicationCron` in `src/replication.c`, `src/config.c`.

use super::{Fence, Mark};
use crate::engine::Replication;
use crate::{LagBytes, Observed, Seconds, ShardId};

/// One PING to the replicas, in bytes, as it stands in the stream: `*1\r\n$4\r\nPING\r\n`.
const PING: u64 = 14;

/// Whether so many bytes of a fenced source's stream can be its pings of that time and nothing else.
#[must_use]
pub fn only_pings(bytes: u64, within: Seconds) -> bool {
    bytes.is_multiple_of(PING) && bytes / PING <= within.0 + 1
}

/// Whether a target has everything up to a mark, or what it lacks, in words.
///
/// # Errors
/// What is missing, or why nothing can be said.
fn arrived(mark: &Mark, target: &Observed<Replication>) -> Result<(), String> {
    let target = match target {
        Observed::Known(target) => target,
        Observed::Unknown(why) => return Err(format!("the target could not be asked: {why}")),
    };
    let Some(link) = target.link() else {
        return Err("the target follows nobody".to_owned());
    };
    let other_history =
        matches!((&mark.history, &target.id), (Some(source), Some(target)) if source != target);
    if other_history {
        return Err("the target follows another history than the source's".to_owned());
    }
    if target.loading || !link.up {
        return Err("the target's link to the source is down".to_owned());
    }
    let Some(offset) = link.offset else {
        return Err("the target does not say how far it is".to_owned());
    };
    match mark.offset.lag_of(offset) {
        LagBytes(0) => Ok(()),
        lag => Err(format!("{lag} are still on their way")),
    }
}

/// What the first shard of a fence still lacks, in words; none where every target has everything up to its source's mark.
#[must_use]
pub fn missing(fence: &Fence, targets: &[(ShardId, Observed<Replication>)]) -> Option<String> {
    fence.primaries.iter().find_map(|primary| {
        let target = targets.iter().find(|(shard, _)| *shard == primary.shard);
        let missing = match (&primary.mark, target) {
            (Some(mark), Some((_, target))) => arrived(mark, target).err()?,
            (None, _) => "the fence is not up".to_owned(),
            (_, None) => "the group has no such shard any more".to_owned(),
        };
        Some(format!("shard {}: {missing}", primary.shard))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReplicationOffset;
    use crate::engine::Info;

    fn target(text: &str) -> Observed<Replication> {
        Observed::Known(Replication::from_info(&Info::parse(text)).expect("a role"))
    }

    fn mark(offset: u64) -> Mark {
        Mark {
            at: jiff::Timestamp::UNIX_EPOCH,
            history: Some("aa".to_owned()),
            offset: ReplicationOffset(offset),
            paused_until: None,
            refuses: false,
        }
    }

    fn following(offset: u64) -> Observed<Replication> {
        target(&format!(
            "role:slave\r\nmaster_link_status:up\r\nmaster_replid:aa\r\nslave_repl_offset:{offset}\r\n"
        ))
    }

    #[test]
    fn a_target_at_or_past_the_mark_has_everything() {
        assert_eq!(arrived(&mark(100), &following(100)), Ok(()));
        // A ping came after the fence.
        assert_eq!(arrived(&mark(100), &following(114)), Ok(()));
        assert!(arrived(&mark(101), &following(100)).is_err());
    }

    #[test]
    fn a_target_that_cannot_be_trusted_has_nothing() {
        for target in [
            target("role:master\r\nmaster_replid:aa\r\n"),
            target("role:slave\r\nmaster_link_status:down\r\nmaster_replid:aa\r\nslave_repl_offset:900\r\n"),
            target("role:slave\r\nmaster_link_status:up\r\nmaster_replid:bb\r\nslave_repl_offset:900\r\n"),
            target(
                "role:slave\r\nmaster_link_status:up\r\nmaster_replid:aa\r\nslave_repl_offset:900\r\nloading:1\r\n",
            ),
            Observed::Unknown("no answer".to_owned()),
        ] {
            assert!(arrived(&mark(100), &target).is_err());
        }
    }

    #[test]
    fn every_shard_s_own_target_is_held_against_its_own_mark() {
        let primary = |shard: &str, offset: Option<u64>| {
            serde_json::json!({
                "shard": shard, "source": {"address": "10.0.0.1", "port": 6379}, "version": "Redis 7.0.15",
                "means": {"refusesFromTheStart": false, "setting": "min-replicas-to-write",
                          "refusalStopsScripts": true},
                "settings": [],
                "mark": offset.map(|offset| serde_json::to_value(mark(offset)).expect("a mark")),
            })
        };
        let fence = |primaries: [serde_json::Value; 2]| -> Fence {
            serde_json::from_value(serde_json::json!({
                "replicationGroupId": "orders", "kind": "pause", "armedAt": "2026-11-24T00:00:00Z",
                "deadline": "2026-11-24T00:00:30Z", "pauseSeconds": 60, "primaries": primaries
            }))
            .expect("a fence")
        };
        let both = fence([primary("0001", Some(100)), primary("0002", Some(900))]);
        let targets = |first: u64, second: u64| {
            [
                (ShardId("0001".to_owned()), following(first)),
                (ShardId("0002".to_owned()), following(second)),
            ]
        };
        assert_eq!(missing(&both, &targets(100, 900)), None);
        let lacks = missing(&both, &targets(900, 100)).expect("the second lacks something");
        assert!(lacks.starts_with("shard 0002: 800 "), "{lacks}");
        let gone = missing(&both, &targets(100, 900)[..1]).expect("a shard is gone");
        assert!(
            gone.starts_with("shard 0002: the group has no such shard"),
            "{gone}"
        );
        let half = fence([primary("0001", Some(100)), primary("0002", None)]);
        let not_up = missing(&half, &targets(100, 900)).expect("half a fence");
        assert_eq!(not_up, "shard 0002: the fence is not up");
    }

    #[test]
    fn pings_are_told_from_writes() {
        assert!(only_pings(0, Seconds(0)));
        assert!(only_pings(28, Seconds(20)));
        assert!(!only_pings(27, Seconds(20)));
        // One a second at the most, and one that was due just then.
        assert!(only_pings(14 * 21, Seconds(20)));
        assert!(!only_pings(14 * 22, Seconds(20)));
        assert!(!only_pings(14 * 50, Seconds(20)));
    }
}
