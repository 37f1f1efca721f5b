//! What a look remembers of a shard pair for the next: when something last moved, how often the source began again, who
//! the engines were. Small, because it stands in the execution's history once per shard and look; what is nothing is not
//! written.

use super::ages::forks_at_rest;
use super::judge::Judged;
use super::{Phase, Seen, ShardObservation, ShardSample, StageName};
use crate::engine::{Info, Replication};
use crate::plan::Limits;
use crate::target::Resharding;
use crate::{LagBytes, Seconds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The memory of one shard pair.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Watch {
    /// When a figure of the pair's last changed, in Unix seconds.
    pub moved_at: i64,
    /// A digest of those figures: only whether it changes counts.
    pub mark: u32,
    /// The source's count of full syncs (`sync_full`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_syncs: Option<u64>,
    /// By how much `full_syncs` rose while the pair was not following, since it last was in sync.
    #[serde(skip_serializing_if = "is_nothing")]
    pub resyncs: u64,
    /// The source's count of replicas cut off for a full output buffer (`client_output_buffer_limit_disconnections`), where
    /// it counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overruns: Option<u64>,
    /// By how much `overruns` rose in the same time.
    #[serde(skip_serializing_if = "is_nothing")]
    pub overrun_rises: u64,
    /// The most the target was behind since it began to catch up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_lag: Option<LagBytes>,
    /// The least it was behind since then, when (Unix seconds), and looks without a lower one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lowest: Option<(LagBytes, i64, u32)>,
    /// The beginning of the target primary's run id: another one is another process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_run: Option<String>,
    /// Whether the target is another process than the one that followed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub target_replaced: bool,
    /// Whether the source's history or role is another than the one that was followed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub source_failed_over: bool,
    /// Since when a pair that had followed does not, and nothing mends it, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub down_since: Option<i64>,
    /// Looks in a row at which replication buffers had pushed the source's memory to the limit.
    #[serde(skip_serializing_if = "is_nothing")]
    pub memory_looks: u64,
    /// Since when `memory_looks` counts, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_since: Option<i64>,
    /// The source's memory in bytes at the first look, where it does not count replication buffers (before 5.0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_before: Option<u64>,
    /// The source's count of forks while a person's word is awaited; none where a child ran at the last look of that time,
    /// and once it was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forks: Option<u64>,
    /// Whether the source had no child from the approval on until its writers had been stopped: then its times of last use
    /// tell what was touched in that time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ages_kept: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nothing(count: &u64) -> bool {
    *count == 0
}

/// How much of a run id is kept: enough to tell two processes apart.
const RUN_ID_KEPT: usize = 8;

impl Watch {
    /// The memory after this look. `history` is the source's, as it was judged.
    pub(super) fn after(
        previous: Option<&ShardObservation>,
        sample: &ShardSample,
        judged: &Judged,
        history: Option<&str>,
        seen: &Seen<'_>,
    ) -> Watch {
        let now = seen.now;
        let mut watch = previous
            .map(|previous| previous.watch.clone())
            .unwrap_or_default();
        watch.note_movement(judged.phase, sample, seen);
        watch.note_full_syncs(judged.phase, sample);
        watch.note_lag(judged, now);
        watch.note_identities(previous, sample, history);
        watch.note_memory(judged.phase, sample, &seen.plan.limits, now);
        watch.note_breaks(judged, now);
        watch.note_ages(sample, seen);
        watch
    }

    fn note_movement(&mut self, phase: Phase, sample: &ShardSample, seen: &Seen<'_>) {
        let now = seen.now;
        if self.moved_at == 0 {
            self.moved_at = now.as_second();
        }
        // What nobody saw neither moved nor stood still: the next figures are compared with the last that were seen.
        if phase == Phase::Unseen {
            return;
        }
        let mark = mark(phase, sample, seen.resharding, now);
        if mark != self.mark {
            self.moved_at = now.as_second();
        }
        self.mark = mark;
    }

    /// A count that fell belongs to another process, and begins afresh.
    fn note_full_syncs(&mut self, phase: Phase, sample: &ShardSample) {
        let Some(source) = sample.source.known() else {
            return;
        };
        let rise = |before: Option<u64>, now: Option<u64>| match (before, now) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => 0,
        };
        let full_syncs = source.count("sync_full");
        let overruns = source.count("client_output_buffer_limit_disconnections");
        match phase {
            Phase::InSync => (self.resyncs, self.overrun_rises) = (0, 0),
            // Other replicas of the source sync too: while ours follows, a rise is theirs.
            phase if phase.is_following() => {}
            _ => {
                self.resyncs += rise(self.full_syncs, full_syncs);
                self.overrun_rises += rise(self.overruns, overruns);
            }
        }
        (self.full_syncs, self.overruns) = (full_syncs, overruns);
    }

    fn note_lag(&mut self, judged: &Judged, now: Timestamp) {
        match (judged.phase, judged.lag) {
            (Phase::CatchingUp | Phase::Diverging, Some(lag)) => {
                self.peak_lag = self.peak_lag.max(Some(lag));
                self.lowest = Some(match self.lowest {
                    Some((lowest, at, looks)) if lowest <= lag => (lowest, at, looks.saturating_add(1)),
                    _ => (lag, now.as_second(), 0),
                });
            }
            (Phase::Unseen, _) => {}
            _ => (self.peak_lag, self.lowest) = (None, None),
        }
    }

    fn note_identities(
        &mut self,
        previous: Option<&ShardObservation>,
        sample: &ShardSample,
        history: Option<&str>,
    ) {
        let followed = previous.filter(|previous| previous.followed);
        if let Some(run) = sample.target.known().and_then(run_id) {
            let another = self.target_run.as_ref().is_some_and(|before| *before != run);
            self.target_replaced |= followed.is_some() && another;
            self.target_run = Some(run);
        }
        let source = sample.source.known().and_then(Replication::from_info);
        if let (Some(followed), Some(source)) = (followed, source) {
            let another_history = followed
                .source_id
                .as_deref()
                .zip(history)
                .is_some_and(|(a, b)| a != b);
            let demoted = !followed.chained && source.link().is_some();
            self.source_failed_over |= another_history || demoted;
        }
    }

    /// A cache that evicts stands at its limit all its life: what counts is memory that replication takes on top, which
    /// no eviction gives back.
    fn note_memory(&mut self, phase: Phase, sample: &ShardSample, limits: &Limits, now: Timestamp) {
        let Some(source) = sample.source.known() else {
            return;
        };
        let Some(used) = source.count("used_memory") else {
            return;
        };
        let counted = ["mem_clients_slaves", "mem_total_replication_buffers"]
            .into_iter()
            .filter_map(|field| source.count(field))
            .max();
        if counted.is_none() {
            self.memory_before = self.memory_before.or(Some(used));
        }
        let buffers = counted.or_else(|| Some(used.saturating_sub(self.memory_before?)));
        let climbing = memory_limit(source).zip(buffers).is_some_and(|(limit, buffers)| {
            let full = u128::from(used) * 100 >= u128::from(limit) * u128::from(limits.source_memory_percent);
            full && buffers >= limit / REPLICATION_SHARE
        });
        if climbing && !matches!(phase, Phase::InSync | Phase::Promoted) {
            self.memory_looks = self.memory_looks.saturating_add(1);
            self.memory_since = self.memory_since.or(Some(now.as_second()));
        } else {
            (self.memory_looks, self.memory_since) = (0, None);
        }
    }

    fn note_breaks(&mut self, judged: &Judged, now: Timestamp) {
        let mended = judged.phase.is_following() && judged.lag.is_some();
        let broken = match judged.phase {
            // Only a pair that had followed is in one of these.
            Phase::Lost | Phase::Promoted => true,
            Phase::Diverging => judged.lag.is_none(),
            _ => false,
        };
        if broken {
            self.down_since = self.down_since.or(Some(now.as_second()));
        } else if judged.phase != Phase::Unseen {
            self.down_since = None;
        }
        if mended {
            (self.target_replaced, self.source_failed_over) = (false, false);
        }
    }

    /// The approval is taken at a look, and the next one comes when the source is fenced. What forks after that is of no
    /// account: nothing is written any more.
    fn note_ages(&mut self, sample: &ShardSample, seen: &Seen<'_>) {
        let source = sample.source.known();
        match (seen.stage.name, source) {
            (StageName::Promotion, Some(source)) => {
                if let Some(before) = self.forks.take() {
                    self.ages_kept = source.count("total_forks") == Some(before);
                }
            }
            (StageName::Promotion, None) => {}
            _ => {
                self.forks = source
                    .filter(|_| seen.stage.name == StageName::Approval)
                    .and_then(|source| forks_at_rest(source, seen.now));
                self.ages_kept = false;
            }
        }
    }

    /// How long nothing has moved.
    pub(super) fn still_for(&self, now: Timestamp) -> Seconds {
        since(self.moved_at, now)
    }

    /// How long replication has held the source's memory at its limit.
    pub(super) fn memory_full_for(&self, now: Timestamp) -> Option<Seconds> {
        self.memory_since.map(|since_when| since(since_when, now))
    }

    /// How long the pair has been broken.
    pub(super) fn down_for(&self, now: Timestamp) -> Option<Seconds> {
        self.down_since.map(|since_when| since(since_when, now))
    }
}

