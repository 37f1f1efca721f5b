//! What the answer of each state adds to a migration's report.

use super::super::{Approved, MomentKind, Request};
use super::Chronicle;
use crate::contract::cutover::{Completing, Fenced, GivenUp, Handover, Held, Outcome as Went, Released};
use crate::contract::preflight::Admitted;
use crate::contract::start::Requested;
use crate::contract::verify::Rounds;
use crate::diagnosis::Diagnosis;
use crate::preflight::PreflightReport;
use crate::progress::{Next, Observation, StageName};
use crate::signal::Signal;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What AWS puts around a Lambda function's answer.
#[derive(Deserialize)]
struct Answer<T> {
    #[serde(rename = "Payload")]
    payload: T,
}

impl Chronicle {
    /// What a state answered.
    pub(super) fn answer(&mut self, state: &str, output: &str, at: Timestamp) {
        match state {
            "Admit" => self.admitted(output, at),
            "Preflight" | "Recheck" => self.preflight(state, output),
            "RecheckCutover" => self.recheck = self.payload(state, output),
            "Rehearse" | "Start" => self.requested(state, output, at),
            "Observe" => self.look(output),
            "AwaitSignal" => self.signal(output, at),
            "PairShards" | "SumUp" => self.compared(state, output, at),
            "Arm" | "Fence" | "Drain" => self.fenced(state, output, at),
            "Complete" => self.completed(output, at),
            "HoldFence" => self.held(output, at),
            "Prove" => self.proven(output),
            "ReleaseFence" => self.released(output),
            "Abort" => self.aborted(output, at),
            "Diagnose" | "DiagnoseAgain" => self.diagnosed(state, output),
            "Report" => self.reported = true,
            _ => {}
        }
    }

    /// A function's answer; where it is not what this version knows, that is a gap.
    fn payload<T: DeserializeOwned>(&mut self, state: &str, output: &str) -> Option<T> {
        match serde_json::from_str::<Answer<T>>(output) {
            Ok(answer) => Some(answer.payload),
            Err(_) => {
                self.lacks(format!(
                    "what {state} answered is not what this version of the report knows"
                ));
                None
            }
        }
    }

    fn admitted(&mut self, output: &str, at: Timestamp) {
        if let Some(Admitted {
            plan,
            migration,
            continued,
        }) = self.payload("Admit", output)
        {
            let text = match &continued {
                Some(_) => format!(
                    "The migration went on in another execution, its number {}, before the history of the one before was \
                     full.",
                    migration.generation
                ),
                None => format!(
                    "Migration of {} into {} was admitted.",
                    plan.source, plan.replication_group_id
                ),
            };
            if let Some(continued) = continued {
                // What the executions before it told, should they be out of reach.
                self.preflight.get_or_insert(continued.preflight);
                self.stage.get_or_insert(continued.stage);
            }
            self.moments.add(at, MomentKind::Step, text);
            self.plan = Some(plan);
            self.migration = Some(migration);
        }
    }

    fn preflight(&mut self, state: &str, output: &str) {
        if let Some(found) = self.payload::<PreflightReport>(state, output) {
            let step = if state == "Preflight" {
                "preflight"
            } else {
                "start"
            };
            self.steps.result(step, found.summary());
            self.preflight = Some(found);
        }
    }

    fn requested(&mut self, state: &str, output: &str, at: Timestamp) {
        let Some(requested) = self.payload::<Requested>(state, output) else {
            return;
        };
        let (call, words) = if state == "Rehearse" {
            ("elasticache:TestMigration", "AWS was asked to test the setup.")
        } else {
            (
                "elasticache:StartMigration",
                "The migration was started: the target begins to follow.",
            )
        };
        self.stage = Some(requested.stage);
        self.request(at, call, requested.request_id);
        if let Some(refused) = requested.refused {
            self.steps.result("rehearsal", refused.evidence.clone());
            self.rehearsal = Some(refused);
        } else {
            self.moments.add(at, MomentKind::Step, words);
        }
    }

