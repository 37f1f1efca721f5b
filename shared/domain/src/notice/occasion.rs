//! The table of occasions: what each is called, how urgent it is, and whether it may come more than once in a migration.

use crate::contract::notify::Occasion;

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    /// Nothing is to be done.
    Info,
    /// Somebody's word is awaited.
    Action,
    /// Something is wrong, and the migration goes on.
    Warning,
    /// It is over, and not well.
    Critical,
}

impl Severity {
    pub(super) fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Action => "action",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// What a channel shows before the title.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Severity::Info => ":information_source:",
            Severity::Action => ":raised_hand:",
            Severity::Warning => ":warning:",
            Severity::Critical => ":rotating_light:",
        }
    }
}

/// One occasion.
#[derive(Debug)]
pub(super) struct Kind {
    occasion: Occasion,
    /// The word of the event, of the subject and of the message's id.
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    /// What happened, after the group's name.
    pub(super) headline: &'static str,
    /// Whether a migration may have it more than once.
    pub(super) comes_again: bool,
    /// Whether a person can act on the migration when they read it: then chat shows its buttons.
    pub(super) takes_orders: bool,
}

const fn once(occasion: Occasion, name: &'static str, severity: Severity, headline: &'static str) -> Kind {
    Kind {
        occasion,
        name,
        severity,
        headline,
        comes_again: false,
        takes_orders: false,
    }
}

const fn again(occasion: Occasion, name: &'static str, severity: Severity, headline: &'static str) -> Kind {
    Kind {
        comes_again: true,
        ..once(occasion, name, severity, headline)
    }
}

const fn waits(kind: Kind) -> Kind {
    Kind {
        takes_orders: true,
        ..kind
    }
}

/// In the order of a migration; those of a fleet at the end.
static TABLE: [Kind; 17] = [
    once(Occasion::Started, "started", Severity::Info, "a migration begins"),
    once(
        Occasion::Preflight,
        "preflight",
        Severity::Info,
        "the preflight found nothing that forbids a start",
    ),
    again(
        Occasion::Rehearsed,
        "rehearsed",
        Severity::Info,
        "the rehearsal is over",
    ),
    waits(once(
        Occasion::Syncing,
        "syncing",
        Severity::Info,
        "the target is copying the source",
    )),
    waits(again(
        Occasion::Ready,
        "ready",
        Severity::Action,
        "in sync: approve the cutover",
    )),
    waits(again(
        Occasion::Reminder,
        "reminder",
        Severity::Action,
        "still waiting for an approval",
    )),
    waits(again(
        Occasion::Trouble,
        "trouble",
        Severity::Warning,
        "something is wrong while the migration waits",
    )),
    waits(again(
        Occasion::Recovered,
        "recovered",
        Severity::Info,
        "what was wrong is right again",
    )),
    again(Occasion::Cutover, "cutover", Severity::Info, "the cutover begins"),
    again(
        Occasion::NotCompleted,
        "notCompleted",
        Severity::Action,
        "the cutover did not happen, nothing is lost",
    ),
    once(
        Occasion::Done,
        "done",
        Severity::Info,
        "the target has taken over",
    ),
    once(
        Occasion::Assessed,
        "assessed",
        Severity::Info,
        "the assessment is over",
    ),
    once(
        Occasion::Aborted,
        "aborted",
        Severity::Info,
        "the migration was given up",
    ),
    once(
        Occasion::Failed,
        "failed",
        Severity::Critical,
        "the migration failed",
    ),
    once(
        Occasion::Ended,
        "ended",
        Severity::Critical,
        "the migration's execution ended from outside",
    ),
    once(
        Occasion::FleetDone,
        "fleetDone",
        Severity::Info,
        "every migration of the fleet succeeded",
    ),
    once(
        Occasion::FleetFailed,
        "fleetFailed",
        Severity::Critical,
        "not every migration of the fleet succeeded",
    ),
];

/// What there is to know of an occasion.
pub(super) fn kind(occasion: Occasion) -> &'static Kind {
    TABLE
        .iter()
        .find(|kind| kind.occasion == occasion)
        // A test holds that every occasion has its line.
        .unwrap_or(&TABLE[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Tell;
    use std::collections::BTreeSet;

    #[test]
    fn every_occasion_has_its_line_and_its_own_word() {
        for occasion in Occasion::ALL {
            let kind = kind(occasion);
            assert_eq!(kind.occasion, occasion);
            let word = serde_json::to_value(occasion).expect("a word");
            assert_eq!(word, kind.name);
        }
        let names: BTreeSet<_> = TABLE.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), Occasion::ALL.len());
    }

    #[test]
    fn the_page_tells_of_every_occasion_and_no_other() {
        const PAGE: &str = include_str!("../../../../docs/messages.md");
        for kind in &TABLE {
            let row = format!("| `migration.{}` | {} | ", kind.name, kind.severity.word());
            assert!(PAGE.contains(&row), "docs/messages.md has no row {row}");
        }
        assert_eq!(PAGE.matches("| `migration.").count(), TABLE.len());
    }

    #[test]
    fn what_a_look_tells_is_an_occasion() {
        for tell in Tell::ALL {
            let word = serde_json::to_value(tell).expect("a word");
            let occasion: Occasion = serde_json::from_value(word).expect("an occasion");
            assert!(kind(occasion).comes_again);
        }
    }
}
