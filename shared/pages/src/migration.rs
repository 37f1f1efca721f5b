//! The page of one migration: the report as a person reads it. The console shows it while the migration runs, with its
//! forms in it; the report in S3 is the same page without.

use crate::page::{Frame, page};
use crate::{chart, sections, shards, words};
use domain::report::Report;
use maud::{Markup, PreEscaped, html};

/// What differs between the page that is served and the file that is kept.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How often a browser loads the page again, in seconds; none for a file.
    pub refresh_seconds: Option<u32>,
    /// What a person can do here: forms, below the headline.
    pub controls: Option<Markup>,
    /// Whether the report's JSON stands in the page too, as `<script type="application/json" id="report">`: data that no
    /// browser runs, so that the file alone is the whole report.
    pub with_document: bool,
}

/// The page.
#[must_use]
pub fn migration(report: &Report, options: &Options) -> String {
    let title = report.plan.as_ref().map_or_else(
        || format!("Migration: {}", report.outcome.words()),
        |plan| {
            format!(
                "Migration into {}: {}",
                plan.replication_group_id,
                report.outcome.words()
            )
        },
    );
    let content = html! {
        header {
            p.soft { "ElastiCache migration" }
            h1 { (title) }
            p { strong class=(words::outcome(report.outcome)) { (report.outcome.words()) } ": " (report.headline) }
            (sections::facts(report))
        }
        @if let Some(controls) = &options.controls {
            section aria-labelledby="controls" { h2 id="controls" { "What you can do" } (controls) }
        }
        (sections::gaps(report))
        (sections::advice("next", "What to do next", &report.next))
        (sections::diagnosis(report))
        (sections::steps(report))
        section aria-labelledby="chart" { h2 id="chart" { "Lag and throughput" } (chart::chart(&report.series)) }
        (shards::shards(report))
        (sections::cutover(report))
        (sections::approvals(report))
        (sections::verification(report))
        (sections::findings(report))
        (sections::moments(report))
        (sections::advice("undo", "What to undo on the source", &report.undo))
        (sections::requests(report))
        (sections::cost(report))
        (sections::plan(report))
        @if options.with_document { (document(report)) }
    };
    let frame = Frame {
        title: &title,
        refresh_seconds: options.refresh_seconds,
    };
    page(&frame, &content)
}

/// The report's JSON. `<` cannot stand in it: an element's end within a text would end the element.
fn document(report: &Report) -> Markup {
    let json = serde_json::to_string(report)
        .unwrap_or_default()
        .replace('<', "\\u003c");
    html! { script type="application/json" id="report" { (PreEscaped(json)) } }
}
