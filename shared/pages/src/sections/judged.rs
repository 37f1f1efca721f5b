//! What was judged: findings, the rehearsal, the comparison of both sides.

use super::{section, table};
use crate::words;
use domain::preflight::{Finding, PreflightReport};
use domain::report::Report;
use domain::verify::Verification;
use maud::{Markup, html};

/// Preflight's findings and AWS's own test.
pub(crate) fn findings(report: &Report) -> Markup {
    if report.preflight.is_none() && report.rehearsal.is_none() && report.recheck.is_none() {
        return html! {};
    }
    let content = html! {
        @if let Some(preflight) = &report.preflight { (preflight_report("Before the start", preflight)) }
        @if let Some(recheck) = &report.recheck { (preflight_report("Before the cutover", recheck)) }
        @if let Some(rehearsal) = &report.rehearsal {
            h3 { "AWS's own test of the setup" }
            p { strong { (words::rehearsal(rehearsal.outcome)) } ": " (rehearsal.evidence) }
        }
    };
    section("findings", "Findings", &content)
}

fn preflight_report(title: &str, preflight: &PreflightReport) -> Markup {
    let mut findings: Vec<&Finding> = preflight.findings.iter().collect();
    findings.sort_by_key(|finding| words::finding(finding.outcome).2);
    let rows = html! { @for finding in findings { (finding_row(finding)) } };
    let caption = format!("{title}: {}", preflight.summary());
    html! {
        h3 { (title) }
        p { "Checked at " (words::moment(preflight.at)) "." }
        (table(&caption, &["Check", "Result", "What must hold, and what was read"], &rows))
        @if let Some(root) = &preflight.source_root { p { "The primary at the top of the source's chain: " code { (words::plain(root)) } } }
        @if let Some(prediction) = &preflight.prediction {
            details {
                summary { "What the full sync was predicted to take: " (prediction.full_sync.to_string()) }
                (words::fields(prediction))
            }
        }
    }
}

fn finding_row(finding: &Finding) -> Markup {
    let (class, word, _) = words::finding(finding.outcome);
    html! {
        tr {
            th scope="row" { span.id { (finding.id) } }
            td { span class=(class) { (word) } }
            td {
                strong { (finding.title) } br; (finding.evidence)
                @if !finding.remedy.is_empty() { pre tabindex="0" { (finding.remedy) } }
            }
        }
    }
}

/// The comparisons.
pub(crate) fn verification(report: &Report) -> Markup {
    let all = [
        ("Before the approval", &report.verification),
        ("After the promotion", &report.last_comparison),
    ];
    if all.iter().all(|(_, verification)| verification.is_none()) {
        return html! {};
    }
    let content = html! {
        @for (title, verification) in all {
            @if let Some(verification) = verification { (comparison(title, verification)) }
        }
    };
    section("verification", "Comparison of both sides", &content)
}

fn comparison(title: &str, verification: &Verification) -> Markup {
    let (class, word) = words::verdict(verification.verdict);
    html! {
        h3 { (title) }
        p { strong class=(class) { (word) } ": " (verification.statement) }
        dl {
            dt { "Digest" } dd { code { (verification.digest) } }
            dt { "Took" } dd { (domain::Seconds(verification.seconds).to_string()) }
            dt { "Slowest answer of the source meanwhile" } dd { (verification.worst_source_latency_ms) " ms" }
            @if let Some(bound) = verification.bound {
                dt { "At 95 % confidence, the share that may differ" } dd { (bound) }
            }
        }
        @if !verification.first.is_empty() {
            h3 { "The first differences" }
            ul { @for difference in &verification.first { li { (difference.to_string()) } } }
        }
        details { summary { "Counts" } (words::fields(&verification.counts)) }
    }
}
