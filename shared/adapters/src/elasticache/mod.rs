//! ElastiCache's control plane: one file per group of calls. Answers become domain values; fields that are missing become
//! "not known" or the value that lets nothing pass.

mod describe;
mod events;
mod migration;
mod pending;
mod surroundings;
mod topic;

pub use migration::Answer;

use crate::aws::{Lazy, lazily};

/// The client.
#[derive(Clone, Debug)]
pub struct ElastiCache {
    client: Lazy<aws_sdk_elasticache::Client>,
}

impl ElastiCache {
    /// A client with the configuration all clients share.
    #[must_use]
    pub fn new(config: &aws_types::SdkConfig) -> ElastiCache {
        ElastiCache {
            client: lazily(config, aws_sdk_elasticache::Client::new),
        }
    }
}
