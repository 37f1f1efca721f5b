//! The stage on which the stories are played: a source, a target, the local cloud, and questions to ask at the end.
//!
//! A story reads: given a pair, when a migration is started (and perhaps something happens), then this is how it ended,
//! this is what people were told, and the source is as it was. Everything is real but AWS itself.

mod load;
mod slack;
mod source;
mod story;

pub use load::{Load, Toll};
pub use slack::Slack;
pub use source::Source;
pub use story::{BEGUN, Ending, Pair, Story, TARGET};
