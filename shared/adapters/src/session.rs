//! One connection to an engine that is kept: for looks in quick succession, and for commands that must stand together
//! with what is read after them.

use domain::cutover::Command;
use domain::engine::{EngineFault, Info, Replication};
use domain::{Endpoint, Observed};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisError};
use std::time::Duration;

/// How long an engine may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// A connection.
#[derive(Clone, Debug)]
pub struct Session(MultiplexedConnection);

impl Session {
    /// Connects; each answer may take as long as `patience`.
    ///
    /// # Errors
    /// What the engine or the way to it did instead of answering.
    pub async fn open(endpoint: &Endpoint, patience: Duration) -> Result<Session, EngineFault> {
        connect(endpoint, patience).await.map(Session)
    }

    /// INFO's replication section: one section is understood by every version.
    ///
    /// # Errors
    /// What the engine did instead of answering.
    pub async fn replication(&mut self) -> Result<Info, EngineFault> {
        let text: String = redis::cmd("INFO")
            .arg("replication")
            .query_async(&mut self.0)
            .await
            .map_err(|e| fault(&e))?;
        Ok(Info::parse(&text))
    }

    /// A setting's value; none where the engine does not have it.
    ///
    /// # Errors
    /// What the engine did instead of answering.
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, EngineFault> {
        let pair: Vec<String> = redis::cmd("CONFIG")
            .arg("GET")
            .arg(name)
            .query_async(&mut self.0)
            .await
            .map_err(|e| fault(&e))?;
        Ok(pair.into_iter().nth(1))
    }

    /// Runs commands and reads INFO's replication section in one transaction: no client's command is between them.
    ///
    /// # Errors
    /// What the engine did instead; then none of the commands or all of them may have been run.
    pub async fn transact(&mut self, commands: &[Command]) -> Result<Info, EngineFault> {
        let mut pipe = redis::pipe();
        pipe.atomic();
        for command in commands {
            let mut words = command.iter();
            if let Some(name) = words.next() {
                pipe.cmd(name);
                for word in words {
                    pipe.arg(word);
                }
                pipe.ignore();
            }
        }
        pipe.cmd("INFO").arg("replication");
        let (text,): (String,) = pipe.query_async(&mut self.0).await.map_err(|e| fault(&e))?;
        Ok(Info::parse(&text))
    }
}

async fn connect(endpoint: &Endpoint, patience: Duration) -> Result<MultiplexedConnection, EngineFault> {
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

/// What the library's error means.
fn fault(error: &RedisError) -> EngineFault {
    if error.is_timeout() {
        return EngineFault::TimedOut("the time for an answer".to_owned());
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

/// An engine that is looked at again and again: it connects when it has to.
#[derive(Debug)]
pub struct Watched {
    endpoint: Option<Endpoint>,
    session: Option<Session>,
    patience: Duration,
}

impl Watched {
    /// Nothing is connected yet.
    #[must_use]
    pub fn new(endpoint: Option<Endpoint>, patience: Duration) -> Watched {
        Watched {
            endpoint,
            session: None,
            patience,
        }
    }

    /// Its replication section now.
    pub async fn replication(&mut self) -> Observed<Replication> {
        let Some(endpoint) = &self.endpoint else {
            return Observed::Unknown("the group gives no address for it".to_owned());
        };
        let looked = async {
            let session = match &mut self.session {
                Some(session) => session,
                None => self.session.insert(Session::open(endpoint, self.patience).await?),
            };
            session.replication().await
        };
        match looked.await {
            Ok(info) => Replication::from_info(&info).map_or_else(
                || Observed::Unknown("its INFO has no role".to_owned()),
                Observed::Known,
            ),
            Err(fault) => {
                self.session = None;
                Observed::Unknown(fault.to_string())
            }
        }
    }
}
