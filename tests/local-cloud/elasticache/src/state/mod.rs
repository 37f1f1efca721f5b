//! What the control plane knows, and its rules. Pure: no clock, no processes, no sockets.
//!
//! A [`Group`] is a state machine. Calls and the drivers in `server` ask it for a transition; it answers with the
//! events to record or with the API's error. The drivers then do to the engines what the new phase says.

mod events;
mod group;
mod message;
mod parameters;
mod rules;
mod slots;
mod spec;
mod updates;
mod world;

pub use events::{Event, SourceType};
pub(crate) use events::{EventLog, Window};
pub(crate) use group::{Completion, Group, NodeFacts, Phase};
pub(crate) use message::{Message, Reason};
pub(crate) use parameters::{NODE_TYPES, Parameter, describe as describe_parameters, maxmemory};
pub(crate) use slots::{Layout, SLOTS, tags};
pub use spec::{Engine, GroupSpec, NotificationTopic, PendingModifications, SubnetGroup};
pub use updates::UpdateAction;
pub(crate) use world::{Names, World};
