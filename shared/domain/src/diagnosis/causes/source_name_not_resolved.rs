//! The source's name does not resolve.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source, has_any};
use crate::preflight::GIVE_AN_ADDRESS;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_name_not_resolved",
    title: "The source's name does not resolve",
    why: "DNS in the target's subnets does not know the source's name.",
    fix: GIVE_AN_ADDRESS,
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| {
        let fault = source.fault().filter(|fault| fault.is_unknown_name())?;
        Some(Explained::certain(source.asked(fault)))
    })
    .or_else(|| {
        evidence
            .told(&[
                "not resolve",
                "unknown host",
                "unable to connect to master:",
                "unable to connect to primary:",
            ])
            // The same words stand before a route that is missing.
            .filter(|line| !has_any(line, &["unreachable", "no route"]))
            .map(Explained::likely)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;
    use crate::engine::EngineFault;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").source_does(EngineFault::Unreachable(
                "failed to lookup address information".to_owned()
            )))
            .is_some()
        );
        assert!(
            explains(&seen("Observe").event(&Evidence::failure_text("the host name does not resolve")))
                .is_some()
        );
        assert!(
            explains(&seen("Observe").source_does(EngineFault::Unreachable("Connection refused".to_owned())))
                .is_none()
        );
        assert!(explains(&seen("Observe")).is_none());
    }
}
