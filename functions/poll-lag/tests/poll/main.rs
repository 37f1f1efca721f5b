//! The function as it is deployed, the binary itself, between a runtime API, an ElastiCache API and engines.

#![allow(
    clippy::unwrap_used,
    reason = "a test helper that cannot go on fails the test"
)]

mod aws;
mod engines;
mod fleet;
mod function;
mod live;
