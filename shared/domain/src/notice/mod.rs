//! What people are told: one text per occasion, rendered here and nowhere else. Plain text for e-mail, a subject under
//! 100 ASCII characters, and a JSON document of stable form for programs. No secret can be in it, because no input of a
//! message holds one.

mod compared;
mod render;

use crate::contract::notify::Occasion;
use serde::Serialize;

pub use render::render;

/// A message, ready to publish.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The same for every try to publish it: `<migration>/<occasion>`, and for `ready` which time.
    pub id: String,
    /// What happened.
    pub occasion: Occasion,
    /// Message attributes, for filter policies.
    pub attributes: Attributes,
    /// Under 100 printable ASCII characters.
    pub subject: String,
    /// For people.
    pub text: String,
    /// For programs.
    pub document: serde_json::Value,
}

/// What filter policies can select by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attributes {
    /// `info`, `action` or `critical`.
    pub severity: &'static str,
    /// `migration.<occasion>`.
    pub event_type: String,
    /// The target, or `unknown` where the input named none.
    pub replication_group_id: String,
    /// The execution's name.
    pub execution_name: String,
}