/// Replication's share of the limit, one in so many, from which on it is to blame for a full memory.
const REPLICATION_SHARE: u64 = 20;

/// What the source's memory must not pass, in bytes: `maxmemory` where set (3.2 and later tell), else the machine's memory.
pub(super) fn memory_limit(source: &Info) -> Option<u64> {
    ["maxmemory", "total_system_memory"]
        .into_iter()
        .filter_map(|field| source.count(field))
        .find(|limit| *limit > 0)
}

fn run_id(info: &Info) -> Option<String> {
    let id: String = info.text("run_id")?.chars().take(RUN_ID_KEPT).collect();
    (!id.is_empty()).then_some(id)
}

pub(super) fn since(unix_seconds: i64, now: Timestamp) -> Seconds {
    Seconds(u64::try_from(now.as_second().saturating_sub(unix_seconds)).unwrap_or(0))
}

/// The figures that move while a phase gets on. `left` counts down on targets before 6.2, which tell no total.
const TARGET_FIGURES: [&str; 4] = [
    "master_sync_read_bytes",
    "master_sync_left_bytes",
    "loading_loaded_bytes",
    "slave_repl_offset",
];
const SOURCE_FIGURES: [&str; 2] = ["current_save_keys_processed", "current_cow_size"];

/// A digest (FNV-1a) of what moves. Where nothing tells how far it is, time counts as movement and only the limit of the
/// whole stage ends it: a fork before 6.2, a resharding without a percentage.
fn mark(phase: Phase, sample: &ShardSample, resharding: Option<Resharding>, now: Timestamp) -> u32 {
    let (source, target) = (sample.source.known(), sample.target.known());
    let slots = resharding.filter(|_| phase == Phase::Resharding);
    let blind_fork = phase.is_full_sync()
        && source.is_some_and(|info| {
            info.is_set("rdb_bgsave_in_progress") && info.text("current_save_keys_total").is_none()
        });
    let blind = blind_fork || slots.is_some_and(|slots| slots.percent.is_none());
    let clock = blind.then_some(now.as_second());
    let text = |info: Option<&Info>, field: &str| {
        info.and_then(|info| info.text(field))
            .unwrap_or_default()
            .to_owned()
    };
    let mut figures = vec![phase.word().to_owned(), format!("{clock:?} {slots:?}")];
    // Before the link is made and after it is lost the engines move for other reasons.
    if phase.is_full_sync() || phase.is_following() {
        figures.extend(TARGET_FIGURES.iter().map(|field| text(target, field)));
        figures.extend(SOURCE_FIGURES.iter().map(|field| text(source, field)));
    }
    figures
        .iter()
        .flat_map(|figure| figure.bytes().chain([0]))
        .fold(0x811c_9dc5, |digest: u32, byte| {
            (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
}
