//! A call of one of moto's APIs beside the front door: what is done here is nobody's call.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::CloudError;

/// Posts a body to a service, as its protocol's headers say: whether it succeeded, and the answer.
pub(super) async fn post(
    moto: SocketAddr,
    service: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Result<(bool, String), CloudError> {
    let credential = format!(
        "AWS4-HMAC-SHA256 Credential=local-cloud/20261124/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    );
    let request = headers
        .iter()
        .fold(
            Request::post(format!("http://{moto}/")).header("Authorization", credential),
            |request, (name, value)| request.header(*name, *value),
        )
        .body(Full::new(Bytes::from(body)))
        .map_err(std::io::Error::other)?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.map_err(std::io::Error::other)?;
    let done = answer.status().is_success();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(std::io::Error::other)?;
    Ok((done, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}
