//! What a diagnosis rests on, gathered after the failure.

use super::log::{LogLine, LogPages, Side};
use crate::contract::diagnose::CaughtError;
use crate::engine::{EngineFault, EngineVersion, Info};
use crate::plan::Plan;
use crate::preflight::network::{NetworkFacts, each_subnet};
use crate::preflight::{Finding, PreflightReport, TargetShard};
use crate::progress::Observation;
use crate::signal::Signal;
use crate::target::{Event, EventKind, GroupStatus};
use crate::verify::Standing;
use crate::{Endpoint, Observed, StepError};
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
    /// The source's primaries now, the plan's own endpoint first; none where there was no plan to say where it is.
    pub sources: Vec<SourceSeen>,
    /// The target's primaries now.
    pub target: Vec<TargetShard>,
    /// What last woke the migration, if something did.
    pub signal: Option<Signal>,
    /// The engines' log lines, where the plan names log groups.
    pub logs: Vec<LogLine>,
    /// How far the comparison of the keys came, if one was begun.
    pub verification: Option<Standing>,
    /// What else was not read, and why: a sentence each.
    pub gaps: Vec<String>,
    /// The way from the target to the source as EC2 describes it after the failure; none where it was not asked again.
    pub network: Option<NetworkFacts>,
}

/// One primary of the source, asked after the failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSeen {
    /// Where it was asked.
    pub endpoint: Endpoint,
    /// INFO, or what it did instead.
    pub info: Result<Info, EngineFault>,
    /// INFO a moment before that, to see which of its counters move.
    pub earlier: Option<Info>,
    /// What it answered to questions beyond INFO.
    pub probe: SourceProbe,
}

impl SourceSeen {
    /// INFO, if it answered.
    pub(super) fn known(&self) -> Option<&Info> {
        self.info.as_ref().ok()
    }

    /// What it did instead of answering.
    pub(super) fn fault(&self) -> Option<&EngineFault> {
        self.info.as_ref().err()
    }

    /// By how much a counter grew while it was looked at; none where it stood still or is not known.
    pub(super) fn grew(&self, counter: &str) -> Option<u64> {
        let before = self.earlier.as_ref()?.count(counter)?;
        self.known()?
            .count(counter)?
            .checked_sub(before)
            .filter(|grown| *grown > 0)
    }

    /// What it did, for a person to read.
    pub(super) fn asked(&self, what: impl std::fmt::Display) -> String {
        format!("the source {}, asked after the failure: {what}", self.endpoint)
    }

    fn lines(&self) -> Vec<String> {
        let source = format!("source {}", self.endpoint);
        let SourceProbe {
            missing_commands,
            denied_commands,
            output_buffer_limit,
        } = &self.probe;
        let mut lines = vec![match &self.info {
            Ok(info) => format!("{source}: {}", short(info)),
            Err(fault) => format!("{source}: {fault}"),
        }];
        if !missing_commands.is_empty() {
            lines.push(format!("{source} does not know: {}", missing_commands.join(", ")));
        }
        lines.extend(denied_commands.iter().map(|words| format!("{source}: {words}")));
        lines.extend(
            output_buffer_limit
                .iter()
                .map(|limit| format!("{source}: client-output-buffer-limit {limit}")),
        );
        lines
    }
}

/// What replication needs of the source beyond INFO: asked after a failure, as the default user that ElastiCache is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceProbe {
    /// Commands that replication needs and that `COMMAND INFO` does not know: renamed or removed.
    pub missing_commands: Vec<String>,
    /// What `ACL DRYRUN` (7.0 and later) refuses the default user, in the engine's words.
    pub denied_commands: Vec<String>,
    /// `client-output-buffer-limit`, as CONFIG GET gives it.
    pub output_buffer_limit: Option<String>,
}

impl SourceProbe {
    /// The hard limit for replicas in bytes, 0 for none; the class is called `slave` up to 7.x and may be `replica`.
    #[must_use]
    pub fn replica_hard_limit(&self) -> Option<u64> {
        let mut words = self.output_buffer_limit.as_deref()?.split_whitespace();
        words.find(|word| matches!(*word, "slave" | "replica"))?;
        words.next()?.parse().ok()
    }
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

/// The newest log lines that are shown; a sync that loops says the same each time.
const LOG_LINES_SHOWN: usize = 20;

impl Evidence {
    /// Takes over what the logs answered.
    pub fn read_logs(&mut self, pages: &LogPages) {
        for (side, page) in pages.each() {
            self.logs
                .extend(page.lines.iter().map(|line| LogLine::read(side, line)));
            self.gaps.extend(page.gap(side));
        }
    }

