//! From the start to the copying, and the assessment that goes no further.

use super::Story;
use crate::contract::notify::Input;
use crate::plan::Mode;
use crate::preflight::{Outcome, PreflightReport, ReportVerdict};
use crate::progress::RehearsalOutcome;

pub(super) fn started(story: &mut Story, input: &Input) {
    if let Some(plan) = &input.plan {
        story.fact("source", plan.source.to_string());
        story.line(match plan.mode {
            Mode::Assess => "It assesses: it looks, changes nothing, and ends with its findings.",
            Mode::Migrate | Mode::NotifyTest => {
                "It looks at both sides first. Nothing is changed before that is told."
            }
        });
    }
    story.step("Nothing is to be done. You will hear what the preflight finds.");
}

pub(super) fn preflight(story: &mut Story, input: &Input) {
    findings(story, input.preflight.as_ref());
    if let Some(topic) = &input.topic {
        story.fact("events", topic.why.clone());
    }
    let rehearses = input.plan.as_ref().is_some_and(|plan| plan.rehearse);
    story.step(if rehearses {
        "Nothing is to be done. AWS rehearses now, and you will hear how that went."
    } else {
        "Nothing is to be done. The migration starts now."
    });
}

/// The counts, and each finding that somebody should know of.
fn findings(story: &mut Story, report: Option<&PreflightReport>) {
    let Some(report) = report else { return };
    story.fact("preflight", report.summary());
    if let Some(prediction) = &report.prediction {
        story.fact(
            "full sync",
            format!("about {} for {}", prediction.full_sync, prediction.rdb),
        );
    }
    for (outcome, word) in [
        (Outcome::Fail, "FAIL"),
        (Outcome::Warn, "WARN"),
        (Outcome::Unknown, "UNKNOWN"),
    ] {
        for finding in report.with(outcome) {
            story.line(format!("{word} {}: {}", finding.id, finding.evidence));
            if !finding.remedy.is_empty() {
                story.line(format!("  {}", finding.remedy));
            }
        }
    }
}

pub(super) fn rehearsed(story: &mut Story, input: &Input) {
    let rehearsal = input
        .observation
        .as_ref()
        .and_then(|observation| observation.rehearsal.as_ref());
    let Some(rehearsal) = rehearsal else { return };
    story.headline = match rehearsal.outcome {
        RehearsalOutcome::Passed => "AWS's rehearsal passed",
        RehearsalOutcome::Failed => "AWS's rehearsal failed",
        RehearsalOutcome::Inconclusive => "AWS's rehearsal is inconclusive",
    }
    .to_owned();
    story.fact("rehearsal", rehearsal.evidence.clone());
    story.step("Nothing is to be done. The migration starts now.");
}

pub(super) fn syncing(story: &mut Story, input: &Input) {
    if let Some(plan) = &input.plan {
        story.fact("source", plan.source.to_string());
    }
    if let Some(prediction) = input
        .preflight
        .as_ref()
        .and_then(|report| report.prediction.as_ref())
    {
        story.fact(
            "full sync",
            format!("about {} for {}", prediction.full_sync, prediction.rdb),
        );
    }
    if let Some(topic) = &input.topic {
        story.fact("events", topic.why.clone());
    }
    story.line("The source takes reads and writes as before; the target takes neither until the cutover.");
    story.step("Nothing is to be done. You will hear when source and target are in sync.");
}

pub(super) fn assessed(story: &mut Story, input: &Input) {
    let rehearsal = input
        .rehearsal
        .as_ref()
        .or_else(|| input.observation.as_ref()?.rehearsal.as_ref());
    let verdict = rehearsal
        .map(|rehearsal| rehearsal.verdict)
        .or_else(|| Some(input.preflight.as_ref()?.verdict));
    let may_start = verdict == Some(ReportVerdict::MayStart);
    story.headline = if may_start {
        "the assessment found nothing that forbids a migration".to_owned()
    } else {
        "the assessment says: a migration must not start yet".to_owned()
    };
    if let Some(rehearsal) = rehearsal {
        story.fact("rehearsal", rehearsal.evidence.clone());
    }
    findings(story, input.preflight.as_ref());
    story.step(if may_start {
        "Start a migration with the same input, without its mode."
    } else {
        "Mend what is marked FAIL, then assess again. Nothing was changed."
    });
}
