//! The clock, read once per invocation and passed on as a value.

/// Now.
#[must_use]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
