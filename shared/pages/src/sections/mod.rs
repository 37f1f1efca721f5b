//! The page's sections, in files by what they tell. Each is nothing where the report has nothing for it.

mod cutover;
mod happened;
mod judged;
mod spent;

pub(crate) use cutover::{approvals, cutover};
pub(crate) use happened::{advice, diagnosis, facts, gaps, moments, steps};
pub(crate) use judged::{findings, verification};
pub(crate) use spent::{cost, plan, requests};

use maud::{Markup, html};

/// A section with its heading.
fn section(id: &str, title: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(id) { h2 id=(id) { (title) } (content) }
    }
}

/// A table that scrolls on its own where the window is narrow; `rows` are its `tr`.
fn table(caption: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}
