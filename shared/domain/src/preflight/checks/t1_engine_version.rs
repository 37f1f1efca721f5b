//! T1: the target's engine is one that online migration knows.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::Observed;
use crate::engine::Brand;

pub(super) const CHECK: Check = Check {
    id: "T1",
    cause: "target_engine_not_supported",
    title: "The target runs Valkey 7.2 or later, or Redis OSS 5.0.6 or later",
    why: "ElastiCache offers online migration for these engines only.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let clusters = match &facts.target.clusters {
        Observed::Known(clusters) if !clusters.is_empty() => clusters,
        Observed::Known(_) => return Verdict::unknown("DescribeCacheClusters gave no node of the group", ""),
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("DescribeCacheClusters was not answered: {why}"), "");
        }
    };
    let remedy = format!(
        "upgrade the group first: aws elasticache modify-replication-group --replication-group-id {} --engine valkey \
         --engine-version 8.0 --apply-immediately",
        facts.plan.replication_group_id
    );
    for cluster in clusters {
        let Some(version) = &cluster.version else {
            return Verdict::unknown(
                format!(
                    "{} runs {}, which is not known here",
                    cluster.id, cluster.version_text
                ),
                "",
            );
        };
        let patch: u32 = version
            .text
            .split('.')
            .nth(2)
            .and_then(|patch| patch.parse().ok())
            .unwrap_or(0);
        let oldest_allowed = match version.brand {
            Brand::Valkey => version.release >= (7, 2),
            Brand::Redis => version.release > (5, 0) || (version.release == (5, 0) && patch >= 6),
        };
        if !oldest_allowed {
            return Verdict::fail(format!("{} runs {version}", cluster.id), remedy);
        }
    }
    Verdict::pass(format!("the group runs {}", clusters[0].version_text))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_target_version;
    use super::*;

    #[test]
    fn the_oldest_versions_allowed_pass_and_what_is_not_known_is_unknown() {
        for (engine, version, outcome) in [
            ("valkey", "7.2.6", Outcome::Pass),
            ("redis", "5.0.6", Outcome::Pass),
            ("redis", "7.1.0", Outcome::Pass),
            ("redis", "5.0.5", Outcome::Fail),
            ("redis", "4.0.10", Outcome::Fail),
            ("memcached", "1.6", Outcome::Unknown),
        ] {
            assert_eq!(
                rule(&with_target_version(engine, version)).outcome,
                outcome,
                "{engine} {version}"
            );
        }
    }
}
