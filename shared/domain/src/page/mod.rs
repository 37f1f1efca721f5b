//! The page's rules: who may see and do what, by which link, and what a request means. Bytes and values in, values out;
//! the function `console` brings the request, the key and the time.
//!
//! A request goes through these in order: [`Request`] (what came), [`Route`] (what it asks for), [`Keys::open`] (what its
//! link allows), and for an order [`Ticket`] (that it comes from a form of ours) and [`decide()`] (whether it may be passed
//! on). [`Answer`] is what goes back, with the headers that every answer has.

mod answer;
mod decide;
mod fleet;
mod key;
mod link;
mod message;
mod mint;
mod refusal;
mod request;
mod route;
mod ticket;

pub use answer::Answer;
pub use decide::{Asked, Standing, decide};
pub use fleet::{Details, GROUPS, Listed, ListedStatus};
pub use key::{Key, Keys};
pub use link::{Link, Right, Subject};
pub use message::{fleet_link, link_of};
pub use mint::{LONGEST_HOURS, Wish};
pub use refusal::Refusal;
pub use request::{Method, Request};
pub use route::Route;
pub use ticket::Ticket;
