//! The keys were compared, and the target does not hold what the source holds.

use super::super::Evidence;
use super::{CauseRule, Explained, OWN};
use crate::verify::Verdict;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "data_differs",
    title: "The target does not hold what the source holds",
    why: "The comparison found keys that still differed after rechecks that outlast the lag. A cutover would make the difference the truth, so none is made; the source is untouched and the target goes on following.",
    fix: "look at the named keys on both sides; then give the migration up (aws elasticache complete-migration --replication-group-id <group> --force) and start it again: a new full sync copies everything anew. A difference that comes back is one of the engines' versions or of a client that writes to the target",
    reference: OWN,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    let result = evidence.verification.as_ref()?.result.as_ref()?;
    if result.verdict != Verdict::Differs {
        return None;
    }
    let first: Vec<String> = result.first.iter().map(ToString::to_string).collect();
    Some(Explained::certain(format!(
        "{}: {}",
        result.statement,
        first.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        let explained = explains(&seen("Observe").compared(Verdict::Differs)).expect("explained");
        assert!(explained.evidence.contains("planted"), "{}", explained.evidence);
        assert!(explains(&seen("Observe").compared(Verdict::Same)).is_none());
        assert!(explains(&seen("Observe").compared(Verdict::Unsure)).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
