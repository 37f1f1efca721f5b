//! T7: the source's data fits into the target's memory.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::target::max_memory;
use crate::{Bytes, Observed};

pub(super) const CHECK: Check = Check {
    id: "T7",
    cause: "target_memory_too_small",
    title: "The target's nodes hold the source's data with room to spare",
    why: "A replica ignores maxmemory while it follows; once promoted it evicts keys or refuses writes.",
    reference: PREPARE,
    rule,
};

/// What the target should have beyond what the source uses now: data grows while it is copied, and another allocator
/// and version lays it out differently. An assumption, not a figure of AWS's.
const HEADROOM_PERCENT: u64 = 20;

/// AWS's default since March 2017; a parameter group that does not give it has it.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html>.
const DEFAULT_RESERVED_PERCENT: u64 = 25;

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let used = match facts.source.info() {
        Ok(info) => info.bytes("used_memory"),
        Err(verdict) => return verdict,
    };
    let Some(used) = used else {
        return Verdict::unknown("the source's INFO has no used_memory", "");
    };
    let (room, how) = match room(facts) {
        Ok(known) => known,
        Err(verdict) => return verdict,
    };
    let evidence = format!(
        "the source uses {used}; a node of {} holds {room} ({how})",
        group.id
    );
    let remedy = format!(
        "aws elasticache modify-replication-group --replication-group-id {} --cache-node-type <a larger type> \
         --apply-immediately",
        group.id
    );
    if used > room {
        return Verdict::fail(evidence, remedy);
    }
    let wanted = used.0.saturating_add(used.0 / 100 * HEADROOM_PERCENT);
    if wanted > room.0 {
        return Verdict::warn(
            format!("{evidence}, which leaves less than {HEADROOM_PERCENT} % for growth"),
            remedy,
        );
    }
    Verdict::pass(evidence)
}

/// What a node may hold: what its engine says, else what AWS publishes for its type less what is reserved.
fn room(facts: &Facts) -> Result<(Bytes, String), Verdict> {
    let told = facts
        .target
        .shards
        .iter()
        .filter_map(|shard| shard.info.known()?.bytes("maxmemory"))
        .filter(|bytes| bytes.0 > 0)
        .min();
    if let Some(bytes) = told {
        return Ok((bytes, "maxmemory, as its engine says".to_owned()));
    }
    let group = facts.target.group()?;
    let Some(node_type) = &group.node_type else {
        return Err(Verdict::unknown(
            "DescribeReplicationGroups gave no node type",
            "",
        ));
    };
    let Some(whole) = max_memory(node_type) else {
        return Err(Verdict::unknown(
            format!("the memory of a {node_type} is not known here"),
            format!(
                "look it up in AWS's table and compare it with the source's used_memory, or let the functions reach the \
                 target's engines ({})",
                "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html"
            ),
        ));
    };
    let parameters = match &facts.target.parameters {
        Observed::Known(parameters) => parameters,
        Observed::Unknown(why) => {
            return Err(Verdict::unknown(
                format!("reserved-memory-percent could not be read: {why}"),
                "",
            ));
        }
    };
    let reserved = match parameters.get("reserved-memory-percent") {
        None => DEFAULT_RESERVED_PERCENT,
        Some(text) => match text.parse::<u64>() {
            Ok(percent) if percent <= 100 => percent,
            _ => {
                return Err(Verdict::unknown(
                    format!("reserved-memory-percent is {text:?}"),
                    "",
                ));
            }
        },
    };
    let room = Bytes(whole.0 / 100 * (100 - reserved));
    Ok((room, format!("{node_type}, {reserved} % reserved")))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_group};
    use super::*;
    use crate::engine::Info;

    fn using(bytes: u64) -> Facts {
        let mut facts = clean();
        facts.source.info = Ok(Info::parse(&format!(
            "redis_version:7.0.15\r\nused_memory:{bytes}\r\n"
        )));
        facts
    }

    #[test]
    fn reserved_memory_is_taken_off_and_some_room_is_asked_for() {
        // cache.r7g.large holds 14,037,181,030 bytes, three quarters of that with the default.
        assert_eq!(rule(&using(8_000_000_000)).outcome, Outcome::Pass);
        assert_eq!(rule(&using(10_000_000_000)).outcome, Outcome::Warn);
        assert_eq!(rule(&using(10_600_000_000)).outcome, Outcome::Fail);
        let mut half = using(8_000_000_000);
        half.target.parameters =
            Observed::Known([("reserved-memory-percent".to_owned(), "50".to_owned())].into());
        assert_eq!(rule(&half).outcome, Outcome::Fail);
    }

    #[test]
    fn the_engines_own_word_goes_before_the_table() {
        let mut facts = using(2_000_000_000);
        facts.target.shards[0].info = Observed::Known(Info::parse("maxmemory:1000000000\r\n"));
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(
            verdict.evidence.contains("as its engine says"),
            "{}",
            verdict.evidence
        );
    }

    #[test]
    fn what_is_not_known_is_not_taken_for_enough() {
        let unknown_type = with_group(|group| group.node_type = Some("cache.z9.huge".to_owned()));
        assert_eq!(rule(&unknown_type).outcome, Outcome::Unknown);
        let mut facts = clean();
        facts.target.parameters = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        facts.source.info = Ok(Info::parse("redis_version:7.0.15\r\n"));
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