    /// What the rules of the VPC say now of the way from each of the target's subnets to the source; nothing where they were
    /// not asked for again.
    pub(super) fn ways_now(&self) -> Vec<Finding> {
        let (Some(network), Some(plan), Some(source)) = (&self.network, &self.plan, self.sources.first())
        else {
            return vec![];
        };
        each_subnet(network, plan.source.port, &source.info)
    }

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

    /// The newest event that says that the migration or the rehearsal failed, in AWS's words.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failed_event().map(|(text, _)| text)
    }

    /// The same, where the reason that AWS gives holds one of these pieces (in lower case).
    pub(super) fn failure_for(&self, pieces: &[&str]) -> Option<String> {
        let (text, reason) = self.failed_event()?;
        let reason = reason?.to_ascii_lowercase();
        pieces
            .iter()
            .any(|piece| reason.contains(piece))
            .then(|| text.to_owned())
    }

    fn failed_event(&self) -> Option<(&str, Option<String>)> {
        self.events().iter().rev().find_map(|event| match event.kind() {
            EventKind::Failed(reason) | EventKind::TestFailed(reason) => Some((event.text.as_str(), reason)),
            _ => None,
        })
    }

    /// The newest log line of either side that holds one of these pieces (in lower case).
    pub(super) fn log(&self, pieces: &[&str]) -> Option<String> {
        self.log_line(pieces, |_| true)
    }

    /// The same, of one side.
    pub(super) fn log_of(&self, side: Side, pieces: &[&str]) -> Option<String> {
        self.log_line(pieces, |line| line.side == side)
    }

    fn log_line(&self, pieces: &[&str], wanted: impl Fn(&LogLine) -> bool) -> Option<String> {
        self.logs
            .iter()
            .rev()
            .filter(|line| wanted(line))
            .find_map(|line| {
                let text = line.text.to_ascii_lowercase();
                pieces
                    .iter()
                    .any(|piece| text.contains(piece))
                    .then(|| format!("the {}'s log: {}", line.side, line.text))
            })
    }

    /// AWS's reason or a log line that holds one of these pieces.
    pub(super) fn told(&self, pieces: &[&str]) -> Option<String> {
        self.failure_for(pieces).or_else(|| self.log(pieces))
    }

    /// INFO of the source's primaries that answered.
    pub(super) fn source_infos(&self) -> impl Iterator<Item = &Info> {
        self.sources.iter().filter_map(SourceSeen::known)
    }

    /// Whether the target has followed the source at some look.
    pub(super) fn has_followed(&self) -> bool {
        let observation = self.observation.as_ref();
        observation.is_some_and(|observation| observation.shards.iter().any(|shard| shard.followed))
    }

    /// INFO of the target's primaries that answered.
    pub(super) fn target_infos(&self) -> impl Iterator<Item = &Info> {
        self.target.iter().filter_map(|shard| shard.info.known())
    }

    /// Why the last look led where it led.
    pub(super) fn why(&self) -> Option<&str> {
        self.observation
            .as_ref()
            .map(|observation| observation.why.as_str())
    }

    /// Somebody else's call that woke the migration.
    pub(super) fn called_by_somebody(&self) -> Option<String> {
        let now = match &self.signal {
            Some(Signal::Call { call, by }) => Some(format!("{call} by {by}")),
            _ => None,
        };
        // What a call brings about takes looks: who made it is remembered meanwhile.
        let earlier = || self.observation.as_ref()?.somebodys_call.clone();
        now.or_else(earlier).map(|call| format!("CloudTrail: {call}"))
    }

    /// ElastiCache's message that woke the migration, where its name holds one of these pieces (in lower case).
    pub(super) fn notice_of(&self, pieces: &[&str]) -> Option<String> {
        match &self.signal {
            Some(Signal::Event { name }) => {
                let lower = name.to_ascii_lowercase();
                pieces
                    .iter()
                    .any(|piece| lower.contains(piece))
                    .then(|| format!("ElastiCache's message {name}"))
            }
            _ => None,
        }
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
        if let Some(Signal::Event { name }) = &self.signal {
            lines.push(format!("woken by ElastiCache's message {name}"));
        }
        lines.extend(self.called_by_somebody());
        lines.extend(self.sources.iter().flat_map(SourceSeen::lines));
        lines.extend(
            self.ways_now()
                .iter()
                .map(|way| format!("{} now: {:?}: {}", way.title, way.outcome, way.evidence)),
        );
        for shard in &self.target {
            lines.push(match &shard.info {
                Observed::Known(info) => format!("target {}: {}", shard.shard, short(info)),
                Observed::Unknown(why) => format!("target {}: not known ({why})", shard.shard),
            });
        }
        lines.extend(
            self.logs
                .iter()
                .rev()
                .take(LOG_LINES_SHOWN)
                .rev()
                .map(|line| format!("{} log: {}", line.side, line.text)),
        );
        lines.extend(self.gaps.iter().cloned());
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
