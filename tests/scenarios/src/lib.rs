//! The stage on which the stories are played: a source, a target, the local cloud, and questions to ask at the end.
//!
//! A story reads: given a pair, when a migration is started (and perhaps something happens), then this is how it ended,
//! this is what people were told, and the source is as it was. Everything is real but AWS itself.

mod ending;
mod fleet;
mod front;
mod load;
mod page;
mod privilege;
mod slack;
mod source;
mod story;

pub use ending::Ending;
pub use fleet::{Fleet, target};
pub use front::{Answer, get, post, with_page};
pub use load::{Load, Route, Toll};
pub use page::Page;
pub use privilege::{Excuse, Ledger, Unnamed};
pub use slack::Slack;
pub use source::Source;
pub use story::{BEGUN, Pair, Story, TARGET};
