//! The table of checks. A new check is one file and one line here; its id is stable, its texts are its documentation.

mod a1_api_access;
mod layout;
mod m1_listeners;
mod n1_network_path;
mod p1_output_buffer;
mod p2_backlog;
mod p3_fork_memory;
mod p4_sync_time;
mod p5_keeps_up;
mod s10_modules;
mod s11_chain;
mod s12_settings;
mod s13_cluster_whole;
mod s14_private_addresses;
mod s15_scripts;
mod s16_min_replicas;
mod s17_fence;
mod s1_source_reached;
mod s2_rdb_version;
mod s3_no_auth;
mod s4_protected_mode;
mod s5_bind;
mod s6_commands;
mod s7_plain_port;
mod s8_one_port;
mod s9_can_save;
mod t0_exists;
mod t10_no_auth;
mod t11_databases;
mod t12_node_based;
mod t13_uncovered_settings;
mod t14_target_empty;
mod t15_burstable;
mod t16_nothing_pending;
mod t17_maintenance_window;
mod t18_snapshot_window;
mod t19_service_updates;
mod t1_engine_version;
mod t20_notification_topic;
mod t21_slot_layout;
mod t22_members_steady;
mod t2_no_tls;
mod t3_multi_az;
mod t4_no_global_datastore;
mod t5_no_data_tiering;
mod t6_shard_count;
mod t7_memory;
mod t8_available;
mod t9_at_rest;

use super::{Check, ClusterFacts, Facts, Moment, Verdict};
use crate::{Observed, Seconds};

/// Every check, target first: without a target the rest does not matter.
pub const ALL: [Check; 48] = [
    t0_exists::CHECK,
    t12_node_based::CHECK,
    a1_api_access::CHECK,
    t8_available::CHECK,
    t22_members_steady::CHECK,
    t16_nothing_pending::CHECK,
    t1_engine_version::CHECK,
    t2_no_tls::CHECK,
    t10_no_auth::CHECK,
    t3_multi_az::CHECK,
    t4_no_global_datastore::CHECK,
    t5_no_data_tiering::CHECK,
    t15_burstable::CHECK,
    t13_uncovered_settings::CHECK,
    t9_at_rest::CHECK,
    t6_shard_count::CHECK,
    t21_slot_layout::CHECK,
    t7_memory::CHECK,
    t11_databases::CHECK,
    t14_target_empty::CHECK,
    t17_maintenance_window::CHECK,
    t18_snapshot_window::CHECK,
    t19_service_updates::CHECK,
    t20_notification_topic::CHECK,
    m1_listeners::CHECK,
    n1_network_path::CHECK,
    s1_source_reached::CHECK,
    s3_no_auth::CHECK,
    s2_rdb_version::CHECK,
    s4_protected_mode::CHECK,
    s5_bind::CHECK,
    s6_commands::CHECK,
    s7_plain_port::CHECK,
    s8_one_port::CHECK,
    s13_cluster_whole::CHECK,
    s14_private_addresses::CHECK,
    s9_can_save::CHECK,
    s10_modules::CHECK,
    s11_chain::CHECK,
    s12_settings::CHECK,
    s15_scripts::CHECK,
    s16_min_replicas::CHECK,
    s17_fence::CHECK,
    p1_output_buffer::CHECK,
    p2_backlog::CHECK,
    p3_fork_memory::CHECK,
    p4_sync_time::CHECK,
    p5_keeps_up::CHECK,
];

/// The one check that finds once per subnet.
pub(super) use n1_network_path::CHECK as N1;

/// What is looked at again before the cutover: what may have changed since the start and would stop the completion. Not
/// here is what the start has settled (the target is not empty any more, and should not be; the network path carries the
/// replication link) and what AWS would refuse at the start only.
const BEFORE_CUTOVER: [&str; 14] = [
    "T0", "A1", "T8", "T22", "T16", "T7", "T11", "T17", "T18", "T19", "T20", "S1", "S3", "S17",
];

