//! How far one shard pair is, by both sides together. Neither side alone can be trusted: a source calls a replica
//! `online` while it still loads, and a target's link stays `up` behind a chained source that lost its own primary.

use super::{ShardObservation, ShardSample};
use crate::engine::{Link, Replication, Role};
use crate::plan::SyncRule;
use crate::{LagBytes, Seconds};
use serde::{Deserialize, Serialize};

/// The phase of a shard pair. The order is that of a migration; the phase of the whole is that of its slowest shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// A side did not answer: nothing is known of the pair at this look.
    Unseen,
    /// The link was up and is down, with no new full sync under way.
    Lost,
    /// The target does not follow the source yet.
    Connecting,
    /// The source prepares to fork, or waits for other replicas to join.
    WaitingForFork,
    /// The source sends its RDB.
    Transferring,
    /// The target reads the RDB into memory.
    Loading,
    /// Link up, lag above the rule's limit.
    CatchingUp,
    /// It was in sync and fell behind, or source and target are in different histories.
    Diverging,
    /// Link up, nothing loading, same history, lag within the rule.
    InSync,
    /// The target takes writes.
    Promoted,
}

/// A phase with the figures it was judged by.
pub(super) struct Judged {
    pub(super) phase: Phase,
    pub(super) lag: Option<LagBytes>,
    pub(super) lag_seconds: Option<f64>,
    /// Bytes a second that the source's stream grew by since the last look.
    pub(super) write_rate: Option<f64>,
}

/// Judges one shard pair. `elapsed` is the time since the previous look.
pub(super) fn judge(
    previous: Option<&ShardObservation>,
    sample: &ShardSample,
    elapsed: Option<Seconds>,
    rule: SyncRule,
) -> Judged {
    let nothing = |phase| Judged {
        phase,
        lag: None,
        lag_seconds: None,
        write_rate: None,
    };
    let Some(target) = sample.target.known().and_then(Replication::from_info) else {
        return nothing(Phase::Unseen);
    };
    let source = sample.source.known().and_then(Replication::from_info);
    let was_following = previous.is_some_and(ShardObservation::was_following);
    let link = match &target.role {
        Role::Primary if was_following => return nothing(Phase::Promoted),
        Role::Primary => return nothing(Phase::Connecting),
        Role::Replica(link) => link,
    };
    if target.loading {
        return nothing(Phase::Loading);
    }
    if !link.up {
        return nothing(phase_of_a_link_down(sample, link, was_following));
    }
    // The link is up, so only the source's word is missing: without it there is no lag, and no "in sync".
    let Some(source) = source else {
        return nothing(Phase::Unseen);
    };
    // A chained source that lost its own primary keeps its replicas' links up while it stands still.
    if source.link().is_some_and(|upstream| !upstream.up) {
        return nothing(Phase::Lost);
    }
    let (Some(source_offset), Some(target_offset)) = (source.offset, link.offset) else {
        return nothing(Phase::CatchingUp);
    };
    let lag = source_offset.lag_of(target_offset);
    let write_rate = previous
        .and_then(|previous| previous.source_offset)
        .zip(elapsed)
        .and_then(|(before, elapsed)| {
            (elapsed.0 > 0 && source_offset >= before)
                .then(|| (source_offset.0 - before.0) as f64 / elapsed.0 as f64)
        });
    let lag_seconds = match (lag, write_rate) {
        (LagBytes(0), _) => Some(0.0),
        (LagBytes(bytes), Some(rate)) if rate > 0.0 => Some((bytes as f64 / rate * 10.0).round() / 10.0),
        _ => None,
    };
    let other_history = match (&source.id, &target.id) {
        (Some(source), Some(target)) => source != target,
        // Before 4.0 there are no ids: the offsets are all there is.
        _ => false,
    };
    let within = lag <= rule.max_lag_bytes
        && lag_seconds.is_none_or(|seconds| seconds <= rule.max_lag_seconds.0 as f64);
    let was_in_sync =
        previous.is_some_and(|previous| matches!(previous.phase, Phase::InSync | Phase::Diverging));
    let phase = if other_history {
        Phase::Diverging
    } else if within {
        Phase::InSync
    } else if was_in_sync {
        Phase::Diverging
    } else {
        Phase::CatchingUp
    };
    Judged {
        phase,
        lag: Some(lag),
        lag_seconds,
        write_rate,
    }
}

/// A link that is down is on its way up, or lost. What the source says of the target tells how far it is.
fn phase_of_a_link_down(sample: &ShardSample, link: &Link, was_following: bool) -> Phase {
    match sample.source_view_of_target().as_deref() {
        Some("wait_bgsave") => Phase::WaitingForFork,
        Some("send_bulk" | "bg_transfer") => Phase::Transferring,
        // `online` with a link that is down: the RDB has been sent and the target has not begun to load it.
        Some("online") => Phase::Loading,
        _ if link.syncing => Phase::Transferring,
        _ if was_following => Phase::Lost,
        _ => Phase::Connecting,
    }
}
