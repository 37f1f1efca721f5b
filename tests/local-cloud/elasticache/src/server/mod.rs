//! The API over HTTP, and what its calls set going.

mod drivers;
mod http;
mod migration;
mod operations;
mod plane;
mod preparation;
mod view;

pub(crate) use http::serve;
pub(crate) use plane::ControlPlane;
