//! An execution that is stopped from the console, runs out of time or dies past every Catch leaves nothing behind, in
//! whatever phase it ends: no fence where the source is the primary, the fence where the target took over, the group's
//! topic as it was where AWS takes the change, and people know.

use anyhow::Result;
use elasticache_stand_in::{ApiError, Fault, Point, Times};
use local_cloud::{EndOfExecution, ExecutionStatus, Fault as LambdaFault, FaultRule};
use scenarios::{Pair, Story, TARGET};
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// AWS tests the setup; nothing was started.
    Rehearsing,
    /// The target begins to follow.
    Syncing,
    /// Writers are refused, and AWS has not accepted.
    Fenced,
    /// AWS has accepted, and the target does not take writes yet.
    Promoting,
    /// The target takes writes, and nothing is proven.
    Promoted,
}

/// The source is the primary.
const BEFORE: [Phase; 3] = [Phase::Rehearsing, Phase::Syncing, Phase::Fenced];
/// The target takes over.
const AFTER: [Phase; 2] = [Phase::Promoting, Phase::Promoted];

/// Brings a migration as far as that.
async fn begin(story: &Story, phase: Phase) -> Result<String> {
    let faults = story.elasticache().faults();
    let patient = json!({"budgetSeconds": 300});
    match phase {
        Phase::Rehearsing | Phase::Syncing => {
            let (point, stage) = match phase {
                Phase::Rehearsing => (Point::Testing, "rehearsal"),
                _ => (Point::Attaching, "sync"),
            };
            faults.hold(point);
            let execution = story.start(story.input()).await?;
            story
                .observation(&execution, stage, |seen| seen["stage"]["name"] == stage)
                .await?;
            Ok(execution)
        }
        Phase::Fenced => {
            let throttled = Fault::Answer(ApiError::throttling());
            faults.inject("CompleteMigration", Times::Every, throttled);
            let execution = story.approved(story.input()).await?;
            story.asked_to_complete().await?;
            Ok(execution)
        }
        Phase::Promoting => {
            faults.hold(Point::Promoting);
            let execution = story.approved(story.input_with(patient)).await?;
            story
                .until("a promotion", async || {
                    let group = story.elasticache().group(TARGET);
                    Ok(group.is_some_and(|group| group.status == "modifying"))
                })
                .await?;
            Ok(execution)
        }
        Phase::Promoted => {
            // The function never comes to prove it.
            let crash = FaultRule::new("cutover", LambdaFault::CrashBeforeHandler);
            story.cloud.inject(crash.when("/step", "prove").times(100));
            let execution = story.approved(story.input_with(patient)).await?;
            story.entered(&execution, "Prove").await?;
            Ok(execution)
        }
    }
}

/// Ends it, lets AWS go on, and looks at what is left.
async fn ends(ending: EndOfExecution, status: &ExecutionStatus, phase: Phase) -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let execution = begin(&story, phase).await?;
    let takes_writes = !matches!(phase, Phase::Fenced | Phase::Promoting | Phase::Promoted);
    assert_eq!(story.source.takes_writes().await, takes_writes, "{phase:?}");
    story.cloud.end_execution(&execution, ending).await?;
    let ended = story.end_of(&execution).await?;
    assert_eq!(ended.execution.status, *status, "{phase:?}");
    // A function works on after its execution ended: were AWS to take its request now, the target would take over.
    if phase != Phase::Fenced {
        story.elasticache().faults().clear();
    }
    for point in [Point::Testing, Point::Attaching, Point::Promoting] {
        story.elasticache().faults().release(point);
    }
    story
        .until("people to be told how it ended", async || {
            Ok(story.told().contains(&"migration.ended".to_owned()))
        })
        .await?;
    let messages = story.messages();
    let message = messages
        .iter()
        .find(|message| message.attribute("eventType") == Some("migration.ended"))
        .expect("it was told");
    let words = message.body("email");
    if matches!(phase, Phase::Promoting | Phase::Promoted) {
        assert!(
            words.contains("The target has taken over") && words.contains("To lift the fence"),
            "{phase:?}: {words}"
        );
        story.assert_fenced_until_lifted(&execution).await?;
    } else {
        story.assert_source_is_as_it_was().await?;
    }
    if phase == Phase::Fenced {
        assert!(words.contains("takes writes again"), "{words}");
    }
    // AWS takes no change of a group that follows a source; of any other the topic is put back.
    if matches!(phase, Phase::Rehearsing | Phase::Promoted) {
        story
            .until("the topic to be put back", async || {
                Ok(story.topic().await?.is_some_and(|(_, active)| !active))
            })
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn stopped_from_the_console_before_aws_accepts() -> Result<()> {
    for phase in BEFORE {
        ends(EndOfExecution::Stopped, &ExecutionStatus::Aborted, phase).await?;
    }
    Ok(())
}

#[tokio::test]
async fn stopped_from_the_console_once_the_target_takes_over() -> Result<()> {
    for phase in AFTER {
        ends(EndOfExecution::Stopped, &ExecutionStatus::Aborted, phase).await?;
    }
    Ok(())
}

#[tokio::test]
async fn out_of_time_before_aws_accepts() -> Result<()> {
    for phase in BEFORE {
        ends(EndOfExecution::TimedOut, &ExecutionStatus::TimedOut, phase).await?;
    }
    Ok(())
}

#[tokio::test]
async fn out_of_time_once_the_target_takes_over() -> Result<()> {
    for phase in AFTER {
        ends(EndOfExecution::TimedOut, &ExecutionStatus::TimedOut, phase).await?;
    }
    Ok(())
}

#[tokio::test]
async fn dead_past_every_catch_before_aws_accepts() -> Result<()> {
    for phase in BEFORE {
        ends(EndOfExecution::Died, &ExecutionStatus::Failed, phase).await?;
    }
    Ok(())
}

#[tokio::test]
async fn dead_past_every_catch_once_the_target_takes_over() -> Result<()> {
    for phase in AFTER {
        ends(EndOfExecution::Died, &ExecutionStatus::Failed, phase).await?;
    }
    Ok(())
}
