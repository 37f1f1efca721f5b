//! S2: the target can load the RDB format that the source writes.

use super::super::{Check, Facts, Verdict};
use crate::Observed;
use crate::engine::EngineVersion;

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
    let source = match facts.source.info() {
        Ok(info) => match EngineVersion::from_info(info) {
            Some(version) => version,
            None => return Verdict::unknown("the source's INFO has no version", ""),
        },
        Err(verdict) => return verdict,
    };
    let target = match &facts.target.clusters {
        Observed::Known(clusters) => clusters.iter().find_map(|cluster| cluster.version.clone()),
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("the target's version could not be read: {why}"), "");
        }
    };
    let Some(target) = target else {
        return Verdict::unknown("the target's engine version is not known here", "");
    };
    match (source.rdb(), target.rdb()) {
        (Some(written), Some(read)) if written <= read => Verdict::pass(format!(
            "{source} writes RDB {}, {target} reads up to {}",
            written.0, read.0
        )),
        (Some(written), Some(read)) => Verdict::fail(
            format!(
                "{source} writes RDB {}, {target} reads up to {} only",
                written.0, read.0
            ),
            "use a target whose engine reads that format (Valkey 9 for a Valkey 9 source). For Redis 7.4 and later no \
             ElastiCache engine does: copy the data with RedisShake or RIOT, or write to both sides for a while",
        ),
        (None, _) => unknown_format(&source),
        (Some(_), None) => unknown_format(&target),
    }
}

fn unknown_format(version: &EngineVersion) -> Verdict {
    Verdict::unknown(
        format!("the RDB format of {version} is not known here"),
        "compare RDB_VERSION in src/rdb.h of both engines' releases before you start",
    )
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
