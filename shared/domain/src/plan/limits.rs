//! The plan's part about patience: how long each stage may take, and how long what never ends may go on.

use super::fields::Fields;
use crate::Seconds;
use serde::{Deserialize, Serialize};

/// How long each stage may take. The defaults of the first five are assumptions; where the others' come from stands below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// TestMigration's answer. Past it, with the group still busy, the migration stops.
    pub rehearsal: Seconds,
    /// From StartMigration to the target's link being up for the first time.
    pub start: Seconds,
    /// From StartMigration to being in sync.
    pub sync: Seconds,
    /// How long a migration that is ready waits for a person.
    pub approval: Seconds,
    /// From CompleteMigration to a promoted target.
    pub promotion: Seconds,
    /// The most full syncs the source may begin one after another without getting in sync.
    #[serde(default = "Limits::default_full_syncs")]
    pub full_syncs: u32,
    /// How long not a byte may move once the full sync has begun.
    #[serde(default = "Limits::default_stall")]
    pub stall: Seconds,
    /// How long a target that had followed may not follow after a failover or the loss of a chained source's root.
    #[serde(default = "Limits::default_recovery")]
    pub recovery: Seconds,
    /// How long the lag may stay without sinking before writes count as faster than the drain.
    #[serde(default = "Limits::default_drain")]
    pub drain: Seconds,
    /// The share of its limit, in percent, that the source's memory may reach while it holds data for the target.
    #[serde(default = "Limits::default_source_memory_percent")]
    pub source_memory_percent: u32,
}

/// Defaults that a plan from before these fields is read with. A stalled or draining sync gets the 30 minutes after which
/// AWS's own guide says to look at write rate and bandwidth. The others are assumptions: a failover of an engine takes
/// seconds to minutes, a fourth full sync in a row is a loop, and a source so near its limit soon refuses writes.
/// Source of the 30 minutes: <https://github.com/aws/agent-toolkit-for-aws/blob/main/skills/specialized-skills/database-skills/amazon-elasticache/references/migration/self-managed-migration.md>.
impl Limits {
    fn default_full_syncs() -> u32 {
        3
    }

    fn default_stall() -> Seconds {
        Seconds(1_800)
    }

    fn default_recovery() -> Seconds {
        Seconds(300)
    }

    fn default_drain() -> Seconds {
        Seconds(1_800)
    }

    fn default_source_memory_percent() -> u32 {
        95
    }

    pub(super) fn read(root: &mut Fields<'_>) -> Limits {
        let mut section = root.section("limits", false);
        let (full_syncs, stall, recovery, drain, source_memory_percent) = Limits::read_stops(&mut section);
        let limits = Limits {
            rehearsal: Seconds(60 * section.integer("rehearsalMinutes", 15, 1, 1_440)),
            start: Seconds(60 * section.integer("startMinutes", 30, 1, 1_440)),
            sync: Seconds(3_600 * section.integer("syncHours", 48, 1, 2_160)),
            approval: Seconds(3_600 * section.integer("approvalHours", 168, 1, 2_160)),
            promotion: Seconds(60 * section.integer("promotionMinutes", 30, 1, 1_440)),
            full_syncs,
            stall,
            recovery,
            drain,
            source_memory_percent,
        };
        root.merge(section);
        limits
    }

    /// The limits of what never ends, as a person may set them.
    fn read_stops(limits: &mut Fields<'_>) -> (u32, Seconds, Seconds, Seconds, u32) {
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let mut span = |name, Seconds(default)| Seconds(limits.integer(name, default, 1, 604_800));
        let (stall, recovery, drain) = (
            span("stallSeconds", Limits::default_stall()),
            span("recoverySeconds", Limits::default_recovery()),
            span("drainSeconds", Limits::default_drain()),
        );
        (
            narrow(limits.integer("fullSyncs", Limits::default_full_syncs().into(), 1, 1_000)),
            stall,
            recovery,
            drain,
            narrow(limits.integer(
                "sourceMemoryPercent",
                Limits::default_source_memory_percent().into(),
                10,
                100,
            )),
        )
    }
}
