//! One shard pair: the figures of a look, and what one side's word is worth beside the other's.

use super::*;
use crate::{LagBytes, ReplicationOffset};
use serde_json::json;

/// A target whose link is down, receiving or not.
fn unlinked(syncing: u8) -> String {
    format!("role:slave\r\nmaster_link_status:down\r\nmaster_sync_in_progress:{syncing}\r\n")
}

impl Watched {
    /// The rate and the lag in seconds, so many seconds after the last look.
    fn figures(&mut self, after: i64, source: &str, target: &str) -> (Option<f64>, Option<f64>) {
        let shard = &self.look(after, vec![pair(source, target)]).shards[0];
        (shard.write_rate, shard.lag_seconds)
    }
}

#[test]
fn a_lag_in_seconds_is_the_lag_over_the_rate_between_two_looks() {
    let mut watched = Watched::started();
    assert_eq!(
        watched.figures(10, &source("aa", 1_000), &target(900)),
        (None, None)
    );
    // 100,000 bytes in 10 s, and 25,400 of them not applied.
    assert_eq!(
        watched.figures(10, &source("aa", 101_000), &target(75_600)),
        (Some(10_000.0), Some(2.5))
    );
    // Nothing is written: what is left takes no number of seconds.
    assert_eq!(
        watched.figures(10, &source("aa", 101_000), &target(100_000)),
        (Some(0.0), None)
    );
    // A PING is no write; one byte more is.
    assert_eq!(
        watched.figures(10, &source("aa", 101_140), &target(101_126)),
        (Some(14.0), Some(0.0))
    );
    assert_eq!(
        watched.figures(10, &source("aa", 101_290), &target(101_275)),
        (Some(15.0), Some(1.0))
    );
}

#[test]
fn a_rate_is_known_within_one_history_between_two_moments_only() {
    let rate_after = |seconds: i64, history: &str, offset: u64| {
        let mut watched = Watched::started();
        watched.figures(10, &source("aa", 1_000), &target(1_000));
        watched
            .figures(seconds, &source(history, offset), &target(1_000))
            .0
    };
    assert_eq!(rate_after(4, "aa", 1_010), Some(3.0), "2.5 to the whole byte");
    assert_eq!(rate_after(4, "aa", 1_000), Some(0.0));
    assert_eq!(rate_after(4, "aa", 999), None, "it went back");
    assert_eq!(rate_after(4, "bb", 1_010), None, "another history");
    assert_eq!(rate_after(0, "aa", 1_010), None, "no time has passed");
}

#[test]
fn a_source_that_sends_is_believed_before_the_target_says_that_it_receives() {
    let sends = |state: &str| {
        let listed = format!("slave0:ip=127.0.0.1,port=7161,state={state},offset=0,lag=0");
        but(&source("aa", 100), &listed)
    };
    for state in ["send_bulk", "bg_transfer"] {
        let mut watched = Watched::started();
        assert_eq!(
            watched.sees(&sends(state), &unlinked(0)).phase,
            Phase::Transferring,
            "{state}"
        );
    }
    let mut watched = Watched::started();
    assert_eq!(
        watched.sees(&sends("online"), &unlinked(0)).phase,
        Phase::Connecting
    );
}

#[test]
fn a_target_that_receives_is_believed_where_the_source_does_not_list_it() {
    let mut watched = Watched::started();
    for (target, phase) in [
        (unlinked(1), Phase::Transferring),
        (unlinked(0), Phase::Connecting),
        (target(100), Phase::InSync),
        (unlinked(1), Phase::Transferring),
        (unlinked(0), Phase::Lost),
    ] {
        assert_eq!(watched.sees(&source("aa", 100), &target).phase, phase);
    }
}

#[test]
fn the_position_is_the_roots_in_one_history_and_the_sources_own_otherwise() {
    let position = |root: &str| {
        let chained = "role:slave\r\nmaster_host:10.0.0.9\r\nmaster_port:6379\r\nmaster_link_status:up\r\n\
                       master_replid:aa\r\nmaster_repl_offset:100\r\nslave_repl_offset:100\r\n";
        let mut sample = pair(chained, &target(100));
        sample.root = Some(Observed::Known(Info::parse(root)));
        let mut watched = Watched::started();
        watched.look(5, vec![sample]).shards[0].source_offset
    };
    assert_eq!(position(&source("aa", 500)), Some(ReplicationOffset(500)));
    assert_eq!(position(&source("bb", 500)), Some(ReplicationOffset(100)));
}

#[test]
fn a_lag_counts_as_in_sync_up_to_both_of_the_rules_numbers() {
    let phase = |source_offset: u64, target_offset: u64| {
        let mut watched = Watched::with(&json!({"sync": {"maxLagBytes": 50_000, "maxLagSeconds": 2}}));
        watched.look(10, vec![following(1_000, 1_000)]);
        let shard = &watched
            .look(10, vec![following(source_offset, target_offset)])
            .shards[0];
        (shard.phase, shard.lag)
    };
    // 20,000 bytes a second, so that the bytes decide; 10,000 and the seconds do.
    assert_eq!(phase(401_000, 351_000), (Phase::InSync, Some(LagBytes(50_000))));
    assert_eq!(
        phase(401_000, 350_999),
        (Phase::Diverging, Some(LagBytes(50_001)))
    );
    assert_eq!(phase(101_000, 81_000), (Phase::InSync, Some(LagBytes(20_000))));
    assert_eq!(phase(101_000, 80_000), (Phase::Diverging, Some(LagBytes(21_000))));
}
