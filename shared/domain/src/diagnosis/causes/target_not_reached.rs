//! A node of the target does not answer.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "target_not_reached",
    title: "A node of the target does not answer",
    why: "The node is down or being replaced, or its security group does not let the functions in.",
    fix: "aws elasticache describe-replication-groups --replication-group-id <group>; the functions' security group must be let into the target's on its port",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let silent = evidence
        .target
        .iter()
        .find_map(|shard| Some((shard, shard.info.why_unknown()?)));
    silent.map(|(shard, why)| {
        Explained::possible(format!("shard {}, asked after the failure: {why}", shard.shard))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").target_silent("no connection")).is_some());
        assert!(explains(&seen("Observe").target_says("role:master")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
