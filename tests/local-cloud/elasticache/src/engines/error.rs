//! What can go wrong with an engine.

use std::io;
use std::time::Duration;

/// Why an engine did not start or answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The folder, the configuration or the process could not be made.
    #[error("cannot start {binary}")]
    Start {
        /// What was to run.
        binary: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The process ended before it answered.
    #[error("{binary} ended at once; the end of its log:\n{log}")]
    Ended {
        /// What ran.
        binary: String,
        /// The last lines of its log.
        log: String,
    },
    /// The process runs and does not answer.
    #[error("{binary} does not answer after {waited:?}; the end of its log:\n{log}")]
    NotReady {
        /// What runs.
        binary: String,
        /// How long it was given.
        waited: Duration,
        /// The last lines of its log.
        log: String,
    },
    /// A command failed.
    #[error("the engine on port {port} refused or did not answer {command}")]
    Command {
        /// The engine's port.
        port: u16,
        /// The command's name.
        command: String,
        /// What it said.
        #[source]
        source: redis::RedisError,
    },
    /// The process could not be frozen or thawed.
    #[error("cannot send SIG{signal}")]
    Signal {
        /// The signal.
        signal: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Slots that no cluster can have.
    #[error("a cluster cannot be like this: {0}")]
    Cluster(String),
    /// Something that was waited for did not come.
    #[error("waited in vain until {what}")]
    Timeout {
        /// What was waited for.
        what: String,
    },
}
