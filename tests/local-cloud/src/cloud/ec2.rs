//! EC2 for tests: what a person does to the VPC while a migration runs.

use std::net::SocketAddr;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::CloudError;

/// Makes a call of the Query API (`Action=DescribeSecurityGroups&..`), and gives the document of its answer.
pub(super) async fn ask(moto: SocketAddr, query: &str) -> Result<String, CloudError> {
    let request = axum::http::Request::post(format!("http://{moto}/"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=local-cloud/20261124/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(Full::new(Bytes::from(format!("Version=2016-11-15&{query}"))))
        .map_err(std::io::Error::other)?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.map_err(std::io::Error::other)?;
    let done = answer.status().is_success();
    let body = answer
        .into_body()
        .collect()
        .await
        .map_err(std::io::Error::other)?;
    let document = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    if done {
        Ok(document)
    } else {
        Err(std::io::Error::other(format!("{query}: {document}")).into())
    }
}
