//! S2: the target can load the RDB format that the source writes.

use super::super::{Check, Facts, Node, Verdict};
use crate::Observed;
use crate::engine::{EngineVersion, RdbFormat};

pub(super) const CHECK: Check = Check {
    id: "S2",
    cause: "rdb_version_too_new",
    title: "The target reads the RDB format that the source writes",
    why: "A reader refuses every RDB version above its own: the target is emptied, the load fails, and it starts over. \
          Seen on AWS with Redis 7.4 to Valkey 8.2: \"invalid RDB received\".",
    reference: "https://github.com/valkey-io/valkey/blob/8.0/src/rdb.h",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let target = match &facts.target.clusters {
        Observed::Known(clusters) => clusters.iter().find_map(|cluster| cluster.version.clone()),
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("the target's version could not be read: {why}"), "");
        }
    };
    let Some(target) = target else {
        return Verdict::unknown("the target's engine version is not known here", "");
    };
    facts.judge_nodes(|node| judge(node, &target))
}

fn judge(node: &Node<'_>, target: &EngineVersion) -> Result<Verdict, Verdict> {
    node.info()?;
    let source = node
        .version()
        .ok_or_else(|| Verdict::unknown(format!("INFO of {} has no version", node.endpoint), ""))?;
    let formats = format!(
        "{} runs {source} ({}), the target {target} ({})",
        node.endpoint,
        rdb(&source),
        rdb(target)
    );
    Ok(match target.loads_from(&source) {
        Some(true) => Verdict::pass(formats),
        Some(false) => Verdict::fail(
            format!("{formats}: it refuses what the source writes"),
            "use a target whose engine reads that format (Valkey 9 for a Valkey 9 source). For Redis 7.4 and later no \
             ElastiCache engine does: copy the data with RedisShake or RIOT, or write to both sides for a while",
        ),
        None => Verdict::unknown(
            format!("{formats}: whether it reads that is not known here"),
            "compare RDB_VERSION in src/rdb.h of both engines' releases before you start",
        ),
    })
}

fn rdb(version: &EngineVersion) -> String {
    match version.rdb_format() {
        Some(RdbFormat::Exactly(rdb)) => format!("RDB {}", rdb.0),
        Some(RdbFormat::AtLeast(rdb)) => format!("RDB {} or later", rdb.0),
        None => "RDB format not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_target_version;
    use super::*;
    use crate::engine::Info;

    #[test]
    fn the_format_decides_and_versions_not_known_are_unknown() {
        for (source, target, outcome) in [
            ("redis_version:7.0.15", ("valkey", "8.0.1"), Outcome::Pass),
            ("redis_version:2.8.21", ("valkey", "8.0.1"), Outcome::Pass),
            ("redis_version:7.0.15", ("redis", "7.0.7"), Outcome::Pass),
            ("redis_version:7.2.4", ("redis", "7.0.7"), Outcome::Fail),
            ("redis_version:7.4.6", ("valkey", "8.2.0"), Outcome::Fail),
            ("redis_version:7.4.6", ("valkey", "9.0.0"), Outcome::Fail),
            ("redis_version:8.4.0", ("valkey", "8.0.1"), Outcome::Fail),
            (
                "redis_version:7.2.4\r\nvalkey_version:9.0.0",
                ("valkey", "8.1.0"),
                Outcome::Fail,
            ),
            (
                "redis_version:7.2.4\r\nvalkey_version:9.0.0",
                ("valkey", "9.0.0"),
                Outcome::Pass,
            ),
            ("redis_version:10.0.0", ("valkey", "8.0.1"), Outcome::Unknown),
            ("redis_version:7.0.15", ("valkey", "12.0.0"), Outcome::Unknown),
        ] {
            let mut facts = with_target_version(target.0, target.1);
            facts.source.info = Ok(Info::parse(source));
            assert_eq!(rule(&facts).outcome, outcome, "{source} -> {target:?}");
        }
    }
}
