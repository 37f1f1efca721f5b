//! The source is not reached.

use super::super::Evidence;
use super::{CauseRule, Explained, NOT_REACHED, PREPARE, by_source};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_not_reached",
    title: "The source is not reached",
    why: "Silence is a security group, a network ACL or a route that lets nothing through; the source is called by the target's nodes, not the other way.",
    fix: "let the target's security group into the source's: aws ec2 authorize-security-group-ingress --group-id <source's> --protocol tcp --port <port> --source-group <target's>; then route tables and network ACLs, both ways",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| {
        let fault = source.fault().filter(|fault| fault.is_silence())?;
        Some(Explained::likely(source.asked(fault)))
    })
    .or_else(|| evidence.told(&NOT_REACHED).map(Explained::possible))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::seen;
    use super::*;
    use crate::engine::EngineFault;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(explains(&seen("Observe").source_does(EngineFault::TimedOut("3 s".to_owned()))).is_some());
        assert!(explains(&seen("Observe").event(&Evidence::failure_text("connection timeout"))).is_some());
        assert!(explains(&seen("Observe").source_does(EngineFault::AuthRequired)).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
