//! What the stories of this folder share: a signed call without an SDK, and the engines.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

use std::time::Duration;

use anyhow::{Context, Result};
use elasticache_stand_in::{
    Engine, EngineCluster, EngineOptions, EngineProcess, GroupSpec, Settings, StandIn,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Long enough for two busy cores; nothing waits this long when all is well.
pub const SOON: Duration = Duration::from_secs(30);

/// A stand-in whose waits are as short as they can be.
pub async fn stand_in() -> Result<StandIn> {
    let moment = Duration::from_millis(20);
    let settings = Settings {
        modify_time: moment,
        test_time: moment,
        start_time: moment,
        resharding_time: moment,
        migrating_delay: moment,
        promotion_time: moment,
        start_timeout: Duration::from_secs(2),
        ..Settings::default()
    };
    Ok(StandIn::start(settings).await?)
}

/// A source that forks at once when a replica comes.
pub async fn source(binary: &str, config: &[&str]) -> Result<EngineProcess> {
    let mut lines = vec!["repl-diskless-sync-delay 0".to_owned()];
    lines.extend(config.iter().map(|line| (*line).to_owned()));
    Ok(EngineProcess::start(EngineOptions {
        binary: binary.into(),
        config: lines,
        ..Default::default()
    })
    .await?)
}

/// A source cluster of Redis 7.0 whose slots are not those of any new ElastiCache group, nor in the order of its
/// engines. Its offsets stand still when nobody writes.
pub async fn source_cluster(config: &[&str]) -> Result<EngineCluster> {
    let mut lines = vec![
        "repl-diskless-sync-delay 0".to_owned(),
        "repl-ping-replica-period 3600".to_owned(),
    ];
    lines.extend(config.iter().map(|line| (*line).to_owned()));
    let options = EngineOptions {
        config: lines,
        ..Default::default()
    };
    let slots = [
        vec![12_000..=16_383],
        vec![0..=5_999, 11_999..=11_999],
        vec![6_000..=11_998],
    ];
    Ok(EngineCluster::start_with_slots(options, &slots).await?)
}

/// The spec of a group with cluster mode enabled.
pub fn clustered(spec: GroupSpec) -> GroupSpec {
    GroupSpec {
        cluster_enabled: true,
        shards: 3,
        ..spec
    }
}

pub fn valkey(id: &str) -> GroupSpec {
    GroupSpec {
        id: id.into(),
        ..GroupSpec::default()
    }
}

pub fn redis(id: &str) -> GroupSpec {
    GroupSpec {
        id: id.into(),
        engine: Engine::Redis,
        engine_version: "7.0".into(),
        ..GroupSpec::default()
    }
}

/// The answer to a call: HTTP status and body. No SDK here: what an SDK makes of it is in `boto3_contract.py`.
pub async fn call(stand_in: &StandIn, action: &str, parameters: &[(&str, &str)]) -> Result<(u16, String)> {
    let mut body = format!("Action={action}&Version=2015-02-02");
    for (name, value) in parameters {
        body.push_str(&format!("&{name}={value}"));
    }
    let host = stand_in.endpoint_url().trim_start_matches("http://").to_owned();
    let request = format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=TEST/20260101/us-east-1/elasticache/aws4_request, Signature=0\r\n\
         \r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(&host).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok((status, body.to_owned()))
}

/// StartMigration or TestMigration.
pub async fn with_source(
    stand_in: &StandIn,
    action: &str,
    group: &str,
    address: &str,
    port: u16,
) -> Result<(u16, String)> {
    let port = port.to_string();
    let parameters = [
        ("ReplicationGroupId", group),
        ("CustomerNodeEndpointList.member.1.Address", address),
        ("CustomerNodeEndpointList.member.1.Port", &port),
    ];
    call(stand_in, action, &parameters).await
}

pub async fn start_migration(
    stand_in: &StandIn,
    group: &str,
    source: &EngineProcess,
) -> Result<(u16, String)> {
    with_source(
        stand_in,
        "StartMigration",
        group,
        &source.address(),
        source.port(),
    )
    .await
}

pub async fn complete_migration(stand_in: &StandIn, group: &str, force: bool) -> Result<(u16, String)> {
    let force = force.to_string();
    call(
        stand_in,
        "CompleteMigration",
        &[("ReplicationGroupId", group), ("Force", &force)],
    )
    .await
}

/// Runs a command on a port of 127.0.0.1, as an ordinary client, and returns the reply or the error as text.
pub async fn ask(port: u16, words: &[&str]) -> Result<String> {
    ask_at("127.0.0.1", port, words).await
}

pub async fn ask_at(address: &str, port: u16, words: &[&str]) -> Result<String> {
    let client = redis::Client::open((address, port))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(*word);
    }
    Ok(match command.query_async::<redis::Value>(&mut connection).await {
        Ok(redis::Value::BulkString(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        Ok(redis::Value::SimpleString(text)) => text,
        Ok(redis::Value::Okay) => "OK".to_owned(),
        Ok(redis::Value::Int(number)) => number.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(error) => match (error.code(), error.detail()) {
            (Some(code), Some(detail)) => format!("{code} {detail}"),
            _ => error.to_string(),
        },
    })
}

/// A field of INFO.
pub async fn info(port: u16, field: &str) -> Result<String> {
    let text = ask(port, &["INFO"]).await?;
    let prefix = format!("{field}:");
    Ok(text
        .lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .unwrap_or_default()
        .trim()
        .to_owned())
}

/// Polls until a condition holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = tokio::time::Instant::now() + SOON;
    while !holds().await? {
        anyhow::ensure!(
            tokio::time::Instant::now() < deadline,
            "waited in vain until {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
