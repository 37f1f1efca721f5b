//! Steps `LookAtTopic`, `SetTopic`, `RestoreTopic`: the group's notification topic, so that its events wake the migration.
//!
//! `LookAtTopic` changes nothing; what it found stays in the execution, so that the other two know it however often they
//! run. Both first look whether the topic is as it is to be, and change nothing where it is.

use crate::Clients;
use adapters::clock;
use domain::StepError;
use domain::contract::start::TopicChange;
use domain::cutover::StatusChangeDetail;
use domain::plan::Plan;
use domain::target::{GroupStatus, Notification, ReplicationGroup, TopicAction, TopicPlan};
use jiff::SignedDuration;
use std::time::Duration;

pub(crate) async fn look(clients: &Clients, plan: &Plan) -> Result<TopicPlan, StepError> {
    let group = group(clients, plan).await?.ok_or_else(|| gone(plan))?;
    let before = clients.elasticache.topic(&group).await?;
    let decided = TopicPlan::new(before, &clients.topic_arn, plan.notifications.elasticache_topic);
    tracing::info!(action = ?decided.action, "{}", decided.why);
    Ok(decided)
}

pub(crate) async fn set(clients: &Clients, plan: &Plan, topic: &TopicPlan) -> Result<TopicChange, StepError> {
    if topic.action != TopicAction::Set {
        return Ok(nothing_to_do(&topic.why));
    }
    let group = group(clients, plan).await?.ok_or_else(|| gone(plan))?;
    let ours = Notification::to(&clients.topic_arn, true);
    bring_about(clients, plan, &group, &ours).await?.in_time(plan)
}

/// At the end of every path, and for an execution that was stopped. A group that still follows the source takes no change:
/// that is told and not waited for, since only a person ends it.
pub(crate) async fn restore(
    clients: &Clients,
    plan: &Plan,
    topic: Option<&TopicPlan>,
) -> Result<TopicChange, StepError> {
    let Some(topic) = topic.filter(|topic| topic.action == TopicAction::Set) else {
        return Ok(nothing_to_do("the migration did not change the group's topic"));
    };
    let wanted = topic.at_the_end(&clients.topic_arn);
    match group(clients, plan).await? {
        None => Ok(nothing_to_do("the group is gone")),
        Some(group) if group.status.is_deleted() => Ok(nothing_to_do("the group is being deleted")),
        Some(group) if group.status == GroupStatus::Migrating => Ok(TopicChange {
            done: false,
            message: format!(
                "{id} still follows the source and takes no change. Once it is available: aws elasticache \
                 modify-replication-group --replication-group-id {id} --notification-topic-arn {arn} \
                 --notification-topic-status {status} --apply-immediately",
                id = plan.replication_group_id,
                arn = wanted.topic_arn,
                status = if wanted.is_active() { "active" } else { "inactive" },
            ),
        }),
        // Nothing follows that needs the group available: once AWS has taken the change, the end is not held up for it.
        Some(group) => Ok(bring_about(clients, plan, &group, &wanted).await?.change),
    }
}

/// For an execution that ended without its own end: what it found and whether it put it back stand in its history.
pub(crate) async fn restore_after(
    clients: &Clients,
    ended: &StatusChangeDetail,
) -> Result<TopicChange, StepError> {
    let arn = &ended.execution_arn;
    if clients
        .migrations
        .newest_answer(arn, "RestoreTopic")
        .await?
        .is_some()
    {
        return Ok(nothing_to_do("the migration put the group's topic back itself"));
    }
    let [admitted, topic] = clients
        .migrations
        .first_answers(arn, ["Admit", "LookAtTopic"])
        .await?;
    // One that continues another has what that one found in its input, as Admit took it over.
    let handed_on = admitted
        .as_ref()
        .and_then(|answer| answer.pointer("/continued/topic").cloned());
    let plan = admitted.and_then(|answer| serde_json::from_value::<Plan>(answer.get("plan")?.clone()).ok());
    let topic = topic.or(handed_on);
    let topic = topic.and_then(|answer| serde_json::from_value::<TopicPlan>(answer).ok());
    let Some(plan) = plan else {
        return Ok(nothing_to_do("the migration ended before it had a plan"));
    };
    let restored = restore(clients, &plan, topic.as_ref()).await?;
    tracing::info!(
        status = ended.status,
        done = restored.done,
        "{}",
        restored.message
    );
    Ok(restored)
}

/// How long one invocation watches the group become available again. The state machine invokes again after that.
const WATCHED: SignedDuration = SignedDuration::from_secs(25);
const PAUSE: Duration = Duration::from_millis(250);

async fn bring_about(
    clients: &Clients,
    plan: &Plan,
    group: &ReplicationGroup,
    wanted: &Notification,
) -> Result<Brought, StepError> {
    let id = &plan.replication_group_id;
    let is = clients.elasticache.topic(group).await?;
    if !serves(is.as_ref(), wanted) {
        clients.elasticache.set_topic(id, wanted).await?;
    }
    let until = clock::now().checked_add(WATCHED).unwrap_or_else(|_| clock::now());
    loop {
        match self::group(clients, plan).await? {
            None => {
                return Ok(Brought {
                    change: nothing_to_do("the group is gone"),
                    still: None,
                });
            }
            Some(group) if group.status == GroupStatus::Available => {
                let state = if wanted.is_active() { "active" } else { "inactive" };
                return Ok(Brought {
                    change: TopicChange {
                        done: true,
                        message: format!("the topic of {id} is {}, {state}", wanted.topic_arn),
                    },
                    still: None,
                });
            }
            Some(group) if clock::now() > until => {
                return Ok(Brought {
                    change: TopicChange {
                        done: false,
                        message: format!(
                            "AWS took the change of the topic of {id}, and the group is still {}; it is done once the \
                             group is available",
                            group.status
                        ),
                    },
                    still: Some(group.status),
                });
            }
            Some(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// A change of the topic that AWS took.
struct Brought {
    change: TopicChange,
    /// What the group is where it did not become available in time.
    still: Option<GroupStatus>,
}

impl Brought {
    /// What comes next needs the group available: StartMigration refuses one that is being modified.
    fn in_time(self, plan: &Plan) -> Result<TopicChange, StepError> {
        match self.still {
            None => Ok(self.change),
            Some(status) => Err(StepError::Transient(format!(
                "{} is {status} after its topic was changed",
                plan.replication_group_id
            ))),
        }
    }
}

/// Whether the topic is as it is to be. No topic at all is as good as one that is inactive.
fn serves(is: Option<&Notification>, wanted: &Notification) -> bool {
    match is {
        Some(is) => is.topic_arn == wanted.topic_arn && is.is_active() == wanted.is_active(),
        None => !wanted.is_active(),
    }
}

async fn group(clients: &Clients, plan: &Plan) -> Result<Option<ReplicationGroup>, StepError> {
    clients.elasticache.group(&plan.replication_group_id).await
}

fn gone(plan: &Plan) -> StepError {
    StepError::Precondition(format!(
        "there is no replication group {}",
        plan.replication_group_id
    ))
}

fn nothing_to_do(why: &str) -> TopicChange {
    TopicChange {
        done: true,
        message: why.to_owned(),
    }
}
