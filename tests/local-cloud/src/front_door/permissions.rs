//! Access denied: a function may call what the policies in its template allow, and no more.
//!
//! Actions are checked, resources and conditions are not. Callers that are no functions may do everything.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::arn;
use crate::template::FunctionSpec;

#[derive(Debug, Default)]
pub(crate) struct Permissions(BTreeMap<String, Vec<String>>);

impl Permissions {
    /// Those of the functions whose policies are known from the template.
    pub(crate) fn of(functions: &[FunctionSpec]) -> Permissions {
        let known = functions.iter().filter_map(|function| {
            function
                .allowed_actions
                .clone()
                .map(|actions| (function.name.clone(), actions))
        });
        Permissions(known.collect())
    }

    /// Whether this caller may do this.
    pub(super) fn allow(&self, caller: &str, service: &str, operation: &str) -> bool {
        let Some(actions) = self.0.get(caller) else {
            return true;
        };
        let wanted = action(service, operation);
        actions
            .iter()
            .any(|pattern| matches(&pattern.to_ascii_lowercase(), &wanted.to_ascii_lowercase()))
    }
}

/// The IAM action of an API operation; the two are called alike but for Lambda's.
fn action(service: &str, operation: &str) -> String {
    match (service, operation) {
        ("lambda", "Invoke") => "lambda:InvokeFunction".to_owned(),
        _ => format!("{service}:{operation}"),
    }
}

/// `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.get(at..).is_some_and(|text| matches(rest, text)))
        }),
    }
}

/// The refusal in the words and the protocol of the service.
pub(super) fn denied(caller: &str, service: &str, operation: &str) -> Response<Body> {
    let message = format!(
        "User: arn:aws:sts::{}:assumed-role/{caller}/{caller} is not authorized to perform: {} because no \
         identity-based policy allows the action",
        arn::ACCOUNT,
        action(service, operation)
    );
    let (status, kind, body) = match service {
        "states" | "lambda" | "events" => {
            let body = json!({ "__type": "AccessDeniedException", "message": message, "Message": message });
            (
                StatusCode::BAD_REQUEST,
                "application/x-amz-json-1.0",
                body.to_string(),
            )
        }
        _ => {
            let code = if service == "sns" {
                "AuthorizationError"
            } else {
                "AccessDenied"
            };
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
            );
            (StatusCode::FORBIDDEN, "text/xml", body)
        }
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert("Content-Type", HeaderValue::from_static(kind));
    if kind != "text/xml" {
        response.headers_mut().insert(
            "X-Amzn-ErrorType",
            HeaderValue::from_static("AccessDeniedException"),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("sns:publish", "sns:publish", true),
            ("sns:publish", "sns:publishbatch", false),
            ("elasticache:describe*", "elasticache:describeevents", true),
            ("elasticache:*migration", "elasticache:startmigration", true),
            ("elasticache:*migration", "elasticache:describeevents", false),
            ("*", "anything", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
