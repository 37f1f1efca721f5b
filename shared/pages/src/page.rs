//! The frame of every page: head, style, one `main`.

use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style of every page, as it stands in its `<style>` element.
pub const STYLE: &str = include_str!("style.css");

/// What goes around a page's content.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// The title, for the tab and for a screen reader.
    pub title: &'a str,
    /// How often a browser loads the page again, in seconds; none for a page that stays as it is.
    pub refresh_seconds: Option<u32>,
}

/// A whole document.
#[must_use]
pub fn page(frame: &Frame<'_>, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                @if let Some(seconds) = frame.refresh_seconds {
                    meta http-equiv="refresh" content=(seconds);
                }
                title { (frame.title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    }
    .into_string()
}
