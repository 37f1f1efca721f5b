//! What the source is asked after a failure: what INFO does not tell of replication. What it does not answer stays empty:
//! that is nothing seen.

use super::{Connection, PATIENCE};
use domain::Endpoint;
use domain::diagnosis::SourceProbe;
use domain::engine::{EngineFault, Reply};
use tokio::time::Instant;

/// The commands that ElastiCache needs of a source:
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Prepare.html>.
const NEEDED: [&str; 6] = ["sync", "psync", "info", "config", "command", "cluster"];

/// Asks the source, each question on its own.
pub async fn probe(endpoint: &Endpoint) -> SourceProbe {
    let Ok(mut connection) = Connection::open(endpoint, Instant::now() + 2 * PATIENCE).await else {
        return SourceProbe::default();
    };
    SourceProbe {
        missing_commands: missing(&mut connection).await,
        denied_commands: denied(&mut connection).await,
        output_buffer_limit: output_buffer_limit(&mut connection).await,
    }
}

async fn missing(connection: &mut Connection) -> Vec<String> {
    let question: Vec<&str> = ["COMMAND", "INFO"].into_iter().chain(NEEDED).collect();
    let Ok(Reply::List(known)) = connection.ask(&question).await else {
        return vec![];
    };
    let missing = NEEDED.iter().zip(known).filter(|(_, known)| is_nothing(known));
    missing.map(|(name, _)| (*name).to_owned()).collect()
}

/// Before 7.0 an unknown command is a nil array, which some versions send as an empty one.
/// Source: `commandCommand` in `src/server.c`.
fn is_nothing(reply: &Reply) -> bool {
    match reply {
        Reply::Nil => true,
        Reply::List(items) => items.is_empty(),
        _ => false,
    }
}

/// From 7.0; older versions answer an error, and so does a user who may not ask.
/// Source: `aclCommand` in `src/acl.c`.
async fn denied(connection: &mut Connection) -> Vec<String> {
    let question = ["ACL", "DRYRUN", "default", "psync", "?", "-1"];
    match connection.ask(&question).await {
        Ok(Reply::Text(words)) if words != "OK" => vec![words],
        // Newer engines answer the refusal as an error of its own kind.
        Err(EngineFault::NotPermitted(words)) if words.contains("psync") => vec![words],
        _ => vec![],
    }
}

async fn output_buffer_limit(connection: &mut Connection) -> Option<String> {
    let question = ["CONFIG", "GET", "client-output-buffer-limit"];
    let reply = connection.ask(&question).await.ok()?;
    reply.fields().get("client-output-buffer-limit")?.text()
}
