//! Lambda's Invoke API through the front door, byte by byte.

use axum::http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use local_cloud::{Fault, FaultRule, LocalCloud};
use serde_json::{Value, json};

use crate::start;

/// A caller without an SDK, which would hide status and headers.
pub(crate) struct Client {
    http: HttpClient<HttpConnector, Full<axum::body::Bytes>>,
    endpoint: String,
}

/// An answer as it came.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub(crate) fn of(cloud: &LocalCloud) -> Client {
        Client {
            http: HttpClient::builder(TokioExecutor::new()).build_http(),
            endpoint: cloud.endpoint_url(),
        }
    }

    pub(crate) async fn invoke(&self, function: &str, kind: &str, payload: &str) -> Answer {
        let request = Request::post(format!(
            "{}/2015-03-31/functions/{function}/invocations",
            self.endpoint
        ))
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=tester/20261124/us-east-1/lambda/aws4_request",
        )
        .header("X-Amz-Invocation-Type", kind)
        .body(Full::new(axum::body::Bytes::from(payload.to_owned())))
        .unwrap();
        let (head, body) = self.http.request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }
}

#[tokio::test]
async fn an_error_is_a_200_with_the_function_error_header() {
    let cloud = start().await;
    let client = Client::of(&cloud);
    let answer = client
        .invoke(
            "local-Echo",
            "RequestResponse",
            r#"{"do":"fail","errorType":"Test.X"}"#,
        )
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("X-Amz-Function-Error"), "Unhandled");
    assert_eq!(answer.header("X-Amz-Executed-Version"), "$LATEST");
    assert_eq!(answer.body["errorType"], "Test.X");

    let fine = client.invoke("local-Echo", "RequestResponse", "{}").await;
    assert_eq!((fine.status, fine.header("X-Amz-Function-Error")), (200, ""));
}

#[tokio::test]
async fn a_function_is_found_by_arn_and_by_its_alias_but_not_by_another() {
    let cloud = start().await;
    let client = Client::of(&cloud);
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:local-Echo";
    for found in [
        arn,
        &format!("{arn}:live"),
        "local-Echo:live",
        "local-Echo:$LATEST",
    ] {
        assert_eq!(
            client.invoke(found, "RequestResponse", "{}").await.status,
            200,
            "{found}"
        );
    }
    for missing in ["local-Nobody", &format!("{arn}:prod"), "local-Echo:7"] {
        let answer = client.invoke(missing, "RequestResponse", "{}").await;
        assert_eq!(answer.status, 404, "{missing}");
        assert_eq!(answer.header("X-Amzn-ErrorType"), "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn payloads_have_lambda_s_limits() {
    let cloud = start().await;
    let client = Client::of(&cloud);
    let of_size = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
    assert_eq!(
        client
            .invoke("local-Echo", "RequestResponse", &of_size(6 * 1024 * 1024))
            .await
            .status,
        200
    );
    for (kind, size) in [
        ("RequestResponse", 6 * 1024 * 1024 + 1),
        ("Event", 1024 * 1024 + 1),
    ] {
        let refused = client.invoke("local-Echo", kind, &of_size(size)).await;
        assert_eq!(refused.status, 413);
        assert_eq!(refused.header("X-Amzn-ErrorType"), "RequestTooLargeException");
    }
    let unreadable = client.invoke("local-Echo", "RequestResponse", "{not json").await;
    assert_eq!(unreadable.status, 400);
    assert_eq!(
        unreadable.header("X-Amzn-ErrorType"),
        "InvalidRequestContentException"
    );
}

#[tokio::test]
async fn a_dry_run_invokes_nothing() {
    let cloud = start().await;
    assert_eq!(
        Client::of(&cloud)
            .invoke("local-Echo", "DryRun", "{}")
            .await
            .status,
        204
    );
    assert_eq!(cloud.functions().cold_starts("Echo"), 0);
}

#[tokio::test]
async fn a_throttled_invocation_is_a_429_and_the_record_shows_who_called() {
    let cloud = start().await;
    cloud.inject(FaultRule::new("Echo", Fault::Throttled));
    let client = Client::of(&cloud);
    let refused = client.invoke("local-Echo", "RequestResponse", "{}").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("X-Amzn-ErrorType"), "TooManyRequestsException");
    client
        .invoke("local-Echo", "RequestResponse", &json!({}).to_string())
        .await;

    let calls = cloud.calls();
    let mine: Vec<_> = calls.iter().filter(|call| call.caller == "tester").collect();
    let seen: Vec<_> = mine
        .iter()
        .map(|call| (call.service.as_str(), call.operation.as_str(), call.status))
        .collect();
    assert_eq!(seen, [("lambda", "Invoke", 429), ("lambda", "Invoke", 200)]);
}
