//! The buckets, which moto keeps: making them as the template says, and reading what was put into them.

use std::net::SocketAddr;

use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::arn;

/// An object as it was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// What it was said to be.
    pub content_type: String,
    /// What it holds; every object of the local cloud is text.
    pub text: String,
}

/// Why moto's S3 could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// It did not answer.
    #[error("moto's S3 did not answer: {0}")]
    Unanswered(String),
    /// It refused.
    #[error("moto's S3 answered {status} to {request}")]
    Refused {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
    },
}

/// A way to moto's S3 beside the front door: what is done here is nobody's call.
#[derive(Debug, Clone)]
pub(crate) struct Buckets {
    client: Client<HttpConnector, Full<Bytes>>,
    moto: SocketAddr,
    names: Vec<String>,
}

impl Buckets {
    pub(crate) async fn make(moto: SocketAddr, names: &[String]) -> Result<Buckets, StorageError> {
        let buckets = Buckets {
            client: Client::builder(TokioExecutor::new()).build_http(),
            moto,
            names: names.to_vec(),
        };
        for name in names {
            buckets.call(Method::PUT, &format!("/{name}")).await?;
        }
        Ok(buckets)
    }

    /// Every object, by key.
    pub(crate) async fn objects(&self) -> Result<Vec<StoredObject>, StorageError> {
        let mut objects = vec![];
        for bucket in &self.names {
            let (_, list) = self.call(Method::GET, &format!("/{bucket}?list-type=2")).await?;
            let keys = list
                .split("<Key>")
                .skip(1)
                .filter_map(|rest| rest.split_once("</Key>"));
            for (key, _) in keys {
                let (content_type, text) = self.call(Method::GET, &format!("/{bucket}/{key}")).await?;
                objects.push(StoredObject {
                    bucket: bucket.clone(),
                    key: key.to_owned(),
                    content_type,
                    text,
                });
            }
        }
        Ok(objects)
    }

    /// Puts a text into the first bucket.
    pub(crate) async fn put_first(&self, key: &str, text: String) -> Result<(), StorageError> {
        let bucket = self.names.first().map_or("", String::as_str);
        self.send(Method::PUT, &format!("/{bucket}/{key}"), text.into())
            .await
            .map(drop)
    }

    async fn call(&self, method: Method, path: &str) -> Result<(String, String), StorageError> {
        self.send(method, path, Bytes::new()).await
    }

    /// The answer's content type and body.
    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<(String, String), StorageError> {
        let unanswered = |error: &dyn std::error::Error| StorageError::Unanswered(error.to_string());
        let scope = format!("local-cloud/20261124/{}/s3/aws4_request", arn::REGION);
        let asked = Request::builder()
            .method(method.clone())
            .uri(format!("http://{}{path}", self.moto))
            .header(
                AUTHORIZATION,
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"),
            )
            .body(Full::new(body))
            .map_err(|error| unanswered(&error))?;
        let answer = self
            .client
            .request(asked)
            .await
            .map_err(|error| unanswered(&error))?;
        let (head, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| unanswered(&error))?
            .to_bytes();
        if !head.status.is_success() {
            return Err(StorageError::Refused {
                request: format!("{method} {path}"),
                status: head.status.as_u16(),
            });
        }
        let content_type = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        Ok((
            content_type.unwrap_or_default().to_owned(),
            String::from_utf8_lossy(&body).into_owned(),
        ))
    }
}
