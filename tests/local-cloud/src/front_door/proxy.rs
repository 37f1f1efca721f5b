//! Passing a request on to a service of the local cloud.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{Request, Response, StatusCode, Uri, request, response};
use axum::response::IntoResponse;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

#[derive(Debug)]
pub(super) struct Proxy {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Proxy {
    pub(super) fn new() -> Proxy {
        Proxy {
            client: Client::builder(TokioExecutor::new()).build_http(),
        }
    }

    pub(super) async fn forward(&self, to: SocketAddr, head: request::Parts, body: Bytes) -> Response<Body> {
        match self.forward_and_read(to, head, body).await {
            Ok((head, body)) => Response::from_parts(head, Body::from(body)),
            Err(unanswered) => unanswered.into_response(),
        }
    }

    /// The answer in one piece.
    pub(super) async fn forward_and_read(
        &self,
        to: SocketAddr,
        mut head: request::Parts,
        body: Bytes,
    ) -> Result<(response::Parts, Bytes), Unanswered> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        match format!("http://{to}{path}").parse::<Uri>() {
            Ok(uri) => head.uri = uri,
            Err(error) => return Err(Unanswered(error.to_string())),
        }
        // These belong to the connection that the request came on.
        for name in [HOST, CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
            head.headers.remove(name);
        }
        let response = match self
            .client
            .request(Request::from_parts(head, Full::new(body)))
            .await
        {
            Ok(response) => response,
            Err(error) => return Err(Unanswered(error.to_string())),
        };
        let (mut head, body) = response.into_parts();
        match body.collect().await {
            Ok(body) => {
                for name in [CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
                    head.headers.remove(name);
                }
                Ok((head, body.to_bytes()))
            }
            Err(error) => Err(Unanswered(error.to_string())),
        }
    }
}

/// A service that did not answer, and why. The front door does not answer its caller either, as where a network fails.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the service behind the front door did not answer: {0}")]
pub(super) struct Unanswered(String);

impl IntoResponse for Unanswered {
    /// What is recorded of it; it is never sent.
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(self);
        response
    }
}
