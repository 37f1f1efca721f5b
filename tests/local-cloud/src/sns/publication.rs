//! A `Publish` request, checked as SNS checks it.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

/// The largest message, attributes included, in bytes.
const LARGEST_MESSAGE: usize = 262_144;
/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 100;

/// A message attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `String`, `Number`, `Binary` or `String.Array`.
    pub data_type: String,
    /// Its value; binary as base64.
    pub value: String,
}

/// A request that SNS would accept.
#[derive(Debug, Clone)]
pub(crate) struct Publication {
    pub(super) topic: String,
    pub(super) subject: Option<String>,
    pub(super) bodies: BTreeMap<String, String>,
    pub(super) attributes: BTreeMap<String, Attribute>,
}

/// `InvalidParameter`, with SNS's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid parameter: {0}")]
pub(crate) struct Rejected(String);

impl Rejected {
    /// The answer in SNS's Query protocol.
    pub(crate) fn into_response(self) -> Response<Body> {
        let body = format!(
            "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>\
             <Code>InvalidParameter</Code><Message>{self}</Message></Error>\
             <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
        );
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
            .headers_mut()
            .insert("Content-Type", HeaderValue::from_static("text/xml"));
        response
    }
}

impl Publication {
    pub(super) fn read(form: &Bytes) -> Result<Publication, Rejected> {
        let fields: BTreeMap<String, String> = url::form_urlencoded::parse(form)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let topic = fields
            .get("TopicArn")
            .or_else(|| fields.get("TargetArn"))
            .cloned()
            .unwrap_or_default();
        let subject = fields.get("Subject").cloned();
        if let Some(subject) = &subject {
            check_subject(subject)?;
        }
        let text = fields
            .get("Message")
            .filter(|text| !text.is_empty())
            .ok_or(reject("Empty message"))?;
        let attributes = attributes(&fields);
        let attributes_size: usize = attributes
            .iter()
            .map(|(name, attribute)| name.len() + attribute.data_type.len() + attribute.value.len())
            .sum();
        if text.len() + attributes_size > LARGEST_MESSAGE {
            return Err(reject("Message too long"));
        }
        let bodies = match fields.get("MessageStructure").map(String::as_str) {
            None => BTreeMap::from([("default".to_owned(), text.clone())]),
            Some("json") => bodies(text)?,
            Some(_) => return Err(reject("Invalid Message Structure parameter")),
        };
        Ok(Publication {
            topic,
            subject,
            bodies,
            attributes,
        })
    }
}

fn reject(words: &str) -> Rejected {
    Rejected(words.to_owned())
}

fn check_subject(subject: &str) -> Result<(), Rejected> {
    let fits = !subject.is_empty() && subject.chars().count() <= LONGEST_SUBJECT;
    if fits && !subject.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(reject("Subject"))
    }
}

/// One text per protocol, `default` among them.
fn bodies(text: &str) -> Result<BTreeMap<String, String>, Rejected> {
    let unreadable = || reject("Message Structure - JSON message body failed to parse");
    let Ok(Value::Object(map)) = serde_json::from_str(text) else {
        return Err(unreadable());
    };
    if !map.contains_key("default") {
        return Err(reject(
            "Message Structure - No default entry in JSON message body",
        ));
    }
    map.into_iter()
        .map(|(protocol, body)| match body {
            Value::String(body) => Ok((protocol, body)),
            _ => Err(unreadable()),
        })
        .collect()
}

/// `MessageAttributes.entry.1.Name` and so on.
fn attributes(fields: &BTreeMap<String, String>) -> BTreeMap<String, Attribute> {
    let mut attributes = BTreeMap::new();
    for (field, name) in fields {
        let Some(entry) = field
            .strip_prefix("MessageAttributes.entry.")
            .and_then(|rest| rest.strip_suffix(".Name"))
        else {
            continue;
        };
        let part = |part: &str| {
            fields
                .get(&format!("MessageAttributes.entry.{entry}.Value.{part}"))
                .cloned()
        };
        attributes.insert(
            name.clone(),
            Attribute {
                data_type: part("DataType").unwrap_or_default(),
                value: part("StringValue")
                    .or_else(|| part("BinaryValue"))
                    .unwrap_or_default(),
            },
        );
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(fields: &[(&str, &str)]) -> Result<Publication, Rejected> {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        Publication::read(&Bytes::from(form))
    }

    #[test]
    fn a_structured_message_has_a_text_for_each_protocol() {
        let message = r#"{"default":"moved","email":"It has moved."}"#;
        let publication = publish(&[("Message", message), ("MessageStructure", "json")]).unwrap();
        assert_eq!(publication.bodies["email"], "It has moved.");
        assert_eq!(publication.bodies["default"], "moved");
    }

    #[test]
    fn a_structured_message_without_a_default_is_refused() {
        let refused = publish(&[("Message", r#"{"email":"x"}"#), ("MessageStructure", "json")]).unwrap_err();
        assert_eq!(
            refused,
            reject("Message Structure - No default entry in JSON message body")
        );
    }

    #[test]
    fn a_subject_is_one_line_of_at_most_100_characters() {
        let at_most = "é".repeat(100);
        assert!(publish(&[("Message", "m"), ("Subject", &at_most)]).is_ok());
        for subject in [&"x".repeat(101), "two\nlines", ""] {
            assert_eq!(
                publish(&[("Message", "m"), ("Subject", subject)]).unwrap_err(),
                reject("Subject")
            );
        }
    }

    #[test]
    fn attributes_count_towards_the_size() {
        let almost = "m".repeat(LARGEST_MESSAGE - 10);
        assert!(publish(&[("Message", &almost)]).is_ok());
        let refused = publish(&[
            ("Message", &almost),
            ("MessageAttributes.entry.1.Name", "severity"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", "warning"),
        ]);
        assert_eq!(refused.unwrap_err(), reject("Message too long"));
    }
}
