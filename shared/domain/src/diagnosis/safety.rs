//! Where a failure leaves the data, and what to do next. What is not known is said to be so.

use super::Evidence;
use crate::Observed;
use crate::contract::cutover::Released;
use crate::target::{EventKind, GroupStatus};
use serde::{Deserialize, Serialize};

/// What somebody woken at night needs to know first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Safety {
    /// What the source is doing.
    pub source: String,
    /// What the target is and holds.
    pub target: String,
    /// What to do next.
    pub next_step: String,
}

impl Safety {
    /// What is known better: what became of the source's fence.
    pub fn after(&mut self, released: &Released) {
        self.source.clone_from(&released.words);
    }

    /// Reads the state of things off the evidence.
    pub(super) fn of(evidence: &Evidence) -> Safety {
        let started = evidence
            .events()
            .iter()
            .any(|event| matches!(event.kind(), EventKind::Started { .. }))
            || evidence
                .observation
                .as_ref()
                .is_some_and(|observation| observation.left_available);
        let completing = evidence
            .observation
            .as_ref()
            .is_some_and(|observation| observation.stage.name == crate::progress::StageName::Promotion);
        let source = if completing {
            "Nothing was written to the source. Whether writes still belong there depends on the target: see below."
        } else {
            "Nothing was written to the source; it takes reads and writes as before."
        };
        let (target, next_step) = match (&evidence.status, started, completing) {
            (Observed::Unknown(why), _, _) => (
                format!("Its state could not be read: {why}."),
                "Look at the group in the ElastiCache console before anything else.",
            ),
            (Observed::Known(None), true, _) => (
                "The group is gone, and with it whatever it held.".to_owned(),
                "Keep applications on the source. Create a group and start again.",
            ),
            (Observed::Known(Some(status)), true, _) if status.is_deleted() => (
                format!("The group is {status}, and with it goes whatever it held."),
                "Keep applications on the source. Create a group and start again.",
            ),
            (Observed::Known(None), false, _) => (
                "There is no such group.".to_owned(),
                "Correct the input and start again.",
            ),
            (Observed::Known(Some(status)), _, true) => (
                format!("CompleteMigration was accepted; the group is {status}. It may have been promoted."),
                "Ask every target primary for its role before any application writes to either side.",
            ),
            (Observed::Known(Some(GroupStatus::Migrating)), _, false) => (
                "It follows the source and takes no writes.".to_owned(),
                "Nothing is lost. Mend the cause and redrive or start again, or give it up with CompleteMigration and \
                 Force.",
            ),
            (Observed::Known(Some(status)), true, false) => (
                format!(
                    "The group is {status} and no longer follows the source. What it held before is gone; it may \
                         hold part of the source's data."
                ),
                "Keep applications on the source. Mend the cause, empty the group (or set \"overwriteTarget\": true) \
                 and start again.",
            ),
            (Observed::Known(Some(status)), false, false) => (
                format!("Nothing was changed; the group is {status}."),
                "Mend the cause and start again.",
            ),
        };
        Safety {
            source: source.to_owned(),
            target,
            next_step: next_step.to_owned(),
        }
    }
}
