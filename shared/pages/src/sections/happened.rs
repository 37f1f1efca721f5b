//! What happened, and what is to be done about it.

use super::{section, table};
use crate::words;
use domain::report::{Advice, Report};
use maud::{Markup, html};

/// Who, when, from where, to where.
pub(crate) fn facts(report: &Report) -> Markup {
    let until = if report.outcome.is_over() {
        "Ended"
    } else {
        "As of"
    };
    html! {
        dl {
            @if let Some(plan) = &report.plan {
                dt { "Source" } dd { code { (plan.source.to_string()) } }
                dt { "Target" } dd { code { (plan.replication_group_id.as_str()) } }
            }
            @if let Some(migration) = &report.migration {
                dt { "Migration" } dd { code { (migration.id) } }
                dt { "Execution" } dd { code { (migration.execution_arn) } }
            }
            @if let Some(began) = report.began_at {
                dt { "Began" } dd { (words::moment(began)) }
                dt { (until) } dd { (words::moment(report.made_at)) ", after " (words::span(began, report.made_at)) }
            }
            @if let Some(latest) = &report.latest {
                dt { "Group's status" }
                dd {
                    @match latest.status.known() {
                        Some(status) => (status.to_string()),
                        None => { "not known: " (latest.status.why_unknown().unwrap_or_default()) },
                    }
                }
                @if let Some(left) = latest.eta.filter(|_| !report.outcome.is_over()) {
                    dt { "Left of this phase" } dd { "about " (left.to_string()) }
                }
                @if let Some(until) = latest.postponed_until.filter(|_| !report.outcome.is_over()) {
                    dt { "Put off until" } dd { (words::moment(until)) }
                }
            }
        }
        @if let Some(given_up) = &report.given_up { p { (given_up) } }
    }
}

/// What the report lacks.
pub(crate) fn gaps(report: &Report) -> Markup {
    if report.gaps.is_empty() {
        return html! {};
    }
    section(
        "gaps",
        "What this report lacks",
        &html! { ul { @for gap in &report.gaps { li { (gap) } } } },
    )
}

/// What to do.
pub(crate) fn advice(id: &str, title: &str, all: &[Advice]) -> Markup {
    if all.is_empty() {
        return html! {};
    }
    let list = html! {
        ol {
            @for advice in all {
                li {
                    p { (advice.text) }
                    @if let Some(command) = &advice.command { pre tabindex="0" { (command) } }
                }
            }
        }
    };
    section(id, title, &list)
}

/// Why it failed.
pub(crate) fn diagnosis(report: &Report) -> Markup {
    let Some(diagnosis) = &report.diagnosis else {
        return html! {};
    };
    let content = html! {
        p { (diagnosis.summary) }
        dl {
            dt { "Failed in" } dd { code { (diagnosis.failed_state) } " at " (words::moment(diagnosis.at)) }
            dt { "Error" } dd { code { (diagnosis.error) } }
            dt { "The source" } dd { (diagnosis.safety.source) }
            dt { "The target" } dd { (diagnosis.safety.target) }
            dt { "Next" } dd { (diagnosis.safety.next_step) }
        }
        h3 { "Causes, the best first" }
        ol {
            @for cause in &diagnosis.causes {
                li {
                    p { strong { (cause.id) } ", " (words::confidence(cause.confidence)) ": " (cause.evidence) }
                    @if !cause.fix.is_empty() { pre tabindex="0" { (cause.fix) } }
                }
            }
        }
        @if !diagnosis.seen.is_empty() {
            details {
                summary { "Everything that was seen (" (diagnosis.seen.len()) " lines)" }
                pre tabindex="0" { @for line in &diagnosis.seen { (line) "\n" } }
            }
        }
    };
    section("diagnosis", "Why it failed", &content)
}

/// What was done.
pub(crate) fn steps(report: &Report) -> Markup {
    let rows = html! {
        @for step in &report.steps {
            tr {
                th scope="row" { (step.title) }
                td { span class=(words::step(step.progress)) { (step.progress.words()) } }
                td { (words::maybe_moment(step.began_at)) }
                td {
                    @match (step.began_at, step.ended_at) {
                        (Some(began), Some(ended)) => (words::span(began, ended)),
                        _ => (words::none()),
                    }
                }
                td { (step.result) }
            }
        }
    };
    let columns = ["Step", "State", "Began", "Took", "What came of it"];
    section(
        "steps",
        "Steps",
        &table("The steps of the migration", &columns, &rows),
    )
}

/// The time line.
pub(crate) fn moments(report: &Report) -> Markup {
    let rows = html! {
        @for moment in &report.moments {
            tr {
                th scope="row" { (words::moment(moment.at)) }
                td { (moment.kind.words()) }
                td { (moment.text) }
            }
        }
    };
    let content = html! {
        @if report.moments_left_out > 0 {
            p { (report.moments_left_out) " moments between the first and the last of these are left out." }
        }
        (table("What changed, oldest first", &["When", "Kind", "What"], &rows))
    };
    section("moments", "Time line", &content)
}
