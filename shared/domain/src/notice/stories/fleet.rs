//! The one message of a fleet: what became of its migrations, each of which told its own story.

use super::Story;
use crate::contract::diagnose::message_in;
use crate::contract::notify::Input;
use crate::fleet::{Failure, Outcome, Standing, Summary};

pub(super) fn ended(story: &mut Story, input: &Input) {
    let Some(fleet) = &input.fleet else { return };
    match &fleet.summary {
        Some(summary) => counted(story, summary),
        None => {
            story.line("What became of its migrations is not known here.");
            story.step(
                "Look at the list of executions: no migration was started where the fleet's own input was wrong.",
            );
        }
    }
    if let Some(why) = &fleet.why {
        story.line(format!("Why: {}", message_in(why)));
    }
}

fn counted(story: &mut Story, summary: &Summary) {
    story.subject = Some(format!("{} of {} succeeded", summary.succeeded, summary.total));
    story.fact("succeeded", format!("{} of {}", summary.succeeded, summary.total));
    for (name, count) in [
        ("failed", summary.failed),
        ("running", summary.running),
        ("never started", summary.not_started),
    ] {
        if count > 0 {
            story.fact(name, count.to_string());
        }
    }
    for failure in &summary.failures {
        story.line(failed(failure));
    }
    let named = summary.failures.len() as u64;
    if named < summary.failed {
        story.line(format!("... and {} more that failed", summary.failed - named));
    }
    if summary.outcome == Outcome::Stopped {
        story.line("The line was stopped: no further migration was started, and what ran was carried on.");
    }
    steps(story, summary);
}

fn steps(story: &mut Story, summary: &Summary) {
    if summary.failed > 0 {
        story.step("Each that failed sent its own message with causes and fixes. Mend these, and start a fleet of those alone.");
    }
    if summary.not_started > 0 {
        story
            .step("Start a fleet of those that were never started, once the cause of the failures is known.");
    }
    if summary.running > 0 {
        story.step("Those that run go on by themselves; each tells of its end.");
    }
    if summary.succeeded > 0 {
        story.step(
            "Each that succeeded sent its endpoints and its proof. Keep their sources for 48 to 72 hours.",
        );
    }
}

/// One that did not succeed, by its execution's name.
fn failed(failure: &Failure) -> String {
    let name = failure
        .execution_arn
        .rsplit_once(':')
        .map_or(failure.execution_arn.as_str(), |(_, name)| name);
    let standing = match failure.standing {
        Standing::TimedOut => "timed out",
        Standing::Stopped => "was stopped",
        Standing::Unknown => "stands in a way that is not known here",
        _ => "failed",
    };
    match &failure.error {
        Some(error) => format!("{name} {standing} ({error})"),
        None => format!("{name} {standing}"),
    }
}
