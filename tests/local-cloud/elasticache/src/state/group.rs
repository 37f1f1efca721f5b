//! A replication group as a state machine.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::rules;
use super::{GroupSpec, Message, NotificationTopic, Reason};
use crate::settings::{Reasons, SuccessEvents, TestEvents, TestStatus, WhileModifying};
use crate::wire::{ApiError, Endpoint, ModifyReplicationGroup};

/// A replication group, from its creation to its deletion.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) spec: GroupSpec,
    pub(crate) created: Timestamp,
    pub(crate) nodes: Vec<NodeFacts>,
    /// The slots of each shard, as `0-5460`; empty with cluster mode off.
    pub(crate) slots: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    phase: Phase,
    /// A status that a test imposes, such as `snapshotting`.
    imposed: Option<String>,
}

/// One node, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeFacts {
    pub(crate) cluster_id: String,
    /// From 0.
    pub(crate) shard: usize,
    pub(crate) primary: bool,
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) zone: String,
}

/// What goes on in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing.
    Idle,
    /// ModifyReplicationGroup is being applied.
    Modifying,
    /// TestMigration tries the source.
    Testing(Endpoint),
    /// StartMigration was accepted; the primaries are not yet attached.
    Starting(Endpoint),
    /// The primaries replicate from the source.
    Migrating(Endpoint),
    /// CompleteMigration was accepted; the primaries are being promoted.
    Promoting(Endpoint),
}

/// What becomes of a CompleteMigration that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completion {
    /// Only when the target is in sync.
    WhenInSync,
    /// With whatever is there.
    Forced,
}

