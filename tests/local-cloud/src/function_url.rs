//! Function URLs: HTTP in front of a function, as Lambda puts it there. A request becomes an event of payload version 2.0,
//! the function's answer becomes a response. <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
//!
//! As on AWS header names are in lower case, several values of one are joined by commas, a body that is no plain text is
//! base64, and a function that fails is a 502. Unlike on AWS there is no TLS.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::function_host::Host;

/// Lambda's limit on a synchronous payload, in bytes.
const LARGEST_BODY: usize = 6 * 1024 * 1024;

/// A function that is reached by HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionUrl {
    /// The function, by logical id or name.
    pub function: String,
    /// Where the template gets the URL from, such as `Nested.Outputs.Url`: a nested stack is not read.
    pub output: String,
}

/// Bound, and not served yet.
#[derive(Debug)]
pub(crate) struct Bound(Vec<(String, TcpListener, SocketAddr)>);

/// All that are served. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct FunctionUrls(Vec<(String, SocketAddr, JoinHandle<()>)>);

impl FunctionUrls {
    /// A free port for each, and what the template gets for it.
    pub(crate) async fn bind(urls: &[FunctionUrl]) -> std::io::Result<(Bound, BTreeMap<String, String>)> {
        let mut bound = Vec::new();
        let mut outputs = BTreeMap::new();
        for url in urls {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let address = listener.local_addr()?;
            outputs.insert(url.output.clone(), format!("http://{address}/"));
            bound.push((url.function.clone(), listener, address));
        }
        Ok((Bound(bound), outputs))
    }

    /// Where a function is reached, without a slash at the end.
    pub(crate) fn url(&self, function: &str) -> Option<String> {
        self.0
            .iter()
            .find(|(name, ..)| name == function)
            .map(|(_, address, _)| format!("http://{address}"))
    }
}

impl Drop for FunctionUrls {
    fn drop(&mut self) {
        for (_, _, server) in &self.0 {
            server.abort();
        }
    }
}

impl Bound {
    /// Begins to answer.
    pub(crate) fn serve(self, host: &Arc<Host>) -> FunctionUrls {
        let served = self.0.into_iter().map(|(function, listener, address)| {
            let front = Front {
                host: Arc::clone(host),
                function: function.clone(),
                address,
            };
            let router = Router::new()
                .fallback(enter)
                .layer(DefaultBodyLimit::disable())
                .with_state(Arc::new(front));
            let server = tokio::spawn(async move {
                let _ = axum::serve(listener, router).await;
            });
            (function, address, server)
        });
        FunctionUrls(served.collect())
    }
}

/// What a server needs.
#[derive(Debug)]
struct Front {
    host: Arc<Host>,
    function: String,
    address: SocketAddr,
}

async fn enter(State(front): State<Arc<Front>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let Some(function) = front.host.function(&front.function).cloned() else {
        return plain(StatusCode::FORBIDDEN, "Forbidden");
    };
    let event = event(&head, &body, front.address);
    let answer = front.host.invoke(&function, Bytes::from(event.to_string())).await;
    if answer.is_error {
        return plain(StatusCode::BAD_GATEWAY, "Internal Server Error");
    }
    let document: Value = serde_json::from_slice(&answer.payload).unwrap_or_default();
    response(&document).unwrap_or_else(|| plain(StatusCode::BAD_GATEWAY, "Internal Server Error"))
}

/// The event of payload version 2.0.
fn event(head: &axum::http::request::Parts, body: &Bytes, address: SocketAddr) -> Value {
    let path = head.uri.path();
    let query = head.uri.query().unwrap_or_default();
    let headers = joined(&head.headers);
    let text = |name: &str| headers.get(name).and_then(Value::as_str).unwrap_or_default();
    let now = Timestamp::now();
    let as_text = is_text(text("content-type"))
        .then(|| std::str::from_utf8(body).ok())
        .flatten();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": address.to_string(),
            "domainPrefix": "local",
            "http": {
                "method": head.method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": text("user-agent"),
            },
            "requestId": Uuid::new_v4().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": now.as_millisecond(),
        },
        "isBase64Encoded": false,
    });
    if !body.is_empty() {
        event["body"] = json!(as_text.map_or_else(|| STANDARD.encode(body), str::to_owned));
        event["isBase64Encoded"] = json!(as_text.is_none());
    }
    let parameters: Map<String, Value> = url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), json!(value)))
        .collect();
    if !parameters.is_empty() {
        event["queryStringParameters"] = Value::Object(parameters);
    }
    event
}

/// What Lambda hands over as it is; a form is not among it.
fn is_text(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.is_empty()
        || kind.starts_with("text/")
        || matches!(
            kind,
            "application/json" | "application/javascript" | "application/xml"
        )
}

fn joined(headers: &HeaderMap) -> Value {
    let mut joined = Map::new();
    for name in headers.keys() {
        let values: Vec<&str> = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        joined.insert(name.as_str().to_owned(), json!(values.join(",")));
    }
    Value::Object(joined)
}

/// The function's answer as a response. One without a status is the body itself, in JSON.
fn response(document: &Value) -> Option<Response<Body>> {
    let Some(status) = document.get("statusCode") else {
        let mut response = Response::new(Body::from(document.to_string()));
        response
            .headers_mut()
            .insert("content-type", HeaderValue::from_static("application/json"));
        return Some(response);
    };
    let status = StatusCode::from_u16(u16::try_from(status.as_u64()?).ok()?).ok()?;
    let body = document["body"].as_str().unwrap_or_default();
    let body = if document["isBase64Encoded"] == true {
        STANDARD.decode(body).ok()?
    } else {
        body.as_bytes().to_vec()
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in document["headers"].as_object().into_iter().flatten() {
        let name: HeaderName = name.parse().ok()?;
        let value: HeaderValue = value.as_str()?.parse().ok()?;
        response.headers_mut().insert(name, value);
    }
    Some(response)
}

fn plain(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(json!({ "Message": message }).to_string()));
    *response.status_mut() = status;
    response
}
