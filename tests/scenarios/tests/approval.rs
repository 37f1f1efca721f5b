//! Who may approve a cutover, for which verdict, and when: a person's word for what they saw, or the plan inside its window.

use anyhow::{Context, Result};
use scenarios::{Pair, Story, TARGET};
use serde_json::{Value, json};

/// A window of three hours that opens so many hours from now, every day.
fn window(opens_in_hours: i64) -> Value {
    let clock = |hours: i64| {
        let seconds = jiff::Timestamp::now().as_second() + hours * 3_600;
        format!("{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60)
    };
    json!({
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "from": clock(opens_in_hours), "to": clock(opens_in_hours + 3), "timeZone": "UTC"
    })
}

#[tokio::test]
async fn the_plan_approves_inside_its_window_and_not_while_a_person_puts_it_off() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let cutover = json!({"approval": "automatic", "window": window(-1)});
    let execution = story.start(story.input_with(cutover)).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    let approval = &ending
        .observations()
        .into_iter()
        .rev()
        .find(|seen| seen["next"] == "complete")
        .expect("an approval")["approval"];
    assert_eq!(
        (&approval["by"], &approval["how"]),
        (&json!("the plan"), &json!("automatic"))
    );
    assert_eq!(
        story.told_since_syncing(),
        ["migration.ready", "migration.cutover", "migration.done"]
    );
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn a_verdict_that_was_approved_too_late_and_one_of_another_time_in_sync_are_refused_in_words()
-> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let mut input = story.input_with(json!({"approveWithinMinutes": 1}));
    // Once it is ready nothing but a word makes it look before the verdict's time is over.
    input["polling"] = json!({"minSeconds": 1, "maxSeconds": 300});
    let execution = story.start(input).await?;
    let first = story.verdict_of(&execution).await?;
    let ready = story
        .observation(&execution, "the verdict", |seen| {
            seen["verdict"]["digest"] == json!(first)
        })
        .await?;
    let expires: jiff::Timestamp = ready["verdict"]["expiresAt"]
        .as_str()
        .context("when it expires")?
        .parse()?;
    story
        .until("the verdict's time to be over", async || {
            Ok(jiff::Timestamp::now() > expires)
        })
        .await?;
    story.approve(&first).await?;
    let refused = story.why(&execution, "it is late, verdict").await?;
    let second = refused["verdict"]["digest"].as_str().context("a verdict")?;
    assert_ne!(second, first);
    assert_eq!((&refused["next"], story.completions()), (&json!("wait"), 0));

    // By the next word it is no longer the verdict before, but one of some time ago.
    story.approve(&first).await?;
    story
        .why(
            &execution,
            "is for another verdict; it was refused and changed nothing",
        )
        .await?;
    assert_eq!(story.completions(), 0);
    story.assert_source_is_as_it_was().await?;
    story.approve(second).await?;
    story.end_of(&execution).await?.assert_succeeded();
    story.assert_fenced_until_lifted(&execution).await
}

#[tokio::test]
async fn outside_its_window_a_migration_waits_and_a_person_may_put_it_off_or_approve() -> Result<()> {
    let story = Story::begin(Pair::default()).await?;
    let cutover = json!({"approval": "automatic", "window": window(4)});
    let execution = story.start(story.input_with(cutover)).await?;
    let verdict = story.verdict_of(&execution).await?;
    story
        .why(&execution, "waiting for the plan's window to open")
        .await?;
    let until = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + 86_400)?;
    let order = json!({"replicationGroupId": TARGET, "action": "postpone", "until": until, "by": "a story"});
    assert_eq!(story.order(order).await??["delivered"], true);
    let put_off = story.why(&execution, "put the cutover off until").await?;
    assert_eq!(put_off["postponedUntil"], json!(until));
    assert_eq!(story.completions(), 0);
    // A later word is the one that counts.
    story.approve(&verdict).await?;
    let ending = story.end_of(&execution).await?;
    ending.assert_succeeded();
    story.assert_fenced_until_lifted(&execution).await
}
