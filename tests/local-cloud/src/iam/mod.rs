//! Identity policies, judged as IAM does: an explicit Deny wins, else a statement has to allow action, resource and
//! conditions at once, else nothing is allowed.
//!
//! Only what the product's own roles say is judged. Organisation policies, boundaries and resource policies are not, and
//! so neither is a call allowed by a topic's or queue's policy alone.

mod policy;
mod request;

pub use policy::{Condition, Decision, Effect, Policy, Statement};
pub use request::action;
pub(crate) use request::{context, resource};
