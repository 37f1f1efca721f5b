//! The table of checks. A new check is one file and one line here; its id is stable, its texts are its documentation.

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
mod t14_target_empty;
mod t1_engine_version;
mod t2_no_tls;
mod t3_multi_az;
mod t8_available;

use super::{Check, ClusterFacts, Facts, Verdict};
use crate::Observed;

/// Every check, target first: without a target the rest does not matter.
pub const ALL: [Check; 27] = [
    t0_exists::CHECK,
    t8_available::CHECK,
    t1_engine_version::CHECK,
    t2_no_tls::CHECK,
    t3_multi_az::CHECK,
    t14_target_empty::CHECK,
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
    p1_output_buffer::CHECK,
    p2_backlog::CHECK,
    p3_fork_memory::CHECK,
    p4_sync_time::CHECK,
    p5_keeps_up::CHECK,
];

/// AWS's page that most rules come from.
const PREPARE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html";

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
    use super::super::{Outcome, SourceFacts, judge};
    use super::{ALL, Observed};
    use crate::engine::EngineFault;
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
            .filter(|finding| !finding.id.starts_with('T'))
        {
            assert_ne!(finding.outcome, Outcome::Pass, "{finding:?}");
        }
    }
}
