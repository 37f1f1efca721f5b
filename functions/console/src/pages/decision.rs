//! The forms, on a page that keeps still: a page that loads itself again would empty a field while somebody types.

use super::moment;
use domain::page::Standing;
use domain::report::Report;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use pages::{Frame, page};

/// What the page shows and what its forms carry.
pub(crate) struct Decision<'a> {
    pub(crate) report: &'a Report,
    /// None before the migration was admitted.
    pub(crate) standing: Option<&'a Standing>,
    /// The digest of the verdict that this link may approve now; empty where there is none.
    pub(crate) verdict: &'a str,
    /// The migration's path.
    pub(crate) path: String,
    pub(crate) link: &'a str,
    pub(crate) ticket: &'a str,
    pub(crate) now: Timestamp,
}

/// The page.
pub(crate) fn decision(shown: &Decision<'_>) -> String {
    let group = shown
        .standing
        .map_or("a replication group", |standing| standing.group.as_str());
    let title = format!("Migration into {group}: decide");
    let open = shown
        .standing
        .filter(|standing| standing.runs && !standing.too_late);
    let content = html! {
        header {
            p.soft { "ElastiCache migration" }
            h1 { (title) }
            p { (shown.report.headline) }
            p { a href={ (shown.path) "?link=" (shown.link) } { "Back to the migration" } }
        }
        @if open.is_none() {
            p { "Nothing can be ordered now: the migration has ended, takes over, or has not begun." }
        }
        @if let Some(standing) = open {
            section aria-labelledby="approve" {
                h2 id="approve" { "Approve the cutover" }
                @if shown.verdict.is_empty() {
                    p { "There is no verdict that this link may approve now. You will hear when there is one." }
                } @else {
                    (facts(shown))
                    p { "The source's writers are stopped, the rest is drained, and the target takes over." }
                    (form(shown, "approve", &html! { (who("approve")) (confirm("approve", standing)) }, "Approve the cutover"))
                }
            }
            section aria-labelledby="postpone" {
                h2 id="postpone" { "Put it off" }
                p { "Nothing is cut over before that time. A later approval counts." }
                (form(shown, "postpone", &html! { (who("postpone")) (until(shown.now)) }, "Put the cutover off"))
            }
            section aria-labelledby="abort" {
                h2 id="abort" { "Give the migration up" }
                p { "The target leaves the source. The source stays as it is, and takes reads and writes." }
                (form(shown, "abort", &html! { (who("abort")) (confirm("abort", standing)) }, "Give the migration up"))
            }
        }
    };
    let frame = Frame {
        title: &title,
        ..Frame::default()
    };
    page(&frame, &content)
}

/// What the verdict says.
fn facts(shown: &Decision<'_>) -> Markup {
    let verdict = shown
        .report
        .latest
        .as_ref()
        .and_then(|latest| latest.verdict.as_ref());
    html! {
        @if let Some(verdict) = verdict {
            dl {
                dt { "Verdict" } dd { code { (verdict.digest) } }
                dt { "Findings" } dd { (verdict.findings) }
                dt { "Lag" } dd { @match verdict.lag { Some(lag) => (lag), None => "unknown" } }
                dt { "In sync for" } dd { (verdict.held_for) }
                @if let Some(compared) = &shown.report.verification {
                    dt { "Keys compared" } dd { (compared.statement) }
                }
                dt { "Can be approved until" } dd { (moment(verdict.expires_at)) }
            }
        }
    }
}

fn form(shown: &Decision<'_>, action: &str, fields: &Markup, button: &str) -> Markup {
    html! {
        form method="post" action={ (shown.path) "/decision" } autocomplete="off" {
            input type="hidden" name="action" value=(action);
            input type="hidden" name="link" value=(shown.link);
            input type="hidden" name="ticket" value=(shown.ticket);
            input type="hidden" name="verdict" value=(shown.verdict);
            (fields)
            p { button type="submit" { (button) } }
        }
    }
}

fn who(form: &str) -> Markup {
    html! {
        label for={ (form) "-by" } { "Your name" }
        input id={ (form) "-by" } name="by" type="text" maxlength="80" required;
    }
}

fn confirm(form: &str, standing: &Standing) -> Markup {
    html! {
        label for={ (form) "-confirm" } { "Type " strong { (standing.group) } " to confirm" }
        input id={ (form) "-confirm" } name="confirm" type="text" maxlength="40" autocapitalize="none" spellcheck="false" required;
    }
}

/// A day from now, to the hour, as what stands in the field at first.
fn until(now: Timestamp) -> Markup {
    let tomorrow = now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now);
    let tomorrow = tomorrow.strftime("%Y-%m-%dT%H:00").to_string();
    html! {
        label for="postpone-until" { "Until (UTC)" }
        input id="postpone-until" name="until" type="datetime-local" value=(tomorrow) required;
    }
}
