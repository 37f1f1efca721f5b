//! Nothing answers on the source's port.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source};
use crate::preflight::LISTEN;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_port_refused",
    title: "Nothing answers on the source's port",
    why: "The host refuses the connection: the engine is down, listens on another port, or is bound to another address.",
    fix: LISTEN,
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| {
        let fault = source.fault().filter(|fault| fault.is_refused())?;
        Some(Explained::likely(source.asked(fault)))
    })
    .or_else(|| evidence.told(&["connection refused"]).map(Explained::likely))
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;
    use crate::engine::EngineFault;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").source_does(EngineFault::Unreachable(
                "Connection refused (os error 111)".to_owned()
            )))
            .is_some()
        );
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# Error condition on socket for SYNC: Connection refused"
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").source_does(EngineFault::TimedOut("3 s".to_owned()))).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
