//! The look itself: samples become shard observations, these the whole, and the whole a decision.

use super::decide::{Decision, decide};
use super::observation::{Observation, Progress, ProgressSource, ShardObservation, Stage};
use super::{Phase, ShardSample, phase};
use crate::cutover::{Epoch, longest_wait};
use crate::engine::{Info, Replication};
use crate::plan::{Plan, Polling};
use crate::preflight::PreflightReport;
use crate::signal::Signal;
use crate::target::{Event, GroupStatus};
use crate::{Bytes, Observed, Seconds};
use jiff::Timestamp;

/// How many events an observation keeps: enough to read what happened, few enough for any history.
const EVENTS_KEPT: usize = 10;

/// What was just seen, and what woke the migration.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// When.
    pub now: Timestamp,
    /// The migration's id: the name of its execution.
    pub migration_id: &'a str,
    /// What the user asked for.
    pub plan: &'a Plan,
    /// What preflight found.
    pub preflight: &'a PreflightReport,
    /// What the migration waits for.
    pub stage: &'a Stage,
    /// The group's status.
    pub status: Observed<GroupStatus>,
    /// The group's events since the stage's watermark.
    pub events: Vec<Event>,
    /// Both sides of every shard.
    pub samples: Vec<ShardSample>,
    /// What woke the migration, if something did.
    pub signal: Option<&'a Signal>,
}

/// One look: the next observation from the last one and what was seen.
#[must_use]
pub fn observe(previous: Option<&Observation>, seen: &Seen<'_>) -> Observation {
    let elapsed = previous.map(|previous| Seconds::between(previous.at, seen.now));
    let shards: Vec<ShardObservation> = seen
        .samples
        .iter()
        .map(|sample| {
            let before = previous.and_then(|p| p.shards.iter().find(|shard| shard.shard == sample.shard));
            observe_shard(before, sample, elapsed, seen.plan)
        })
        .collect();

    // A new stage starts counting afresh.
    let same_stage = previous.filter(|previous| previous.stage.name == seen.stage.name);
    let in_sync = !shards.is_empty() && shards.iter().all(|shard| shard.phase == Phase::InSync);
    let before_in_sync = previous.map_or(0, |previous| previous.in_sync_samples);
    let lost_sync = !in_sync && before_in_sync >= seen.plan.sync.samples;
    let idle = same_stage.is_some_and(|previous| previous.left_available)
        && matches!(seen.status.known(), Some(GroupStatus::Available));
    let busy = seen
        .status
        .known()
        .is_some_and(|status| *status != GroupStatus::Available);

    let epoch = Epoch::of(previous, lost_sync, seen);
    let postponed_until = previous
        .and_then(|previous| previous.postponed_until)
        .filter(|until| *until > seen.now);
    // Once a postponement ends people are told again.
    let postponement_over =
        postponed_until.is_none() && previous.is_some_and(|p| p.postponed_until.is_some());

    let slowest = shards.iter().min_by_key(|shard| shard.phase);
    let mut observation = Observation {
        at: seen.now,
        stage: seen.stage.clone(),
        status: seen.status.clone(),
        phase: slowest.map_or(Phase::Unseen, |shard| shard.phase),
        progress: slowest.and_then(|shard| shard.progress),
        received: sum(shards.iter().filter_map(|shard| shard.received)),
        lag: shards.iter().filter_map(|shard| shard.lag).max(),
        lag_seconds: shards
            .iter()
            .filter_map(|shard| shard.lag_seconds)
            .reduce(f64::max),
        eta: None,
        in_sync_samples: if in_sync {
            before_in_sync.saturating_add(1)
        } else {
            0
        },
        sync_epoch: epoch.number,
        epoch_since: Some(epoch.since),
        attempts: epoch.attempts,
        announced: previous
            .and_then(|previous| previous.announced.clone())
            .filter(|_| !postponement_over),
        postponed_until,
        approval: None,
        idle_samples: if idle {
            same_stage.map_or(0, |previous| previous.idle_samples) + 1
        } else {
            0
        },
        left_available: same_stage.is_some_and(|previous| previous.left_available) || busy,
        events: newest(&seen.events),
        verdict: None,
        next: super::Next::Wait,
        wait_seconds: Seconds(1),
        why: String::new(),
        shards,
    };
    observation.eta = eta(previous, &observation);
    let Decision {
        next,
        stage,
        verdict,
        why,
        epoch_over,
        approval,
        postponed_until,
    } = decide(previous, &observation, seen);
    observation.next = next;
    if next == super::Next::Ready {
        observation.announced = verdict.as_ref().map(|verdict| verdict.digest.clone());
    }
    observation.verdict = verdict;
    observation.approval = approval;
    observation.postponed_until = postponed_until.or(observation.postponed_until);
    observation.why = why;
    observation.sync_epoch += u32::from(epoch_over);
    observation.wait_seconds = wait(&observation, seen.plan.polling);
    if let Some(longest) = longest_wait(&observation, seen) {
        observation.wait_seconds = observation.wait_seconds.min(longest);
    }
    if let Some(stage) = stage {
        observation.stage = stage;
    }
    observation
}

