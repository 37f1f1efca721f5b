//! All IO: engines, ElastiCache, Step Functions, SNS, the Lambda edge, the environment, the clock.
//!
//! One file per outside service. There is no threshold and no wording for people in here, and no trait: the seam for
//! tests is the endpoint URL (`AWS_ENDPOINT_URL`) and the engine's address.
#![warn(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "what may go wrong is a part of what an item promises"
)]

pub mod aws;
pub mod clock;
pub mod config;
pub mod elasticache;
pub mod engine;
pub mod lambda;
pub mod link_keys;
pub mod metrics;
pub mod orders;
pub mod pairs;
pub mod rotation;
pub mod s3;
pub mod sns;
pub mod step_functions;
mod together;
pub mod verify;
pub mod webhook;
