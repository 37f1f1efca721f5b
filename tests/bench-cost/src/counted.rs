//! What the histories of a migration's executions hold, in the units that AWS bills.

use crate::prices;
use anyhow::{Context, Result, ensure};
use local_cloud::HistoryEvent;
use std::collections::{BTreeMap, HashMap};

/// Amounts of one migration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted {
    /// Executions of the state machine.
    pub(crate) executions: usize,
    /// Looks at both sides.
    pub(crate) looks: usize,
    /// States entered.
    pub(crate) transitions: usize,
    /// Events of all histories.
    pub(crate) events: usize,
    /// Events of the longest history.
    pub(crate) longest: usize,
    /// Calls of functions.
    pub(crate) requests: usize,
    /// From their being scheduled to their answer, on this machine.
    pub(crate) lambda_ms: f64,
    /// The same, each times its function's memory in GB.
    pub(crate) gb_seconds: f64,
    /// What the functions wrote into their logs, in bytes.
    pub(crate) logged: usize,
    /// What the waits would have taken, in hours.
    pub(crate) hours: f64,
    /// The most transitions between two looks of which the second followed a wait.
    pub(crate) per_poll: usize,
    /// Messages to people.
    pub(crate) messages: usize,
}

impl Counted {
    /// Adds the history of one execution. The memory of each function stands under its ARN, in MB.
    pub(crate) fn add(&mut self, history: &[HistoryEvent], memory: &BTreeMap<String, u32>) -> Result<()> {
        self.executions += 1;
        self.events += history.len();
        self.longest = self.longest.max(history.len());
        let mut under_way = HashMap::new();
        let mut since_look: Option<(usize, bool)> = None;
        let mut state = "";
        for event in history {
            if event.kind.ends_with("StateEntered") {
                self.transitions += 1;
                state = event.state.as_deref().unwrap_or_default();
                if state == "Observe" {
                    if let Some((transitions, true)) = since_look {
                        self.per_poll = self.per_poll.max(transitions);
                    }
                    self.looks += 1;
                    since_look = Some((0, true));
                }
                if let Some((transitions, plain)) = &mut since_look {
                    *transitions += 1;
                    *plain &= ["Observe", "WhatNext", "AwaitSignal"].contains(&state);
                }
            }
            let since = under_way.remove(&event.previous_id);
            match event.kind.as_str() {
                "TaskScheduled" => {
                    let parameters = event.parameters.as_ref();
                    let function = parameters.and_then(|parameters| parameters["FunctionName"].as_str());
                    if let Some(function) = function {
                        let memory = memory
                            .get(function)
                            .with_context(|| format!("{function} is not known"))?;
                        self.requests += 1;
                        under_way.insert(event.id, (event.at, f64::from(*memory) / 1_024.0));
                    }
                }
                "TaskStarted" => {
                    if let Some(since) = since {
                        under_way.insert(event.id, since);
                    }
                }
                // In sped-up time a wait may be over before its function has answered.
                "TaskSucceeded" | "TaskSubmitted" | "TaskFailed" | "TaskTimedOut" => {
                    if let Some((since, gigabytes)) = since {
                        let took = (event.at.as_millisecond() - since.as_millisecond()) as f64;
                        self.lambda_ms += took;
                        self.gb_seconds += took / 1_000.0 * gigabytes;
                    }
                    if event.kind == "TaskSucceeded" && state == "Observe" {
                        let answer = event.output.as_ref().map(|output| &output["Payload"]);
                        if let Some(answer) = answer.filter(|answer| answer["next"] == "wait") {
                            self.hours += answer["waitSeconds"].as_f64().unwrap_or_default() / 3_600.0;
                        }
                    }
                }
                _ => {}
            }
        }
        ensure!(
            under_way.is_empty(),
            "a function was called and its end is not in the history"
        );
        Ok(())
    }

    /// Dollars: state transitions, functions, messages, metrics, logs and traces. Of traces as many as there are requests: AWS
    /// takes fewer.
    pub(crate) fn dollars(&self) -> [f64; 5] {
        [
            self.transitions as f64 * prices::TRANSITION,
            self.requests as f64 * prices::REQUEST + self.gb_seconds * prices::GB_SECOND,
            self.messages as f64 * prices::MESSAGE,
            self.hours.ceil() * prices::METRICS * prices::METRIC_HOUR,
            (self.logged as f64 + self.events as f64 * prices::EVENT_LOGGED) / 1e9 * prices::LOG_GB
                + self.requests as f64 * prices::TRACE,
        ]
    }
}