impl Group {
    pub(crate) fn new(
        spec: GroupSpec,
        nodes: Vec<NodeFacts>,
        slots: Vec<String>,
        created: Timestamp,
    ) -> Self {
        let tags = spec.tags.iter().cloned().collect();
        Self {
            spec,
            created,
            nodes,
            slots,
            tags,
            phase: Phase::Idle,
            imposed: None,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.spec.id
    }

    pub(crate) fn phase(&self) -> &Phase {
        &self.phase
    }

    /// The source of the migration that is under way.
    pub(crate) fn source(&self) -> Option<&Endpoint> {
        match &self.phase {
            Phase::Starting(source) | Phase::Migrating(source) | Phase::Promoting(source) => Some(source),
            Phase::Idle | Phase::Modifying | Phase::Testing(_) => None,
        }
    }

    /// The `Status` that the API shows.
    pub(crate) fn status(&self, test_status: &TestStatus) -> String {
        let shown = match (&self.imposed, &self.phase) {
            (Some(imposed), _) => imposed,
            (None, Phase::Idle) => "available",
            (None, Phase::Testing(_)) => match test_status {
                TestStatus::Modifying => "modifying",
                TestStatus::Available => "available",
                TestStatus::Other(other) => other,
            },
            (None, Phase::Modifying | Phase::Starting(_) | Phase::Promoting(_)) => "modifying",
            (None, Phase::Migrating(_)) => "migrating",
        };
        shown.to_owned()
    }

    /// Shows a status of the test's choice until it is taken back. Calls that need `available` are refused meanwhile.
    pub(crate) fn impose(&mut self, status: Option<String>) {
        self.imposed = status;
    }

    /// What `available` stands for, whatever is shown.
    pub(crate) fn must_be_available(&self) -> Result<(), ApiError> {
        if self.phase == Phase::Idle && self.imposed.is_none() {
            return Ok(());
        }
        let status = self.status(&TestStatus::Modifying);
        let message = format!(
            "Replication group {} must be in available state, but it is in {status} state.",
            self.id()
        );
        Err(ApiError::invalid_group_state(message))
    }

    /// Whether TestMigration or StartMigration may go ahead.
    pub(crate) fn may_start(&self) -> Result<(), ApiError> {
        if self.source().is_some() {
            return Err(ApiError::already_under_migration());
        }
        self.must_be_available()?;
        rules::migration_target(&self.spec)
    }

    // Calls.

    pub(crate) fn test(&mut self, source: Endpoint) -> Result<(), ApiError> {
        self.may_start()?;
        self.phase = Phase::Testing(source);
        Ok(())
    }

    pub(crate) fn start(&mut self, source: Endpoint) -> Result<Vec<Message>, ApiError> {
        self.may_start()?;
        self.phase = Phase::Starting(source.clone());
        Ok(vec![Message::Starting(source)])
    }

    /// Whether CompleteMigration may go ahead, and how. Changes nothing: see [`Group::promote`].
    pub(crate) fn may_complete(&self, force: bool, policy: WhileModifying) -> Result<Completion, ApiError> {
        let busy = || match policy {
            WhileModifying::InvalidState => {
                let message = format!(
                    "Replication group {} is not in a state to complete a migration.",
                    self.id()
                );
                ApiError::invalid_group_state(message)
            }
            WhileModifying::NotUnderMigration => ApiError::not_under_migration(),
        };
        match &self.phase {
            Phase::Starting(_) | Phase::Migrating(_) if force => Ok(Completion::Forced),
            Phase::Migrating(_) => Ok(Completion::WhenInSync),
            Phase::Starting(_) | Phase::Promoting(_) => Err(busy()),
            Phase::Idle | Phase::Modifying | Phase::Testing(_) => Err(ApiError::not_under_migration()),
        }
    }

    /// Starts the promotion. False when the migration has ended in the meantime.
    pub(crate) fn promote(&mut self) -> bool {
        match &self.phase {
            Phase::Starting(source) | Phase::Migrating(source) => {
                self.phase = Phase::Promoting(source.clone());
                self.spec.pending.resharding_progress = None;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn modify(&mut self, change: &ModifyReplicationGroup) -> Result<(), ApiError> {
        self.must_be_available()?;
        rules::modification(&self.spec, change)?;
        self.phase = Phase::Modifying;
        let spec = &mut self.spec;
        let set = |field: &mut String, value: &Option<String>| {
            if let Some(value) = value {
                field.clone_from(value);
            }
        };
        set(&mut spec.description, &change.description);
        set(&mut spec.maintenance_window, &change.maintenance_window);
        set(&mut spec.snapshot_window, &change.snapshot_window);
        spec.multi_az = change.multi_az.unwrap_or(spec.multi_az);
        spec.automatic_failover = change.automatic_failover.unwrap_or(spec.automatic_failover);
        if let Some(arn) = &change.topic_arn {
            spec.notification_topic = Some(NotificationTopic {
                arn: arn.clone(),
                active: true,
            });
        }
        if let (Some(status), Some(topic)) = (&change.topic_status, &mut spec.notification_topic) {
            topic.active = status == "active";
        }
        if let Some(tls) = change.transit_encryption {
            if change.apply_immediately {
                spec.transit_encryption = tls;
                spec.transit_encryption_mode = change.transit_encryption_mode.clone().filter(|_| tls);
            } else {
                spec.pending.transit_encryption = Some(tls);
                spec.pending
                    .transit_encryption_mode
                    .clone_from(&change.transit_encryption_mode);
            }
        }
        Ok(())
    }

    // What the drivers report. A report that comes too late, because the phase has moved on, changes nothing.

    pub(crate) fn modified(&mut self) {
        if self.phase == Phase::Modifying {
            self.phase = Phase::Idle;
        }
    }

    pub(crate) fn tested(
        &mut self,
        outcome: Result<(), Reason>,
        events: TestEvents,
        reasons: Reasons,
    ) -> Vec<Message> {
        if !matches!(self.phase, Phase::Testing(_)) {
            return Vec::new();
        }
        self.phase = Phase::Idle;
        match (events, outcome) {
            (TestEvents::None, _) => Vec::new(),
            (TestEvents::Plausible, Ok(())) => vec![Message::TestSucceeded],
            (TestEvents::Plausible, Err(reason)) => vec![Message::TestFailed(reason.shown(reasons))],
        }
    }

    /// Slots of a group with cluster mode enabled are on their way to where the source has them. `None`: they are there.
    pub(crate) fn resharding(&mut self, progress: Option<u8>, slots: Vec<String>) {
        if matches!(self.phase, Phase::Starting(_)) {
            self.spec.pending.resharding_progress = progress;
            self.slots = slots;
        }
    }

    pub(crate) fn attached(&mut self) {
        if let Phase::Starting(source) = &self.phase {
            self.phase = Phase::Migrating(source.clone());
        }
    }

    pub(crate) fn failed(&mut self, reason: Reason, reasons: Reasons) -> Vec<Message> {
        if !matches!(self.phase, Phase::Starting(_) | Phase::Migrating(_)) {
            return Vec::new();
        }
        self.phase = Phase::Idle;
        self.spec.pending.resharding_progress = None;
        vec![Message::Failed(reason.shown(reasons))]
    }

    /// The group goes on replicating: a refused promotion is safe to try again.
    pub(crate) fn promotion_refused(&mut self, reason: &str) -> Vec<Message> {
        if let Phase::Promoting(source) = &self.phase {
            self.phase = Phase::Migrating(source.clone());
        }
        vec![Message::CompleteRefused(reason.to_owned())]
    }

    pub(crate) fn promoted(&mut self, events: SuccessEvents) -> Vec<Message> {
        if !matches!(self.phase, Phase::Promoting(_)) {
            return Vec::new();
        }
        self.phase = Phase::Idle;
        match events {
            SuccessEvents::CompleteSuccessful => vec![Message::CompleteSuccessful],
            SuccessEvents::MigrationSucceeded => vec![Message::MigrationSucceeded],
            SuccessEvents::Both => vec![Message::CompleteSuccessful, Message::MigrationSucceeded],
        }
    }
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
