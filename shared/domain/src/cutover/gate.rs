//! The last gate before CompleteMigration. The observation that led here was judged before; this looks once more at
//! nothing but the two documents that make a cutover lawful: a verdict, and an approval of that very verdict.

use crate::progress::{Next, Observation};
use crate::signal::Signal;

/// Whether the migration may be completed on this observation and this signal.
///
/// # Errors
/// Why not, for people.
pub fn may_complete(observation: &Observation, signal: &Signal) -> Result<(), String> {
    let Some(verdict) = &observation.verdict else {
        return Err(
            "there is no verdict to approve: source and target were not in sync at the last look".to_owned(),
        );
    };
    match signal {
        Signal::Approve {
            verdict: approved, ..
        } if *approved != verdict.digest => Err(format!(
            "the approval is for verdict {approved}; the verdict is {} now",
            verdict.digest
        )),
        Signal::Approve { .. } if observation.next != Next::Complete => {
            Err("the last look did not lead to completing".to_owned())
        }
        Signal::Approve { .. } => Ok(()),
        Signal::Abort { .. } | Signal::Event { .. } | Signal::Call { .. } => {
            Err("there is no approval".to_owned())
        }
    }
}
