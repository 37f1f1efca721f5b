//! States `LookAtTopic`, `SetTopic`, `Rehearse`, `Start` and `RestoreTopic`.

use super::Migration;
use crate::plan::Plan;
use crate::progress::{Rehearsal, Stage};
use crate::target::TopicPlan;
use serde::{Deserialize, Serialize};

/// What the function is asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// Which call to make.
    pub step: Step,
    /// What to start.
    pub plan: Plan,
    /// Who asks.
    pub migration: Migration,
    /// What `LookAtTopic` answered; for `SetTopic` and `RestoreTopic`.
    #[serde(default)]
    pub topic: Option<TopicPlan>,
}

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// TestMigration.
    Rehearse,
    /// StartMigration.
    Start,
    /// Read which topic the group publishes to. Answers with a [`TopicPlan`].
    LookAtTopic,
    /// Set this stack's topic, and wait until the group is available again. Answers with a [`TopicChange`].
    SetTopic,
    /// Put back what `LookAtTopic` found, if it was changed. Answers with a [`TopicChange`].
    RestoreTopic,
}

/// What became of the group's topic.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicChange {
    /// Whether it is now what it was to be.
    pub done: bool,
    /// In a sentence, with what is left to do where it is not.
    pub message: String,
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requested {
    /// The stage that begins with the request.
    pub stage: Stage,
    /// AWS's id of the request, for a support case; none where nothing had to be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Whether an earlier try of this state had made the request already.
    pub was_under_way: bool,
    /// An assessment's rehearsal that AWS refused at once: its result, instead of an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Rehearsal>,
}
