//! What a diagnosis rests on, gathered after the failure.

use crate::contract::diagnose::CaughtError;
use crate::engine::{EngineFault, EngineVersion, Info};
use crate::plan::Plan;
use crate::preflight::{PreflightReport, TargetShard};
use crate::progress::Observation;
use crate::target::{Event, GroupStatus};
use crate::{Observed, StepError};
use jiff::Timestamp;

/// Everything that is known once a migration has failed.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// When it was gathered.
    pub now: Timestamp,
    /// The state that failed.
    pub failed_state: String,
    /// The error that was caught, if one was.
    pub error: Option<CaughtError>,
    /// What the user asked for; none where that was the mistake.
    pub plan: Option<Plan>,
    /// What preflight found, if it came to that.
    pub preflight: Option<PreflightReport>,
    /// The last look, if there was one.
    pub observation: Option<Observation>,
    /// The group's events since the migration began.
    pub events: Observed<Vec<Event>>,
    /// The group's status now. `Known(None)` where there is no such group.
    pub status: Observed<Option<GroupStatus>>,
    /// The source now; none where there was no plan to say where it is.
    pub source: Option<Result<Info, EngineFault>>,
    /// The target's primaries now.
    pub target: Vec<TargetShard>,
}

/// The fields of INFO that tell something about a failed migration.
const TELLING: [&str; 14] = [
    "role",
    "loading",
    "master_link_status",
    "master_sync_in_progress",
    "connected_slaves",
    "slave0",
    "master_repl_offset",
    "slave_repl_offset",
    "sync_full",
    "sync_partial_err",
    "client_output_buffer_limit_disconnections",
    "rdb_last_bgsave_status",
    "used_memory_human",
    "maxmemory_human",
];

impl Evidence {
    /// The error name with which the execution ends: the one that was caught, or the one for what a choice led to.
    pub(super) fn error_name(&self) -> String {
        match (&self.error, &self.preflight) {
            (Some(error), _) if !error.error.is_empty() => error.error.clone(),
            _ if ["Preflight", "Recheck", "RecheckCutover"].contains(&self.failed_state.as_str()) => {
                StepError::Precondition(String::new()).name().to_owned()
            }
            _ => StepError::Stopped(String::new()).name().to_owned(),
        }
    }

    /// Whether the caught error has this name.
    pub(super) fn caught(&self, error: &StepError) -> Option<String> {
        self.error
            .as_ref()
            .filter(|caught| caught.error == error.name())
            .map(CaughtError::message)
    }

    /// Events that are known.
    pub(super) fn events(&self) -> &[Event] {
        self.events.known().map_or(&[], Vec::as_slice)
    }

    /// Everything that was seen, for a person to read.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![];
        if let Some(error) = &self.error {
            lines.push(format!("error: {}: {}", error.error, error.message()));
        }
        if let Some(observation) = &self.observation {
            lines.push(format!("last look at {}: {}", observation.at, observation.why));
        }
        lines.push(match &self.status {
            Observed::Known(Some(status)) => format!("group status: {status}"),
            Observed::Known(None) => "group status: there is no such group".to_owned(),
            Observed::Unknown(why) => format!("group status: not known ({why})"),
        });
        match &self.events {
            Observed::Known(events) => {
                lines.extend(
                    events
                        .iter()
                        .map(|event| format!("event at {}: {}", event.at, event.text)),
                );
            }
            Observed::Unknown(why) => lines.push(format!("events: not known ({why})")),
        }
        match &self.source {
            Some(Ok(info)) => lines.push(format!("source: {}", short(info))),
            Some(Err(fault)) => lines.push(format!("source: {fault}")),
            None => {}
        }
        for shard in &self.target {
            lines.push(match &shard.info {
                Observed::Known(info) => format!("target {}: {}", shard.shard, short(info)),
                Observed::Unknown(why) => format!("target {}: not known ({why})", shard.shard),
            });
        }
        lines
    }
}

/// An engine's version and its telling fields.
fn short(info: &Info) -> String {
    let version =
        EngineVersion::from_info(info).map_or_else(|| "version unknown".to_owned(), |v| v.to_string());
    let fields = TELLING
        .iter()
        .filter_map(|field| Some(format!("{field}:{}", info.text(field)?)));
    std::iter::once(version)
        .chain(fields)
        .collect::<Vec<_>>()
        .join(" ")
}
