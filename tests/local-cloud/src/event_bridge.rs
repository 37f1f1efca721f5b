//! EventBridge's default bus: what is put on it is checked, kept, and delivered to the functions whose rules want it.
//!
//! Like AWS: sources that begin with `aws.` are AWS's own. Step Functions' status changes come from moto
//! (`moto_patches/status_changes.py`). Unlike AWS: a pattern has plain values alone, and there is one bus.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arn;
use crate::function_host::Host;
use crate::template::RuleSpec;

/// Who may speak for AWS: the patch of moto that tells of executions.
const STEP_FUNCTIONS: &str = "step-functions";

/// An event on the default bus.
#[derive(Debug, Clone, PartialEq)]
pub struct BusEvent {
    /// When it was put there.
    pub at: Timestamp,
    /// Who says it happened, such as `aws.states`.
    pub source: String,
    /// What kind of thing happened.
    pub detail_type: String,
    /// What happened.
    pub detail: Value,
    /// The ARNs it is about.
    pub resources: Vec<String>,
    /// The access key id of whoever put it there.
    pub publisher: String,
}

#[derive(Debug)]
pub(crate) struct EventBridge {
    rules: Vec<RuleSpec>,
    host: Arc<Host>,
    events: Mutex<Vec<BusEvent>>,
}

impl EventBridge {
    pub(crate) fn new(rules: &[RuleSpec], host: Arc<Host>) -> EventBridge {
        EventBridge {
            rules: rules.to_vec(),
            host,
            events: Mutex::default(),
        }
    }

    pub(crate) fn events(&self) -> Vec<BusEvent> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers PutEvents: each entry by itself, as AWS does.
    pub(crate) fn put_events(&self, publisher: &str, body: &Bytes) -> Response<Body> {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let entries = request["Entries"].as_array().cloned().unwrap_or_default();
        if entries.is_empty() || entries.len() > 10 {
            let problem =
                json!({"__type": "ValidationException", "message": "Entries must have 1 to 10 members"});
            return answer(StatusCode::BAD_REQUEST, &problem);
        }
        let results: Vec<Value> = entries
            .iter()
            .map(|entry| match read(entry, publisher) {
                Ok(event) => json!({"EventId": self.accept(event)}),
                Err((code, message)) => json!({"ErrorCode": code, "ErrorMessage": message}),
            })
            .collect();
        let failed = results
            .iter()
            .filter(|result| result["ErrorCode"].is_string())
            .count();
        answer(
            StatusCode::OK,
            &json!({"FailedEntryCount": failed, "Entries": results}),
        )
    }

    /// Keeps an event and hands it to whoever a rule names; answers with its id.
    pub(crate) fn accept(&self, event: BusEvent) -> String {
        let id = Uuid::new_v4().to_string();
        let document = json!({
            "version": "0",
            "id": id,
            "detail-type": event.detail_type,
            "source": event.source,
            "account": arn::ACCOUNT,
            "time": event.at.to_string(),
            "region": arn::REGION,
            "resources": event.resources,
            "detail": event.detail,
        });
        self.events
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
        for rule in self.rules.iter().filter(|rule| matches(&rule.pattern, &document)) {
            self.host
                .invoke_event(&rule.function, Bytes::from(document.to_string()));
        }
        id
    }
}

fn read(entry: &Value, publisher: &str) -> Result<BusEvent, (&'static str, String)> {
    let text = |name: &str| {
        entry[name]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or_else(|| {
                (
                    "InvalidArgument",
                    format!("Parameter {name} is not valid. Reason: {name} is a required argument."),
                )
            })
    };
    let source = text("Source")?;
    if source.starts_with("aws.") && publisher != STEP_FUNCTIONS {
        return Err((
            "NotAuthorizedForSourceException",
            format!("Not authorized for the source: {source}"),
        ));
    }
    let malformed = || ("MalformedDetail", "Detail is malformed.".to_owned());
    let detail: Value = serde_json::from_str(&text("Detail")?).map_err(|_| malformed())?;
    if !detail.is_object() {
        return Err(malformed());
    }
    let resources = entry["Resources"].as_array().into_iter().flatten();
    Ok(BusEvent {
        at: Timestamp::now(),
        source,
        detail_type: text("DetailType")?,
        detail,
        resources: resources
            .filter_map(|each| each.as_str().map(str::to_owned))
            .collect(),
        publisher: publisher.to_owned(),
    })
}

/// Every field of the pattern must be there, with one of the values that it lists.
fn matches(pattern: &Value, event: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields
            .iter()
            .all(|(name, wanted)| event.get(name).is_some_and(|value| matches(wanted, value))),
        Value::Array(wanted) => match event {
            Value::Array(values) => values.iter().any(|value| wanted.contains(value)),
            value => wanted.contains(value),
        },
        _ => false,
    }
}

fn answer(status: StatusCode, document: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(document.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        "Content-Type",
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    if let Some(kind) = document["__type"].as_str().and_then(|kind| kind.parse().ok()) {
        response.headers_mut().insert("X-Amzn-ErrorType", kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_wants_every_field_and_one_of_its_values() {
        let pattern = json!({"source": ["aws.states"], "detail": {"status": ["FAILED", "ABORTED"]}});
        let event =
            |source: &str, status: &str| json!({"source": source, "detail": {"status": status, "name": "x"}});
        assert!(matches(&pattern, &event("aws.states", "ABORTED")));
        assert!(!matches(&pattern, &event("aws.states", "SUCCEEDED")));
        assert!(!matches(&pattern, &event("somebody", "FAILED")));
        assert!(!matches(&pattern, &json!({"source": "aws.states"})));
    }

    #[test]
    fn nobody_speaks_for_aws_and_a_detail_is_an_object() {
        let entry =
            |source: &str, detail: &str| json!({"Source": source, "DetailType": "x", "Detail": detail});
        assert!(read(&entry("mine", "{}"), "anybody").is_ok());
        assert!(read(&entry("aws.states", "{}"), STEP_FUNCTIONS).is_ok());
        for (source, detail, code) in [
            ("aws.states", "{}", "NotAuthorizedForSourceException"),
            ("mine", "[]", "MalformedDetail"),
            ("mine", "x", "MalformedDetail"),
            ("", "{}", "InvalidArgument"),
        ] {
            assert_eq!(
                read(&entry(source, detail), "anybody").map_err(|(code, _)| code),
                Err(code)
            );
        }
    }
}
