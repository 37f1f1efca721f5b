//! An engine's answer without the protocol it came in: what RESP2 sends as a flat list and RESP3 as a map reads alike.

use std::collections::BTreeMap;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// There is no such thing: the entry of COMMAND INFO for a command that the engine does not know.
    Nil,
    /// A number.
    Int(i64),
    /// A text of any kind; bytes that are no UTF-8 were replaced.
    Text(String),
    /// A list, a set, or RESP2's flat form of a map.
    List(Vec<Reply>),
    /// RESP3's map.
    Map(Vec<(Reply, Reply)>),
}

impl Reply {
    /// The text, also of a number: engines changed their mind about which of the two some fields are.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self {
            Reply::Text(text) => Some(text.clone()),
            Reply::Int(number) => Some(number.to_string()),
            Reply::Nil | Reply::List(_) | Reply::Map(_) => None,
        }
    }

    /// The number, also of a text that is one.
    #[must_use]
    pub fn number<T: TryFrom<i64>>(&self) -> Option<T> {
        let number = match self {
            Reply::Int(number) => *number,
            Reply::Text(text) => text.trim().parse().ok()?,
            Reply::Nil | Reply::List(_) | Reply::Map(_) => return None,
        };
        T::try_from(number).ok()
    }

    /// The entries of a list; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Reply] {
        match self {
            Reply::List(items) => items,
            Reply::Nil | Reply::Int(_) | Reply::Text(_) | Reply::Map(_) => &[],
        }
    }

    /// The fields of a map, or of a flat list of names and values. An odd last entry is dropped.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<String, &Reply> {
        match self {
            Reply::Map(pairs) => pairs
                .iter()
                .filter_map(|(name, value)| Some((name.text()?, value)))
                .collect(),
            Reply::List(items) => items
                .chunks_exact(2)
                .filter_map(|pair| Some((pair[0].text()?, &pair[1])))
                .collect(),
            Reply::Nil | Reply::Int(_) | Reply::Text(_) => BTreeMap::new(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a recorded answer.
    pub(crate) fn from_json(json: &serde_json::Value) -> Reply {
        match json {
            serde_json::Value::Null => Reply::Nil,
            serde_json::Value::Bool(value) => Reply::Int(i64::from(*value)),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map_or_else(|| Reply::Text(number.to_string()), Reply::Int),
            serde_json::Value::String(text) => Reply::Text(text.clone()),
            serde_json::Value::Array(items) => Reply::List(items.iter().map(from_json).collect()),
            serde_json::Value::Object(fields) => Reply::Map(
                fields
                    .iter()
                    .map(|(name, value)| (Reply::Text(name.clone()), from_json(value)))
                    .collect(),
            ),
        }
    }

    /// The JSON in a recorded file; its first line may be the note that HELLO 3 failed.
    pub(crate) fn recorded(file: &str) -> Reply {
        let json = file
            .lines()
            .find(|line| line.starts_with('['))
            .expect("a recorded answer");
        from_json(&serde_json::from_str(json).expect("JSON"))
    }

    /// Any answer that an engine could make.
    pub(crate) fn any_reply() -> impl Strategy<Value = Reply> {
        let leaf = prop_oneof![
            Just(Reply::Nil),
            any::<i64>().prop_map(Reply::Int),
            "\\PC{0,24}".prop_map(Reply::Text),
            "(slots|nodes|id|ip|port|role|flags|commands|name|on|nopass|[+-]@?[a-z|]{1,8}|[0-9]{1,5})"
                .prop_map(Reply::Text),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Reply::List),
                prop::collection::vec((inner.clone(), inner), 0..5).prop_map(Reply::Map),
            ]
        })
    }

    #[test]
    fn a_flat_list_and_a_map_have_the_same_fields() {
        let text = |text: &str| Reply::Text(text.to_owned());
        let flat = Reply::List(vec![text("port"), text("6379"), text("odd")]);
        let map = Reply::Map(vec![(text("port"), Reply::Int(6379))]);
        assert_eq!(flat.fields()["port"].number::<u16>(), Some(6379));
        assert_eq!(map.fields()["port"].number::<u16>(), Some(6379));
        assert_eq!(map.fields()["port"].number::<u8>(), None);
    }
}
