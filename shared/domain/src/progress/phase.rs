//! The phases of a shard pair, and which may come after which. docs/phases.md draws the same arrows; a test holds both
//! together, and another drives random looks through [`super::observe()`] and finds no other arrow.

use serde::{Deserialize, Serialize};

/// The phase of a shard pair. The order is that of a migration; the phase of the whole is that of its slowest shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// A side did not answer: nothing is known of the pair at this look.
    Unseen,
    /// The link was up and is down with no new full sync under way, or the source itself lost what it follows.
    Lost,
    /// ElastiCache moves the empty target's slots to match the source's, before any link is made.
    Resharding,
    /// The target does not follow the source yet.
    Connecting,
    /// The source prepares to fork, or waits for other replicas to join.
    WaitingForFork,
    /// The source sends its RDB.
    Transferring,
    /// The target reads the RDB into memory.
    Loading,
    /// Link up, lag above the rule's limit.
    CatchingUp,
    /// It was in sync and fell behind, or source and target are in different histories.
    Diverging,
    /// Link up, nothing loading, same history, lag within the rule.
    InSync,
    /// The target takes writes.
    Promoted,
}

use Phase::{
    CatchingUp, Connecting, Diverging, InSync, Loading, Lost, Promoted, Resharding, Transferring, Unseen,
    WaitingForFork,
};

/// Before the target has followed for the first time.
const BEFORE: &[Phase] = &[Resharding, Connecting];
/// While the source's data is on its way.
const FULL_SYNC: &[Phase] = &[WaitingForFork, Transferring, Loading];
/// The link is up.
const FOLLOWING: &[Phase] = &[CatchingUp, Diverging, InSync];

/// Where a pair may be when it is seen for the first time.
const FIRST: [&[Phase]; 4] = [BEFORE, FULL_SYNC, FOLLOWING, &[Lost]];

