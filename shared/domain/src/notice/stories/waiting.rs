//! While the migration waits for a person, and the cutover that follows.

use super::super::compared;
use super::Story;
use crate::contract::notify::{Input, Occasion};
use crate::progress::Observation;

pub(super) fn ready(story: &mut Story, input: &Input, group: &str) {
    let observation = input.observation.as_ref();
    let Some(verdict) = observation.and_then(|observation| observation.verdict.as_ref()) else {
        return;
    };
    let lag = verdict.lag.map_or("unknown".to_owned(), |lag| lag.to_string());
    story.fact("verdict", verdict.digest.clone());
    story.fact("lag", lag);
    story.fact("in sync", format!("for {}", verdict.held_for));
    story.fact("findings", verdict.findings.clone());
    story.fact("expires", verdict.expires_at.to_string());
    let mut said = vec![];
    compared::before(&mut said, verdict);
    said.into_iter().for_each(|line| story.line(line));
    if input.occasion == Occasion::Reminder {
        story.line("The target goes on following the source; nothing is lost by waiting.");
    }
    story.command(
        "Approve this verdict (no answer is never an approval):",
        order(
            group,
            &format!("\"action\":\"approve\",\"verdict\":\"{}\",", verdict.digest),
        ),
    );
    story.command(
        "Or put it off:",
        order(
            group,
            "\"action\":\"postpone\",\"until\":\"<2026-11-29T02:00:00Z>\",",
        ),
    );
    story.command("Or give the migration up:", order(group, "\"action\":\"abort\","));
}

/// A person's order, to paste.
fn order(group: &str, fields: &str) -> String {
    format!(
        "aws lambda invoke --function-name <the stack's signal function> --cli-binary-format raw-in-base64-out --payload \
         '{{\"replicationGroupId\":\"{group}\",{fields}\"by\":\"<your name>\"}}' /dev/stdout"
    )
}

pub(super) fn trouble(story: &mut Story, input: &Input) {
    let Some(observation) = &input.observation else {
        return;
    };
    let concerns = &observation.told.concerns;
    if let Some(first) = concerns.iter().find(|concern| concern.looks > 0) {
        first.kind.words().clone_into(&mut story.headline);
    }
    for concern in concerns.iter().filter(|concern| concern.looks > 0) {
        story.line(format!("{}, since {}:", concern.kind.words(), concern.since));
        story.line(format!("  {}", concern.text));
    }
    stands(story, observation);
    story.step("See whether both engines run and reach each other; read both logs.");
    story.step(
        "Nothing is lost as long as applications write to the source. The migration goes on looking, and you will hear \
         when it is right again, or of the cause if it fails.",
    );
}

pub(super) fn recovered(story: &mut Story, input: &Input) {
    let Some(observation) = &input.observation else {
        return;
    };
    stands(story, observation);
    story.step("Nothing is to be done. An approval from before the trouble does not count any more.");
}

fn stands(story: &mut Story, observation: &Observation) {
    story.fact("phase", observation.phase.describe());
    if let Some(lag) = observation.lag {
        story.fact("lag", lag.to_string());
    }
}

pub(super) fn cutover(story: &mut Story, input: &Input) {
    if let Some(approval) = input
        .observation
        .as_ref()
        .and_then(|observation| observation.approval.as_ref())
    {
        story.fact("verdict", approval.verdict.clone());
        story.fact("approved by", format!("{}, at {}", approval.by, approval.at));
    }
    if let Some(plan) = &input.plan {
        story.line(format!(
            "The source's writers are stopped for {} at most, and let go again where AWS does not complete within that.",
            plan.cutover.budget_seconds
        ));
    }
    story.step("Be ready to point applications to the endpoints that the next message holds.");
}

pub(super) fn not_completed(story: &mut Story, input: &Input) {
    if let Some(observation) = &input.observation {
        story.fact("tried", observation.attempts.to_string());
    }
    story.line("The cutover was not made within the plan's budget. The target follows the source.");
    story.step("You will hear again when there is a verdict to approve.");
}