fn observe_shard(
    before: Option<&ShardObservation>,
    sample: &ShardSample,
    elapsed: Option<Seconds>,
    plan: &Plan,
) -> ShardObservation {
    let judged = phase::judge(before, sample, elapsed, plan.sync);
    let source = sample.source.known().and_then(Replication::from_info);
    let following = matches!(judged.phase, Phase::CatchingUp | Phase::InSync | Phase::Diverging);
    ShardObservation {
        shard: sample.shard.clone(),
        phase: judged.phase,
        progress: progress(judged.phase, sample),
        received: sample
            .target
            .known()
            .and_then(|info| info.bytes("master_sync_read_bytes")),
        lag: judged.lag,
        lag_seconds: judged.lag_seconds,
        write_rate: judged.write_rate,
        source_offset: source.as_ref().and_then(|source| source.offset),
        source_id: source.and_then(|source| source.id),
        followed: following || before.is_some_and(|before| before.followed),
        unseen: match (sample.source.why_unknown(), sample.target.why_unknown()) {
            (Some(source), Some(target)) => Some(format!("source: {source}; target: {target}")),
            (Some(source), None) => Some(format!("source: {source}")),
            (None, Some(target)) => Some(format!("target: {target}")),
            (None, None) => None,
        },
    }
}

/// The best figure for a phase. None is better than a wrong one: a diskless transfer gives a total of 0 and a percentage
/// of `-0.00`, and before the header the total is -1.
fn progress(phase: Phase, sample: &ShardSample) -> Option<Progress> {
    let source = sample.source.known();
    let target = sample.target.known();
    match phase {
        Phase::WaitingForFork | Phase::Transferring => source
            .and_then(|info| share(info, "current_save_keys_processed", "current_save_keys_total"))
            .map(|percent| Progress {
                percent,
                by: ProgressSource::SourceKeys,
            })
            .or_else(|| {
                target
                    .and_then(|info| share(info, "master_sync_read_bytes", "master_sync_total_bytes"))
                    .map(|percent| Progress {
                        percent,
                        by: ProgressSource::TargetBytes,
                    })
            }),
        Phase::Loading => target
            .and_then(|info| info.percent("loading_loaded_perc"))
            .map(|percent| Progress {
                percent,
                by: ProgressSource::TargetLoading,
            }),
        Phase::Unseen
        | Phase::Lost
        | Phase::Connecting
        | Phase::CatchingUp
        | Phase::Diverging
        | Phase::InSync
        | Phase::Promoted => None,
    }
}

fn share(info: &Info, done: &str, total: &str) -> Option<f64> {
    let (done, total) = (info.count(done)?, info.count(total)?);
    (total > 0 && done <= total).then(|| (done as f64 / total as f64 * 1000.0).round() / 10.0)
}

/// What is left of the phase, where two looks measured the same figure in the same phase and it moved.
fn eta(previous: Option<&Observation>, now: &Observation) -> Option<Seconds> {
    let previous = previous?;
    let (before, progress) = (previous.progress?, now.progress?);
    let elapsed = Seconds::between(previous.at, now.at).0 as f64;
    let moved = progress.percent - before.percent;
    let comparable = previous.phase == now.phase && before.by == progress.by && moved > 0.0 && elapsed > 0.0;
    comparable.then(|| Seconds(((100.0 - progress.percent) / moved * elapsed).ceil() as u64))
}

/// Often near a change, seldom in the bulk phase and while a person thinks, never outside the plan's bounds.
fn wait(observation: &Observation, polling: Polling) -> Seconds {
    let wished = match (observation.stage.name, observation.phase) {
        (super::StageName::Approval, Phase::InSync) => polling.max_seconds.0,
        (_, Phase::Transferring | Phase::Loading) => {
            observation.eta.map_or(polling.min_seconds.0 * 2, |eta| eta.0 / 4)
        }
        _ => polling.min_seconds.0,
    };
    Seconds(wished.clamp(polling.min_seconds.0.max(1), polling.max_seconds.0.max(1)))
}

fn newest(events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    events.sort_by_key(|event| event.at);
    events.split_off(events.len().saturating_sub(EVENTS_KEPT))
}

fn sum(parts: impl Iterator<Item = Bytes>) -> Option<Bytes> {
    parts.fold(None, |sum, part| {
        Some(Bytes(sum.map_or(0, |Bytes(sum)| sum).saturating_add(part.0)))
    })
}
