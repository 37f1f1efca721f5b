//! Talking to an engine. A connection per command: an engine may be restarted between two, and none of this is hot.

use std::collections::HashMap;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, RedisConnectionInfo, RedisResult, Value};

use super::EngineError;

/// A way to one engine, as one user.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    address: String,
    port: u16,
    credentials: Option<Credentials>,
    respond: Duration,
}

#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    /// `None`: the default user.
    pub(crate) user: Option<String>,
    pub(crate) password: String,
}

/// What ROLE says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Primary,
    Replica {
        /// `connect`, `connecting`, `handshake`, `sync` or `connected`.
        link: String,
        offset: i64,
    },
}

const CONNECT: Duration = Duration::from_secs(2);
const RESPOND: Duration = Duration::from_secs(5);

impl Control {
    pub(crate) fn new(address: String, port: u16, credentials: Option<Credentials>) -> Self {
        Self {
            address,
            port,
            credentials,
            respond: RESPOND,
        }
    }

    /// The same way, for a command that may take its time.
    pub(crate) fn patient(self, respond: Duration) -> Self {
        Self { respond, ..self }
    }

    pub(crate) async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let mut settings = RedisConnectionInfo::default().set_skip_set_lib_name();
        if let Some(Credentials { user, password }) = &self.credentials {
            settings = settings.set_password(password);
            if let Some(user) = user {
                settings = settings.set_username(user);
            }
        }
        let info = (self.address.as_str(), self.port)
            .into_connection_info()?
            .set_redis_settings(settings);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(self.respond));
        Client::open(info)?
            .get_multiplexed_async_connection_with_config(&config)
            .await
    }

    /// Runs a command.
    pub(crate) async fn command(&self, words: &[&str]) -> Result<Value, EngineError> {
        let failed = |source| EngineError::Command {
            port: self.port,
            command: words.first().copied().unwrap_or_default().to_owned(),
            source,
        };
        let mut connection = self.connect().await.map_err(failed)?;
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query_async(&mut connection).await.map_err(failed)
    }

    /// A section of INFO, by field.
    pub(crate) async fn info(&self, section: &str) -> Result<HashMap<String, String>, EngineError> {
        let reply = self.command(&["INFO", section]).await?;
        let text: String = redis::from_redis_value(reply).unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.trim_end().split_once(':'));
        Ok(pairs
            .map(|(field, value)| (field.to_owned(), value.to_owned()))
            .collect())
    }

    pub(crate) async fn role(&self) -> Result<Role, EngineError> {
        let reply = self.command(&["ROLE"]).await?;
        let Value::Array(parts) = reply else {
            return Ok(Role::Primary);
        };
        let text = |index: usize| -> String {
            parts
                .get(index)
                .cloned()
                .and_then(|part| redis::from_redis_value(part).ok())
                .unwrap_or_default()
        };
        match text(0).as_str() {
            "slave" => {
                let offset = parts
                    .get(4)
                    .cloned()
                    .and_then(|part| redis::from_redis_value(part).ok());
                Ok(Role::Replica {
                    link: text(3),
                    offset: offset.unwrap_or(-1),
                })
            }
            _ => Ok(Role::Primary),
        }
    }

    /// Whether PING is answered, and by the process that is meant: another engine may have got the port first.
    pub(crate) async fn answers_as(&self, pid: u32) -> bool {
        match self.command(&["PING"]).await {
            // A password that the options do not tell, or protected mode: a test's wish, and a sign of life.
            Err(EngineError::Command { source, .. }) => {
                matches!(source.code(), Some("NOAUTH" | "NOPERM" | "DENIED"))
            }
            Err(_) => false,
            Ok(_) => match self.info("server").await {
                Ok(server) => server.get("process_id").is_none_or(|id| *id == pid.to_string()),
                // INFO renamed away: again a wish, and nothing else to go by.
                Err(_) => true,
            },
        }
    }
}