    fn request(&mut self, at: Timestamp, call: &str, request_id: Option<String>) {
        self.requests.extend(request_id.map(|request_id| Request {
            at,
            call: call.to_owned(),
            request_id,
        }));
    }

    fn look(&mut self, output: &str) {
        let Some(look) = self.payload::<Observation>("Observe", output) else {
            return;
        };
        self.series.add(&look);
        self.tell_changes(&look);
        if let Some(approval) = &look.approval
            && !self.approvals.iter().any(|taken| taken.approval == *approval)
        {
            self.moments.add(
                approval.at,
                MomentKind::Word,
                format!(
                    "Cutover approved by {} for verdict {}.",
                    approval.by, approval.verdict
                ),
            );
            let drawn_up = look
                .verdict
                .iter()
                .chain(self.latest.iter().filter_map(|latest| latest.verdict.as_ref()))
                .find(|verdict| verdict.digest == approval.verdict);
            self.approvals.push(Approved {
                approval: approval.clone(),
                on: drawn_up.cloned(),
            });
        }
        if let Some(rehearsal) = &look.rehearsal {
            self.steps.result("rehearsal", rehearsal.evidence.clone());
            self.rehearsal = Some(rehearsal.clone());
        }
        let step = super::super::step_of("Observe", Some(look.stage.name));
        if let Some(step) = step.filter(|_| look.stage.name != StageName::Rehearsal) {
            self.steps.result(step, look.why.clone());
        }
        if look.next == Next::Prove {
            self.cutover.get_or_insert_default().promoted(look.at);
        }
        // Once it is ready the next look waits for a person.
        let mut stage = look.stage.clone();
        if look.next == Next::Ready {
            stage.name = StageName::Approval;
        }
        self.stage = Some(stage);
        self.latest = Some(look.into());
    }

    fn tell_changes(&mut self, look: &Observation) {
        let before = self.latest.as_ref();
        if before.is_none_or(|before| before.phase != look.phase) {
            let mut words = look.phase.describe().to_owned();
            if let Some(first) = words.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            self.moments.add(look.at, MomentKind::Phase, format!("{words}."));
        }
        if look.verdict.is_some() && before.is_none_or(|before| before.verdict.is_none()) {
            self.moments.add(
                look.at,
                MomentKind::Step,
                "In sync by the rule: ready for the cutover.",
            );
        }
        for event in &look.events {
            if self.said.insert((event.at, event.text.clone())) {
                self.moments.add(event.at, MomentKind::Event, &event.text);
            }
        }
        if let Some(stop) = &look.stop {
            self.moments.add(look.at, MomentKind::Trouble, &stop.text);
        }
    }

    fn signal(&mut self, output: &str, at: Timestamp) {
        let Ok(signal) = serde_json::from_str::<Signal>(output) else {
            return self.lacks("a signal that is not what this version of the report knows");
        };
        let text = match signal {
            Signal::Approve { by, verdict, .. } => format!("{by} gave the word for verdict {verdict}."),
            Signal::Postpone { by, until, .. } => format!("{by} put the cutover off until {until}."),
            Signal::Abort { by } => format!("{by} gave the migration up."),
            Signal::Call { call, by } => format!("{by} called {call} for the group."),
            // The look that follows reads it with AWS's own time.
            Signal::Event { .. } => return,
        };
        self.moments.add(at, MomentKind::Word, text);
    }

    /// A round of a comparison: its figures so far, and at the end its result.
    fn compared(&mut self, state: &str, output: &str, at: Timestamp) {
        let Some(Rounds { standing, .. }) = self.payload(state, output) else {
            return;
        };
        let is_last = self
            .cutover
            .as_ref()
            .is_some_and(|cutover| cutover.handover.is_some());
        let step = if is_last { "lastComparison" } else { "verification" };
        let Some(result) = standing.result.filter(|_| standing.done) else {
            let so_far = format!(
                "{} of {} shards are through: {} keys, {} differences so far",
                standing.through, standing.pairs, standing.source_keys, standing.differences
            );
            return self.steps.result(step, so_far);
        };
        self.steps.result(step, result.statement.clone());
        self.moments
            .add(at, MomentKind::Step, format!("Compared: {}", result.statement));
        if is_last {
            self.last_comparison = Some(result);
        } else {
            self.verification = Some(result);
        }
    }

