//! How far one shard pair is, by both sides together. Neither side alone can be trusted: a source calls a replica
//! `online` while it still loads, and a target's link stays `up` behind a chained source that lost its own primary.

use super::{Phase, ShardObservation, ShardSample};
use crate::engine::{Info, Link, Replication, Role};
use crate::plan::SyncRule;
use crate::{LagBytes, ReplicationOffset, Seconds};

/// What a source adds to its stream every ten seconds without any write: one PING, 14 bytes
/// (`repl-ping-replica-period`, replication.c). A lag of this much is a PING on its way, not a write.
const PING: u64 = 14;

/// A phase with the figures it was judged by.
pub(super) struct Judged {
    pub(super) phase: Phase,
    /// Whether the target's link was up and its data whole at this look.
    pub(super) linked: bool,
    pub(super) lag: Option<LagBytes>,
    pub(super) lag_seconds: Option<f64>,
}

impl Judged {
    fn only(phase: Phase) -> Judged {
        Judged {
            phase,
            linked: false,
            lag: None,
            lag_seconds: None,
        }
    }

    fn linked(phase: Phase) -> Judged {
        Judged {
            linked: true,
            ..Judged::only(phase)
        }
    }
}

/// Where the source's stream is: its own word, or that of the root behind a chained source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) offset: ReplicationOffset,
    /// The history that the offset counts in.
    pub(super) history: Option<String>,
}

/// Judges one shard pair. `write_rate` is in bytes a second; `resharding` is whether ElastiCache moves slots.
pub(super) fn judge(
    previous: Option<&ShardObservation>,
    sample: &ShardSample,
    write_rate: Option<f64>,
    rule: SyncRule,
    resharding: bool,
) -> Judged {
    let followed = previous.is_some_and(|previous| previous.followed);
    let last = previous.and_then(ShardObservation::last_seen);
    let Some(target) = sample.target.known().and_then(Replication::from_info) else {
        return Judged::only(Phase::Unseen);
    };
    let link = match &target.role {
        Role::Primary if followed => return Judged::only(Phase::Promoted),
        Role::Primary if resharding && matches!(last, None | Some(Phase::Resharding | Phase::Connecting)) => {
            return Judged::only(Phase::Resharding);
        }
        Role::Primary => return Judged::only(Phase::Connecting),
        Role::Replica(link) => link,
    };
    if target.loading {
        return Judged::only(Phase::Loading);
    }
    if !link.up {
        return Judged::only(link_down(sample, link, followed));
    }
    // The link is up, so only the source's word is missing: without it there is no lag, and no "in sync".
    let Some(source) = sample.source.known().and_then(Replication::from_info) else {
        return Judged::only(Phase::Unseen);
    };
    // A source that reads its own RDB was restarted, and the target has not noticed yet.
    if source.loading || !has_its_root(sample, &source) {
        return Judged::linked(Phase::Lost);
    }
    link_up(
        last,
        target.id.as_deref().zip(link.offset),
        position(sample),
        write_rate,
        rule,
    )
}

/// A link that is down is on its way up, or lost. What the source says of the target tells how far it is.
fn link_down(sample: &ShardSample, link: &Link, followed: bool) -> Phase {
    match sample.source_view_of_target().as_deref() {
        // A source without a disk says so until the last byte is sent: what has arrived tells more.
        Some("wait_bgsave") if receives(sample) => Phase::Transferring,
        Some("wait_bgsave") => Phase::WaitingForFork,
        Some("send_bulk" | "bg_transfer") => Phase::Transferring,
        // The RDB has been sent and the target has not begun to load it. Without a sync under way the source's word is
        // an old one: it has not noticed that the link is gone.
        Some("online") if link.syncing => Phase::Loading,
        _ if link.syncing => Phase::Transferring,
        _ if followed => Phase::Lost,
        _ => Phase::Connecting,
    }
}

/// Whether bytes of the RDB have arrived at the target in this sync (targets from 6.2 on tell).
fn receives(sample: &ShardSample) -> bool {
    let target = sample.target.known();
    target
        .and_then(|info| info.count("master_sync_read_bytes"))
        .is_some_and(|bytes| bytes > 0)
}

