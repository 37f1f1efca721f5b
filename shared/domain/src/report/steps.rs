//! The state machine's states in the steps that people know. A table: one entry a step, in the order of a migration.

use super::Outcome;
use crate::progress::StageName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Progress {
    /// It is over, and did what it is for.
    Done,
    /// It goes on.
    Running,
    /// The migration failed in it.
    Failed,
    /// It did not take place.
    Skipped,
    /// It is still to come.
    Pending,
}

impl Progress {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Progress::Done => "done",
            Progress::Running => "running",
            Progress::Failed => "failed",
            Progress::Skipped => "not done",
            Progress::Pending => "to come",
        }
    }
}

/// One step of a migration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// A stable id.
    pub id: String,
    /// For people.
    pub title: String,
    /// How it stands.
    pub progress: Progress,
    /// When its first state was entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    /// When its last state so far was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How many times a state of it was entered.
    pub visits: u32,
    /// What came of it, in a sentence; empty where nothing is to be said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub result: String,
}

/// An entry of the table.
struct Kind {
    id: &'static str,
    title: &'static str,
    /// The states that do its work.
    states: &'static [&'static str],
    /// The stage of the waiting loop that belongs to it.
    stage: Option<StageName>,
    /// Whether every migration goes through it: then it is shown before its time.
    expected: bool,
}

/// The states of the waiting loop: which step they belong to is told by the stage.
const LOOP: [&str; 2] = ["Observe", "AwaitSignal"];

/// States that choose, tell or make this report, and are no step of their own.
const PLUMBING: &[&str] = &["Report", "RollOver", "Failed"];

/// The states that compare keys: before the approval, and once more after the proof.
pub(super) const COMPARING: [&str; 3] = ["PairShards", "Compare", "SumUp"];

const fn step(id: &'static str, title: &'static str, states: &'static [&'static str]) -> Kind {
    Kind {
        id,
        title,
        states,
        stage: None,
        expected: true,
    }
}

const fn aside(kind: Kind) -> Kind {
    Kind {
        expected: false,
        ..kind
    }
}

const fn waits(stage: StageName, kind: Kind) -> Kind {
    Kind {
        stage: Some(stage),
        ..kind
    }
}

const TABLE: &[Kind] = &[
    step("admit", "The input is read", &["Admit"]),
    step(
        "preflight",
        "Source and target are checked",
        &[
            "Locate",
            "DescribeSourceInterfaces",
            "DescribeSecurityGroups",
            "DescribeSubnets",
            "DescribeRouteTables",
            "DescribeMainRouteTables",
            "DescribeNetworkAcls",
            "Preflight",
        ],
    ),
    aside(step(
        "topic",
        "ElastiCache's events are switched on",
        &["LookAtTopic", "SetTopic"],
    )),
    aside(waits(
        StageName::Rehearsal,
        step("rehearsal", "AWS tests the setup", &["Rehearse"]),
    )),
    step("start", "The migration is started", &["Recheck", "Start"]),
    waits(StageName::Sync, step("sync", "The target copies the source", &[])),
    aside(step("verification", "Both sides' keys are compared", &COMPARING)),
    waits(StageName::Approval, step("approval", "Wait for approval", &[])),
    step(
        "fence",
        "Writes are stopped and drained",
        &["RecheckCutover", "Arm", "Fence", "Drain"],
    ),
    waits(
        StageName::Promotion,
        step("completion", "The target takes over", &["Complete", "HoldFence"]),
    ),
    step("proof", "What shows that no write was lost", &["Prove"]),
    aside(step(
        "handover",
        "The new endpoints are handed over",
        &["HandOver"],
    )),
    aside(step("lastComparison", "What was written last is compared", &[])),
    aside(step("release", "Writes are let go on", &["ReleaseFence"])),
    aside(step(
        "diagnosis",
        "The cause is looked for",
        &["Diagnose", "ReadSourceLog", "ReadTargetLog", "DiagnoseAgain"],
    )),
    aside(step("abort", "The migration is given up", &["Abort"])),
];

/// The step that a state belongs to, by the stage that the migration is in; none for a state that is no part of one.
#[must_use]
pub fn step_of(state: &str, stage: Option<StageName>) -> Option<&'static str> {
    TABLE
        .iter()
        .find(|kind| {
            if LOOP.contains(&state) {
                stage.is_some() && kind.stage == stage
            } else {
                kind.states.contains(&state)
            }
        })
        .map(|kind| kind.id)
}

