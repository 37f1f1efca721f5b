//! One connection, one question at a time. The library's own connections pipeline a handshake, and lose an error that the
//! engine sends before it is asked (`max number of clients`, `DENIED`); here it is the answer to the first question.
//! Source: `src/networking.c` of the engines, where both are written as soon as the connection is accepted.

use super::{PATIENCE, reply};
use domain::Endpoint;
use domain::cutover::Command;
use domain::engine::{EngineFault, Info, Reply};
use redis::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// The longest answer that is read, in bytes. The list of all commands of a recent engine is under a tenth of it.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// A connection to an engine. Once a question was not answered in full, no other is asked on it: its answer could not be
/// told from the late one.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    limits: Limits,
    broken: Option<EngineFault>,
}

/// How long a connection's questions may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Each answer.
    patience: Duration,
    /// All of them together; none for a connection that is kept.
    deadline: Option<Instant>,
}

impl Limits {
    /// What is left for the next answer.
    fn left(self) -> Duration {
        match self.deadline {
            Some(deadline) => deadline
                .saturating_duration_since(Instant::now())
                .min(self.patience),
            None => self.patience,
        }
    }
}

impl Connection {
    /// Connects, for questions that are all answered by `deadline`. Nothing is sent.
    ///
    /// # Errors
    /// [`EngineFault::Unreachable`], also where nothing came back in time: that is how a closed security group looks.
    pub async fn open(endpoint: &Endpoint, deadline: Instant) -> Result<Connection, EngineFault> {
        let limits = Limits {
            patience: PATIENCE,
            deadline: Some(deadline),
        };
        Connection::connect(endpoint, limits.left(), limits).await
    }

    /// Connects, to be kept: each answer may take as long as `patience`. Nothing is sent.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn keep(endpoint: &Endpoint, patience: Duration) -> Result<Connection, EngineFault> {
        let limits = Limits {
            patience,
            deadline: None,
        };
        Connection::connect(endpoint, PATIENCE, limits).await
    }

    async fn connect(
        endpoint: &Endpoint,
        patience: Duration,
        limits: Limits,
    ) -> Result<Connection, EngineFault> {
        let host = (endpoint.address.as_str(), endpoint.port);
        match timeout_at(Instant::now() + patience, TcpStream::connect(host)).await {
            Ok(Ok(stream)) => {
                // Each question is one small packet, and its answer is waited for.
                let _ = stream.set_nodelay(true);
                Ok(Connection {
                    stream,
                    limits,
                    broken: None,
                })
            }
            Ok(Err(error)) => Err(EngineFault::Unreachable(error.to_string())),
            Err(_) => Err(EngineFault::Unreachable(format!(
                "nothing came back within {}",
                shown(patience)
            ))),
        }
    }

    /// Asks one question and reads its answer.
    ///
    /// # Errors
    /// The error that the engine answered, or what happened instead of an answer.
    pub async fn ask(&mut self, words: &[&str]) -> Result<Reply, EngineFault> {
        let value = self.value(words).await?;
        error_in(&value).map_or_else(|| Ok(reply::from_value(value)), Err)
    }

    /// The answer as it came, errors of the engine included.
    async fn value(&mut self, words: &[&str]) -> Result<Value, EngineFault> {
        if let Some(fault) = &self.broken {
            return Err(EngineFault::Other(format!(
                "not asked, because of an earlier question: {fault}"
            )));
        }
        let patience = self.limits.left();
        if patience.is_zero() {
            return Err(EngineFault::TimedOut(
                "the time for all questions was over".to_owned(),
            ));
        }
        let mut received = vec![];
        let exchange = exchange(&mut self.stream, words, &mut received);
        let answer = match timeout_at(Instant::now() + patience, exchange).await {
            Ok(answer) => answer,
            Err(_) if received.is_empty() => Err(EngineFault::TimedOut(shown(patience))),
            Err(_) => {
                let part = format!("{}, only a part of an answer came", shown(patience));
                Err(EngineFault::TimedOut(part))
            }
        };
        answer.inspect_err(|fault| self.broken = Some(fault.clone()))
    }

    /// Asks for INFO.
    ///
    /// # Errors
    /// As [`Connection::ask`]; an answer that is no text is no engine's.
    pub async fn info(&mut self) -> Result<Info, EngineFault> {
        info(&self.ask(&["INFO"]).await?)
    }

    /// INFO's replication section: one section is understood by every version.
    ///
    /// # Errors
    /// As [`Connection::info`].
    pub async fn replication(&mut self) -> Result<Info, EngineFault> {
        info(&self.ask(&["INFO", "replication"]).await?)
    }

    /// A setting's value; none where the engine does not have it.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub async fn setting(&mut self, name: &str) -> Result<Option<String>, EngineFault> {
        let reply = self.ask(&["CONFIG", "GET", name]).await?;
        Ok(reply.fields().get(name).and_then(|value| value.text()))
    }

    /// Runs commands and reads INFO's replication section in one transaction: no client's command is between them.
    /// Answers with what each command said, and with that section.
    ///
    /// Redis up to 7.x (tried: 7.0) queues no command at all while it is at its memory limit, also none that takes no
    /// memory. There they are run in turn, which comes to the same: what stops the writers stands before that section is
    /// read. Not so for a pause that stops everything, behind which the section would wait for its end.
    /// Source: `processCommand` in `src/server.c`.
    ///
    /// # Errors
    /// The first error that a command answered, or what happened instead; then none of the commands, some or all of them
    /// may have been run.
    pub async fn transact(&mut self, commands: &[Command]) -> Result<(Vec<Reply>, Info), EngineFault> {
        match self.at_once(commands).await {
            Err(fault) if fault.is_out_of_memory() && !commands.iter().any(stops_everything) => {
                tracing::warn!("the engine is at its memory limit and takes no transaction: {fault}");
                self.ask(&["DISCARD"]).await?;
                self.in_turn(commands).await
            }
            done => done,
        }
    }

    /// Each command whatever became of those before it, as a transaction does, and the section after them.
    async fn in_turn(&mut self, commands: &[Command]) -> Result<(Vec<Reply>, Info), EngineFault> {
        let mut replies = vec![];
        for command in commands {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            replies.push(self.ask(&words).await);
        }
        let section = self.replication().await;
        let replies = replies.into_iter().collect::<Result<_, _>>()?;
        Ok((replies, section?))
    }

    async fn at_once(&mut self, commands: &[Command]) -> Result<(Vec<Reply>, Info), EngineFault> {
        self.ask(&["MULTI"]).await?;
        for command in commands {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            self.ask(&words).await?;
        }
        self.ask(&["INFO", "replication"]).await?;
        let answers = match self.value(&["EXEC"]).await? {
            Value::Array(answers) if answers.len() == commands.len() + 1 => answers,
            refusal => {
                return Err(error_in(&refusal)
                    .unwrap_or_else(|| EngineFault::Other("it did not run the transaction".to_owned())));
            }
        };
        if let Some(fault) = answers.iter().find_map(error_in) {
            return Err(fault);
        }
        let mut replies: Vec<Reply> = answers.into_iter().map(reply::from_value).collect();
        let section = info(&replies.pop().unwrap_or(Reply::Nil))?;
        Ok((replies, section))
    }
}

