//! A command that ElastiCache needs is renamed on the source.

use super::super::Evidence;
use super::{CauseRule, Explained, PREPARE, by_source};
use crate::engine::EngineFault;

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "source_commands_renamed",
    title: "A command that ElastiCache needs is renamed on the source",
    why: "SYNC, PSYNC, INFO, CONFIG, COMMAND and CLUSTER must answer by their own names.",
    fix: "remove the rename-command lines for sync, psync, info, config, command and cluster from the source's configuration and restart it",
    reference: PREPARE,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    by_source(evidence, |source| {
        if let Some(EngineFault::UnknownCommand(reply)) = source.fault() {
            return Some(Explained::likely(source.asked(reply)));
        }
        let missing = &source.probe.missing_commands;
        (!missing.is_empty()).then(|| {
            let at = &source.endpoint;
            Explained::certain(format!("the source {at} does not know {}", missing.join(", ")))
        })
    })
    .or_else(|| {
        evidence
            .told(&["unknown command", "renamed"])
            .map(Explained::likely)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::SourceProbe;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        let probe = SourceProbe {
            missing_commands: vec!["psync".to_owned()],
            ..SourceProbe::default()
        };
        assert!(explains(&seen("Observe").source_says("role:master").probed(probe)).is_some());
        assert!(
            explains(&seen("Observe").source_does(EngineFault::UnknownCommand(
                "ERR unknown command 'INFO'".to_owned()
            )))
            .is_some()
        );
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# PRIMARY aborted replication with an error: ERR unknown command 'SYNC'"
            ))
            .is_some()
        );
        assert!(explains(&seen("Observe").source_does(EngineFault::AuthRequired)).is_none());
        assert!(explains(&seen("Observe")).is_none());
    }
}
