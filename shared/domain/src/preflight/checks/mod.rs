//! The table of checks. A new check is one file and one line here; its id is stable, its texts are its documentation.

mod s1_source_reached;
mod s2_rdb_version;
mod s3_no_auth;
mod t0_exists;
mod t14_target_empty;
mod t1_engine_version;
mod t2_no_tls;
mod t3_multi_az;
mod t8_available;

use super::Check;

/// Every check, target first: without a target the rest does not matter.
pub const ALL: [Check; 9] = [
    t0_exists::CHECK,
    t8_available::CHECK,
    t1_engine_version::CHECK,
    t2_no_tls::CHECK,
    t3_multi_az::CHECK,
    t14_target_empty::CHECK,
    s1_source_reached::CHECK,
    s3_no_auth::CHECK,
    s2_rdb_version::CHECK,
];

/// AWS's page that most rules come from.
const PREPARE: &str = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html";

#[cfg(test)]
mod tests {
    use super::super::testing::clean;
    use super::super::{Outcome, judge};
    use super::ALL;
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
}
