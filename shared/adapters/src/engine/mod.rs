//! Speaks RESP to an engine as ElastiCache's nodes will: plain TCP, no password, no HELLO.
//!
//! Every engine from 2.8.21 on is spoken to: one question after the other on one connection, `INFO` without a section
//! (several sections in one call are a syntax error before 7.0), `CONFIG GET` one pattern at a time (likewise). What is
//! asked changes nothing. Sources: `infoCommand` in `src/server.c`, `configGetCommand` in `src/config.c`; HELLO came with 6.0
//! (`src/networking.c`).

mod cluster;
mod connection;
mod probe;
mod questions;
mod reply;
mod source;
mod watched;

pub use connection::Connection;
pub use probe::probe;
pub use source::gather_source;
pub use watched::Watched;

use domain::engine::{ClusterMap, EngineFault, Info};
use domain::{Endpoint, Observed};
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;

/// How long an engine may take to accept a connection, and then to answer a question.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for INFO.
///
/// # Errors
/// What the engine or the way to it did instead of answering.
pub async fn info(endpoint: &Endpoint) -> Result<Info, EngineFault> {
    let deadline = Instant::now() + 2 * PATIENCE;
    Connection::open(endpoint, deadline).await?.info().await
}

/// Asks a node of a cluster for all nodes and their slots.
pub async fn cluster_map(endpoint: &Endpoint) -> Observed<ClusterMap> {
    let deadline = Instant::now() + 2 * PATIENCE;
    match Connection::open(endpoint, deadline).await {
        Ok(mut connection) => cluster::map(&mut connection).await,
        Err(fault) => Observed::Unknown(fault.to_string()),
    }
}

/// The IP address behind an endpoint, as the source will see the node; none where the name does not resolve.
pub async fn resolve(endpoint: &Endpoint) -> Option<String> {
    let addresses = addresses(endpoint).await;
    addresses.known()?.first().map(ToString::to_string)
}

/// All IP addresses behind an endpoint.
async fn addresses(endpoint: &Endpoint) -> Observed<Vec<IpAddr>> {
    let host = (endpoint.address.as_str(), endpoint.port);
    match tokio::time::timeout(PATIENCE, tokio::net::lookup_host(host)).await {
        Ok(Ok(found)) => Observed::Known(found.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Observed::Unknown(error.to_string()),
        Err(_) => Observed::Unknown(format!("no answer from the resolver in {} s", PATIENCE.as_secs())),
    }
}
