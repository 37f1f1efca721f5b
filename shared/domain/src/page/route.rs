//! What a path asks for. GET never changes anything; the one path that takes orders takes them by POST alone.

use super::{Method, Refusal, Request, Subject};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `GET /migrations`: all of them.
    Fleet,
    /// `GET /migrations/<id>`: one, refreshing itself.
    Migration(String),
    /// `GET /migrations/<id>/decision`: the forms. They stand on a page of their own, which keeps still.
    Decision(String),
    /// `POST /migrations/<id>/decision`: an order.
    Order(String),
}

impl Route {
    /// Reads method and path.
    ///
    /// # Errors
    /// [`Refusal::NoSuchPage`] and [`Refusal::WrongMethod`].
    pub fn of(request: &Request) -> Result<Route, Refusal> {
        let parts: Vec<String> = request
            .path()
            .trim_end_matches('/')
            .split('/')
            .skip(1)
            .map(decoded)
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (request.method(), parts.as_slice()) {
            (Method::Get, ["migrations"]) => Ok(Route::Fleet),
            (Method::Get, ["migrations", id]) if is_name(id) => Ok(Route::Migration((*id).to_owned())),
            (Method::Get, ["migrations", id, "decision"]) if is_name(id) => {
                Ok(Route::Decision((*id).to_owned()))
            }
            (Method::Post, ["migrations", id, "decision"]) if is_name(id) => {
                Ok(Route::Order((*id).to_owned()))
            }
            (method, ["migrations"] | ["migrations", _] | ["migrations", _, "decision"]) => {
                Err(Refusal::WrongMethod(method))
            }
            _ => Err(Refusal::NoSuchPage),
        }
    }

    /// What its link has to be for.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Route::Fleet => Subject::Fleet,
            Route::Migration(id) | Route::Decision(id) | Route::Order(id) => Subject::Migration(id.clone()),
        }
    }
}

/// Whether Step Functions could have an execution of this name: 1 to 80 characters, and none of those that it forbids.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
fn is_name(id: &str) -> bool {
    (1..=80).contains(&id.chars().count())
        && !id
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c))
}

/// A part of a path without its percent encoding; a plus sign is itself there.
fn decoded(part: &str) -> String {
    let plain = part.replace('+', "%2B");
    form_urlencoded::parse(plain.as_bytes())
        .next()
        .map(|(name, value)| {
            if value.is_empty() {
                name.into_owned()
            } else {
                format!("{name}={value}")
            }
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn route(method: &str, path: &str) -> Result<Route, Refusal> {
        let request = json!({"rawPath": path, "requestContext": {"http": {"method": method}}});
        Route::of(&serde_json::from_value(request).expect("a request"))
    }

    #[test]
    fn paths_and_methods_are_told_apart() {
        assert_eq!(route("GET", "/migrations"), Ok(Route::Fleet));
        assert_eq!(route("HEAD", "/migrations/"), Ok(Route::Fleet));
        assert_eq!(
            route("GET", "/migrations/orders-1"),
            Ok(Route::Migration("orders-1".to_owned()))
        );
        assert_eq!(
            route("GET", "/migrations/b%C3%A4r+1"),
            Ok(Route::Migration("bär+1".to_owned()))
        );
        assert_eq!(
            route("GET", "/migrations/a/decision"),
            Ok(Route::Decision("a".to_owned()))
        );
        assert_eq!(
            route("POST", "/migrations/a/decision"),
            Ok(Route::Order("a".to_owned()))
        );
        for (method, path) in [
            ("POST", "/migrations"),
            ("POST", "/migrations/a"),
            ("PUT", "/migrations/a/decision"),
        ] {
            assert!(
                matches!(route(method, path), Err(Refusal::WrongMethod(_))),
                "{path}"
            );
        }
        for path in [
            "/",
            "",
            "/favicon.ico",
            "/migrations/a/b",
            "/migrations/a/decision/x",
            "/x/migrations",
        ] {
            assert_eq!(route("GET", path), Err(Refusal::NoSuchPage), "{path}");
        }
    }

    #[test]
    fn what_is_no_name_of_an_execution_is_asked_of_nobody() {
        for path in [
            "/migrations/a%2Fb",
            "/migrations/*",
            "/migrations/a%3Ab",
            "/migrations/%00",
            "/migrations//decision",
        ] {
            assert!(route("GET", path).is_err(), "{path}");
        }
        assert!(route("GET", &format!("/migrations/{}", "a".repeat(81))).is_err());
    }
}
