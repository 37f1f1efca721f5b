//! One endpoint for every AWS client: it looks who is called, passes the request on, and keeps a record.
//!
//! The service stands in the SigV4 credential scope (`Credential=<key>/<date>/<region>/<service>/aws4_request`), and so
//! does the caller: the function host gives each function its own name as access key id. `lambda` goes to the function
//! host, `elasticache` to the stand-in, all else to moto; a function is held to the policies of its template. What is
//! published on SNS is also shown to [`crate::sns`]; EventBridge's PutEvents is answered by [`crate::event_bridge`].

mod calls;
mod credential_scope;
mod permissions;
mod proxy;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{Method, Request, Response, StatusCode};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use calls::Call;
pub(crate) use permissions::Permissions;

use crate::cloud_trail;
use crate::event_bridge::EventBridge;
use crate::iam;
use crate::sns::Sns;
use calls::Calls;
use credential_scope::CredentialScope;
use permissions::Wanted;
use proxy::{Proxy, Unanswered};

/// Larger than the largest payload of any AWS API that comes through here.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// Where the services are.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    pub(crate) lambda: SocketAddr,
    pub(crate) moto: SocketAddr,
    pub(crate) elasticache: SocketAddr,
}

/// The running front door; it closes when it is dropped.
#[derive(Debug)]
pub(crate) struct FrontDoor {
    door: Arc<Door>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Door {
    services: Services,
    permissions: Permissions,
    sns: Arc<Sns>,
    event_bridge: Arc<EventBridge>,
    trail: bool,
    calls: Calls,
    proxy: Proxy,
}

impl FrontDoor {
    /// Starts to answer on a listener that was bound before, because its address is needed before there are services.
    pub(crate) fn start(
        listener: TcpListener,
        services: Services,
        permissions: Permissions,
        sns: Arc<Sns>,
        event_bridge: Arc<EventBridge>,
        trail: bool,
    ) -> FrontDoor {
        let door = Arc::new(Door {
            services,
            permissions,
            sns,
            event_bridge,
            trail,
            calls: Calls::default(),
            proxy: Proxy::new(),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&door)));
        FrontDoor { door, server }
    }

    /// Every call so far, in the order in which they were answered.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.door.calls.all()
    }
}

impl Drop for FrontDoor {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Serves connections until it is dropped; then they are closed too. hyper itself instead of a framework over it: a caller
/// of a service that does not answer must get no answer either.
async fn serve(listener: TcpListener, door: Arc<Door>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let door = Arc::clone(&door);
                let service = service_fn(move |request| answer(Arc::clone(&door), request));
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// hyper closes the connection where this fails.
async fn answer(door: Arc<Door>, request: Request<Incoming>) -> Result<Response<Body>, Unanswered> {
    let response = enter(&door, request).await;
    match response.extensions().get::<Unanswered>() {
        Some(unanswered) => Err(unanswered.clone()),
        None => Ok(response),
    }
}

async fn enter(door: &Door, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let at = Timestamp::now();
    let Ok(body) = axum::body::to_bytes(Body::new(body), LARGEST_BODY).await else {
        return refuse(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "more than 16 MB",
        );
    };
    let Some(scope) = CredentialScope::of(&head.headers) else {
        let message = "The local cloud needs a SigV4 Authorization header to know which service is meant.";
        return refuse(StatusCode::FORBIDDEN, "MissingAuthenticationToken", message);
    };
    let operation = match scope.service.as_str() {
        "s3" => s3_operation(&head.method, head.uri.path()),
        _ => operation(&head.method, head.uri.path(), &head.headers, &body),
    };
    let resource = iam::resource(&scope.service, &operation, head.uri.path(), &body);
    let wanted = Wanted {
        caller: &scope.access_key_id,
        service: &scope.service,
        operation: &operation,
        resource: &resource,
        context: iam::context(&scope.service, &operation, &body),
    };
    let refusal = door.permissions.refuse(&wanted);
    let denied = refusal.is_some();
    let response = match refusal {
        Some(refusal) => refusal,
        None => door.pass_on(&scope, &operation, head, body.clone()).await,
    };
    if door.trail && scope.service == "elasticache" {
        let status = response.status().as_u16();
        if let Some(event) = cloud_trail::told(&scope.access_key_id, &operation, &body, status) {
            door.event_bridge.accept(event);
        }
    }
    door.calls.record(Call {
        at,
        caller: scope.access_key_id,
        service: scope.service,
        operation,
        resource,
        status: response.status().as_u16(),
        denied,
    });
    response
}

impl Door {
    async fn pass_on(
        &self,
        scope: &CredentialScope,
        operation: &str,
        head: axum::http::request::Parts,
        body: Bytes,
    ) -> Response<Body> {
        match scope.service.as_str() {
            "lambda" => self.proxy.forward(self.services.lambda, head, body).await,
            "elasticache" => self.proxy.forward(self.services.elasticache, head, body).await,
            "events" if operation == "PutEvents" => self.event_bridge.put_events(&scope.access_key_id, &body),
            "sns" => self.sns(scope, operation, head, body).await,
            _ => self.proxy.forward(self.services.moto, head, body).await,
        }
    }

    /// A publication is checked as strictly as on AWS, kept by moto, and then delivered.
    async fn sns(
        &self,
        scope: &CredentialScope,
        operation: &str,
        head: axum::http::request::Parts,
        body: Bytes,
    ) -> Response<Body> {
        if operation != "Publish" {
            return self.proxy.forward(self.services.moto, head, body).await;
        }
        let publication = match self.sns.check(&body) {
            Ok(publication) => publication,
            Err(problem) => return problem.into_response(),
        };
        let (head, answer) = match self.proxy.forward_and_read(self.services.moto, head, body).await {
            Ok(answered) => answered,
            Err(unanswered) => return unanswered.into_response(),
        };
        if head.status.is_success() {
            self.sns.accept(publication, &answer, &scope.access_key_id);
        }
        Response::from_parts(head, Body::from(answer))
    }
}

/// What is asked for: the `X-Amz-Target` of a JSON protocol, the `Action` of a Query protocol, else method and path.
fn operation(method: &Method, path: &str, headers: &axum::http::HeaderMap, body: &Bytes) -> String {
    let target = headers
        .get("X-Amz-Target")
        .and_then(|target| target.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.rsplit_once('.')) {
        return operation.to_owned();
    }
    if path.starts_with("/2015-03-31/functions/") && path.ends_with("/invocations") {
        return "Invoke".to_owned();
    }
    let action = url::form_urlencoded::parse(body).find(|(name, _)| name == "Action");
    match action {
        Some((_, action)) => action.into_owned(),
        None => format!("{method} {path}"),
    }
}

/// S3's operations are told by method and path: `/<bucket>` or `/<bucket>/<key>`.
fn s3_operation(method: &Method, path: &str) -> String {
    let of_an_object = path.trim_matches('/').contains('/');
    match (method.as_str(), of_an_object) {
        ("PUT", true) => "PutObject".to_owned(),
        ("GET", true) => "GetObject".to_owned(),
        ("PUT", false) => "CreateBucket".to_owned(),
        ("GET", false) => "ListBucket".to_owned(),
        (other, _) => format!("{other} {path}"),
    }
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "__type": code, "message": message }).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("X-Amzn-ErrorType", code);
    }
    response
}
