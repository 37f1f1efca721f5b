//! HTML pages that need nothing else: one document each, its style inside it, its chart drawn as SVG, no script of any
//! kind. Everything that comes from elsewhere is escaped by `maud`, which escapes unless told otherwise.
//!
//! Nothing here decides, reads a clock or does IO: a page is a function of a [`domain::report::Report`].
//! What a page may hold under a strict Content-Security-Policy: one `<style>` element whose text is [`STYLE`] (allow it by
//! its SHA-256), no inline `style` attribute, and no script that would run.
#![warn(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "what may go wrong is a part of what an item promises"
)]

mod chart;
mod migration;
mod page;
mod sections;
mod shards;
#[cfg(test)]
mod tests;
mod words;

pub use maud::{Markup, html};
pub use migration::{Options, migration};
pub use page::{Frame, STYLE, page};
