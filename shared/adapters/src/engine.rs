//! Speaks RESP to an engine as ElastiCache's nodes will: plain TCP, no password, no HELLO.

use domain::diagnosis::SourceProbe;
use domain::engine::{EngineFault, Info};
use domain::{Endpoint, Observed};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisError, Value};
use std::time::Duration;

/// How long an engine may take to accept a connection, and then to answer a command.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for INFO. Everything is asked for by one plain `INFO`: several sections in one call are a syntax error before 7.0.
///
/// # Errors
/// What the engine or the way to it did instead of answering.
pub async fn info(endpoint: &Endpoint) -> Result<Info, EngineFault> {
    let mut connection = connect(endpoint).await?;
    let text: String = redis::cmd("INFO")
        .query_async(&mut connection)
        .await
        .map_err(|e| fault(&e))?;
    Ok(Info::parse(&text))
}

async fn connect(endpoint: &Endpoint) -> Result<MultiplexedConnection, EngineFault> {
    let client = redis::Client::open(format!("redis://{endpoint}/"))
        .map_err(|error| EngineFault::Unreachable(error.to_string()))?;
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
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

/// The commands that ElastiCache needs of a source:
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html>.
const NEEDED: [&str; 6] = ["sync", "psync", "info", "config", "command", "cluster"];

/// Asks the source what INFO does not tell of replication. What it does not answer stays empty: that is nothing seen.
pub async fn probe(endpoint: &Endpoint) -> SourceProbe {
    let Ok(mut connection) = connect(endpoint).await else {
        return SourceProbe::default();
    };
    let mut probe = SourceProbe::default();
    let known: Result<Vec<Value>, _> = redis::cmd("COMMAND")
        .arg("INFO")
        .arg(&NEEDED)
        .query_async(&mut connection)
        .await;
    if let Ok(known) = known {
        let missing = NEEDED.iter().zip(known).filter(|(_, known)| *known == Value::Nil);
        probe.missing_commands = missing.map(|(name, _)| (*name).to_owned()).collect();
    }
    // From 7.0; older versions answer an error, and so does a user who may not ask.
    let dry_run = ["psync", "?", "-1"];
    let denied: Result<String, _> = redis::cmd("ACL")
        .arg("DRYRUN")
        .arg("default")
        .arg(&dry_run)
        .query_async(&mut connection)
        .await;
    if let Ok(words) = denied
        && words != "OK"
    {
        probe.denied_commands.push(words);
    }
    let limit: Result<Vec<String>, _> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("client-output-buffer-limit")
        .query_async(&mut connection)
        .await;
    probe.output_buffer_limit = limit.ok().and_then(|pair| pair.into_iter().nth(1));
    probe
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
fn fault(error: &RedisError) -> EngineFault {
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
