//! What a migration cost, in the units that AWS bills. The price of a unit depends on region and time, and is not here.

use super::{Entry, Happening};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Amounts, counted off the history. A comparison's slices run in executions of their own (a distributed Map), one for
/// each shard pair and round: what they cost is not in here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// Executions of the state machine: more than one where a long migration rolled over.
    pub executions: u32,
    /// State transitions: each state that was entered, and each retry.
    /// Source: <https://aws.amazon.com/step-functions/pricing/>.
    pub state_transitions: u32,
    /// Events in the history; an execution ends at 25,000.
    /// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.
    pub history_events: u32,
    /// Calls of Lambda functions.
    pub lambda_requests: u32,
    /// How long they ran, in milliseconds of wall time from their being scheduled to their answer. What Lambda bills is
    /// not in the history and is a little less, or more by the time of a cold start.
    pub lambda_millis: u64,
}

/// Counts the events of one execution after another.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter {
    cost: Cost,
    /// The last event of each call that is under way, with the moment at which the call was scheduled.
    calls: HashMap<i64, Timestamp>,
}

impl Counter {
    pub(super) fn begin_execution(&mut self) {
        self.calls.clear();
        self.cost.executions += 1;
    }

    pub(super) fn add(&mut self, entry: &Entry) {
        self.cost.history_events += 1;
        let under_way = self.calls.remove(&entry.previous);
        match &entry.what {
            Happening::Entered { .. } => self.cost.state_transitions += 1,
            Happening::Scheduled { lambda } => {
                if *lambda {
                    self.cost.lambda_requests += 1;
                    self.calls.insert(entry.id, entry.at);
                }
            }
            Happening::Failed { .. } => self.end(under_way, entry.at),
            Happening::Submitted | Happening::Answered { .. } => self.end(under_way, entry.at),
            // The task has started.
            Happening::Other => {
                if let Some(since) = under_way {
                    self.calls.insert(entry.id, since);
                }
            }
            Happening::Began { .. } | Happening::Ended(_) => {}
        }
    }

    /// A retry is a transition too.
    pub(super) fn retried(&mut self) {
        self.cost.state_transitions += 1;
    }

    fn end(&mut self, since: Option<Timestamp>, at: Timestamp) {
        let millis = since.map_or(0, |since| at.duration_since(since).as_millis());
        self.cost.lambda_millis += u64::try_from(millis).unwrap_or(0);
    }

    pub(super) fn cost(&self) -> Cost {
        self.cost.clone()
    }
}
