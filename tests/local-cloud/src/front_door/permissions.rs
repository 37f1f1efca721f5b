//! Access denied: a function may call what the policies in its template allow, and no more; so may a state machine.
//!
//! Actions, resources and conditions are checked. Callers that are neither may do everything.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode};
use elasticache_stand_in::StandIn;
use serde_json::json;

use crate::arn;
use crate::iam::{self, Decision, Policy};
use crate::template::Template;

#[derive(Debug, Default)]
pub(crate) struct Permissions {
    policies: BTreeMap<String, Policy>,
    /// The callers among them that are functions.
    functions: BTreeSet<String>,
    /// Whose replication groups have the tags that a condition may ask for.
    elasticache: Option<StandIn>,
}

/// Who wants what.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) caller: &'a str,
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) resource: &'a str,
    /// The condition keys that the request itself fills.
    pub(super) context: BTreeMap<String, String>,
}

impl Permissions {
    /// Those of the functions and state machines whose policies are known from the template.
    pub(crate) fn of(template: &Template, elasticache: StandIn) -> Permissions {
        Permissions {
            policies: template.policies(),
            functions: template
                .functions
                .iter()
                .map(|function| function.name.clone())
                .collect(),
            elasticache: Some(elasticache),
        }
    }

    /// Why this caller may not do this; none where it may.
    pub(super) fn refuse(&self, wanted: &Wanted<'_>) -> Option<Response<Body>> {
        let policy = self.policies.get(wanted.caller)?;
        let action = iam::action(wanted.service, wanted.operation);
        let reason = match policy.decide(&action, wanted.resource, &self.context(wanted)) {
            Decision::Allowed => return None,
            Decision::NotAllowed => "no identity-based policy allows the action",
            Decision::Denied => "an explicit deny in an identity-based policy",
        };
        Some(denied(wanted, &action, reason))
    }

    /// The condition keys that these services know of a request.
    fn context(&self, wanted: &Wanted<'_>) -> BTreeMap<String, String> {
        let mut context = wanted.context.clone();
        context.insert("aws:SourceAccount".to_owned(), arn::ACCOUNT.to_owned());
        if self.functions.contains(wanted.caller) {
            context.insert(
                "lambda:SourceFunctionArn".to_owned(),
                arn::function(wanted.caller),
            );
        }
        let id = wanted.resource.rsplit_once("replicationgroup:").map(|(_, id)| id);
        let group = id.and_then(|id| self.elasticache.as_ref()?.group(id));
        for (key, value) in group.into_iter().flat_map(|group| group.tags) {
            context.insert(format!("aws:ResourceTag/{key}"), value);
        }
        context
    }
}

/// The refusal in the words and the protocol of the service.
fn denied(wanted: &Wanted<'_>, action: &str, reason: &str) -> Response<Body> {
    let Wanted {
        caller,
        service,
        resource,
        ..
    } = wanted;
    let message = format!(
        "User: arn:aws:sts::{}:assumed-role/{caller}/{caller} is not authorized to perform: {action} on resource: \
         {resource} because {reason}",
        arn::ACCOUNT,
    );
    let (status, kind, body) = match *service {
        "states" | "lambda" | "events" | "logs" | "secretsmanager" => {
            let body = json!({ "__type": "AccessDeniedException", "message": message, "Message": message });
            (
                StatusCode::BAD_REQUEST,
                "application/x-amz-json-1.0",
                body.to_string(),
            )
        }
        _ => {
            let code = if *service == "sns" {
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
    let request_id = HeaderValue::from_static("00000000-0000-0000-0000-000000000000");
    response.headers_mut().insert("x-amzn-RequestId", request_id);
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
