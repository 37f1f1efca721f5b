//! Speaks RESP to an engine as ElastiCache's nodes will: plain TCP, no password, no HELLO.

use domain::engine::{EngineFault, Info};
use domain::{Endpoint, Observed};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisError};
use std::time::Duration;

/// How long an engine may take to accept a connection, and then to answer a command.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for INFO. Everything is asked for by one plain `INFO`: several sections in one call are a syntax error before 7.0.
///
/// # Errors
/// What the engine or the way to it did instead of answering.
pub async fn info(endpoint: &Endpoint) -> Result<Info, EngineFault> {
    let mut connection = connect(endpoint, PATIENCE).await?;
    let text: String = redis::cmd("INFO")
        .query_async(&mut connection)
        .await
        .map_err(|e| fault(&e))?;
    Ok(Info::parse(&text))
}

/// A connection whose answers may take as long as `patience`.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    patience: Duration,
) -> Result<MultiplexedConnection, EngineFault> {
    let client = redis::Client::open(format!("redis://{endpoint}/"))
        .map_err(|error| EngineFault::Unreachable(error.to_string()))?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(patience));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .map_err(|e| fault(&e))
}

/// The same, as a fact for those who only want to show why it is missing.
pub async fn observe(endpoint: Option<&Endpoint>) -> Observed<Info> {
    match endpoint {
        Some(endpoint) => Observed::from(info(endpoint).await),
        None => Observed::Unknown("the group gives no address for it".to_owned()),
    }
}

/// The IP address behind an endpoint, as the source will see the node; none where the name does not resolve.
pub async fn resolve(endpoint: &Endpoint) -> Option<String> {
    let host = (endpoint.address.as_str(), endpoint.port);
    tokio::net::lookup_host(host)
        .await
        .ok()?
        .next()
        .map(|address| address.ip().to_string())
}

/// What the library's error means.
pub(crate) fn fault(error: &RedisError) -> EngineFault {
    if error.is_timeout() {
        return EngineFault::TimedOut(format!("{} s", PATIENCE.as_secs()));
    }
    if error.is_connection_dropped() && !error.is_connection_refusal() {
        return EngineFault::NotRedis(format!("it closed the connection ({error})"));
    }
    match error.kind() {
        ErrorKind::Io => EngineFault::Unreachable(error.to_string()),
        ErrorKind::Parse => EngineFault::NotRedis(error.to_string()),
        _ => match (error.code(), error.detail()) {
            (Some(code), Some(detail)) => EngineFault::from_reply(&format!("{code} {detail}")),
            (Some(code), None) => EngineFault::from_reply(code),
            _ => EngineFault::from_reply(&error.to_string()),
        },
    }
}
