//! Somebody else acts on the target.

use super::super::Evidence;
use super::{CauseRule, Explained, INITIATE};
use crate::target::EventKind;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "target_changed_by_somebody",
    title: "Somebody else acts on the target",
    why: "Another tool or person calls ElastiCache for the same group while the migration runs; each undoes what the other does.",
    fix: "stop that tool for the time of the migration (infrastructure as code included), then start again",
    reference: INITIATE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(who) = evidence.called_by_somebody() {
        return Some(Explained::likely(who));
    }
    let source = &evidence.plan.as_ref()?.source;
    evidence
        .events()
        .iter()
        .rev()
        .find_map(|event| match event.kind() {
            EventKind::Started { address, port }
                if address != source.address || port != source.port.to_string() =>
            {
                Some(Explained::certain(event.text.clone()))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").event("Starting migration operation for target cluster orders with source cluster endpoint 10.9.9.9 and port 6379")).is_some());
        assert!(explains(&seen("Observe").called("StartMigration")).is_some());
        assert!(explains(&seen("Observe").event("Starting migration operation for target cluster orders with source cluster endpoint 10.0.0.241 and port 6379")).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
