//! How a migration ends, and what becomes of the source's fence.

use super::super::compared;
use super::Story;
use crate::contract::cutover::Handover;
use crate::contract::notify::Input;
use crate::cutover::{Leaving, Proof};

pub(super) fn done(story: &mut Story, input: &Input) {
    let Some(handover) = &input.handover else { return };
    if let Some(endpoint) = &handover.endpoints.configuration {
        story.fact("configuration endpoint", endpoint.to_string());
    }
    for shard in &handover.endpoints.shards {
        if let Some(primary) = &shard.primary {
            story.line(format!("shard {} primary: {primary}", shard.shard));
        }
        if let Some(reader) = &shard.reader {
            story.line(format!("shard {} reader:  {reader}", shard.shard));
        }
    }
    proofs(story, handover);
    if let Some(last) = &input.last_comparison {
        let mut said = vec![];
        compared::after(&mut said, last);
        said.into_iter().for_each(|line| story.line(line));
    }
    story.step("Point applications to the endpoints above. Keep the source for 48 to 72 hours.");
    if !handover.source.is_empty() {
        story.step(handover.source.clone());
    }
    for case in &handover.rollback {
        story.step(format!("Going back: {case}"));
    }
}

fn proofs(story: &mut Story, handover: &Handover) {
    for proof in &handover.proofs {
        let said = match &proof.proof {
            Proof::NothingLost => "every write of the source arrived".to_owned(),
            Proof::Lost { bytes } => format!("LOST: {bytes} bytes of the source's stream did not arrive"),
            Proof::SourceWentOn { bytes } => format!(
                "the source's stream went on by {bytes} bytes after the target left it (pings included)"
            ),
            Proof::NotProvable { why } => format!("not provable: {why}"),
        };
        story.line(format!("shard {}: {said}", proof.shard));
        if !proof.basis.is_empty() {
            story.line(format!("  ({})", proof.basis));
        }
    }
}

pub(super) fn aborted(story: &mut Story, input: &Input) {
    if let Some(given_up) = &input.given_up {
        story.line(given_up.target.clone());
    }
    if let Some(observation) = &input.observation {
        story.line(format!("Why: {}.", observation.why));
    }
    story.line("The source was not touched and takes reads and writes as before.");
    story.step(
        "Start again whenever you like: the target has to be empty, or the plan has to say overwriteTarget.",
    );
}

pub(super) fn failed(story: &mut Story, input: &Input) {
    let Some(diagnosis) = &input.diagnosis else { return };
    story.subject = diagnosis.causes.first().map(|cause| cause.id.clone());
    story.fact("failed state", diagnosis.failed_state.clone());
    for cause in &diagnosis.causes {
        story.line(format!("cause: {} ({:?})", cause.id, cause.confidence));
        story.line(format!("  seen: {}", cause.evidence));
        if !cause.fix.is_empty() {
            story.line(format!("  fix:  {}", cause.fix));
        }
    }
    story.fact("source", diagnosis.safety.source.clone());
    story.fact("target", diagnosis.safety.target.clone());
    story.step(diagnosis.safety.next_step.clone());
    if !diagnosis.seen.is_empty() {
        story.line("What was seen:");
        for seen in &diagnosis.seen {
            story.line(format!("  {seen}"));
        }
    }
}

pub(super) fn ended(story: &mut Story, input: &Input) {
    let Some(cleaned_up) = &input.cleaned_up else {
        return;
    };
    story.line(format!(
        "It was stopped, timed out or died ({}); nobody watches this migration any more.",
        cleaned_up.status
    ));
    // What became of a fence that was up stands in `released`, which every ending tells.
    if input.released.is_none() {
        story.line(match cleaned_up.leaving {
            Some(leaving) => leaving.words(),
            None => "No fence was up on the source.",
        });
    }
    story.step(cleaned_up.target.clone());
}

/// What became of the fence, and the order that lifts one that stays.
pub(super) fn fence(story: &mut Story, input: &Input) {
    if let Some(released) = input.released.as_ref().filter(|_| input.diagnosis.is_none()) {
        story.line(released.words.clone());
    }
    if !keeps_a_fence(input) {
        return;
    }
    let execution = input
        .migration
        .as_ref()
        .map_or("<the execution's ARN>", |migration| {
            migration.execution_arn.as_str()
        });
    story.command(
        "To lift the fence:",
        format!(
            "aws lambda invoke --function-name <the stack's cutover function> --cli-binary-format raw-in-base64-out \
             --payload '{{\"step\":\"lift\",\"executionArn\":\"{execution}\",\"by\":\"<your name>\"}}' /dev/stdout"
        ),
    );
}

/// Whether the source stays fenced after this message.
fn keeps_a_fence(input: &Input) -> bool {
    let released = input.released.as_ref().map(|released| released.leaving);
    let cleaned_up = input
        .cleaned_up
        .as_ref()
        .and_then(|cleaned_up| cleaned_up.leaving);
    let pinned = input
        .handover
        .as_ref()
        .is_some_and(|handover| !handover.source.is_empty());
    pinned || released.or(cleaned_up).is_some_and(Leaving::holds)
}
