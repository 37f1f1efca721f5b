//! How much is written to the source, from two samples a few seconds apart.
//!
//! Trap: `master_repl_offset` counts the stream only while there is one. A source that never had a replica has no
//! backlog, and its offset stands still (or, from 7.0 on, grows by one a command) whatever is written to it. Source:
//! `src/replication.c`.

use super::super::{Node, Verdict};
use crate::Bytes;
use crate::engine::Info;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much is written, as seen in one sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriteRate {
    /// Bytes of replication stream a second.
    pub bytes_per_second: u64,
    /// What it was read from.
    pub basis: RateBasis,
}

/// What a write rate was read from, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RateBasis {
    /// The offset of the replication stream: exact.
    ReplicationStream,
    /// The growth of the append-only file, which holds the same commands.
    AppendOnlyFile,
    /// All that clients sent, reads and our own questions included: the writes are no more than that.
    NetworkInput,
}

impl RateBasis {
    /// Whether the rate is a measure of the writes, and not only a bound above them.
    #[must_use]
    pub fn is_measured(self) -> bool {
        match self {
            RateBasis::ReplicationStream | RateBasis::AppendOnlyFile => true,
            RateBasis::NetworkInput => false,
        }
    }
}

impl fmt::Display for WriteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = Bytes(self.bytes_per_second);
        match self.basis {
            RateBasis::ReplicationStream => write!(f, "{rate}/s are written (replication stream)"),
            RateBasis::AppendOnlyFile => write!(f, "{rate}/s are written (growth of the append-only file)"),
            RateBasis::NetworkInput => write!(f, "at most {rate}/s are written (all that clients send)"),
        }
    }
}

/// The write rate of a node.
///
/// # Errors
/// `Unknown` where there is no second sample, or no counter that can be trusted.
pub(super) fn write_rate(node: &Node<'_>) -> Result<WriteRate, Verdict> {
    let first = node.info()?;
    let later = match &node.answers.later {
        crate::Observed::Known(later) => later,
        crate::Observed::Unknown(why) => {
            let evidence = format!("{} gave no second sample: {why}", node.endpoint);
            return Err(Verdict::unknown(evidence, "run preflight again"));
        }
    };
    if later.after_millis == 0
        || first.text("run_id") != later.info.text("run_id") && first.text("run_id").is_some()
    {
        let evidence = format!(
            "{} was restarted, or another engine answered, between the samples",
            node.endpoint
        );
        return Err(Verdict::unknown(evidence, "run preflight again"));
    }
    let both = |condition: &dyn Fn(&Info) -> bool| condition(first) && condition(&later.info);
    let per_second = |field: &str, basis: RateBasis| {
        let grown = later.info.count(field)?.checked_sub(first.count(field)?)?;
        let rate = u128::from(grown) * 1_000 / u128::from(later.after_millis);
        Some(WriteRate {
            bytes_per_second: u64::try_from(rate).unwrap_or(u64::MAX),
            basis,
        })
    };
    let streams =
        both(&|info| info.is_set("repl_backlog_active") || info.count("connected_slaves") > Some(0));
    let appends = both(&|info| info.is_set("aof_enabled") && !info.is_set("aof_rewrite_in_progress"));
    let rate = None
        .or_else(|| streams.then(|| per_second("master_repl_offset", RateBasis::ReplicationStream))?)
        .or_else(|| appends.then(|| per_second("aof_current_size", RateBasis::AppendOnlyFile))?)
        .or_else(|| per_second("total_net_input_bytes", RateBasis::NetworkInput));
    rate.ok_or_else(|| {
        let evidence = format!(
            "no counter of {} grew steadily between the samples",
            node.endpoint
        );
        Verdict::unknown(evidence, "run preflight again")
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::with_samples;
    use super::*;

    fn rate(first: &str, later: &str) -> Option<(u64, RateBasis)> {
        let facts = with_samples(first, later);
        write_rate(&facts.source_nodes()[0])
            .ok()
            .map(|rate| (rate.bytes_per_second, rate.basis))
    }

    #[test]
    fn the_best_counter_that_can_be_trusted_is_used() {
        let stream = |offset: u64| format!("repl_backlog_active:1\r\nmaster_repl_offset:{offset}\r\n");
        assert_eq!(
            rate(&stream(3_000), &stream(9_000)),
            Some((2_000, RateBasis::ReplicationStream))
        );
        // No backlog: the offset says nothing.
        let lonely = |offset: u64, input: u64| {
            format!(
                "repl_backlog_active:0\r\nmaster_repl_offset:{offset}\r\ntotal_net_input_bytes:{input}\r\n"
            )
        };
        assert_eq!(
            rate(&lonely(0, 0), &lonely(40, 30_000)),
            Some((10_000, RateBasis::NetworkInput))
        );
        let appended = |size: u64, rewrite: u8| {
            format!("aof_enabled:1\r\naof_rewrite_in_progress:{rewrite}\r\naof_current_size:{size}\r\n")
        };
        assert_eq!(
            rate(&appended(0, 0), &appended(6_000, 0)),
            Some((2_000, RateBasis::AppendOnlyFile))
        );
        assert_eq!(rate(&appended(0, 0), &appended(6_000, 1)), None);
    }

    #[test]
    fn a_counter_that_went_back_and_another_engine_give_no_rate() {
        let stream = |offset: u64, run: &str| {
            format!("run_id:{run}\r\nrepl_backlog_active:1\r\nmaster_repl_offset:{offset}\r\n")
        };
        assert_eq!(rate(&stream(9_000, "a"), &stream(3_000, "a")), None);
        assert_eq!(rate(&stream(0, "a"), &stream(3_000, "b")), None);
    }

    #[test]
    fn a_bound_is_not_taken_for_a_measure() {
        assert!(RateBasis::ReplicationStream.is_measured());
        assert!(!RateBasis::NetworkInput.is_measured());
    }
}
