//! A path and a link's text, as a browser sends them: a link that opens was signed by the key for this very path, a link
//! that was signed opens as what was signed or not at all, and the same of a form's ticket. The keys are the fuzzer's
//! own; seeds hold links that they signed.
#![no_main]

use domain::page::{Key, Keys, Link, Refusal, Request, Right, Route, Subject, Ticket};
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use std::sync::LazyLock;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    current: Key::new("c0c0c0c0", &[1; 32]).expect("a key"),
    previous: Some(Key::new("b0b0b0b0", &[2; 32]).expect("a key")),
});

// A path, a link's text and a ticket's, a line each.
fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let (path, link, ticket) = (
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
        lines.next().unwrap_or_default(),
    );
    let Ok(subject) = route(path) else { return };
    assert_eq!(
        route(&subject.path()).as_ref(),
        Ok(&subject),
        "a subject's path leads to it"
    );
    opens_what_was_signed(link, &subject);
    signs_what_opens(link, &subject);
    tickets(ticket, link);
});

fn route(path: &str) -> Result<Subject, Refusal> {
    let request = json!({"rawPath": path, "requestContext": {"http": {"method": "GET"}}});
    let request: Request = serde_json::from_value(request).expect("a request");
    Ok(Route::of(&request)?.subject())
}

/// There is one text of a link, and only its key can write it.
fn opens_what_was_signed(text: &str, subject: &Subject) {
    let Ok(link) = KEYS.open(text, subject.clone(), Timestamp::UNIX_EPOCH) else {
        return;
    };
    let signed_by = std::iter::once(&KEYS.current)
        .chain(&KEYS.previous)
        .any(|key| link.sign(key) == text);
    assert!(signed_by, "{text:?} opens and was not signed");
    for other in [
        Subject::Migration("another".to_owned()),
        Subject::Migration(String::new()),
    ] {
        assert_ne!(&other, subject);
        assert!(
            KEYS.open(text, other, Timestamp::UNIX_EPOCH).is_err(),
            "it is for one path"
        );
    }
}

/// Rights and times from the text, as if the page had been asked to sign them.
fn signs_what_opens(text: &str, subject: &Subject) {
    let mut parts = text.splitn(3, '.');
    let right = match (parts.next(), parts.next()) {
        (Some("o"), Some(verdict)) => Right::Act {
            verdict: Some(verdict.to_owned()),
        },
        (Some("a"), _) => Right::Act { verdict: None },
        _ => Right::View,
    };
    let seconds = parts.next().and_then(|rest| rest.split('.').next()?.parse().ok());
    let Ok(expires) = Timestamp::from_second(seconds.unwrap_or(1_000)) else {
        return;
    };
    let link = Link {
        subject: subject.clone(),
        right,
        expires,
    };
    let signed = link.sign(&KEYS.current);
    match KEYS.open(&signed, subject.clone(), Timestamp::UNIX_EPOCH) {
        Ok(opened) => {
            assert_eq!(opened, link, "{signed:?} opens as something else");
            assert!(
                KEYS.open(&signed, subject.clone(), link.expires).is_err(),
                "its time is over"
            );
        }
        Err(Refusal::LinkExpired) => assert!(link.expires <= Timestamp::UNIX_EPOCH),
        Err(refused) => assert_eq!(refused, Refusal::NoLink),
    }
}

fn tickets(text: &str, link: &str) {
    let ticket = Ticket {
        link,
        verdict: "00112233aabbccdd",
    };
    let now = Timestamp::UNIX_EPOCH;
    let issued = ticket.issue(&KEYS, now);
    assert_eq!(ticket.check(&issued, &KEYS, now), Ok(()));
    assert!(
        Ticket {
            verdict: "",
            ..ticket
        }
        .check(&issued, &KEYS, now)
        .is_err()
    );
    if ticket.check(text, &KEYS, now).is_ok() {
        let expires = text
            .split('.')
            .next()
            .and_then(|part| part.parse().ok())
            .expect("a time");
        let issued_at = Timestamp::from_second(expires)
            .and_then(|at| at.checked_sub(SignedDuration::from_mins(15)))
            .expect("a time");
        let by = |key: &Key| Keys {
            current: key.clone(),
            previous: None,
        };
        let issued = std::iter::once(&KEYS.current)
            .chain(&KEYS.previous)
            .any(|key| ticket.issue(&by(key), issued_at) == text);
        assert!(issued, "{text:?} is taken and was not issued");
    }
}
