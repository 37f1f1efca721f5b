//! What an execution that ended left behind, read off its history: whether a fence is up, and whether people were told.

use super::Fence;
use crate::contract::Migration;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One visit to a state, in the order of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct Visit {
    /// The state.
    pub state: String,
    /// What its function answered; none where it did not, or where the state calls none.
    pub answer: Option<Value>,
}

/// What the history tells of the last cutover that was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The fence, as it was last written down; none where none was drawn up.
    pub fence: Option<Fence>,
    /// Whether it may be up.
    pub raised: bool,
    /// Whether CompleteMigration may have been accepted.
    pub asked: bool,
    /// Whether people were told how the execution ends.
    pub told: bool,
    /// Whether the function that may raise the fence was at work when the execution ended. Step Functions ends an
    /// execution and not a function: it works on.
    pub in_flight: bool,
}

/// The EventBridge event with which Step Functions says that an execution's status changed.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// What happened.
    pub detail: StatusChangeDetail,
}

/// The execution and its status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusChangeDetail {
    /// The execution.
    pub execution_arn: String,
    /// Its name: the migration's id, unless it continues another execution.
    pub name: String,
    /// `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: String,
    /// When it ended, in milliseconds since 1970.
    #[serde(default)]
    pub stop_date: Option<i64>,
    /// The execution's input, as text; absent where it is too long for an event.
    #[serde(default)]
    pub input: Option<String>,
}

impl StatusChangeDetail {
    /// The target that the execution's input names, as it was typed.
    #[must_use]
    pub fn replication_group_id(&self) -> Option<String> {
        let input: Value = serde_json::from_str(self.input.as_deref()?).ok()?;
        Some(input.get("replicationGroupId")?.as_str()?.to_owned())
    }

    /// The migration's id: its own name, or that of its first execution where it continues one.
    #[must_use]
    pub fn migration_id(&self) -> String {
        self.continued()
            .map_or_else(|| self.name.clone(), |migration| migration.id)
    }

    /// Which of the migration's executions ended, counted from 1; 1 too where the input is too long for an event.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.continued()
            .map_or_else(Migration::first, |migration| migration.generation + 1)
    }

    /// The migration as the execution before this one had it.
    fn continued(&self) -> Option<Migration> {
        let input: Value = serde_json::from_str(self.input.as_deref()?).ok()?;
        serde_json::from_value(input.pointer("/continues/migration")?.clone()).ok()
    }
}

/// States whose functions may raise the fence, and that answer with it.
const RAISING: [&str; 4] = ["Fence", "Drain", "Complete", "HoldFence"];
/// How long the function `cutover` may work, in seconds, as template.yaml has it, with a little for its start.
const LONGEST_INVOCATION: i64 = 65;
/// How long what was begun within the budget may take to have its effect, in seconds.
const AN_ANSWER: i64 = 5;
/// States that tell people how it ended.
const TELLING: [&str; 4] = ["TellDone", "TellFailed", "TellAborted", "TestMessages"];
impl Trace {
    /// Reads the visits, oldest first.
    #[must_use]
    pub fn of(visits: &[Visit]) -> Trace {
        let mut trace = Trace::default();
        for visit in visits {
            let state = visit.state.as_str();
            let answer = visit.answer.as_ref();
            trace.in_flight = false;
            let fence = answer
                .and_then(|answer| answer.get("fence"))
                .and_then(|fence| serde_json::from_value(fence.clone()).ok());
            match state {
                "Arm" => {
                    trace = Trace {
                        fence,
                        ..Trace::default()
                    }
                }
                // What an answer lost on its way would have said is not known: the effect counts from the entry on.
                _ if RAISING.contains(&state) => {
                    trace.raised = true;
                    trace.in_flight = answer.is_none();
                    trace.fence = fence.or(trace.fence);
                    if state == "Complete" {
                        let outcome = answer.and_then(|answer| answer.get("outcome")?.as_str());
                        trace.asked = outcome != Some("refused");
                    }
                }
                "ReleaseFence" | "Prove" if answer.is_some() => trace.raised = false,
                // A migration that was redriven goes on, and its next end is told anew.
                "CarryOn" => trace.told = false,
                _ if TELLING.contains(&state) => trace.told = true,
                _ => {}
            }
        }
        trace
    }

    /// Until when a function that was at work may raise the fence again, or be accepted by AWS; none where none was. The
    /// fence's budget ends that, and Lambda ends the function.
    #[must_use]
    pub fn works_on_until(&self, ended_at: Timestamp) -> Option<Timestamp> {
        let fence = self.fence.as_ref().filter(|_| self.in_flight)?;
        let after = |moment: Timestamp, seconds| {
            let later = moment.checked_add(SignedDuration::from_secs(seconds));
            later.unwrap_or(moment)
        };
        Some(after(fence.deadline, AN_ANSWER).min(after(ended_at, LONGEST_INVOCATION)))
    }

