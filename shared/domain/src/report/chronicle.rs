//! Reads a migration's history, entry by entry, and keeps what the report needs of it: an execution of 25,000 events is
//! never in memory as a whole. What cannot be read is named in the report's gaps, and never guessed at. What each state's
//! answer adds is in `answers`.

mod answers;

use super::cost::Counter;
use super::moments::Moments;
use super::series::Collector;
use super::steps::Steps;
use super::{
    Approved, Cutover, End, Entry, Happening, Latest, MomentKind, Outcome, Report, Request, VERSION,
    afterwards, headline,
};
use crate::contract::Migration;
use crate::diagnosis::Diagnosis;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::progress::{Rehearsal, Stage, StageName};
use crate::verify::Verification;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// What was read so far.
#[derive(Debug, Default)]
pub struct Chronicle {
    begun_at: Option<Timestamp>,
    ended: Option<End>,
    ending: Option<Outcome>,
    migration: Option<Migration>,
    plan: Option<Plan>,
    preflight: Option<PreflightReport>,
    recheck: Option<PreflightReport>,
    rehearsal: Option<Rehearsal>,
    stage: Option<Stage>,
    latest: Option<Latest>,
    verification: Option<Verification>,
    last_comparison: Option<Verification>,
    approvals: Vec<Approved>,
    cutover: Option<Cutover>,
    diagnosis: Option<Diagnosis>,
    given_up: Option<String>,
    requests: Vec<Request>,
    steps: Steps,
    moments: Moments,
    series: Collector,
    cost: Counter,
    gaps: BTreeSet<String>,
    /// The state that each chain of events belongs to, by the chain's last event, and how often it was tried.
    open: HashMap<i64, Visit>,
    /// Whether the state that asks for the report was entered, and whether it got one.
    asked_for: bool,
    /// Whether the execution that was read last handed the migration on.
    rolled_over: bool,
    reported: bool,
    said: BTreeSet<(Timestamp, String)>,
}

/// A state that is being visited.
#[derive(Clone, Debug)]
struct Visit {
    state: String,
    tries: u32,
}

impl Chronicle {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Chronicle {
        Chronicle::default()
    }

    /// What follows is the history of another execution of the same migration, a later one.
    pub fn begin_execution(&mut self) {
        self.open.clear();
        self.ended = None;
        self.rolled_over = false;
        self.series.begin_execution();
        self.cost.begin_execution();
    }

    /// Says what the report will lack, and why.
    pub fn lacks(&mut self, gap: impl Into<String>) {
        self.gaps.insert(gap.into());
    }

    /// How the migration ends, where whoever asks knows better than the history so far.
    pub fn ends(&mut self, ending: Outcome) {
        self.ending = Some(ending);
    }

