//! The Invoke API, as Lambda's callers see it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use super::Host;
use super::faults::Fault;
use super::function::Function;
use crate::arn;

/// Lambda's limit on a synchronous payload, in bytes.
const LARGEST_REQUEST: usize = 6 * 1024 * 1024;
/// Lambda's limit on an asynchronous payload, in bytes.
const LARGEST_EVENT: usize = 1024 * 1024;

pub(super) async fn serve(listener: TcpListener, host: Arc<Host>) {
    let router = Router::new()
        .route("/2015-03-31/functions/{function}/invocations", post(invoke))
        .fallback(async || {
            refuse(
                StatusCode::NOT_IMPLEMENTED,
                "NotImplemented",
                "The local cloud's Lambda only invokes.",
            )
        })
        // The host checks the limits itself, to report them as AWS does.
        .layer(DefaultBodyLimit::disable())
        .with_state(host);
    let _ = axum::serve(listener, router).await;
}

async fn invoke(
    State(host): State<Arc<Host>>,
    Path(reference): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    payload: Bytes,
) -> Response<Body> {
    let (name, qualifier) = match split_qualifier(&reference, query.as_deref()) {
        Ok(parts) => parts,
        Err(response) => return *response,
    };
    let Some(function) = host
        .function(&name)
        .filter(|function| has_version(function, &qualifier))
    else {
        let message = format!("Function not found: {}:{qualifier}", arn::function(&name));
        return refuse(StatusCode::NOT_FOUND, "ResourceNotFoundException", &message);
    };
    let invocation_type = headers
        .get("X-Amz-Invocation-Type")
        .and_then(|value| value.to_str().ok());
    let limit = if invocation_type == Some("Event") {
        LARGEST_EVENT
    } else {
        LARGEST_REQUEST
    };
    if payload.len() > limit {
        let message = format!("Request must be smaller than {limit} bytes for the InvokeFunction operation");
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            &message,
        );
    }
    let payload = if payload.is_empty() {
        Bytes::from_static(b"{}")
    } else {
        payload
    };
    let event: Value = match serde_json::from_slice(&payload) {
        Ok(event) => event,
        Err(error) => {
            let message = format!("Could not parse request body into json: {error}");
            return refuse(
                StatusCode::BAD_REQUEST,
                "InvalidRequestContentException",
                &message,
            );
        }
    };
    match invocation_type {
        None | Some("RequestResponse") => {
            if let Some(response) = refused_on_demand(&host, function, &event) {
                return response;
            }
            let answer = host.invoke(function, payload).await;
            let mut response = respond(StatusCode::OK, &answer.request_id, Body::from(answer.payload));
            let headers = response.headers_mut();
            if let Ok(version) = qualifier.parse() {
                headers.insert("X-Amz-Executed-Version", version);
            }
            if answer.is_error {
                headers.insert(
                    "X-Amz-Function-Error",
                    axum::http::HeaderValue::from_static("Unhandled"),
                );
            }
            response
        }
        Some("Event") => {
            host.invoke_event(&name, payload);
            respond(StatusCode::ACCEPTED, &Uuid::new_v4().to_string(), Body::empty())
        }
        Some("DryRun") => respond(StatusCode::NO_CONTENT, &Uuid::new_v4().to_string(), Body::empty()),
        Some(other) => {
            let message = format!("{other} is not an invocation type");
            refuse(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                &message,
            )
        }
    }
}

/// The faults that Lambda shows to its caller instead of to the function.
fn refused_on_demand(host: &Host, function: &Function, event: &Value) -> Option<Response<Body>> {
    match host.faults.take_refusal(function.spec(), event)? {
        Fault::Throttled => Some(refuse(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            "Rate Exceeded.",
        )),
        _ => Some(refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceException",
            "An error occurred and the request cannot be processed.",
        )),
    }
}

/// `name`, `name:qualifier`, `account:function:name`, an ARN, or an ARN with a qualifier; or the query's `Qualifier`.
fn split_qualifier(reference: &str, query: Option<&str>) -> Result<(String, String), Box<Response<Body>>> {
    let parts: Vec<&str> = reference.split(':').collect();
    let (name, in_name) = match parts.as_slice() {
        [name] => (*name, None),
        [name, qualifier] => (*name, Some(*qualifier)),
        [_, "function", name] | ["arn", _, "lambda", _, _, "function", name] => (*name, None),
        [_, "function", name, qualifier] | ["arn", _, "lambda", _, _, "function", name, qualifier] => {
            (*name, Some(*qualifier))
        }
        _ => {
            let message = format!("{reference} is not the name or ARN of a function");
            return Err(Box::new(refuse(
                StatusCode::BAD_REQUEST,
                "ValidationException",
                &message,
            )));
        }
    };
    let in_query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "Qualifier")
        .map(|(_, value)| value.into_owned());
    let qualifier = in_name
        .map(str::to_owned)
        .or(in_query)
        .unwrap_or_else(|| "$LATEST".to_owned());
    Ok((name.to_owned(), qualifier))
}

fn has_version(function: &Function, qualifier: &str) -> bool {
    qualifier == "$LATEST" || function.spec().alias.as_deref() == Some(qualifier)
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    let by = if status.is_server_error() {
        "Service"
    } else {
        "User"
    };
    let body = json!({ "Type": by, "Message": message }).to_string();
    let mut response = respond(status, &Uuid::new_v4().to_string(), Body::from(body));
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert("X-Amzn-ErrorType", kind);
    }
    response
}

fn respond(status: StatusCode, request_id: &str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        "Content-Type",
        axum::http::HeaderValue::from_static("application/json"),
    );
    if let Ok(request_id) = request_id.parse() {
        headers.insert("X-Amzn-RequestId", request_id);
    }
    response
}
