//! The pages, over `shared/pages`: what is of the console alone. No script stands in any of them; what a browser has to do
//! is load a page again, follow a link, or send a form.

mod decision;
mod fleet;
mod migration;
mod said;

pub(crate) use decision::{Decision, decision};
pub(crate) use fleet::fleet;
pub(crate) use migration::migration;
pub(crate) use said::{refusal, taken};

use jiff::Timestamp;
use maud::{Markup, html};

/// A moment, for people and for programs, in UTC.
fn moment(at: Timestamp) -> Markup {
    let shown = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(at) { (shown) } }
}