    /// Whether the history so far holds the state that asks for the report.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        self.asked_for
    }

    /// Whether the state machine got its report.
    #[must_use]
    pub fn was_reported(&self) -> bool {
        self.reported
    }

    /// How many chains of events are remembered.
    #[cfg(test)]
    pub(super) fn open_chains(&self) -> usize {
        self.open.len()
    }

    /// Reads the next entry, in the order of the execution's history.
    pub fn read(&mut self, entry: &Entry) {
        self.cost.add(entry);
        let visit = self.open.remove(&entry.previous);
        match &entry.what {
            Happening::Began { .. } => {
                self.begun_at = Some(self.begun_at.map_or(entry.at, |begun| begun.min(entry.at)));
            }
            Happening::Entered { state } => {
                self.enter(state, entry.at);
                let visit = Visit {
                    state: state.clone(),
                    tries: 0,
                };
                self.open.insert(entry.id, visit);
            }
            Happening::Scheduled { .. } => {
                if let Some(mut visit) = visit {
                    visit.tries += 1;
                    if visit.tries > 1 {
                        self.cost.retried();
                    }
                    self.open.insert(entry.id, visit);
                }
            }
            Happening::Answered { output } => {
                if let Some(visit) = visit {
                    self.steps.leave(entry.at);
                    self.answer(&visit.state, output, entry.at);
                    self.open.insert(entry.id, visit);
                }
            }
            Happening::Failed { error } => {
                if let Some(visit) = visit {
                    self.fail(&visit.state, error, entry.at);
                    self.open.insert(entry.id, visit);
                }
            }
            Happening::Ended(end) => {
                self.ended = Some(*end);
                self.steps.leave(entry.at);
            }
            Happening::Submitted | Happening::Other => {
                if let Some(visit) = visit {
                    self.open.insert(entry.id, visit);
                }
            }
        }
    }

    fn enter(&mut self, state: &str, at: Timestamp) {
        // It was redriven, if it had ended.
        self.ended = None;
        let stage = self.stage.as_ref().map(|stage| stage.name);
        // A successor reads its input as well; for people the migration was admitted once.
        if state != "Admit" || self.migration.is_none() {
            self.steps.enter(state, stage, at);
        }
        if let Some(ending) = Outcome::of_state(state) {
            self.ending = Some(ending);
        }
        match state {
            "Report" => self.asked_for = true,
            // A person redrove it: it has not failed any more, and will be reported anew.
            "CarryOn" => self.carry_on(at),
            _ => {}
        }
        self.rolled_over |= state == "RolledOver";
    }

    fn carry_on(&mut self, at: Timestamp) {
        self.moments.add(
            at,
            MomentKind::Word,
            "The execution was redriven: the migration carries on where it had failed.",
        );
        (self.ending, self.diagnosis) = (None, None);
        (self.asked_for, self.reported) = (false, false);
    }

    fn fail(&mut self, state: &str, error: &str, at: Timestamp) {
        // The wait's end by time is how it is meant to end.
        if state == "AwaitSignal" && error == "States.Timeout" {
            return;
        }
        // It is meant to fail: the diagnosis says more.
        if state == "Failed" {
            return;
        }
        self.moments.add(
            at,
            MomentKind::Trouble,
            format!("{state} did not succeed: {error}"),
        );
    }

    /// The report as it stands.
    #[must_use]
    pub fn report(&self, now: Timestamp) -> Report {
        let outcome = self.outcome();
        let (moments, moments_left_out) = self.moments.list();
        let mut gaps = self.gaps.clone();
        if outcome == Outcome::Failed && self.diagnosis.is_none() {
            gaps.insert("the diagnosis: it could not be made".to_owned());
        }
        let failed = self.failed_state(outcome);
        let mut report = Report {
            version: VERSION.to_owned(),
            made_at: now,
            outcome,
            headline: String::new(),
            began_at: self.migration.as_ref().map(|m| m.started_at).or(self.begun_at),
            migration: self.migration.clone(),
            plan: self.plan.clone(),
            steps: self.steps.list(
                outcome,
                failed.as_ref().map(|(state, stage)| (state.as_str(), *stage)),
            ),
            moments,
            moments_left_out,
            preflight: self.preflight.clone(),
            recheck: self.recheck.clone(),
            rehearsal: self.rehearsal.clone(),
            latest: self.latest.clone(),
            series: self.series.series(),
            verification: self.verification.clone(),
            last_comparison: self.last_comparison.clone(),
            approvals: self.approvals.clone(),
            cutover: self.cutover.clone(),
            diagnosis: self.diagnosis.clone(),
            given_up: self.given_up.clone(),
            cost: self.cost.cost(),
            requests: self.requests.clone(),
            undo: vec![],
            next: vec![],
            gaps: gaps.into_iter().collect(),
        };
        report.undo = afterwards::undo(&report);
        report.next = afterwards::next(&report);
        report.headline = headline::of(&report);
        report
    }

    fn outcome(&self) -> Outcome {
        match (self.ending, self.ended) {
            (Some(ending), _) => ending,
            (None, Some(End::Succeeded)) if self.rolled_over => Outcome::Running,
            (None, None) => Outcome::Running,
            (None, Some(End::Failed)) => Outcome::Failed,
            (None, Some(End::Succeeded)) => Outcome::Assessed,
            (None, Some(End::Stopped | End::TimedOut)) => Outcome::Stopped,
        }
    }

    /// The state in which the migration failed, as the diagnosis names it.
    fn failed_state(&self, outcome: Outcome) -> Option<(String, Option<StageName>)> {
        (outcome == Outcome::Failed)
            .then_some(self.diagnosis.as_ref())
            .flatten()
            .map(|diagnosis| {
                let stage = self.latest.as_ref().map(|latest| latest.stage.name);
                (diagnosis.failed_state.clone(), stage)
            })
    }
}