    /// The fence that has to be looked after; none where none can be up.
    #[must_use]
    pub fn standing(&self) -> Option<&Fence> {
        self.fence.as_ref().filter(|_| self.raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fence() -> Value {
        json!({
            "replicationGroupId": "orders", "kind": "pause", "armedAt": "2026-11-24T00:00:00Z",
            "deadline": "2026-11-24T00:00:30Z", "pauseSeconds": 60, "primaries": []
        })
    }

    fn visits(states: &[(&str, Option<Value>)]) -> Vec<Visit> {
        states
            .iter()
            .map(|(state, answer)| Visit {
                state: (*state).to_owned(),
                answer: answer.clone(),
            })
            .collect()
    }

    fn armed() -> (&'static str, Option<Value>) {
        ("Arm", Some(json!({"fence": fence()})))
    }

    #[test]
    fn nothing_stands_before_the_fence_was_entered() {
        let trace = Trace::of(&visits(&[("Observe", None), armed()]));
        assert!(trace.fence.is_some() && trace.standing().is_none() && !trace.asked);
    }

    #[test]
    fn a_function_that_died_without_an_answer_counts_as_having_acted() {
        let trace = Trace::of(&visits(&[armed(), ("Fence", None)]));
        assert!(trace.standing().is_some() && !trace.asked);
        let trace = Trace::of(&visits(&[
            armed(),
            ("Fence", None),
            ("Drain", None),
            ("Complete", None),
        ]));
        assert!(trace.standing().is_some() && trace.asked);
    }

    #[test]
    fn a_function_works_on_after_its_execution_ended_until_its_budget_or_its_time_is_over() {
        let trace = Trace::of(&visits(&[armed(), ("Fence", None)]));
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        // The budget ends at 00:00:30.
        assert_eq!(
            trace.works_on_until(at("2026-11-24T00:00:10Z")),
            Some(at("2026-11-24T00:00:35Z"))
        );
        assert_eq!(
            trace.works_on_until(at("2026-11-23T23:59:00Z")),
            Some(at("2026-11-24T00:00:05Z"))
        );
        let answered = Trace::of(&visits(&[armed(), ("Fence", Some(json!({"fence": fence()})))]));
        assert_eq!(answered.works_on_until(at("2026-11-24T00:00:10Z")), None);
        let waits = Trace::of(&visits(&[armed(), ("HoldFence", None), ("Observe", None)]));
        assert_eq!(waits.works_on_until(at("2026-11-24T00:00:10Z")), None);
    }

    #[test]
    fn what_was_released_or_proven_needs_nobody() {
        for last in ["ReleaseFence", "Prove"] {
            let trace = Trace::of(&visits(&[armed(), ("Fence", None), (last, Some(json!({})))]));
            assert!(trace.standing().is_none(), "{last}");
            let trace = Trace::of(&visits(&[armed(), ("Fence", None), (last, None)]));
            assert!(trace.standing().is_some(), "{last} without an answer");
        }
    }

    #[test]
    fn a_refused_completion_is_none_and_a_second_cutover_starts_afresh() {
        let refused = ("Complete", Some(json!({"outcome": "refused", "fence": fence()})));
        let trace = Trace::of(&visits(&[armed(), refused.clone()]));
        assert!(trace.standing().is_some() && !trace.asked);
        let trace = Trace::of(&visits(&[
            armed(),
            refused,
            ("ReleaseFence", Some(json!({}))),
            armed(),
        ]));
        assert!(trace.standing().is_none());
    }

    #[test]
    fn people_who_were_told_of_one_end_are_told_of_the_next_after_a_redrive() {
        let ended = [("TellFailed", None), ("HowItEnded", None), ("Failed", None)];
        assert!(Trace::of(&visits(&ended)).told);
        let gone_on = [
            ("TellFailed", None),
            ("Failed", None),
            ("CarryOn", None),
            ("Observe", None),
        ];
        assert!(!Trace::of(&visits(&gone_on)).told);
    }

    /// The event of an execution `m-2` that had this input.
    fn ended(input: Option<&Value>) -> StatusChangeDetail {
        let change: StatusChange = serde_json::from_value(json!({
            "source": "aws.states", "detail": {
                "executionArn": "arn", "name": "m-2", "status": "ABORTED", "stopDate": 1,
                "input": input.map(Value::to_string)
            }
        }))
        .expect("read");
        change.detail
    }

    #[test]
    fn the_target_is_found_in_the_input() {
        let change = ended(Some(&json!({"replicationGroupId": "Orders"})));
        assert_eq!(change.replication_group_id().as_deref(), Some("Orders"));
        assert_eq!((change.migration_id().as_str(), change.generation()), ("m-2", 1));
        let too_long = ended(None);
        assert_eq!(too_long.replication_group_id(), None);
        assert_eq!(
            (too_long.migration_id().as_str(), too_long.generation()),
            ("m-2", 1)
        );
    }

    #[test]
    fn an_execution_that_continues_a_migration_has_that_one_s_id_and_is_one_further() {
        let before =
            json!({"id": "m", "executionArn": "arn-2", "startedAt": "2026-11-24T00:00:00Z", "generation": 2});
        let change = ended(Some(
            &json!({"replicationGroupId": "orders", "continues": {"migration": before}}),
        ));
        assert_eq!((change.migration_id().as_str(), change.generation()), ("m", 3));
    }
}
