//! Verification over real engines: what is planted is found, what is synced is never called different.
#![allow(missing_docs, reason = "a test crate")]

mod differences;
mod engines;
mod lag;
mod planted;
mod random;
mod slots;
mod touched;
