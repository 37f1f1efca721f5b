use elasticache_stand_in::StandInError;

use super::{DeployError, ExecutionStatus};
use crate::function_host::HostError;
use crate::moto::MotoError;
use crate::s3::StorageError;
use crate::template::TemplateError;

/// What can go wrong in the local cloud itself, as opposed to in what it runs.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The template cannot be used.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The functions cannot be hosted.
    #[error(transparent)]
    Host(#[from] HostError),
    /// moto does not run.
    #[error(transparent)]
    Moto(#[from] MotoError),
    /// The ElastiCache stand-in does not run, or could not make a group.
    #[error(transparent)]
    ElastiCache(#[from] StandInError),
    /// The template's resources could not be made.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The buckets cannot be made or read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The system refused a port or a thread.
    #[error("cannot start the local cloud on 127.0.0.1")]
    Io(#[from] std::io::Error),
    /// A call of Step Functions failed.
    #[error("{operation} failed: {problem}")]
    Call {
        /// The operation.
        operation: &'static str,
        /// The error with all its causes.
        problem: String,
    },
    /// An execution did not end in time.
    #[error("{arn} is still {status:?} after {limit:?}. {report}")]
    StillRunning {
        /// The execution.
        arn: String,
        /// Its status.
        status: ExecutionStatus,
        /// The time it was given.
        limit: std::time::Duration,
        /// Its last states and the functions' last lines.
        report: String,
    },
    /// There is no such function.
    #[error("the template has no function {function}; it has {known:?}")]
    NoSuchFunction {
        /// What was asked for.
        function: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The template has no state machine.
    #[error("the template has no state machine")]
    NoStateMachine,
    /// The local cloud has been shut down.
    #[error("the local cloud has been shut down")]
    Gone,
}

/// How an invocation failed, as the function reported it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {message}")]
pub struct FunctionError {
    /// The name that a state machine's Retry and Catch see.
    pub error_type: String,
    /// The message.
    pub message: String,
}
