//! The cutover: approvals, fence, proof, hand-over.

use super::{section, table};
use crate::words;
use domain::contract::cutover::Handover;
use domain::cutover::{Proof, ShardProof};
use domain::report::{Cutover, Fenced, Report};
use maud::{Markup, html};

/// Who approved what.
pub(crate) fn approvals(report: &Report) -> Markup {
    if report.approvals.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for approved in &report.approvals {
            tr {
                th scope="row" { (approved.approval.by) }
                td { (words::moment(approved.approval.at)) }
                td { code { (approved.approval.verdict) } }
                td {
                    @match &approved.on {
                        Some(verdict) => {
                            "drawn up " (words::moment(verdict.at)) ", in sync for " (verdict.held_for.to_string())
                            ", lag " (words::lag(verdict.lag)) "; findings: " (verdict.findings)
                        }
                        None => (words::none()),
                    }
                }
            }
        }
    };
    let columns = ["By", "When", "Verdict", "On what"];
    section(
        "approvals",
        "Approvals",
        &table("Who approved which verdict", &columns, &rows),
    )
}

/// What was done at the cutover, and what it shows.
pub(crate) fn cutover(report: &Report) -> Markup {
    let Some(cutover) = &report.cutover else {
        return html! {};
    };
    let content = html! {
        dl {
            dt { "Tried" } dd { (times(cutover.attempts)) }
            dt { "CompleteMigration asked for" } dd { (times(cutover.requests)) }
            dt { "Target seen to take writes" } dd { (words::maybe_moment(cutover.promoted_at)) }
            @if let Some(millis) = cutover.write_pause_millis {
                dt { "Without writes" } dd { (words::millis(millis)) ", at most: from the fence to that look" }
            }
        }
        @if let Some(handover) = &cutover.handover { (proven(handover)) }
        @if let Some(released) = &cutover.released { p { (released.words) } }
        (fences(cutover))
    };
    section("cutover", "Cutover and proof", &content)
}

fn times(count: u32) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        more => format!("{more} times"),
    }
}

fn proven(handover: &Handover) -> Markup {
    let endpoints = &handover.endpoints;
    let proofs = html! { @for proof in &handover.proofs { (proof_row(proof)) } };
    let addresses = html! {
        @if let Some(configuration) = &endpoints.configuration {
            tr { th scope="row" { "all shards" } td { code { (configuration.to_string()) } } td { (words::none()) } }
        }
        @for shard in &endpoints.shards {
            tr {
                th scope="row" { (shard.shard.0) }
                td { @if let Some(primary) = &shard.primary { code { (primary.to_string()) } } @else { (words::none()) } }
                td { @if let Some(reader) = &shard.reader { code { (reader.to_string()) } } @else { (words::none()) } }
            }
        }
    };
    html! {
        p {
            "Bytes of the source's stream that the target lacks: "
            strong { @match handover.lost_bytes { Some(bytes) => (bytes), None => "cannot be told" } } "."
        }
        (table("What is proven, shard by shard", &["Shard", "Proof", "What it rests on"], &proofs))
        h3 { "Where applications connect" }
        p { "Read at " (words::moment(handover.at)) "." }
        (table("The target's addresses", &["Shard", "For writes", "For reads"], &addresses))
        @if !handover.source.is_empty() { p { (handover.source) } }
        @if !handover.rollback.is_empty() {
            h3 { "What going back would lose" }
            ul { @for case in &handover.rollback { li { (case) } } }
        }
    }
}

fn proof_row(proof: &ShardProof) -> Markup {
    let (class, word) = match &proof.proof {
        Proof::NothingLost => ("good", "nothing lost".to_owned()),
        Proof::Lost { bytes } => ("bad", format!("{bytes} bytes lost")),
        Proof::SourceWentOn { bytes } => ("care", format!("the source went on by {bytes} bytes")),
        Proof::NotProvable { why } => ("care", format!("not provable: {why}")),
    };
    html! {
        tr {
            th scope="row" { (proof.shard.0) }
            td { span class=(class) { (word) } }
            td { (proof.basis) }
        }
    }
}

fn fences(cutover: &Cutover) -> Markup {
    if cutover.fences.is_empty() {
        return html! {};
    }
    let rows = html! { @for fence in &cutover.fences { (fence_row(fence)) } };
    let columns = [
        "Shard",
        "Source",
        "Fence",
        "Settings, with their old values",
        "Writers stopped",
    ];
    html! {
        h3 { "The fence" }
        (table("What stopped the source's writers", &columns, &rows))
        @for caveat in &cutover.caveats { p { span.care { "Mind: " } (caveat) } }
    }
}

fn fence_row(fence: &Fenced) -> Markup {
    html! {
        tr {
            th scope="row" { (fence.shard.0) }
            td { code { (fence.source.to_string()) } " " (fence.version) }
            td { (words::plain(&fence.kind)) }
            td {
                @for setting in &fence.settings {
                    code { (setting.name) " " (setting.was) } " became " code { (setting.becomes) } br;
                }
            }
            td { (words::maybe_moment(fence.at)) }
        }
    }
}
