//! A start that will never end is stopped, with the reason. Each reason is a rule of the table: when it holds, what it
//! says, and what a person can do about it. Diagnosis names the reason as a cause by the same id.

use super::watch::{self, Watch};
use super::{Phase, Seen, ShardObservation, StageName};
use crate::plan::Limits;
use crate::target::Event;
use crate::{LagBytes, Seconds, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a migration is stopped though nothing has failed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stop {
    /// The rule's id, a cause's id in the diagnosis.
    pub id: String,
    /// Which shard pair.
    pub shard: ShardId,
    /// What was seen, in a sentence.
    pub text: String,
}

/// One shard pair as the rules see it.
pub(super) struct Pair<'a> {
    shard: &'a ShardObservation,
    watch: &'a Watch,
    limits: &'a Limits,
    events: &'a [Event],
    now: Timestamp,
}

impl Pair<'_> {
    /// How long the pair has been broken, once that is longer than a failover may take.
    fn broken_for(&self) -> Option<Seconds> {
        self.watch
            .down_for(self.now)
            .filter(|down| *down >= self.limits.recovery)
    }
}

/// A reason to stop.
pub(crate) struct Rule {
    /// Snake case, stable.
    pub(crate) id: &'static str,
    /// In which stages it stops anything.
    stages: &'static [StageName],
    /// What was seen, where it holds.
    when: fn(&Pair<'_>) -> Option<String>,
    /// What a person can do.
    pub(crate) fix: &'static str,
}

/// A wait for approval goes on through a burst of writes; a start does not go on for ever.
const STARTING: &[StageName] = &[StageName::Sync];
const ALWAYS: &[StageName] = &[StageName::Sync, StageName::Verification, StageName::Approval];

/// Looks without a lower lag that it takes, beside the time, to say that it does not sink.
const LOOKS_WITHOUT_A_LOWER_LAG: u32 = 10;

/// How long memory has to be at the limit, however often somebody looks: writes that come in a burst are soon sent.
const TIME_AT_THE_MEMORY_LIMIT: Seconds = Seconds(5);
/// Looks in a row at which memory is at the limit: one may be a moment's peak.
const LOOKS_AT_THE_MEMORY_LIMIT: u64 = 2;

/// The most exact reason first.
pub(crate) const RULES: [Rule; 9] = [
    Rule {
        id: "output_buffer_loop",
        stages: ALWAYS,
        when: output_buffer_loop,
        fix: "on the source: redis-cli CONFIG SET client-output-buffer-limit \"slave 0 0 0\" (or a limit above the \
              write rate times the transfer's time), give the migration up, and start again",
    },
    Rule {
        id: "full_sync_loop",
        stages: ALWAYS,
        when: full_sync_loop,
        fix: "read the target's engine log for why it drops the data; compare RDB versions (finding S2), database \
              counts, and the source's client-output-buffer-limit and repl-timeout",
    },
    Rule {
        id: "source_memory_climbing",
        stages: ALWAYS,
        when: source_memory,
        fix: "give the migration up so that the source frees its replication buffers; start again with more memory on \
              the source or at a time of fewer writes",
    },
    Rule {
        id: "target_replaced",
        stages: ALWAYS,
        when: target_replaced,
        fix: "look for a failover or a node replacement among the group's events; give the migration up and start \
              again outside the maintenance window",
    },
    Rule {
        id: "source_failed_over",
        stages: ALWAYS,
        when: source_failed_over,
        fix: "give the migration up and start again with the address of the source's new primary",
    },
    Rule {
        id: "chain_lost_its_root",
        stages: ALWAYS,
        when: chain_lost_its_root,
        fix: "make the replica that the target follows a replica of the right primary again, or give the migration up \
              and start again with the primary's own address",
    },
    Rule {
        id: "target_stopped_following",
        stages: ALWAYS,
        when: target_stopped_following,
        fix: "find out who completed or gave up the migration (CloudTrail: CompleteMigration); keep applications on the \
              source until then",
    },
    Rule {
        id: "writes_outrun_drain",
        stages: STARTING,
        when: writes_outrun_drain,
        fix: "write less to the source for a while, or give the target larger nodes; then start again",
    },
    Rule {
        id: "no_progress",
        stages: STARTING,
        when: no_progress,
        fix: "see whether both engines run and reach each other; read both logs; raise limits.stallSeconds where such \
              a pause is normal",
    },
];

/// The first reason to stop, by rule and then by shard.
pub(super) fn stop(shards: &[ShardObservation], seen: &Seen<'_>) -> Option<Stop> {
    RULES
        .iter()
        .filter(|rule| rule.stages.contains(&seen.stage.name))
        .find_map(|rule| {
            shards.iter().find_map(|shard| {
                let pair = Pair {
                    shard,
                    watch: &shard.watch,
                    limits: &seen.plan.limits,
                    events: &seen.events,
                    now: seen.now,
                };
                Some(Stop {
                    id: rule.id.to_owned(),
                    shard: shard.shard.clone(),
                    text: format!("shard {}: {}", shard.shard, (rule.when)(&pair)?),
                })
            })
        })
}

/// The source cuts the target off for a full output buffer, and the target begins again, for ever.
fn output_buffer_loop(pair: &Pair<'_>) -> Option<String> {
    (pair.watch.resyncs > u64::from(pair.limits.full_syncs) && pair.watch.overrun_rises > 0).then(|| {
        format!(
            "the source began {} full syncs without getting in sync, and cut replicas off {} times because their \
             output buffer was full",
            pair.watch.resyncs, pair.watch.overrun_rises
        )
    })
}

fn full_sync_loop(pair: &Pair<'_>) -> Option<String> {
    (pair.watch.resyncs > u64::from(pair.limits.full_syncs)).then(|| {
        format!(
            "the source began {} full syncs without getting in sync",
            pair.watch.resyncs
        )
    })
}

fn source_memory(pair: &Pair<'_>) -> Option<String> {
    let lasts = pair.watch.memory_full_for(pair.now)? >= TIME_AT_THE_MEMORY_LIMIT;
    (lasts && pair.watch.memory_looks >= LOOKS_AT_THE_MEMORY_LIMIT).then(|| {
        format!(
            "the source's memory passed {} % of its limit at {} looks in a row, a part of it held for the target",
            pair.limits.source_memory_percent, pair.watch.memory_looks
        )
    })
}

fn target_replaced(pair: &Pair<'_>) -> Option<String> {
    let down = pair.broken_for()?;
    // AWS's words for it are not documented; what the event says is shown, and never believed alone.
    let told = pair.events.iter().rev().find(|event| {
        let text = event.text.to_ascii_lowercase();
        ["failover", "failed over", "replac"]
            .iter()
            .any(|word| text.contains(word))
    });
    match (pair.watch.target_replaced, told) {
        (false, None) => None,
        (true, None) => Some(format!(
            "the target's primary is another process than the one that followed, and has not followed for {down}"
        )),
        (_, Some(event)) => Some(format!(
            "the target has not followed for {down}; AWS says: {}",
            event.text
        )),
    }
}

fn source_failed_over(pair: &Pair<'_>) -> Option<String> {
    let down = pair.broken_for().filter(|_| pair.watch.source_failed_over)?;
    Some(format!(
        "the source is in another history or role than the one that was followed, and the target has not followed it \
         for {down}"
    ))
}

fn chain_lost_its_root(pair: &Pair<'_>) -> Option<String> {
    let down = pair.broken_for().filter(|_| pair.shard.chained)?;
    Some(format!(
        "the source is a replica that has not followed its own primary for {down}; what is written there does not \
         reach the target"
    ))
}

fn target_stopped_following(pair: &Pair<'_>) -> Option<String> {
    let down = pair
        .broken_for()
        .filter(|_| pair.shard.phase == Phase::Promoted)?;
    Some(format!(
        "the target has taken writes itself for {down}, though nobody here completed the migration"
    ))
}

fn writes_outrun_drain(pair: &Pair<'_>) -> Option<String> {
    let (lowest, at, looks) = pair.watch.lowest?;
    let for_long = watch::since(at, pair.now);
    let lag = pair.shard.lag.unwrap_or(LagBytes(0));
    (for_long >= pair.limits.drain && looks >= LOOKS_WITHOUT_A_LOWER_LAG).then(|| {
        format!("the lag is {lag} and has not sunk below {lowest} for {for_long}: writes come faster than they drain")
    })
}

fn no_progress(pair: &Pair<'_>) -> Option<String> {
    let moving_phase = match pair.shard.phase {
        Phase::Unseen | Phase::Connecting | Phase::InSync | Phase::Promoted => false,
        Phase::Resharding
        | Phase::Lost
        | Phase::WaitingForFork
        | Phase::Transferring
        | Phase::Loading
        | Phase::CatchingUp
        | Phase::Diverging => true,
    };
    let still = pair.watch.still_for(pair.now);
    (moving_phase && still >= pair.limits.stall).then(|| {
        format!(
            "not a byte moved for {still} while {}",
            pair.shard.phase.describe()
        )
    })
}

/// What a person can do about a stop.
pub(crate) fn fix_of(id: &str) -> &'static str {
    RULES
        .iter()
        .find(|rule| rule.id == id)
        .map_or("read what was seen", |rule| rule.fix)
}