    fn fenced(&mut self, state: &str, output: &str, at: Timestamp) {
        let Some(fenced) = self.payload::<Fenced>(state, output) else {
            return;
        };
        let cutover = self.cutover.get_or_insert_default();
        if state == "Arm" {
            cutover.attempts += 1;
            cutover.released = None;
        }
        cutover.take(&fenced.fence);
        self.steps.result("fence", fenced.why.clone());
        self.moments
            .add(at, MomentKind::Step, format!("{state}: {}", fenced.why));
    }

    fn completed(&mut self, output: &str, at: Timestamp) {
        let Some(completing) = self.payload::<Completing>("Complete", output) else {
            return;
        };
        self.request(at, "elasticache:CompleteMigration", completing.request_id);
        let cutover = self.cutover.get_or_insert_default();
        cutover.take(&completing.fence);
        cutover.requests += completing.requests;
        if completing.outcome == Went::Promoted {
            cutover.promoted(at);
        }
        self.stage = Some(completing.stage);
        self.steps.result("completion", completing.why.clone());
        self.moments
            .add(at, MomentKind::Step, format!("Complete: {}", completing.why));
    }

    fn held(&mut self, output: &str, at: Timestamp) {
        let Some(held) = self.payload::<Held>("HoldFence", output) else {
            return;
        };
        let cutover = self.cutover.get_or_insert_default();
        cutover.take(&held.fence);
        if held.promoted {
            cutover.promoted(at);
        }
    }

    fn proven(&mut self, output: &str) {
        let Some(handover) = self.payload::<Handover>("Prove", output) else {
            return;
        };
        let lost = match handover.lost_bytes {
            Some(0) => "No acknowledged write was lost.".to_owned(),
            Some(bytes) => format!("The target lacks {bytes} bytes of the source's stream at most."),
            None => "It cannot be proven whether a write was lost.".to_owned(),
        };
        self.moments.add(
            handover.at,
            MomentKind::Step,
            format!("The target has taken over. {lost}"),
        );
        self.steps.result("proof", lost);
        let cutover = self.cutover.get_or_insert_default();
        cutover.handover = Some(handover);
    }

    fn released(&mut self, output: &str) {
        let Some(released) = self.payload::<Released>("ReleaseFence", output) else {
            return;
        };
        self.moments
            .add(released.at, MomentKind::Step, released.words.clone());
        self.steps.result("release", released.words.clone());
        // BackToReady leads here: the migration waits for a person again.
        if let Some(stage) = &mut self.stage {
            stage.name = StageName::Approval;
        }
        self.cutover.get_or_insert_default().released = Some(released);
    }

    fn aborted(&mut self, output: &str, at: Timestamp) {
        let Some(given_up) = self.payload::<GivenUp>("Abort", output) else {
            return;
        };
        self.request(at, "elasticache:CompleteMigration (Force)", given_up.request_id);
        self.steps.result("abort", given_up.target.clone());
        self.moments
            .add(given_up.at, MomentKind::Step, "The migration was given up.");
        self.given_up = Some(given_up.target);
    }

    fn diagnosed(&mut self, state: &str, output: &str) {
        let Some(diagnosis) = self.payload::<Diagnosis>(state, output) else {
            return;
        };
        self.moments
            .add(diagnosis.at, MomentKind::Trouble, diagnosis.summary.clone());
        self.steps.result("diagnosis", diagnosis.summary.clone());
        self.diagnosis = Some(diagnosis);
    }
}
