//! The request body: `application/x-www-form-urlencoded`, with lists as `Name.member.1.Field`.

use std::collections::BTreeMap;

use super::ApiError;

/// A decoded form. Parameters that an operation does not know are ignored, as AWS ignores them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    values: BTreeMap<String, String>,
}

impl Form {
    /// Decodes a body. Every byte string is a form, so this cannot fail; a repeated name keeps its last value.
    pub(crate) fn decode(body: &[u8]) -> Self {
        let values = url::form_urlencoded::parse(body).into_owned().collect();
        Self { values }
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| ApiError::missing_parameter(name))
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.text(name)
            .map(|text| match text.to_ascii_lowercase().as_str() {
                "true" => Ok(true),
                "false" => Ok(false),
                _ => Err(malformed(name, text, "boolean")),
            })
            .transpose()
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.text(name)
            .map(|text| text.parse().map_err(|_| malformed(name, text, "integer")))
            .transpose()
    }

    pub(crate) fn timestamp(&self, name: &str) -> Result<Option<jiff::Timestamp>, ApiError> {
        self.text(name)
            .map(|text| text.parse().map_err(|_| malformed(name, text, "timestamp")))
            .transpose()
    }

    /// The members of a list, in the order of their numbers, each as a form of its own. A scalar member is the value
    /// with the empty name.
    pub(crate) fn list(&self, name: &str) -> Vec<Form> {
        let prefix = format!("{name}.");
        let mut members: BTreeMap<u32, Form> = BTreeMap::new();
        for (key, value) in self.values.range(prefix.clone()..) {
            let Some(rest) = key.strip_prefix(&prefix) else {
                break;
            };
            // The model gives some lists a member name of their own (`Tags.Tag.1`); SDKs send that or `member`.
            let mut parts = rest.splitn(3, '.').skip(1);
            let Some(number) = parts.next().and_then(|number| number.parse().ok()) else {
                continue;
            };
            let field = parts.next().unwrap_or_default();
            members
                .entry(number)
                .or_default()
                .values
                .insert(field.to_owned(), value.clone());
        }
        members.into_values().collect()
    }

    /// The members of a list of strings.
    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        self.list(name)
            .iter()
            .filter_map(|member| member.owned(""))
            .collect()
    }
}

fn malformed(name: &str, text: &str, kind: &str) -> ApiError {
    ApiError::new(
        "MalformedInput",
        400,
        format!("Value ({text}) for parameter {name} is invalid. Expected: {kind}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let form = Form::decode(b"Action=StartMigration&Name=a%20b%26c+d&Force=True&Port=6379");
        assert_eq!(form.text("Name"), Some("a b&c d"));
        assert_eq!(form.boolean("Force"), Ok(Some(true)));
        assert_eq!(form.integer("Port"), Ok(Some(6379)));
        assert_eq!(form.text("Absent"), None);
    }

    #[test]
    fn lists_keep_the_order_of_their_numbers_not_of_their_spelling() {
        let form = Form::decode(b"L.member.10.Address=k&L.member.2.Address=b&L.member.1.Address=a&L.member.1.Port=1&LL.member.1=x");
        let list = form.list("L");
        let addresses: Vec<_> = list
            .iter()
            .map(|member| member.text("Address").unwrap())
            .collect();
        assert_eq!(addresses, ["a", "b", "k"]);
        assert_eq!(list[0].integer("Port"), Ok(Some(1)));
    }

    #[test]
    fn lists_of_strings_and_named_members() {
        let form = Form::decode(b"S.member.1=a&S.member.2=b&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v");
        assert_eq!(form.strings("S"), ["a", "b"]);
        assert_eq!(form.list("Tags")[0].text("Key"), Some("k"));
        assert!(form.list("Absent").is_empty());
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        let form = Form::decode(b"Force=perhaps&Port=x&StartTime=yesterday");
        assert_eq!(form.boolean("Force").unwrap_err().status, 400);
        assert_eq!(form.integer("Port").unwrap_err().code, "MalformedInput");
        assert!(form.timestamp("StartTime").is_err());
    }
}