/// `CLIENT PAUSE n` without `WRITE`.
fn stops_everything(command: &Command) -> bool {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["CLIENT", "PAUSE", _])
}

/// The engine's error, if the answer is one.
fn error_in(answer: &Value) -> Option<EngineFault> {
    match answer {
        Value::ServerError(error) => {
            let text = [error.code(), error.details().unwrap_or_default()].join(" ");
            Some(EngineFault::from_reply(text.trim()))
        }
        _ => None,
    }
}

fn info(reply: &Reply) -> Result<Info, EngineFault> {
    match reply {
        Reply::Text(text) => Ok(Info::parse(text)),
        _ => Err(EngineFault::NotRedis(
            "INFO was not answered with a text".to_owned(),
        )),
    }
}

/// Sends the question and reads until the answer is complete.
async fn exchange(
    stream: &mut TcpStream,
    words: &[&str],
    received: &mut Vec<u8>,
) -> Result<Value, EngineFault> {
    let mut question = redis::cmd(words[0]);
    question.arg(&words[1..]);
    // A peer that has closed its side may have said why before: a failure to write is seen when there is nothing to read.
    let written = stream.write_all(&question.get_packed_command()).await;
    loop {
        let count = match stream.read_buf(received).await {
            Ok(count) => count,
            Err(error) => return Err(closed(received, &error.to_string())),
        };
        if count == 0 {
            let why = written
                .err()
                .map_or("end of stream".to_owned(), |error| error.to_string());
            return Err(closed(received, &why));
        }
        match redis::parse_redis_value(received) {
            Ok(value) => return Ok(value),
            Err(error) if error.is_io_error() && received.len() < LONGEST_ANSWER => {}
            Err(error) if error.is_io_error() => {
                return Err(EngineFault::Other("its answer does not end".to_owned()));
            }
            Err(_) => return Err(EngineFault::NotRedis("what it sent is no RESP".to_owned())),
        }
    }
}

/// The peer closed the connection: before a word, as a port for TLS does; or in the middle of an answer.
fn closed(received: &[u8], why: &str) -> EngineFault {
    if received.is_empty() {
        EngineFault::NotRedis(format!("it closed the connection without an answer ({why})"))
    } else {
        EngineFault::Other(format!(
            "it closed the connection in the middle of an answer ({why})"
        ))
    }
}

fn shown(patience: Duration) -> String {
    format!("{:.1} s", patience.as_secs_f64())
}
