//! The local AWS: it runs the product's `template.yaml`, compiled functions and state machine, unchanged, on one
//! machine without an account, containers or network.
//!
//! [`LocalCloud::start`] composes these parts, each usable and readable by itself:
//!
//! - [`template`] reads functions, environment, timeouts and state machine substitutions from the SAM template;
//! - [`function_host`] runs the compiled functions as Lambda does;
//! - the front door is one endpoint for all AWS clients, and keeps a record of calls ([`Call`]);
//! - a function may have a URL of its own ([`FunctionUrl`]), as Lambda gives it one;
//! - moto interprets the state machine; `moto_patches/` puts right what it does unlike AWS;
//! - events are matched with the template's rules, kept ([`BusEvent`]) and delivered to functions;
//! - SNS messages are checked, kept ([`Message`]) and delivered to subscribed functions;
//! - buckets are kept by moto, and what is put into them can be read ([`StoredObject`]).
//!
//! Nothing of the product knows that this exists: a function sees an endpoint URL and credentials, as it does on AWS.

pub mod arn;
mod cloud;
mod cloud_trail;
mod event_bridge;
mod front_door;
pub mod function_host;
mod function_url;
pub mod iam;
mod moto;
mod process;
mod s3;
mod sns;
pub mod template;

pub use cloud::{
    CloudError, DeployError, EndOfExecution, ExecutionStatus, ExecutionView, FunctionError, HistoryEvent,
    LocalCloud, OWN_ACCESS_KEY_ID, Options,
};
pub use event_bridge::BusEvent;
pub use front_door::Call;
pub use function_host::{Fault, FaultRule};
pub use function_url::FunctionUrl;
pub use moto::MotoError;
pub use s3::{StorageError, StoredObject};
pub use sns::{Attribute, Message};
