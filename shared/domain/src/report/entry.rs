//! An execution's history as this program reads it: which state was entered when, and what it answered. What a task was
//! given is left out on purpose: the waiting state's token stands there.

use jiff::Timestamp;

/// One event of an execution's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number within the execution, from 1.
    pub id: i64,
    /// The number of the event that it follows from; 0 where it follows from none. Events of a Map's items interleave,
    /// and this is what tells them apart.
    pub previous: i64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The execution began, with this input: a JSON text.
    Began {
        /// As it was typed, or as its predecessor handed it on.
        input: String,
    },
    /// A state was entered.
    Entered {
        /// Its name.
        state: String,
    },
    /// A task was scheduled: its first try, or a retry.
    Scheduled {
        /// Whether it is a call of a Lambda function.
        lambda: bool,
    },
    /// The function of a waiting task answered; from here on the task waits for its token.
    Submitted,
    /// The task answered with this JSON text: for a Lambda function AWS's envelope around it.
    Answered {
        /// As it stands in the history.
        output: String,
    },
    /// A try failed.
    Failed {
        /// The error's name.
        error: String,
    },
    /// The execution ended.
    Ended(End),
    /// Anything else: it counts as an event.
    Other,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In a state `Succeed`.
    Succeeded,
    /// In a state `Fail`, or by an error that nothing caught.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// It took longer than an execution of this machine may.
    TimedOut,
}
