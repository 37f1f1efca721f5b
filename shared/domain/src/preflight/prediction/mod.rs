//! What the full sync will take, computed before it begins: two samples of the source give its write rate, its memory
//! gives the size of the RDB, and the plan's assumptions give what nobody can read from outside.
//!
//! While a replica waits for the RDB, receives it and loads it, all writes pile up for it on the source. If the pile
//! exceeds the output buffer's limit, the source drops the replica, which begins anew: an endless loop, seen in
//! <https://github.com/redis/redis/issues/4697> and many others. The checks P1 to P5 judge these numbers.

mod rate;

pub use rate::{RateBasis, WriteRate};

use super::{Facts, Node, TargetShard, Verdict};
use crate::engine::{Info, Replication};
use crate::plan::Assumptions;
use crate::{Bytes, Endpoint, Seconds};
use serde::{Deserialize, Serialize};

const MILLION: u64 = 1_000_000;

/// What one node's full sync will take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Prediction {
    /// The node of the source.
    pub node: Endpoint,
    /// What is written to it.
    pub write_rate: WriteRate,
    /// The size of the RDB.
    pub rdb: Bytes,
    /// How long the source stands still for the fork, in milliseconds.
    pub fork_millis: u64,
    /// How long the source writes the RDB.
    pub save: Seconds,
    /// How long the RDB is on its way.
    pub transfer: Seconds,
    /// How long the target loads it.
    pub load: Seconds,
    /// From the target's connection to its link being up: as long, writes pile up on the source.
    pub full_sync: Seconds,
    /// The pile at the sampled rate.
    pub output_buffer: Bytes,
    /// The pile at the peak rate: what the limit should allow.
    pub output_buffer_at_peak: Bytes,
    /// What a broken link needs in the backlog at the peak rate, to go on without a new full sync.
    pub backlog: Bytes,
    /// Memory that is copied while the fork lives.
    pub copy_on_write: Bytes,
}

/// Predicts one node's sync.
///
/// # Errors
/// `Unknown` where a number that is needed was not read.
pub(crate) fn predict(node: &Node<'_>, assumptions: &Assumptions) -> Result<Prediction, Verdict> {
    let info = node.info()?;
    let write_rate = rate::write_rate(node)?;
    let missing = |what: &str| Verdict::unknown(format!("INFO of {} has no {what}", node.endpoint), "");
    let used = info.count("used_memory").ok_or_else(|| missing("used_memory"))?;
    // What the engine itself and its clients use is not in the RDB; 4.0 and later say what the data alone use.
    let data = info.count("used_memory_dataset").unwrap_or(used);
    let rdb = percent(data, assumptions.rdb_percent_of_memory);

    let fork_millis = fork_millis(info, used, assumptions);
    let save = save(info, rdb, assumptions);
    let transfer = at_speed(rdb, assumptions.network_mbps);
    let load = at_speed(rdb, assumptions.load_mbps);
    let diskless = node.answers.config.option("repl-diskless-sync").known() == Some(&Some("yes"));
    // Without a disk the RDB is sent while it is written; with one, or where it is not known, one after the other.
    let sent = if diskless {
        save.max(transfer)
    } else {
        save + transfer
    };
    let full_sync = fork_millis.div_ceil(1_000) + sent + load;

    let rate = write_rate.bytes_per_second;
    let peak = rate.saturating_mul(assumptions.peak_factor);
    Ok(Prediction {
        node: node.endpoint.clone(),
        write_rate,
        rdb: Bytes(rdb),
        fork_millis,
        save: Seconds(save),
        transfer: Seconds(transfer),
        load: Seconds(load),
        full_sync: Seconds(full_sync),
        output_buffer: Bytes(rate.saturating_mul(full_sync)),
        output_buffer_at_peak: Bytes(peak.saturating_mul(full_sync)),
        backlog: Bytes(peak.saturating_mul(assumptions.link_loss.0)),
        copy_on_write: Bytes(
            percent(used, assumptions.copy_on_write_percent)
                .max(info.count("rdb_last_cow_size").unwrap_or(0)),
        ),
    })
}

/// The verdict on a sync that lies ahead, where it does not: every target shard follows, with its link up. So it is when
/// preflight runs again before the cutover.
pub(crate) fn full_sync_is_done(facts: &Facts) -> Option<Verdict> {
    let shards = &facts.target.shards;
    let follows = |shard: &TargetShard| {
        let replication = Replication::from_info(shard.info.known()?)?;
        replication.link().filter(|link| link.up).map(|_| ())
    };
    let done = !shards.is_empty() && shards.iter().all(|shard| follows(shard).is_some());
    done.then(|| Verdict::pass("the full sync is done: every shard of the target follows, with its link up"))
}

/// The prediction of the node whose sync takes longest, for the report.
pub(super) fn slowest(facts: &Facts) -> Option<Prediction> {
    facts
        .source_nodes()
        .iter()
        .filter_map(|node| predict(node, &facts.plan.assumptions).ok())
        .max_by_key(|prediction| prediction.full_sync)
}

impl Prediction {
    /// The numbers that lead to the pile, for evidence.
    pub(crate) fn reasoning(&self) -> String {
        format!(
            "{}: {}; a full sync of about {} (RDB {}: {} to save, {} to send, {} to load)",
            self.node, self.write_rate, self.full_sync, self.rdb, self.save, self.transfer, self.load
        )
    }
}

/// A limit that leaves a quarter of head-room, in whole MiB.
pub(crate) fn with_headroom(needed: Bytes) -> Bytes {
    const MIB: u64 = 1_048_576;
    let roomy = needed.0.saturating_add(needed.0 / 4);
    Bytes(roomy.div_ceil(MIB).saturating_mul(MIB))
}

