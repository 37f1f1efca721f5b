//! An engine's address as the migration's documents write it, and connections to it.

use anyhow::Context;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// How long one answer may take. A large pipeline on a busy machine takes a while, a dead engine takes for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// Host and port of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    #[serde(rename = "address")]
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Connects and chooses a logical database.
    pub(crate) async fn connect(&self, database: u8) -> anyhow::Result<MultiplexedConnection> {
        let patience = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        redis::Client::open(format!("redis://{self}/{database}"))?
            .get_multiplexed_async_connection_with_config(&patience)
            .await
            .with_context(|| format!("cannot connect to {self}, database {database}"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
