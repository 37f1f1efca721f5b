//! What people are told while a migration waits: that something is wrong, that it is right again, that somebody's word is
//! awaited. Decided from what was told before, so that each is told once per change and never per look.

use super::{Next, Observation, Phase, Seen, ShardObservation, StageName, watch};
use crate::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a look is told of. The words are those of the messages' occasions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Tell {
    /// Something is wrong that was not a moment ago.
    Trouble,
    /// Nothing of what people were told is wrong any more.
    Recovered,
    /// A verdict waits for somebody's word.
    Reminder,
}

impl Tell {
    /// Every word, so that a test can hold the messages' occasions against them.
    pub const ALL: [Tell; 3] = [Tell::Trouble, Tell::Recovered, Tell::Reminder];
}

/// What can be wrong with a migration that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConcernKind {
    /// A side does not answer, or the target does not follow any more.
    LinkLost,
    /// The target falls behind, or does not catch up.
    LagGrows,
    /// Writes may be refused or lost: the source's memory is at its limit, or writes go elsewhere.
    WriteRisk,
}

impl ConcernKind {
    const ALL: [ConcernKind; 3] = [
        ConcernKind::LinkLost,
        ConcernKind::LagGrows,
        ConcernKind::WriteRisk,
    ];

    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ConcernKind::LinkLost => "the link between source and target is broken",
            ConcernKind::LagGrows => "the target falls behind",
            ConcernKind::WriteRisk => "writes may be refused or lost",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Concern {
    /// What.
    pub kind: ConcernKind,
    /// Since when it was seen.
    pub since: Timestamp,
    /// What was seen last, in a sentence.
    pub text: String,
    /// Looks in a row at which it was seen.
    pub looks: u32,
    /// Looks in a row at which it was not seen any more.
    pub gone: u32,
    /// Whether people were told.
    pub told: bool,
}

/// What people know of a migration that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Told {
    /// What is wrong, at most one of a kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub concerns: Vec<Concern>,
    /// When people were last asked for their word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
}

impl Told {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Told::default()
    }
}

/// Looks in a row before something counts, and before it counts as over: a moment's break mends itself.
const LOOKS: u32 = 2;

/// Looks without a lower lag after which it does not sink.
const LOOKS_WITHOUT_A_LOWER_LAG: u32 = 10;

/// Shards that a sentence names; of more it says how many.
const NAMED: usize = 2;

/// What people know after this look, and what they are told now.
pub(super) fn tell(
    previous: Option<&Observation>,
    observation: &Observation,
    seen: &Seen<'_>,
) -> (Told, Option<Tell>) {
    let before = previous.map(|previous| previous.told.clone()).unwrap_or_default();
    let waits = matches!(seen.stage.name, StageName::Sync | StageName::Approval);
    match observation.next {
        // The message that it is ready says that nothing is wrong.
        Next::Ready => {
            let asked = Told {
                concerns: vec![],
                asked_at: Some(seen.now),
            };
            return (asked, None);
        }
        Next::Wait if waits => {}
        _ => return (before, None),
    }
    let mut told = Told {
        concerns: ConcernKind::ALL
            .into_iter()
            .filter_map(|kind| concern(kind, &before, observation, seen))
            .collect(),
        asked_at: before.asked_at,
    };
    let news = told
        .concerns
        .iter()
        .any(|concern| !concern.told && concern.looks >= LOOKS);
    if news {
        for concern in &mut told.concerns {
            concern.told = true;
        }
        return (told, Some(Tell::Trouble));
    }
    let known = |told: &Told| told.concerns.iter().any(|concern| concern.told);
    if known(&before) && !known(&told) {
        return (told, Some(Tell::Recovered));
    }
    if reminds(&told, observation, seen) {
        told.asked_at = Some(seen.now);
        return (told, Some(Tell::Reminder));
    }
    (told, None)
}

