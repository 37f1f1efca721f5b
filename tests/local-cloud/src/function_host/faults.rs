//! Failures on demand: what a test makes of the next invocations of a function.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::template::FunctionSpec;

/// One way in which an invocation goes wrong. None of them takes the time that the real failure would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The function does nothing, and its timeout is reported.
    TimeOutBeforeHandler,
    /// The function does all its work; then its timeout is reported instead of its answer.
    TimeOutAfterHandler,
    /// The sandbox dies before the function sees the event.
    CrashBeforeHandler,
    /// The function does all its work; then the sandbox dies before the answer is out.
    CrashAfterHandler,
    /// Lambda refuses the invocation: `TooManyRequestsException`, 429.
    Throttled,
    /// Lambda itself fails: `ServiceException`, 500.
    ServiceFailure,
}

impl Fault {
    /// Whether the caller sees it as an error of Lambda rather than of the function. Direct and asynchronous
    /// invocations, which do not pass the Invoke API, are not refused.
    fn is_refusal(self) -> bool {
        matches!(self, Fault::Throttled | Fault::ServiceFailure)
    }
}

/// Which invocations a fault is for.
#[derive(Debug, Clone)]
pub struct FaultRule {
    function: String,
    fault: Fault,
    times: usize,
    only_if: Option<(String, Value)>,
}

impl FaultRule {
    /// The next invocation of a function, given by name, logical id or binary.
    pub fn new(function: impl Into<String>, fault: Fault) -> FaultRule {
        FaultRule {
            function: function.into(),
            fault,
            times: 1,
            only_if: None,
        }
    }

    /// The next `times` invocations instead of one.
    pub fn times(mut self, times: usize) -> FaultRule {
        self.times = times;
        self
    }

    /// Only invocations whose payload has this value at this JSON pointer (`/step`).
    pub fn when(mut self, pointer: impl Into<String>, value: impl Into<Value>) -> FaultRule {
        self.only_if = Some((pointer.into(), value.into()));
        self
    }

    fn is_for(&self, function: &FunctionSpec, event: &Value) -> bool {
        let named = [&function.name, &function.logical_id, &function.binary].contains(&&self.function);
        let fits = match &self.only_if {
            Some((pointer, value)) => event.pointer(pointer) == Some(value),
            None => true,
        };
        named && fits && self.times > 0
    }
}

/// The rules that have not been used up, first come first served.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<FaultRule>>);

impl Faults {
    pub(super) fn add(&self, rule: FaultRule) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What is to go wrong inside Lambda with this invocation.
    pub(super) fn take(&self, function: &FunctionSpec, event: &Value) -> Option<Fault> {
        self.take_if(function, event, |fault| !fault.is_refusal())
    }

    /// Whether Lambda is to refuse this invocation, and how.
    pub(super) fn take_refusal(&self, function: &FunctionSpec, event: &Value) -> Option<Fault> {
        self.take_if(function, event, Fault::is_refusal)
    }

    fn take_if(&self, function: &FunctionSpec, event: &Value, wanted: fn(Fault) -> bool) -> Option<Fault> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = rules
            .iter_mut()
            .find(|rule| rule.is_for(function, event) && wanted(rule.fault))?;
        rule.times -= 1;
        let fault = rule.fault;
        rules.retain(|rule| rule.times > 0);
        Some(fault)
    }
}