/// The checks of a moment, in the order of the table.
pub fn at(moment: Moment) -> impl Iterator<Item = &'static Check> {
    static TABLE: [Check; ALL.len()] = ALL;
    TABLE
        .iter()
        .filter(move |check| moment == Moment::BeforeStart || BEFORE_CUTOVER.contains(&check.id))
}

/// AWS's page that most rules come from.
const PREPARE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html";

/// "The next hours": what AWS may do by itself within this time is worth a warning.
const SOON: Seconds = Seconds(6 * 3_600);

/// Judges the source as a cluster; one that is none has nothing to judge.
fn judge_cluster(facts: &Facts, rule: impl FnOnce(&ClusterFacts) -> Verdict) -> Verdict {
    match &facts.source.cluster {
        Observed::Known(Some(cluster)) => rule(cluster),
        Observed::Known(None) => Verdict::pass(format!("{} is not a cluster", facts.plan.source)),
        Observed::Unknown(why) => Verdict::unknown(
            format!(
                "whether {} is a cluster could not be seen: {why}",
                facts.plan.source
            ),
            "",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{clean, with_cluster};
    use super::super::{Moment, Outcome, ReportVerdict, SourceFacts, judge};
    use super::{ALL, BEFORE_CUTOVER};
    use crate::Observed;
    use crate::engine::EngineFault;
    use crate::target::GroupStatus;
    use std::collections::BTreeSet;

    #[test]
    fn a_pair_that_is_ready_passes_every_check() {
        let report = judge(&clean());
        let not_passed: Vec<_> = report
            .findings
            .iter()
            .filter(|f| f.outcome != Outcome::Pass)
            .collect();
        assert!(not_passed.is_empty(), "{not_passed:#?}");
    }

    #[test]
    fn ids_are_unique_and_every_check_says_why_and_where_from() {
        let ids: BTreeSet<_> = ALL.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), ALL.len());
        for check in &ALL {
            assert!(check.title.len() > 10 && check.why.len() > 10, "{}", check.id);
            assert!(check.reference.starts_with("https://"), "{}", check.id);
        }
    }

    #[test]
    fn before_the_cutover_only_what_can_still_stop_it_is_looked_at() {
        let ids: BTreeSet<_> = ALL.iter().map(|check| check.id).collect();
        assert!(BEFORE_CUTOVER.iter().all(|id| ids.contains(id)));

        // The target of a migration that runs: migrating, and full of the source's keys.
        let mut facts = clean();
        facts.moment = Moment::BeforeCutover;
        if let Observed::Known(Some(group)) = &mut facts.target.group {
            group.status = GroupStatus::Migrating;
        }
        facts.target.shards[0].info = Observed::Known(crate::engine::Info::parse(
            "role:slave\r\ndb0:keys=1000,expires=0\r\n",
        ));
        let report = judge(&facts);
        assert_eq!(report.verdict, ReportVerdict::MayCutOver, "{report:#?}");
        assert!(report.findings.iter().all(|finding| finding.id != "T14"));

        if let Observed::Known(Some(group)) = &mut facts.target.group {
            group.status = GroupStatus::Available;
        }
        assert_eq!(judge(&facts).verdict, ReportVerdict::MustNotCutOver);
    }

    #[test]
    fn a_cluster_that_is_ready_passes_every_check() {
        let report = judge(&with_cluster(|_| {}));
        let not_passed: Vec<_> = report
            .findings
            .iter()
            .filter(|f| f.outcome != Outcome::Pass)
            .collect();
        assert!(not_passed.is_empty(), "{not_passed:#?}");
    }

    #[test]
    fn nothing_known_passes_nothing_of_the_source() {
        let mut facts = clean();
        let silent = EngineFault::TimedOut("3 s".to_owned());
        facts.source = SourceFacts::silent(silent, Observed::Unknown("no such host".to_owned()));
        for finding in judge(&facts)
            .findings
            .iter()
            .filter(|finding| finding.id.starts_with(['S', 'P']))
        {
            assert_ne!(finding.outcome, Outcome::Pass, "{finding:?}");
        }
    }
}
