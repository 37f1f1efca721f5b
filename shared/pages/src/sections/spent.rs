//! What it took: AWS's units and ids, and the plan it all follows from.

use super::{section, table};
use crate::words;
use domain::report::Report;
use maud::{Markup, html};

/// AWS's ids.
pub(crate) fn requests(report: &Report) -> Markup {
    if report.requests.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for request in &report.requests {
            tr {
                th scope="row" { (request.call) }
                td { (words::moment(request.at)) }
                td { code { (request.request_id) } }
            }
        }
    };
    let caption = "AWS's ids of the calls that changed something, for a support case";
    section(
        "requests",
        "API requests",
        &table(caption, &["Call", "When", "Request id"], &rows),
    )
}

/// AWS's units.
pub(crate) fn cost(report: &Report) -> Markup {
    let cost = &report.cost;
    let content = html! {
        dl {
            dt { "State transitions" } dd { (cost.state_transitions) " in " (cost.executions) " execution(s)" }
            dt { "History events" } dd { (cost.history_events) }
            dt { "Lambda calls" } dd { (cost.lambda_requests) }
            dt { "Lambda time" } dd { (words::millis(cost.lambda_millis)) }
        }
        p.soft {
            "Counted off the execution's history up to this report. The Lambda time is wall time from a call's scheduling to \
             its answer: what Lambda bills is not in the history. The target group itself is billed by its nodes' hours."
        }
    };
    section("cost", "Cost", &content)
}

/// The plan, field by field.
pub(crate) fn plan(report: &Report) -> Markup {
    let Some(plan) = &report.plan else {
        return html! {};
    };
    let content =
        html! { details { summary { "Every field, with the defaults filled in" } (words::fields(plan)) } };
    section("plan", "Plan", &content)
}
