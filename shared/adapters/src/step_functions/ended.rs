//! What a sandbox knows of executions that have ended: nothing of that changes any more.

use domain::page::Details;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A sandbox lives for hours; so many executions are remembered, then it begins anew.
const AT_MOST: usize = 2_000;

/// By execution ARN.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended(Arc<Mutex<HashMap<String, Details>>>);

impl Ended {
    pub(super) fn get(&self, execution_arn: &str) -> Option<Details> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(execution_arn)
            .cloned()
    }

    pub(super) fn put(&self, execution_arn: &str, details: Details) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= AT_MOST {
            known.clear();
        }
        known.insert(execution_arn.to_owned(), details);
    }
}