/// Whether a state is known to be no step: it chooses, tells people, or puts the group's topic back.
#[must_use]
pub fn is_plumbing(state: &str) -> bool {
    PLUMBING.contains(&state)
        || state.starts_with("Tell")
        || ["RestoreTopic", "TestMessages", "WhoHears"].contains(&state)
}

/// What is known of the steps while the history is read.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    steps: Vec<Step>,
    /// The step of the state that was entered last.
    current: Option<usize>,
}

impl Default for Steps {
    fn default() -> Self {
        let steps = TABLE
            .iter()
            .map(|kind| Step {
                id: kind.id.to_owned(),
                title: kind.title.to_owned(),
                progress: Progress::Pending,
                began_at: None,
                ended_at: None,
                visits: 0,
                result: String::new(),
            })
            .collect();
        Steps { steps, current: None }
    }
}

impl Steps {
    /// Whether the proof was made: what is compared after it is the last comparison.
    fn is_proven(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.id == "proof" && step.visits > 0)
    }

    /// Whether the state that was entered last belongs to the diagnosis.
    fn is_diagnosing(&self) -> bool {
        self.current
            .is_some_and(|place| self.steps[place].id == "diagnosis")
    }

    /// A state was entered.
    pub(super) fn enter(&mut self, state: &str, stage: Option<StageName>, at: Timestamp) {
        let id = match step_of(state, stage) {
            Some(_) if COMPARING.contains(&state) && self.is_proven() => Some("lastComparison"),
            // EC2 is asked before the start, and once more by a diagnosis.
            Some(_) if state.starts_with("Describe") && self.is_diagnosing() => Some("diagnosis"),
            other => other,
        };
        let Some(id) = id else {
            // A roll-over interrupts nothing.
            if is_plumbing(state) && state != "RollOver" {
                self.leave(at);
                self.current = None;
            }
            return;
        };
        let Some(place) = self.steps.iter().position(|step| step.id == id) else {
            return;
        };
        if self.current != Some(place) {
            self.leave(at);
        }
        self.current = Some(place);
        let step = &mut self.steps[place];
        step.began_at.get_or_insert(at);
        step.ended_at = None;
        step.visits += 1;
    }

    /// The state that was entered last has answered or failed.
    pub(super) fn leave(&mut self, at: Timestamp) {
        if let Some(step) = self.current.and_then(|place| self.steps.get_mut(place)) {
            step.ended_at = Some(at);
        }
    }

    /// What came of a step.
    pub(super) fn result(&mut self, id: &str, result: String) {
        if let Some(step) = self.steps.iter_mut().find(|step| step.id == id) {
            step.result = result;
        }
    }

    /// The steps, given how the migration stands and which state failed.
    pub(super) fn list(
        &self,
        outcome: Outcome,
        failed_state: Option<(&str, Option<StageName>)>,
    ) -> Vec<Step> {
        let failed = failed_state.and_then(|(state, stage)| step_of(state, stage));
        // A step aside, such as a diagnosis before a redrive, says nothing of those before it.
        let reached = TABLE
            .iter()
            .zip(&self.steps)
            .rposition(|(kind, step)| kind.expected && step.visits > 0)
            .unwrap_or_default();
        TABLE
            .iter()
            .zip(&self.steps)
            .enumerate()
            .filter(|(_, (kind, step))| step.visits > 0 || kind.expected)
            .map(|(place, (kind, step))| {
                let progress = if step.visits == 0 {
                    if outcome.is_over() || place < reached {
                        Progress::Skipped
                    } else {
                        Progress::Pending
                    }
                } else if failed == Some(kind.id) {
                    Progress::Failed
                } else if self.current == Some(place) && !outcome.is_over() {
                    Progress::Running
                } else if outcome == Outcome::Stopped && self.current == Some(place) {
                    Progress::Failed
                } else {
                    Progress::Done
                };
                let ended_at = step.ended_at.filter(|_| progress != Progress::Running);
                Step {
                    progress,
                    ended_at,
                    ..step.clone()
                }
            })
            .collect()
    }
}