/// A kind of concern after this look; none where nothing is wrong, or not any more.
fn concern(kind: ConcernKind, before: &Told, observation: &Observation, seen: &Seen<'_>) -> Option<Concern> {
    let known = before
        .concerns
        .iter()
        .find(|concern| concern.kind == kind)
        .cloned();
    match (text(kind, observation, seen), known) {
        (Some(text), Some(known)) => Some(Concern {
            text,
            looks: known.looks.saturating_add(1),
            gone: 0,
            ..known
        }),
        (Some(text), None) => Some(Concern {
            kind,
            since: seen.now,
            text,
            looks: 1,
            gone: 0,
            told: false,
        }),
        // What nobody was told of may go as it came.
        (None, Some(known)) if known.told && known.gone + 1 < LOOKS => Some(Concern {
            looks: 0,
            gone: known.gone + 1,
            ..known
        }),
        (None, _) => None,
    }
}

/// What is wrong of a kind, in a sentence.
fn text(kind: ConcernKind, observation: &Observation, seen: &Seen<'_>) -> Option<String> {
    let mut wrong = observation.shards.iter().filter_map(|shard| {
        let why = match kind {
            ConcernKind::LinkLost => link_lost(shard, seen),
            ConcernKind::LagGrows => lag_grows(shard, seen),
            ConcernKind::WriteRisk => write_risk(shard),
        }?;
        Some(format!("shard {}: {why}", shard.shard))
    });
    let named: Vec<String> = wrong.by_ref().take(NAMED).collect();
    let more = wrong.count();
    match (named.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(named.join("; ")),
        (false, more) => Some(format!("{}; and {more} shards more", named.join("; "))),
    }
}

fn link_lost(shard: &ShardObservation, seen: &Seen<'_>) -> Option<String> {
    let again = seen.stage.name == StageName::Approval && shard.phase.is_full_sync();
    match shard.phase {
        Phase::Unseen => Some(
            shard
                .unseen
                .clone()
                .unwrap_or_else(|| shard.phase.describe().to_owned()),
        ),
        Phase::Lost => Some(shard.phase.describe().to_owned()),
        phase if again => Some(format!("the full sync began again: {}", phase.describe())),
        _ => None,
    }
}

fn lag_grows(shard: &ShardObservation, seen: &Seen<'_>) -> Option<String> {
    let lag = shard
        .lag
        .map_or_else(|| "of unknown size".to_owned(), |lag| lag.to_string());
    match (seen.stage.name, shard.phase) {
        (StageName::Approval, Phase::CatchingUp | Phase::Diverging) => {
            Some(format!("{}, the lag is {lag}", shard.phase.describe()))
        }
        (StageName::Sync, Phase::CatchingUp) => {
            let (lowest, at, looks) = shard.watch.lowest?;
            let for_long = watch::since(at, seen.now);
            // At the whole of it the migration is stopped: people hear of it before.
            let half = Seconds(seen.plan.limits.drain.0 / 2);
            (for_long >= half && looks >= LOOKS_WITHOUT_A_LOWER_LAG)
                .then(|| format!("the lag is {lag} and has not sunk below {lowest} for {for_long}"))
        }
        _ => None,
    }
}

fn write_risk(shard: &ShardObservation) -> Option<String> {
    if shard.phase == Phase::Promoted {
        return Some("the target takes writes itself, though nobody here completed the migration".to_owned());
    }
    if shard.watch.source_failed_over && shard.watch.down_since.is_some() {
        return Some("the source is in another history or role than the one that was followed".to_owned());
    }
    (shard.watch.memory_looks > 0)
        .then(|| "the source's memory is at its limit, a part of it held for the target".to_owned())
}

/// Whether it is time to ask for somebody's word again.
fn reminds(told: &Told, observation: &Observation, seen: &Seen<'_>) -> bool {
    let interval = seen.plan.notifications.reminder;
    let digest = observation.verdict.as_ref().map(|verdict| &verdict.digest);
    interval.0 > 0
        && seen.stage.name == StageName::Approval
        && observation.postponed_until.is_none()
        && digest.is_some()
        && digest == observation.announced.as_ref()
        && told
            .asked_at
            .is_some_and(|asked| Seconds::between(asked, seen.now) >= interval)
}
