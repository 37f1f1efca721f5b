//! When to look again: seconds near a change, minutes in the bulk of a transfer and while a person thinks, always within
//! the plan's bounds.

use super::{Next, Observation, Phase, StageName};
use crate::Seconds;
use crate::plan::Polling;
use crate::target::GroupStatus;

/// How many seconds a migration that compares listens for signals between two rounds: whoever brings one tries twice a
/// second.
const BETWEEN_ROUNDS: u64 = 2;

/// How long to wait after this look.
pub(super) fn wait(previous: Option<&Observation>, now: &Observation, polling: Polling) -> Seconds {
    let Polling {
        min_seconds: Seconds(min),
        max_seconds: Seconds(max),
        ..
    } = polling;
    // What repeats itself is looked at half as often each time; the first look of something new comes soon.
    let doubled = previous
        .filter(|previous| previous.phase == now.phase && previous.stage.name == now.stage.name)
        .map_or(min, |previous| previous.wait_seconds.0.saturating_mul(2));
    // A quarter of what is left at the fastest: four looks more, nearer and nearer to the change.
    let by_eta = now.eta_range.map_or(u64::MAX, |range| range.low.0 / 4);
    let climbing = now.shards.iter().any(|shard| shard.watch.memory_looks > 0);
    if matches!(now.next, Next::Verify | Next::Compare) {
        return Seconds(BETWEEN_ROUNDS);
    }
    let wished = match (now.stage.name, now.phase) {
        _ if climbing => min,
        // A group that is no longer migrating is being completed by somebody else: the rest follows in seconds.
        (StageName::Approval, Phase::InSync) if now.status.known() == Some(&GroupStatus::Migrating) => max,
        (StageName::Sync | StageName::Verification | StageName::Approval, phase)
            if phase.is_full_sync() || phase == Phase::Resharding =>
        {
            doubled.min(by_eta)
        }
        // Long behind: the writes are too fast, and looking does not help.
        (StageName::Sync, Phase::CatchingUp) if now.eta_range.is_some() => doubled.min(by_eta),
        _ => min,
    };
    Seconds(wished.clamp(min.max(1), max.max(1)))
}
