//! The source requires a password.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source};
use crate::engine::EngineFault;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_requires_password",
    title: "The source requires a password",
    why: "Node-based online migration has no way to authenticate at the source: the link stays down.",
    fix: "take the password off the source for the migration: redis-cli CONFIG SET requirepass \"\"",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| {
        let fault = source.fault()?;
        (*fault == EngineFault::AuthRequired).then(|| Explained::likely(source.asked(fault)))
    })
    .or_else(|| {
        evidence
            .told(&["noauth", "authentication required", "wrongpass", "auth"])
            .map(Explained::likely)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_does(EngineFault::AuthRequired)).is_some());
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("source requires AUTH"))).is_some());
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# MASTER aborted replication with an error: NOAUTH Authentication required."
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("invalid RDB received"))).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
