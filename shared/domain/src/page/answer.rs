//! What goes back, and the headers that every answer has: nothing is loaded from anywhere, nothing runs, nothing is kept
//! by a cache, and no address of the page is told to another site.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// An HTTP answer, as a function URL and an HTTP API take it.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The HTTP status, such as 200.
    pub status_code: u16,
    /// The headers.
    pub headers: BTreeMap<&'static str, String>,
    /// HTML.
    pub body: String,
}

const HEADERS: [(&str, &str); 10] = [
    ("content-type", "text/html; charset=utf-8"),
    // A link is a credential: neither a proxy nor the browser's history of pages keeps what it shows.
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=31536000"),
    ("x-content-type-options", "nosniff"),
    // For browsers that know no frame-ancestors.
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ("x-robots-tag", "noindex, nofollow"),
];

impl Answer {
    /// An HTML page, with an HTTP status. Its style sheets are those that stand in it: each is allowed by its hash and
    /// nothing else is.
    #[must_use]
    pub fn html(status_code: u16, body: String) -> Answer {
        let mut headers: BTreeMap<&str, String> = HEADERS
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        headers.insert("content-security-policy", policy(&body));
        Answer {
            status_code,
            headers,
            body,
        }
    }

    /// The same, loaded again by the browser after so many seconds.
    ///
    /// By a header, because it needs no script. A page that does so has to offer a way to make it stop
    /// (<https://www.w3.org/WAI/WCAG22/Understanding/timing-adjustable>): the query `still=1`.
    #[must_use]
    pub fn refreshing(mut self, seconds: u32) -> Answer {
        self.headers.insert("refresh", seconds.to_string());
        self
    }

    /// The same, left by the browser for another page of ours after so many seconds.
    #[must_use]
    pub fn going_to(mut self, path: &str, seconds: u32) -> Answer {
        self.headers.insert("refresh", format!("{seconds}; url={path}"));
        self
    }
}

fn policy(html: &str) -> String {
    let styles: Vec<String> = inline_styles(html)
        .map(|style| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(style.as_bytes()))))
        .collect();
    let styles = if styles.is_empty() {
        "'none'".to_owned()
    } else {
        styles.join(" ")
    };
    format!(
        "default-src 'none'; style-src {styles}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The texts between `<style>` and `</style>`. Everything that comes from outside stands escaped in a page of ours, so
/// there is no other `<style>` in it.
fn inline_styles(html: &str) -> impl Iterator<Item = &str> {
    html.split("<style>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</style>"))
        .map(|(style, _)| style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_allows_its_own_style_and_nothing_else() {
        // The hash of the empty text is known from elsewhere.
        let answer = Answer::html(200, "<style></style><p>".to_owned());
        assert_eq!(
            answer.headers["content-security-policy"],
            "default-src 'none'; style-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
        let two = Answer::html(404, "<style>a</style><style>b</style>".to_owned());
        assert_eq!(
            two.headers["content-security-policy"].matches("sha256-").count(),
            2
        );
        assert!(
            Answer::html(200, "none".to_owned()).headers["content-security-policy"]
                .contains("style-src 'none'")
        );
        for (name, value) in [("cache-control", "no-store"), ("referrer-policy", "no-referrer")] {
            assert_eq!(two.headers[name], value);
        }
        assert!(!two.headers.contains_key("refresh"));
        assert_eq!(two.refreshing(15).headers["refresh"], "15");
    }
}
