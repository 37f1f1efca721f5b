//! Short pages: an order was taken, or a request was refused.

use domain::page::{Answer, Link, Refusal};
use domain::signal::{Action, Order};
use maud::{Markup, html};
use pages::{Frame, page};

/// How soon the browser goes on to the migration, in seconds: long enough to read a sentence.
const GOES_ON_AFTER: u32 = 10;

/// An order was taken. Going on by itself keeps a reload from sending the form again, which would be refused.
pub(crate) fn taken(order: &Order, link: &Link, text: &str) -> Answer {
    let path = format!("{}?link={text}", link.subject.path());
    let words = match order.action {
        Action::Approve => {
            "Approved. The migration took it, and goes on to the cutover when the plan's window is open."
        }
        Action::Postpone => "Put off. The migration took it, and waits.",
        Action::Abort => "Given up. The migration took it, and lets go of the target.",
    };
    let html = document(
        "The order was taken",
        &html! {
            p { strong.good { (words) } }
            p { "Ordered by " (order.by) " for " (order.replication_group_id) "." }
            p { a href=(path) { "Back to the migration" } }
        },
    );
    Answer::html(200, html).going_to(&path, GOES_ON_AFTER)
}

/// A request was refused.
pub(crate) fn refusal(refusal: &Refusal) -> Answer {
    let html = document(refusal.title(), &html! { p { (refusal.words()) } });
    Answer::html(refusal.status(), html)
}

fn document(title: &str, content: &Markup) -> String {
    let content = html! {
        header { p.soft { "ElastiCache migration" } h1 { (title) } }
        (content)
    };
    let frame = Frame {
        title,
        ..Frame::default()
    };
    page(&frame, &content)
}
