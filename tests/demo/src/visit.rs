//! An execution's history, state by state: when each was entered and left, and what its function answered.

use jiff::Timestamp;
use local_cloud::HistoryEvent;
use serde_json::Value;
use std::time::Duration;

/// One stay in a state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Visit {
    pub(crate) state: String,
    pub(crate) entered: Timestamp,
    /// None while it lasts; a Fail state is never left.
    pub(crate) left: Option<Timestamp>,
    /// The function's answer, or for a wait the signal that ended it.
    pub(crate) answer: Option<Value>,
    /// The last error, and its cause. A wait that ends by time ends with `States.Timeout`, which is no failure.
    pub(crate) error: Option<(String, String)>,
}

/// What is needed of an event.
#[derive(Clone, Debug)]
struct Event<'history> {
    kind: &'history str,
    state: Option<&'history str>,
    at: Timestamp,
    output: Option<&'history Value>,
    error: Option<&'history str>,
    cause: Option<&'history str>,
}

impl Visit {
    /// How long it took, as far as it is over.
    pub(crate) fn took(&self) -> Duration {
        between(self.entered, self.left.unwrap_or(self.entered))
    }
}

/// The time from one moment to another; none where the other is not later.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// The visits of a history, in order.
pub(crate) fn visits(history: &[HistoryEvent]) -> Vec<Visit> {
    read(history.iter().map(|event| Event {
        kind: &event.kind,
        state: event.state.as_deref(),
        at: event.at,
        output: event.output.as_ref(),
        error: event.error.as_deref(),
        cause: event.cause.as_deref(),
    }))
}

fn read<'history>(events: impl Iterator<Item = Event<'history>>) -> Vec<Visit> {
    let mut visits: Vec<Visit> = vec![];
    for event in events {
        if let (true, Some(state)) = (event.kind.ends_with("StateEntered"), event.state) {
            visits.push(Visit {
                state: state.to_owned(),
                entered: event.at,
                left: None,
                answer: None,
                error: None,
            });
        }
        let Some(visit) = visits.last_mut() else { continue };
        if event.kind.ends_with("StateExited") {
            visit.left = Some(event.at);
        }
        if let (true, Some(output)) = (event.kind.ends_with("Succeeded"), event.output) {
            // A Lambda's answer stands in the task's output, beside figures of the call.
            visit.answer = Some(output.get("Payload").unwrap_or(output).clone());
        }
        if let Some(error) = event.error {
            visit.error = Some((error.to_owned(), event.cause.unwrap_or_default().to_owned()));
        }
    }
    visits
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_history_is_read_as_visits_with_answers_and_errors() {
        let answer = json!({"StatusCode": 200, "Payload": {"next": "wait"}});
        let signal = json!({"kind": "abort", "by": "a person"});
        let at = |second| Timestamp::from_second(second).expect("a time");
        let event = |second, kind, state| Event {
            kind,
            state,
            at: at(second),
            output: None,
            error: None,
            cause: None,
        };
        let history = [
            event(0, "ExecutionStarted", None),
            event(1, "TaskStateEntered", Some("Observe")),
            Event {
                error: Some("Migration.Transient"),
                cause: Some("no"),
                ..event(2, "TaskFailed", None)
            },
            Event {
                output: Some(&answer),
                ..event(3, "TaskSucceeded", None)
            },
            event(4, "TaskStateExited", Some("Observe")),
            event(4, "TaskStateEntered", Some("AwaitSignal")),
            Event {
                output: Some(&signal),
                ..event(9, "TaskSucceeded", None)
            },
        ];
        let visits = read(history.into_iter());
        assert_eq!(visits.len(), 2);
        assert_eq!(visits[0].took(), Duration::from_secs(3));
        assert_eq!(visits[0].answer, Some(json!({"next": "wait"})));
        assert_eq!(
            visits[0].error,
            Some(("Migration.Transient".to_owned(), "no".to_owned()))
        );
        assert_eq!((visits[1].left, &visits[1].answer), (None, &Some(signal)));
    }
}
