//! Shared state that is looked at through closures, so that no lock can be held across an `await`.

use std::sync::{Mutex, PoisonError};

/// A value behind a lock. A panic elsewhere while it was held is ignored: it must not hide the failure of the test
/// that panicked behind a second one.
#[derive(Debug, Default)]
pub(crate) struct Guarded<T>(Mutex<T>);

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    pub(crate) fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T: Clone> Guarded<T> {
    pub(crate) fn get(&self) -> T {
        self.with(|value| value.clone())
    }
}
