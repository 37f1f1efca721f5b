//! What becomes of the fence where a cutover is left, by a failure, an abort, a spent budget or a dead execution: it is
//! released where the source is still the primary, and held where the target may have taken over, because a write that
//! reached the source then would be lost.

use crate::Observed;
use crate::engine::{Replication, Role};
use crate::target::GroupStatus;
use serde::{Deserialize, Serialize};

/// What can be seen at that moment.
#[derive(Clone, Debug)]
pub struct LastLook {
    /// Whether CompleteMigration may have been accepted.
    pub asked: bool,
    /// The group's status.
    pub status: Observed<GroupStatus>,
    /// Every target primary.
    pub targets: Vec<Observed<Replication>>,
}

/// What becomes of the fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Leaving {
    /// The source is the primary: let its writers go on.
    Release,
    /// The target has taken over: the fence stays until a person lifts it.
    HoldPromoted,
    /// AWS was asked, and what became of it is not known: the fence stays until a person lifts it.
    HoldUnknown,
}

impl LastLook {
    /// Decides.
    #[must_use]
    pub fn decide(&self) -> Leaving {
        if !self.asked {
            return Leaving::Release;
        }
        let is = |role: fn(&Role) -> bool| {
            !self.targets.is_empty()
                && self
                    .targets
                    .iter()
                    .all(|target| target.known().is_some_and(|target| role(&target.role)))
        };
        let migrating = matches!(self.status.known(), Some(GroupStatus::Migrating));
        if is(|role| matches!(role, Role::Primary)) {
            Leaving::HoldPromoted
        } else if migrating && is(|role| matches!(role, Role::Replica(_))) {
            Leaving::Release
        } else {
            Leaving::HoldUnknown
        }
    }
}

impl Leaving {
    /// In a sentence for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Leaving::Release => "The source is the primary and takes writes again: its fence was released.",
            Leaving::HoldPromoted => {
                "The target has taken over. The source stays fenced, so that no late writer loses a write on it, until \
                 somebody lifts the fence."
            }
            Leaving::HoldUnknown => {
                "CompleteMigration was asked for and what became of it is not known. The source stays fenced until \
                 somebody has looked which side takes writes, and lifts the fence."
            }
        }
    }

    /// Whether the fence is to stay.
    #[must_use]
    pub fn holds(self) -> bool {
        self != Leaving::Release
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Info;

    const PRIMARY: &str = "role:master\r\n";
    const REPLICA: &str = "role:slave\r\nmaster_link_status:up\r\n";

    fn decide(asked: bool, status: Option<&str>, targets: &[Option<&str>]) -> Leaving {
        let unknown = || Observed::Unknown("no answer".to_owned());
        LastLook {
            asked,
            status: status.map_or_else(
                || Observed::Unknown("no answer".to_owned()),
                |status| Observed::Known(GroupStatus::from(status.to_owned())),
            ),
            targets: targets
                .iter()
                .map(|target| match target {
                    Some(text) => {
                        Observed::Known(Replication::from_info(&Info::parse(text)).expect("a role"))
                    }
                    None => unknown(),
                })
                .collect(),
        }
        .decide()
    }

    #[test]
    fn nothing_that_was_asked_for_leaves_the_source_the_primary() {
        for status in [None, Some("migrating"), Some("available")] {
            assert_eq!(decide(false, status, &[None]), Leaving::Release);
        }
    }

    #[test]
    fn whatever_is_not_released_is_held() {
        assert!(!Leaving::Release.holds());
        assert!(Leaving::HoldPromoted.holds() && Leaving::HoldUnknown.holds());
        assert!(Leaving::Release.words().contains("was released"));
        assert!(
            Leaving::HoldPromoted
                .words()
                .contains("The target has taken over")
        );
        assert!(Leaving::HoldUnknown.words().contains("is not known"));
    }

    #[test]
    fn a_promotion_holds_the_fence_whatever_the_status_says() {
        for status in [None, Some("migrating"), Some("modifying"), Some("available")] {
            assert_eq!(decide(true, status, &[Some(PRIMARY)]), Leaving::HoldPromoted);
        }
    }

    #[test]
    fn only_a_target_that_was_seen_to_follow_releases_it_after_that() {
        assert_eq!(
            decide(true, Some("migrating"), &[Some(REPLICA)]),
            Leaving::Release
        );
        for (status, target) in [
            (Some("modifying"), Some(REPLICA)),
            (Some("available"), Some(REPLICA)),
            (Some("migrating"), None),
            (None, Some(REPLICA)),
        ] {
            assert_eq!(
                decide(true, status, &[target]),
                Leaving::HoldUnknown,
                "{status:?}"
            );
        }
        // One shard promoted and the other not: neither side alone takes all writes.
        assert_eq!(
            decide(true, Some("migrating"), &[Some(PRIMARY), Some(REPLICA)]),
            Leaving::HoldUnknown
        );
        assert_eq!(decide(true, Some("migrating"), &[]), Leaving::HoldUnknown);
    }
}
