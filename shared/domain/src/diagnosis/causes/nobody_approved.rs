//! Nobody approved in time.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN, has_any};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "nobody_approved",
    title: "Nobody approved in time",
    why: "No answer is never an approval: the migration ended, and the target goes on following.",
    fix: "give it up (aws elasticache complete-migration --replication-group-id <group> --force) and start again with a larger limits.approvalHours",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let why = evidence.why().filter(|why| has_any(why, &["nobody approved"]))?;
    Some(Explained::certain(why))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").looked("nobody approved within 7 days")).is_some());
        assert!(explains(&seen("Observe").looked("ready: waiting for approval")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
