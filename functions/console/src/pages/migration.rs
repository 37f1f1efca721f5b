//! One migration: the report as it stands, with what this link allows.

use crate::chronicles::Known;
use domain::page::Link;
use maud::html;
use pages::Options;

/// The page, and how it is kept up to date: WCAG wants that a person can stop it.
pub(crate) fn migration(known: &Known, link: &Link, text: &str, refresh: Option<u32>) -> String {
    let path = link.subject.path();
    let controls = html! {
        @if known.runs && link.right.may_act() {
            p { a href={ (path) "/decision?link=" (text) } { "Approve, put off or give up" } }
        } @else if known.runs {
            p { "This link allows to look. The message \"ready\" has the link that approves, puts off and gives up." }
        } @else {
            p { "The migration has ended; nothing can be ordered any more." }
        }
        @if let Some(seconds) = refresh {
            p.soft {
                "This page loads itself again every " (seconds) " seconds. "
                a href={ (path) "?link=" (text) "&still=1" } { "Keep it as it is" }
            }
        } @else if known.runs {
            p.soft {
                "This page stays as it is. "
                a href={ (path) "?link=" (text) } { "Keep it up to date" }
            }
        }
    };
    let options = Options {
        controls: Some(controls),
        ..Options::default()
    };
    pages::migration(&known.report, &options)
}