/// A link that is up: the lag decides, where both offsets count in one history.
fn link_up(
    last: Option<Phase>,
    target: Option<(&str, ReplicationOffset)>,
    source: Option<Position>,
    write_rate: Option<f64>,
    rule: SyncRule,
) -> Judged {
    let was_in_sync = matches!(last, Some(Phase::InSync | Phase::Diverging));
    let behind = if was_in_sync {
        Phase::Diverging
    } else {
        Phase::CatchingUp
    };
    let (Some((target_history, target_offset)), Some(source)) = (target, source) else {
        return Judged::linked(behind);
    };
    match source.history {
        Some(history) if history == target_history => {}
        Some(_) => return Judged::linked(Phase::Diverging),
        None => return Judged::linked(behind),
    }
    let lag = source.offset.lag_of(target_offset);
    let lag_seconds = in_seconds(lag, write_rate);
    let within = lag <= rule.max_lag_bytes
        && lag_seconds.is_none_or(|seconds| seconds <= rule.max_lag_seconds.0 as f64);
    Judged {
        phase: if within { Phase::InSync } else { behind },
        linked: true,
        lag: Some(lag),
        lag_seconds,
    }
}

/// A lag in seconds of the present write rate; none where the rate is not known or nothing is written.
fn in_seconds(lag: LagBytes, write_rate: Option<f64>) -> Option<f64> {
    match (lag, write_rate) {
        (LagBytes(bytes), _) if bytes <= PING => Some(0.0),
        (LagBytes(bytes), Some(rate)) if rate > 0.0 => Some((bytes as f64 / rate * 10.0).round() / 10.0),
        _ => None,
    }
}

/// Whether a source that is itself a replica still follows the primary it had. A chained source that lost its primary
/// keeps its replicas' links up while it stands still.
fn has_its_root(sample: &ShardSample, source: &Replication) -> bool {
    let Some(upstream) = source.link() else {
        return true;
    };
    let root = sample
        .root
        .as_ref()
        .and_then(|root| root.known())
        .and_then(Replication::from_info);
    // Ids are the same all along a chain; before 4.0 there are none to compare.
    let same_history = match (root.and_then(|root| root.id), &source.id) {
        (Some(root), Some(source)) => root == *source,
        _ => true,
    };
    upstream.up && !source.loading && same_history
}

/// The position the target has to reach.
pub(super) fn position(sample: &ShardSample) -> Option<Position> {
    let info = sample.source.known()?;
    let source = Replication::from_info(info)?;
    let root = sample
        .root
        .as_ref()
        .and_then(|root| root.known())
        .and_then(Replication::from_info)
        .filter(|root| root.id.is_some() && root.id == source.id);
    Some(Position {
        // Offsets count alike all along a chain of one history, so the root's is the one to reach.
        offset: root.and_then(|root| root.offset).or(source.offset)?,
        history: history(info, &source),
    })
}

/// The history a source is in. Before 4.0 a source names its stream by its run id, and that is what its replicas keep as
/// `master_replid` (seen with Redis 2.8.21 and Valkey 8.0.1).
fn history(info: &Info, source: &Replication) -> Option<String> {
    match info.text("master_replid") {
        Some(_) => source.id.clone(),
        None => info.text("run_id").filter(|id| !id.is_empty()).map(str::to_owned),
    }
}

/// Bytes a second by which the source's stream grew since the last look, within one history.
pub(super) fn write_rate(
    previous: Option<&ShardObservation>,
    now: Option<&Position>,
    elapsed: Option<Seconds>,
) -> Option<f64> {
    let (previous, now) = (previous?, now?);
    let (before, Seconds(elapsed)) = (previous.source_offset?, elapsed?);
    let comparable = elapsed > 0 && now.offset >= before && previous.source_id == now.history;
    comparable.then(|| ((now.offset.0 - before.0) as f64 / elapsed as f64).round())
}
