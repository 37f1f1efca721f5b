//! The look itself: samples become shard observations, these the whole, and the whole a decision.

use super::decide::{Decision, decide};
use super::eta::Pace;
use super::observation::{Observation, ShardObservation, Stage};
use super::tell::{Told, tell};
use super::watch::Watch;
use super::{Phase, ShardSample, figure, judge, polling, roll_over, stop};
use crate::cutover::{Epoch, longest_wait};
use crate::engine::Replication;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::signal::Signal;
use crate::target::{Event, GroupStatus, Resharding};
use crate::verify::{Standing, basis_of};
use crate::{Bytes, Observed, Seconds};
use jiff::Timestamp;

/// How many events an observation keeps: enough to read what happened, few enough for any history.
const EVENTS_KEPT: usize = 10;

/// The longest replication id is 40 characters; an engine that answers with more is not believed to the end.
const LONGEST_ID: usize = 40;

/// Characters of the reason why a side could not be read.
const LONGEST_REASON: usize = 60;

/// What was just seen, and what woke the migration.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// When.
    pub now: Timestamp,
    /// The migration's id: the name of its first execution.
    pub migration_id: &'a str,
    /// Which of the migration's executions looks, counted from 1.
    pub generation: u32,
    /// What the user asked for.
    pub plan: &'a Plan,
    /// What preflight found.
    pub preflight: &'a PreflightReport,
    /// What the migration waits for.
    pub stage: &'a Stage,
    /// The group's status.
    pub status: Observed<GroupStatus>,
    /// Whether ElastiCache moves the target's slots before the sync, and how far it is.
    pub resharding: Option<Resharding>,
    /// The group's events since the stage's watermark.
    pub events: Vec<Event>,
    /// Both sides of every shard.
    pub samples: Vec<ShardSample>,
    /// What woke the migration, if something did.
    pub signal: Option<&'a Signal>,
    /// How far the verification is, if one was begun.
    pub verification: Option<&'a Standing>,
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
            observe_shard(before, sample, elapsed, seen)
        })
        .collect();

    // A new stage starts counting afresh.
    let same_stage = previous.filter(|previous| previous.stage.name == seen.stage.name);
    let in_sync = !shards.is_empty() && shards.iter().all(|shard| shard.phase == Phase::InSync);
    let before_in_sync = previous.map_or(0, |previous| previous.in_sync_samples);
    let lost_sync = before_in_sync >= seen.plan.sync.samples && (!in_sync || replaced(previous, &shards));
    let idle = same_stage.is_some_and(|previous| previous.left_available)
        && matches!(seen.status.known(), Some(GroupStatus::Available));
    let busy = seen
        .status
        .known()
        .is_some_and(|status| *status != GroupStatus::Available);

    let resharded = shards.iter().any(|shard| shard.phase == Phase::Resharding);
    let epoch = Epoch::of(previous, lost_sync, seen);
    let postponed_until = previous
        .and_then(|previous| previous.postponed_until)
        .filter(|until| *until > seen.now);
    // Once a postponement ends people are told again.
    let postponement_over =
        postponed_until.is_none() && previous.is_some_and(|p| p.postponed_until.is_some());
    let slowest = slowest(&shards);
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
        eta_range: None,
        pace: None,
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
        used: crate::cutover::used(previous),
        approval: None,
        basis: in_sync.then(|| basis_of(&shards)),
        idle_samples: if idle {
            same_stage.map_or(0, |previous| previous.idle_samples) + 1
        } else {
            0
        },
        left_available: same_stage.is_some_and(|previous| previous.left_available) || busy,
        events: newest(&seen.events),
        somebodys_call: match &seen.signal {
            Some(Signal::Call { call, by }) => Some(format!("{call} by {by}")),
            _ => previous.and_then(|previous| previous.somebodys_call.clone()),
        },
        stop: stop::stop(&shards, seen),
        resharded_at: if resharded {
            Some(seen.now)
        } else {
            same_stage.and_then(|previous| previous.resharded_at)
        },
        verdict: None,
        rehearsal: None,
        told: Told::default(),
        tell: None,
        generation: seen.generation,
        looks: roll_over::looks(previous, seen),
        rounds: roll_over::rounds(previous, seen),
        successor: None,
        next: super::Next::Wait,
        wait_seconds: Seconds(1),
        why: String::new(),
        shards,
    };
    observation.pace = Pace::after(
        previous.and_then(|previous| previous.pace.as_ref()),
        observation.phase,
        observation.progress,
        seen.now,
    );
    let pace = observation
        .pace
        .as_ref()
        .filter(|pace| pace.phase == observation.phase);
    if let Some((middle, range)) = pace.and_then(Pace::eta) {
        (observation.eta, observation.eta_range) = (Some(middle), Some(range));
    }
    let Decision {
        next,
        stage,
        verdict,
        why,
        epoch_over,
        rehearsal,
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
    observation.rehearsal = rehearsal;
    observation.sync_epoch += u32::from(epoch_over);
    (observation.told, observation.tell) = tell(previous, &observation, seen);
    observation.wait_seconds = polling::wait(previous, &observation, seen.plan.polling);
    if let Some(longest) = longest_wait(&observation, seen) {
        observation.wait_seconds = observation.wait_seconds.min(longest);
    }
    if roll_over::roll_over(previous, &observation, seen) {
        observation.next = super::Next::RollOver;
        observation.successor = Some(roll_over::successor(seen.migration_id, seen.generation));
        // What would have been told or done now, the successor finds to be told and done.
        observation.announced = previous.and_then(|previous| previous.announced.clone());
        observation.approval = None;
        observation.told = previous.map(|previous| previous.told.clone()).unwrap_or_default();
        observation.tell = None;
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
    seen: &Seen<'_>,
) -> ShardObservation {
    let position = judge::position(sample);
    let write_rate = judge::write_rate(before, position.as_ref(), elapsed);
    let judged = judge::judge(
        before,
        sample,
        write_rate,
        seen.plan.sync,
        seen.resharding.is_some(),
    );
    let (source_offset, source_id) =
        position.map_or((None, None), |position| (Some(position.offset), position.history));
    let watch = Watch::after(before, sample, &judged, source_id.as_deref(), seen);
    let source = sample.source.known().and_then(Replication::from_info);
    ShardObservation {
        shard: sample.shard.clone(),
        phase: judged.phase,
        progress: figure::progress(judged.phase, sample, seen.resharding, judged.lag, watch.peak_lag),
        received: sample
            .target
            .known()
            .and_then(|info| info.bytes("master_sync_read_bytes")),
        lag: judged.lag,
        lag_seconds: judged.lag_seconds,
        write_rate,
        source_offset,
        // A source out of sight keeps its history: a failover behind it is seen when it comes back.
        source_id: source_id.map_or_else(
            || before.and_then(|before| before.source_id.clone()),
            |id| Some(id.chars().take(LONGEST_ID).collect()),
        ),
        followed: judged.linked || before.is_some_and(|before| before.followed),
        chained: source.map_or_else(
            || before.is_some_and(|before| before.chained),
            |source| source.link().is_some(),
        ),
        before_unseen: before
            .and_then(ShardObservation::last_seen)
            .filter(|_| judged.phase == Phase::Unseen),
        unseen: why_unseen(sample),
        watch,
    }
}

/// Why a side could not be read, short: it stands in the history once per shard and look.
fn why_unseen(sample: &ShardSample) -> Option<String> {
    let root = sample.root.as_ref().and_then(|root| root.why_unknown());
    let sides = [
        ("source", sample.source.why_unknown()),
        ("the source's own primary", root),
        ("target", sample.target.why_unknown()),
    ];
    let told: Vec<String> = sides
        .into_iter()
        .filter_map(|(side, why)| Some(format!("{side}: {}", shortened(why?))))
        .collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The shard pair that the whole waits for: the earliest phase, and in it the least progress that is known.
fn slowest(shards: &[ShardObservation]) -> Option<&ShardObservation> {
    let percent =
        |shard: &ShardObservation| shard.progress.map_or(f64::INFINITY, |progress| progress.percent);
    shards
        .iter()
        .min_by(|a, b| a.phase.cmp(&b.phase).then(percent(a).total_cmp(&percent(b))))
}

/// Whether a target's primary is another process than at the last look: what was approved before, was another target.
fn replaced(previous: Option<&Observation>, shards: &[ShardObservation]) -> bool {
    let before = |shard: &ShardObservation| {
        previous?
            .shards
            .iter()
            .find(|before| before.shard == shard.shard)?
            .watch
            .target_run
            .clone()
    };
    shards
        .iter()
        .any(|shard| before(shard).is_some_and(|run| shard.watch.target_run.as_ref() != Some(&run)))
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
