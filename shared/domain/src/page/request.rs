//! An HTTP request as a function URL or an HTTP API hands it over: payload version 2.0, of which the page needs a few
//! fields. Its own small type: the published ones carry every authorizer, and this one says what is relied on.
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use super::Refusal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Bodies of more bytes are no form of ours.
const LARGEST_BODY: usize = 16 * 1024;

/// The methods that the page tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// To look, with or without a body of the answer.
    Get,
    /// To order.
    Post,
    /// Any other.
    Other,
}

/// What came.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The path, percent-encoded as it came.
    #[serde(default)]
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    /// Names in lower case; several values of one name are joined by commas.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    #[serde(default)]
    domain_name: String,
    http: Http,
    #[serde(default)]
    authorizer: Option<Authorizer>,
}

#[derive(Clone, Debug, Deserialize)]
struct Http {
    method: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Authorizer {
    #[serde(default)]
    iam: Option<Iam>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Iam {
    #[serde(default)]
    user_arn: Option<String>,
}

impl Request {
    /// Its method.
    #[must_use]
    pub fn method(&self) -> Method {
        match self.request_context.http.method.as_str() {
            "GET" | "HEAD" => Method::Get,
            "POST" => Method::Post,
            _ => Method::Other,
        }
    }

    /// Its path, percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.raw_path
    }

    /// A parameter of its query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.raw_query_string.as_bytes())
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }

    /// Who signed the request, where IAM stands in front of the page.
    #[must_use]
    pub fn signed_by(&self) -> Option<&str> {
        self.request_context
            .authorizer
            .as_ref()?
            .iam
            .as_ref()?
            .user_arn
            .as_deref()
    }

    /// Whether a browser says that a page of this very site sent it. A browser that says nothing about sites has to name
    /// the origin; one whose page must not name itself says `null`, which is no answer.
    /// Source: <https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header>
    #[must_use]
    pub fn is_from_here(&self) -> bool {
        match self.headers.get("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => self
                .headers
                .get("origin")
                .and_then(|origin| origin.split_once("://"))
                .is_some_and(|(_, host)| !host.is_empty() && host == self.request_context.domain_name),
        }
    }

    /// The fields of the form in its body.
    ///
    /// # Errors
    /// [`Refusal::NoForm`] where it has no body of a form's type, or too large a one.
    pub fn form(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let kind = self.headers.get("content-type").map_or("", String::as_str);
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let body = self.body.as_deref().unwrap_or_default();
        if kind != "application/x-www-form-urlencoded" || body.len() > LARGEST_BODY {
            return Err(Refusal::NoForm);
        }
        let body = if self.is_base64_encoded {
            STANDARD.decode(body).map_err(|_| Refusal::NoForm)?
        } else {
            body.as_bytes().to_vec()
        };
        Ok(form_urlencoded::parse(&body).into_owned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(headers: Value, body: &str, encoded: bool) -> Request {
        serde_json::from_value(json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/migrations/a", "rawQueryString": "link=v.1&still=1",
            "cookies": ["a=b"], "headers": headers, "body": body, "isBase64Encoded": encoded,
            "requestContext": {
                "accountId": "anonymous", "domainName": "page.example", "stage": "$default",
                "http": {"method": "POST", "path": "/migrations/a", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
            }
        }))
        .expect("a request")
    }

    #[test]
    fn a_form_is_read_as_it_comes_through_a_function_url_and_through_an_api() {
        let headers = json!({"content-type": "application/x-www-form-urlencoded; charset=UTF-8"});
        for (body, encoded) in [("by=A+B&until=", false), ("Ynk9QStCJnVudGlsPQ==", true)] {
            let form = request(headers.clone(), body, encoded).form().expect("a form");
            assert_eq!(form["by"], "A B");
            assert_eq!(form["until"], "");
        }
        assert_eq!(request(headers, "%%%", true).form(), Err(Refusal::NoForm));
        for kind in ["application/json", "text/plain", "multipart/form-data"] {
            let sent = request(json!({"content-type": kind}), "by=A", false);
            assert_eq!(sent.form(), Err(Refusal::NoForm), "{kind}");
        }
    }

    #[test]
    fn a_form_of_another_site_is_told_from_ours() {
        for (headers, ours) in [
            (json!({"sec-fetch-site": "same-origin", "origin": "null"}), true),
            (
                json!({"sec-fetch-site": "cross-site", "origin": "https://page.example"}),
                false,
            ),
            (json!({"sec-fetch-site": "same-site"}), false),
            (json!({"sec-fetch-site": "none"}), false),
            (json!({"origin": "https://page.example"}), true),
            (json!({"origin": "https://page.example.evil.example"}), false),
            (json!({"origin": "null"}), false),
            (json!({}), false),
        ] {
            assert_eq!(
                request(headers.clone(), "", false).is_from_here(),
                ours,
                "{headers}"
            );
        }
    }

    #[test]
    fn what_stands_in_the_query_and_who_signed_are_read() {
        let asked = request(json!({}), "", false);
        assert_eq!((asked.method(), asked.path()), (Method::Post, "/migrations/a"));
        assert_eq!(asked.query("link").as_deref(), Some("v.1"));
        assert_eq!(asked.query("form"), None);
        assert_eq!(asked.signed_by(), None);
        let signed: Request = serde_json::from_value(json!({"requestContext": {
            "http": {"method": "GET"}, "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/bob"}}
        }}))
        .expect("a request");
        assert_eq!(signed.signed_by(), Some("arn:aws:iam::123456789012:user/bob"));
    }
}