/// The arrows: any phase on the left may be followed by any on the right. A look is a sample, so phases that pass between
/// two looks are skipped. What is not here cannot happen: nothing goes back to connecting once it has followed, nothing
/// is promoted that never followed, and a pair that was in sync does not become a pair that never was.
const ARROWS: [(&[Phase], &[Phase]); 19] = [
    (BEFORE, BEFORE),
    (BEFORE, FULL_SYNC),
    (BEFORE, FOLLOWING),
    (BEFORE, &[Lost]),
    (FULL_SYNC, FULL_SYNC),
    (FULL_SYNC, &[Connecting]),
    (FULL_SYNC, FOLLOWING),
    (FULL_SYNC, &[Lost]),
    (FULL_SYNC, &[Promoted]),
    (&[CatchingUp], &[InSync, Diverging]),
    (&[InSync], &[Diverging]),
    (&[Diverging], &[InSync]),
    (FOLLOWING, FULL_SYNC),
    (FOLLOWING, &[Lost]),
    (FOLLOWING, &[Promoted]),
    (&[Lost], FULL_SYNC),
    (&[Lost], FOLLOWING),
    (&[Lost], &[Promoted]),
    // Promoted by somebody else, or for a moment, and made a replica again.
    (
        &[Promoted],
        &[
            WaitingForFork,
            Transferring,
            Loading,
            CatchingUp,
            Diverging,
            InSync,
            Lost,
        ],
    ),
];

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Phase; 11] = [
        Unseen,
        Lost,
        Resharding,
        Connecting,
        WaitingForFork,
        Transferring,
        Loading,
        CatchingUp,
        Diverging,
        InSync,
        Promoted,
    ];

    /// Whether a pair that was last seen in `before` (none: never) may be seen in this phase. A look that sees nothing
    /// is allowed anywhere and is not part of the sequence.
    #[must_use]
    pub fn may_follow(self, before: Option<Phase>) -> bool {
        match before {
            _ if self == Unseen => true,
            None => FIRST.iter().any(|phases| phases.contains(&self)),
            Some(before) => {
                before == self
                    || ARROWS
                        .iter()
                        .any(|(from, to)| from.contains(&before) && to.contains(&self))
            }
        }
    }

    /// Whether the source's data is on its way to the target.
    #[must_use]
    pub fn is_full_sync(self) -> bool {
        FULL_SYNC.contains(&self)
    }

    /// Whether the target applies the source's stream.
    #[must_use]
    pub fn is_following(self) -> bool {
        FOLLOWING.contains(&self)
    }

    /// The phase as it stands in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Unseen => "unseen",
            Lost => "lost",
            Resharding => "resharding",
            Connecting => "connecting",
            WaitingForFork => "waitingForFork",
            Transferring => "transferring",
            Loading => "loading",
            CatchingUp => "catchingUp",
            Diverging => "diverging",
            InSync => "inSync",
            Promoted => "promoted",
        }
    }

    /// The phase in a person's words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Unseen => "one side did not answer at this look",
            Lost => "the link between source and target is down",
            Resharding => "ElastiCache moves the target's slots to match the source's",
            Connecting => "the target is connecting to the source",
            WaitingForFork => "the source is preparing its fork",
            Transferring => "the source is sending its data",
            Loading => "the target is loading the data",
            CatchingUp => "the target is catching up with writes made meanwhile",
            Diverging => "the target fell behind, or follows another history",
            InSync => "source and target are in sync",
            Promoted => "the target takes writes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    const PAGE: &str = include_str!("../../../../docs/phases.md");

    type Arrows = BTreeSet<(String, String)>;

    /// Reads the page's Mermaid diagram: `a --> b`, `state name { ... }` around phases that share their arrows.
    fn drawn() -> Arrows {
        let diagram = PAGE
            .split("```mermaid")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .expect("docs/phases.md has a Mermaid diagram");
        let lines: Vec<&str> = diagram.lines().map(str::trim).collect();
        let mut members: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut inside = None;
        for line in &lines {
            if let Some(name) = line
                .strip_prefix("state ")
                .and_then(|rest| rest.strip_suffix(" {"))
            {
                inside = Some(name);
            } else if *line == "}" {
                inside = None;
            } else if let Some(group) = inside {
                let phases = line.split(" --> ").filter(|word| *word != "[*]");
                members.entry(group).or_default().extend(phases);
            }
        }
        let expand = |name: &str| -> Vec<String> {
            members.get(name).map_or_else(
                || vec![name.to_owned()],
                |phases| phases.iter().map(|phase| (*phase).to_owned()).collect(),
            )
        };
        let mut arrows = Arrows::new();
        for (from, to) in lines.iter().filter_map(|line| line.split_once(" --> ")) {
            for from in expand(from) {
                for to in expand(to) {
                    arrows.insert((from.clone(), to));
                }
            }
        }
        arrows
    }

    fn allowed() -> Arrows {
        let seen = || Phase::ALL.into_iter().filter(|phase| *phase != Unseen);
        let mut arrows = Arrows::new();
        for to in seen() {
            if to.may_follow(None) {
                arrows.insert(("[*]".to_owned(), to.word().to_owned()));
            }
            for from in seen().filter(|from| *from != to && to.may_follow(Some(*from))) {
                arrows.insert((from.word().to_owned(), to.word().to_owned()));
            }
        }
        arrows
    }

    #[test]
    fn the_diagram_in_the_docs_has_the_arrows_of_the_code_and_no_others() {
        let (drawn, allowed) = (drawn(), allowed());
        let missing: Vec<_> = allowed.difference(&drawn).collect();
        let invented: Vec<_> = drawn.difference(&allowed).collect();
        assert!(
            missing.is_empty() && invented.is_empty(),
            "not drawn: {missing:?}; drawn and not allowed: {invented:?}"
        );
    }

    #[test]
    fn the_docs_say_of_every_phase_what_it_is_judged_by() {
        for phase in Phase::ALL {
            let row = format!("| `{}` | ", phase.word());
            assert!(PAGE.contains(&row), "docs/phases.md has no row {row}");
        }
    }

    #[test]
    fn a_phases_word_is_its_json() {
        for phase in Phase::ALL {
            assert_eq!(
                serde_json::to_value(phase).expect("a word"),
                serde_json::json!(phase.word())
            );
        }
    }
}
