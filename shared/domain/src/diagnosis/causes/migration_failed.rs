//! AWS says that the migration failed, and gives no reason that is known.

use super::super::Evidence;
use super::{CauseRule, EVENTS, Explained};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "migration_failed",
    title: "AWS says that the migration failed, and gives no reason that is known",
    why: "AWS documents one reason only; what else it says is shown as it is.",
    fix: "read the event and both engines' logs; AWS's list: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Initiate.html",
    reference: EVENTS,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    evidence.failure().map(Explained::possible)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("of the moon"))).is_some());
        assert!(explains(&seen("Observe").event("Replication group orders created")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
