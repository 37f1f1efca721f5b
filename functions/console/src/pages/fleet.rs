//! All migrations, running and past, by how they stand.

use super::moment;
use domain::page::{GROUPS, Listed};
use maud::{Markup, html};
use pages::{Frame, page};

/// The page; `view` gives the path of a link that shows one migration.
pub(crate) fn fleet(listed: &[Listed], view: &dyn Fn(&str) -> String) -> String {
    let content = html! {
        header {
            p.soft { "ElastiCache migration" }
            h1 { "Migrations" }
            p { (summary(listed)) }
        }
        @if listed.is_empty() { p { "No migration was started yet, or the last one ended more than 90 days ago." } }
        @for (id, title) in GROUPS {
            @let group: Vec<&Listed> = listed.iter().filter(|listed| listed.group_id() == id).collect();
            @if !group.is_empty() { (section(id, title, &group, view)) }
        }
    };
    let frame = Frame {
        title: "Migrations",
        ..Frame::default()
    };
    page(&frame, &content)
}

fn summary(listed: &[Listed]) -> String {
    let counted: Vec<String> = GROUPS
        .iter()
        .map(|(id, title)| {
            (
                listed.iter().filter(|listed| listed.group_id() == *id).count(),
                title,
            )
        })
        .filter(|(count, _)| *count > 0)
        .map(|(count, title)| format!("{title}: {count}"))
        .collect();
    if counted.is_empty() {
        "None.".to_owned()
    } else {
        format!("The newest {}. {}.", listed.len(), counted.join(", "))
    }
}

fn section(id: &str, title: &str, group: &[&Listed], view: &dyn Fn(&str) -> String) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) " (" (group.len()) ")" }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    caption { "Newest first" }
                    thead {
                        tr {
                            th scope="col" { "Migration" }
                            th scope="col" { "Replication group" }
                            th scope="col" { "Began" }
                            th scope="col" { "Ended" }
                        }
                    }
                    tbody {
                        @for listed in group {
                            tr {
                                th scope="row" { a href=(view(&listed.id)) { (listed.id) } }
                                td { @match &listed.details.group { Some(group) => (group), None => span.soft { "not looked up" } } }
                                td { @if let Some(at) = listed.began_at { (moment(at)) } }
                                td {
                                    @if let Some(at) = listed.ended_at { (moment(at)) }
                                    @if let Some(error) = &listed.details.error { " " span.soft { (error) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
