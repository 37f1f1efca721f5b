//! T14: the target holds nothing that the full sync would destroy.

use super::super::{Check, Facts, Verdict};
use crate::Observed;

pub(super) const CHECK: Check = Check {
    id: "T14",
    cause: "target_not_empty",
    title: "The target is empty, or the plan consents to lose what it holds",
    why: "The full sync empties the target before it loads, and even when the load then fails.",
    reference: "https://valkey.io/topics/replication/",
    rule,
};

/// So many silent shards are named; a cluster may have hundreds.
const SHOWN: usize = 3;

fn rule(facts: &Facts) -> Verdict {
    let id = &facts.plan.replication_group_id;
    if facts.target.shards.is_empty() {
        return Verdict::unknown("no shard of the target could be asked for its keys", "");
    }
    let mut keys = 0;
    let mut silent = vec![];
    for shard in &facts.target.shards {
        match &shard.info {
            Observed::Known(info) => keys += info.key_count(),
            Observed::Unknown(why) => silent.push(format!("{}: {why}", shard.shard)),
        }
    }
    if keys > 0 && facts.plan.overwrite_target {
        return Verdict::warn(
            format!("{id} holds {keys} keys, which will be lost; the plan consents (overwriteTarget)"),
            format!(
                "to keep a copy: aws elasticache create-snapshot --replication-group-id {id} --snapshot-name {id}-before"
            ),
        );
    }
    if keys > 0 {
        return Verdict::fail(
            format!("{id} holds {keys} keys, which the full sync would destroy"),
            "use an empty group; or, if the keys may go, take a snapshot and set \"overwriteTarget\": true in the input",
        );
    }
    if !silent.is_empty() {
        let more = match silent.len() {
            0..=SHOWN => String::new(),
            count => format!("; and {} more", count - SHOWN),
        };
        silent.truncate(SHOWN);
        return Verdict::unknown(
            format!(
                "the target did not say what it holds: {}{more}",
                silent.join("; ")
            ),
            "allow the functions' security group into the target's on its port",
        );
    }
    Verdict::pass(format!("{id} holds no key"))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;
    use crate::engine::Info;

    #[test]
    fn keys_stop_the_start_unless_the_plan_consents() {
        let mut facts = clean();
        facts.target.shards[0].info =
            Observed::Known(Info::parse("db0:keys=2,expires=0\r\ndb3:keys=1,expires=0\r\n"));
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert!(verdict.evidence.contains("3 keys"), "{}", verdict.evidence);
        facts.plan.overwrite_target = true;
        assert_eq!(rule(&facts).outcome, Outcome::Warn);
    }

    #[test]
    fn a_target_that_does_not_answer_is_not_taken_for_empty() {
        let mut facts = clean();
        facts.target.shards[0].info = Observed::Unknown("no connection".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        facts.target.shards.clear();
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
