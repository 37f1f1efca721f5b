//! The source holds data of a module that the target lacks.

use super::super::Evidence;
use super::{CauseRule, Explained, REPLICATION};

pub(super) const CAUSE: CauseRule = CauseRule {
    id: "module_data",
    title: "The source holds data of a module that the target lacks",
    why: "Data of a module's type cannot be loaded where the module is not: the load fails as an invalid RDB.",
    fix: "on the source: redis-cli MODULE LIST, then find and remove or convert its keys: redis-cli --scan --type <module type>",
    reference: REPLICATION,
    explains,
};

fn explains(evidence: &Evidence) -> Option<Explained> {
    if let Some(line) = evidence.log(&["module data", "no matching module type", "module type"]) {
        return Some(Explained::certain(line));
    }
    let event = evidence.failure_for(&["rdb", "module"])?;
    let module = evidence.source_infos().find_map(|info| info.text("module"))?;
    Some(Explained::likely(format!(
        "{event}; the source has the module {module}"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::super::Side;
    use super::super::super::testing::seen;
    use super::*;

    #[test]
    fn it_explains_its_signs_and_no_others() {
        assert!(
            explains(&seen("Observe").log_line_of(
                Side::Target,
                "# The RDB file contains module data I can't load: no matching module type 'ReJSON-RL'"
            ))
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .event(&Evidence::failure_text("invalid RDB received"))
                    .source_says("module:name=ReJSON,ver=20008")
            )
            .is_some()
        );
        assert!(
            explains(
                &seen("Observe")
                    .event(&Evidence::failure_text("invalid RDB received"))
                    .source_says("role:master")
            )
            .is_none()
        );
        assert!(explains(&seen("Observe").source_says("module:name=ReJSON,ver=20008")).is_none());
    }
}