/// The last fork tells more than an assumption, unless it was of a smaller memory: the longer of the two counts.
fn fork_millis(info: &Info, used: u64, assumptions: &Assumptions) -> u64 {
    let assumed = used.saturating_mul(assumptions.fork_ms_per_gb) / (1_000 * MILLION);
    assumed.max(info.count("latest_fork_usec").unwrap_or(0) / 1_000)
}

/// The last save tells more than an assumption, unless it was of less data: the longer of the two counts. -1 is "never".
fn save(info: &Info, rdb: u64, assumptions: &Assumptions) -> u64 {
    at_speed(rdb, assumptions.save_mbps).max(info.count("rdb_last_bgsave_time_sec").unwrap_or(0))
}

/// Whole seconds, rounded up.
fn at_speed(bytes: u64, mbps: u64) -> u64 {
    bytes.div_ceil(mbps.max(1).saturating_mul(MILLION))
}

fn percent(amount: u64, percent: u64) -> u64 {
    u64::try_from(u128::from(amount) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{clean, with_samples};
    use super::*;
    use crate::preflight::Outcome;
    use proptest::prelude::*;

    fn predicted(facts: &Facts) -> Prediction {
        predict(&facts.source_nodes()[0], &facts.plan.assumptions).expect("all numbers are there")
    }

    #[test]
    fn ten_gigabytes_under_five_megabytes_a_second() {
        // 10 GB of data: 8 GB of RDB, 100 s to save and 100 s to load at 80 MB/s, 80 s to send at 100 MB/s.
        let facts = with_samples(
            "used_memory:10000000000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
            "repl_backlog_active:1\r\nmaster_repl_offset:15000000\r\n",
        );
        let prediction = predicted(&facts);
        assert_eq!(prediction.write_rate.bytes_per_second, 5_000_000);
        assert_eq!(
            (prediction.save, prediction.transfer, prediction.load),
            (Seconds(100), Seconds(80), Seconds(100))
        );
        assert_eq!(prediction.fork_millis, 200);
        assert_eq!(prediction.full_sync, Seconds(281));
        assert_eq!(prediction.output_buffer, Bytes(5_000_000 * 281));
        assert_eq!(prediction.output_buffer_at_peak, Bytes(2 * 5_000_000 * 281));
        assert_eq!(prediction.backlog, Bytes(2 * 5_000_000 * 60));
        assert_eq!(prediction.copy_on_write, Bytes(3_000_000_000));
    }

    #[test]
    fn without_a_disk_saving_and_sending_overlap() {
        let mut facts = with_samples(
            "used_memory:10000000000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
            "repl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
        );
        facts.source.answers.config = crate::engine::config(&[("repl-diskless-sync", "yes")]);
        assert_eq!(predicted(&facts).full_sync, Seconds(201));
    }

    #[test]
    fn what_the_source_has_done_before_counts_more_than_an_assumption_where_it_was_slower() {
        let facts = with_samples(
            "used_memory:1000000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n\
             rdb_last_bgsave_time_sec:40\r\nlatest_fork_usec:900000\r\nrdb_last_cow_size:7000000\r\n",
            "repl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
        );
        let prediction = predicted(&facts);
        assert_eq!((prediction.save, prediction.fork_millis), (Seconds(40), 900));
        assert_eq!(prediction.copy_on_write, Bytes(7_000_000));
    }

    #[test]
    fn without_a_second_sample_nothing_is_predicted() {
        let mut facts = clean();
        facts.source.answers.later = crate::Observed::Unknown("timed out".to_owned());
        let verdict = predict(&facts.source_nodes()[0], &facts.plan.assumptions).expect_err("no rate");
        assert_eq!(verdict.outcome, Outcome::Unknown);
        assert_eq!(slowest(&facts), None);
    }

    #[test]
    fn a_sync_that_is_done_is_not_predicted_any_more() {
        // At this rate the sync would loop, if it still lay ahead.
        let mut facts = with_samples(
            "used_memory:10000000000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
            "repl_backlog_active:1\r\nmaster_repl_offset:15000000\r\n",
        );
        let limit = "slave 268435456 67108864 60";
        facts.source.answers.config = crate::engine::config(&[("client-output-buffer-limit", limit)]);
        let outcome = |facts: &Facts, id: &str| {
            let findings = crate::preflight::judge(facts).findings;
            findings
                .into_iter()
                .find(|finding| finding.id == id)
                .map(|finding| finding.outcome)
        };
        assert_eq!(outcome(&facts, "P1"), Some(Outcome::Fail));
        for (link, expected) in [("up", Outcome::Pass), ("down", Outcome::Fail)] {
            let info = format!("role:slave\r\nmaster_host:10.0.0.241\r\nmaster_link_status:{link}\r\n");
            facts.target.shards[0].info = crate::Observed::Known(Info::parse(&info));
            assert_eq!(outcome(&facts, "P1"), Some(expected), "link {link}");
        }
    }

    proptest! {
        #[test]
        fn more_data_or_more_writes_never_need_less(memory in 0..u64::MAX / 2, more in 0..u64::MAX / 2, rate in any::<u64>()) {
            let at = |memory: u64, rate: u64| predicted(&with_samples(
                &format!("used_memory:{memory}\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n"),
                &format!("repl_backlog_active:1\r\nmaster_repl_offset:{rate}\r\n"),
            ));
            let (less, more) = (at(memory, rate / 2), at(memory + more, rate));
            prop_assert!(less.full_sync <= more.full_sync);
            prop_assert!(less.output_buffer <= more.output_buffer);
            prop_assert!(less.backlog <= more.backlog);
        }
    }
}
