//! Who may approve a cutover, for which verdict, and when: a person's word for what they saw, or the plan inside its window.

use anyhow::Result;
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
