//! The states `Tell...`, and what the function `notify` is asked beside them: one of each message for a test, and who
//! hears.

use super::Migration;
use super::cutover::{CleanedUp, GivenUp, Handover, Released};
use crate::diagnosis::Diagnosis;
use crate::fleet::Summary;
use crate::plan::Plan;
use crate::preflight::PreflightReport;
use crate::progress::{Observation, Rehearsal};
use crate::report::Location;
use crate::target::TopicPlan;
use crate::verify::{Difference, Standing, Verdict};
use serde::{Deserialize, Serialize};

/// What the function is asked for: an occasion, and all that is known by then.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// What happened.
    pub occasion: Occasion,
    /// Whose message it is. Absent only where a migration failed before it was admitted.
    #[serde(default)]
    pub migration: Option<Migration>,
    /// What the user asked for.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// What the migration does with the group's notification topic.
    #[serde(default)]
    pub topic: Option<TopicPlan>,
    /// What preflight found.
    #[serde(default)]
    pub preflight: Option<PreflightReport>,
    /// The last look.
    #[serde(default)]
    pub observation: Option<Observation>,
    /// How AWS's rehearsal ended, where an assessment asked for one.
    #[serde(default)]
    pub rehearsal: Option<Rehearsal>,
    /// Why it failed.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// What is handed over.
    #[serde(default)]
    pub handover: Option<Handover>,
    /// What was given up.
    #[serde(default)]
    pub given_up: Option<GivenUp>,
    /// What became of the fence, where one was up.
    #[serde(default)]
    pub released: Option<Released>,
    /// Where the migration's report is, at its end; none where it could not be written.
    #[serde(default)]
    pub report: Option<Location>,
    /// What an execution that ended by itself left behind.
    #[serde(default)]
    pub cleaned_up: Option<CleanedUp>,
    /// What the comparison of the keys came to.
    #[serde(default)]
    pub verification: Option<Standing>,
    /// What the comparison after the promotion came to.
    #[serde(default)]
    pub last_comparison: Option<LastComparison>,
    /// How a fleet ended. Its message is about no single migration: `migration` is the fleet's own execution then.
    #[serde(default)]
    pub fleet: Option<FleetEnd>,
    /// The migration's page, where there is one.
    #[serde(default)]
    pub page: Option<String>,
    /// Whether it is a sample that nothing happened for.
    #[serde(default)]
    pub test: bool,
}

impl Input {
    /// What is known at the least: an occasion, and whose it is.
    #[must_use]
    pub fn about(occasion: Occasion, migration: Option<Migration>, plan: Option<Plan>) -> Input {
        Input {
            occasion,
            migration,
            plan,
            topic: None,
            preflight: None,
            observation: None,
            rehearsal: None,
            verification: None,
            last_comparison: None,
            report: None,
            diagnosis: None,
            handover: None,
            given_up: None,
            released: None,
            cleaned_up: None,
            fleet: None,
            page: None,
            test: false,
        }
    }
}

/// What the comparison after the promotion came to: a whole result, or why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastComparison {
    /// What is known.
    pub verdict: Verdict,
    /// The same in a sentence.
    pub statement: String,
    /// The first differences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<Difference>,
}

/// How a fleet ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FleetEnd {
    /// What became of its migrations; none where that could not be read, or where none was started.
    #[serde(default)]
    pub summary: Option<Summary>,
    /// Why it has no summary: the words of the state that failed.
    #[serde(default)]
    pub why: Option<String>,
}

/// A change that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Occasion {
    /// A migration was admitted.
    Started,
    /// Preflight found nothing that forbids a start.
    Preflight,
    /// AWS's rehearsal is over.
    Rehearsed,
    /// The migration began to copy.
    Syncing,
    /// It is in sync and waits for a person.
    Ready,
    /// It still does.
    Reminder,
    /// Something is wrong while it waits.
    Trouble,
    /// That is over.
    Recovered,
    /// The cutover begins.
    Cutover,
    /// The cutover was tried and did not succeed; the migration is ready again.
    NotCompleted,
    /// The target took over.
    Done,
    /// An assessment is over.
    Assessed,
    /// A person gave it up.
    Aborted,
    /// It failed.
    Failed,
    /// Its execution was stopped, timed out or died.
    Ended,
    /// Every migration of a fleet succeeded.
    FleetDone,
    /// A fleet is over, and not every migration of it succeeded.
    FleetFailed,
}

impl Occasion {
    /// Every occasion, in the order of a migration; those of a fleet at the end.
    pub const ALL: [Occasion; 17] = [
        Occasion::Started,
        Occasion::Preflight,
        Occasion::Rehearsed,
        Occasion::Syncing,
        Occasion::Ready,
        Occasion::Reminder,
        Occasion::Trouble,
        Occasion::Recovered,
        Occasion::Cutover,
        Occasion::NotCompleted,
        Occasion::Done,
        Occasion::Assessed,
        Occasion::Aborted,
        Occasion::Failed,
        Occasion::Ended,
        Occasion::FleetDone,
        Occasion::FleetFailed,
    ];
}

/// All that the function can be asked. Executions that began under an older version, and the rule for those that died, say
/// an occasion and no step.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Request {
    /// One of the rarer questions.
    Step(Step),
    /// Tell people.
    Tell(Box<Input>),
}

/// What is asked beside telling.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", tag = "step")]
pub enum Step {
    /// Publish one of each message, marked as a test.
    Test {
        /// Whose execution it is.
        migration: Migration,
        /// What the user asked for.
        plan: Box<Plan>,
    },
    /// Who hears of this migration? Changes nothing.
    Listeners,
}

/// What became of a test of the messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// How it ended. The words are those of the state machine's choice.
    pub outcome: TestOutcome,
    /// How many messages the topic took.
    pub published: usize,
    /// What went wrong, by occasion.
    pub failed: Vec<String>,
    /// What became of the messages to the Slack webhook, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
}

/// How a test of the messages ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TestOutcome {
    /// Every message was taken.
    Sent,
    /// At least one was not.
    NotSent,
}

/// Who hears of a migration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Listeners {
    /// Subscriptions of the messages topic that are confirmed, by protocol.
    pub confirmed: Vec<String>,
    /// Those that nobody has confirmed yet, by protocol.
    pub pending: Vec<String>,
    /// Whether a Slack webhook is set up.
    pub webhook: bool,
    /// Why the subscriptions could not be read, where they could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untold: Option<String>,
}
