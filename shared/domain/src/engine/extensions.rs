//! What was added to an engine: modules and libraries of functions.

use super::Reply;

/// The modules' names in MODULE LIST's answer (4.0 and later).
#[must_use]
pub fn modules(reply: &Reply) -> Vec<String> {
    names(reply, "name")
}

/// The libraries' names in FUNCTION LIST's answer (7.0 and later).
#[must_use]
pub fn libraries(reply: &Reply) -> Vec<String> {
    names(reply, "library_name")
}

/// An entry without the field still counts: it is something, even if its name is not known.
fn names(reply: &Reply, field: &str) -> Vec<String> {
    let name = |entry: &Reply| {
        entry
            .fields()
            .get(field)
            .and_then(|name| name.text())
            .unwrap_or_else(|| "(unnamed)".to_owned())
    };
    reply.items().iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::{any_reply, from_json};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn names_are_read_in_both_protocols() {
        assert_eq!(
            modules(&from_json(&json!([["name", "ReJSON", "ver", 20_000]]))),
            ["ReJSON"]
        );
        assert_eq!(
            modules(&from_json(&json!([{"name": "bf", "ver": 1, "args": []}]))),
            ["bf"]
        );
        assert_eq!(
            libraries(&from_json(&json!([["library_name", "mylib", "engine", "LUA"]]))),
            ["mylib"]
        );
        assert!(modules(&Reply::List(vec![])).is_empty());
    }

    proptest! {
        #[test]
        fn nothing_that_is_listed_is_lost(reply in any_reply()) {
            prop_assert_eq!(modules(&reply).len(), reply.items().len());
        }
    }
}
