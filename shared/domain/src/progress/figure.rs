//! The best figure for how far a phase is, with its name. None is better than a wrong one: a diskless transfer gives a
//! total of 0 and a percentage of `-0.00`, and before the header the total is -1.

use super::{Phase, ShardSample};
use crate::LagBytes;
use crate::engine::Info;
use crate::target::Resharding;
use serde::{Deserialize, Serialize};

/// Which figure the percentage comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProgressSource {
    /// Share of the slots that ElastiCache has moved.
    SlotMigration,
    /// Keys the source's fork has written (6.2 and later), known even for a diskless transfer.
    SourceKeys,
    /// Bytes the target has received, known when the transfer is from disk.
    TargetBytes,
    /// Share of the RDB the target has loaded.
    TargetLoading,
    /// How much of the lag it began with the target has caught up, by both sides' offsets.
    Offsets,
}

/// How far a phase is, from the best figure there is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// 0 to 100 with one decimal, of the phase it was measured in.
    pub percent: f64,
    /// Where the figure comes from.
    pub by: ProgressSource,
}

/// The best figure for a phase; none where there is none. `resharding` is what ElastiCache says of its slots, `lag` what
/// is left to catch up, `peak_lag` the most it was.
pub(super) fn progress(
    phase: Phase,
    sample: &ShardSample,
    resharding: Option<Resharding>,
    lag: Option<LagBytes>,
    peak_lag: Option<LagBytes>,
) -> Option<Progress> {
    let source = sample.source.known();
    let target = sample.target.known();
    let named = |by| {
        move |percent: f64| Progress {
            percent: (percent * 10.0).round() / 10.0,
            by,
        }
    };
    match phase {
        Phase::Resharding => resharding?
            .percent
            .map(f64::from)
            .map(named(ProgressSource::SlotMigration)),
        Phase::WaitingForFork | Phase::Transferring => source
            .and_then(|info| share(info, "current_save_keys_processed", "current_save_keys_total"))
            .map(named(ProgressSource::SourceKeys))
            .or_else(|| {
                target
                    .and_then(|info| share(info, "master_sync_read_bytes", "master_sync_total_bytes"))
                    .map(named(ProgressSource::TargetBytes))
            }),
        Phase::Loading => target
            .and_then(|info| info.percent("loading_loaded_perc"))
            .map(named(ProgressSource::TargetLoading)),
        Phase::CatchingUp => {
            let (LagBytes(lag), LagBytes(peak)) = (lag?, peak_lag?);
            (peak > 0 && lag <= peak)
                .then(|| percent(peak - lag, peak))
                .map(named(ProgressSource::Offsets))
        }
        Phase::Unseen
        | Phase::Lost
        | Phase::Connecting
        | Phase::Diverging
        | Phase::InSync
        | Phase::Promoted => None,
    }
}

fn share(info: &Info, done: &str, total: &str) -> Option<f64> {
    let (done, total) = (info.count(done)?, info.count(total)?);
    (total > 0 && done <= total).then(|| percent(done, total))
}

fn percent(done: u64, total: u64) -> f64 {
    done as f64 / total as f64 * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::tests::{following, pair};

    fn caught_up(lag: u64, peak: u64) -> Option<f64> {
        let sample = following(1_000, 0);
        let (lag, peak) = (Some(LagBytes(lag)), Some(LagBytes(peak)));
        progress(Phase::CatchingUp, &sample, None, lag, peak).map(|progress| progress.percent)
    }

    #[test]
    fn catching_up_is_a_part_of_the_largest_lag_and_of_nothing_else() {
        assert_eq!(caught_up(250, 1_000), Some(75.0));
        assert_eq!(caught_up(1_000, 1_000), Some(0.0));
        assert_eq!(caught_up(0, 1_000), Some(100.0));
        // More than the largest, and nothing of nothing, are no part.
        assert_eq!(caught_up(1_001, 1_000), None);
        assert_eq!(caught_up(0, 0), None);
    }

    #[test]
    fn a_share_is_of_a_total_that_is_known_and_not_passed() {
        let keys = |done: u64, total: u64| {
            let source = format!("current_save_keys_processed:{done}\r\ncurrent_save_keys_total:{total}\r\n");
            let sample = pair(&source, "");
            progress(Phase::Transferring, &sample, None, None, None).map(|progress| progress.percent)
        };
        assert_eq!(keys(1, 8), Some(12.5));
        assert_eq!(keys(8, 8), Some(100.0));
        assert_eq!(keys(9, 8), None);
        assert_eq!(keys(0, 0), None);
    }
}
