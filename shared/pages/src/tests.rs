//! A page shows what a report holds, and lets nothing through that is not text.

use crate::{Options, STYLE, migration};
use domain::report::{Chronicle, Entry, Happening, Outcome, Report};
use serde_json::{Value, json};

/// What a hostile source, or a hostile name, might try to say.
const HOSTILE: &str = "</script><script>alert('x')</script><img src=x onerror=alert(1)> & \"quoted\"";

/// A report in which everything that comes from elsewhere is hostile.
fn report() -> Report {
    let at = "2026-11-24T00:00:00Z";
    let history = [
        (
            "Admit",
            json!({
                "plan": domain::plan::Plan::from_input(
                    &json!({"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}}),
                )
                .expect("a plan"),
                "migration": {"id": HOSTILE, "executionArn": HOSTILE, "startedAt": at},
            }),
        ),
        (
            "Preflight",
            json!({
                "at": at, "verdict": "mayStart",
                "findings": [{"id": "T1", "title": HOSTILE, "outcome": "WARN", "evidence": HOSTILE, "remedy": HOSTILE}],
            }),
        ),
        (
            "Observe",
            json!({
                "at": at, "stage": {"name": "sync", "since": at, "watermark": at}, "status": {"unknown": HOSTILE},
                "phase": "inSync", "lag": 5,
                "shards": [{"shard": HOSTILE, "phase": "unseen", "lag": 5, "followed": true, "unseen": HOSTILE}],
                "inSyncSamples": 0, "syncEpoch": 0, "idleSamples": 0, "leftAvailable": true,
                "events": [{"at": at, "text": HOSTILE}], "next": "wait", "waitSeconds": 5, "why": HOSTILE,
            }),
        ),
        (
            "Diagnose",
            json!({
                "at": at, "failedState": "Observe", "error": HOSTILE, "summary": HOSTILE,
                "causes": [{"id": "unknown", "confidence": "possible", "evidence": HOSTILE, "fix": HOSTILE}],
                "safety": {"source": HOSTILE, "target": HOSTILE, "nextStep": HOSTILE}, "seen": [HOSTILE],
            }),
        ),
    ];
    let mut chronicle = Chronicle::new();
    chronicle.begin_execution();
    let mut id = 0;
    let mut read = |what| {
        id += 1;
        let at = at.parse().expect("a time");
        chronicle.read(&Entry {
            id,
            previous: id - 1,
            at,
            what,
        });
    };
    for (state, answer) in history {
        let state = state.to_owned();
        read(Happening::Entered { state });
        read(Happening::Scheduled { lambda: true });
        let output = json!({"Payload": answer}).to_string();
        read(Happening::Answered { output });
    }
    chronicle.ends(Outcome::Failed);
    chronicle.report("2026-11-24T01:00:00Z".parse().expect("a time"))
}

fn whole() -> Options {
    Options {
        with_document: true,
        ..Options::default()
    }
}

#[test]
fn nothing_that_comes_from_elsewhere_is_anything_but_text() {
    let report = report();
    assert!(report.gaps.is_empty(), "{:?}", report.gaps);
    let page = migration(&report, &whole());
    assert!(
        page.contains("&lt;img src=x onerror=alert(1)&gt;"),
        "the hostile text is not shown"
    );
    for element in ["<img", "<script>"] {
        assert!(!page.contains(element), "{element} got through");
    }
    assert_eq!(
        page.matches("<script").count(),
        1,
        "the document alone, which is data"
    );
    assert_eq!(
        page.matches("</script").count(),
        1,
        "the document ends its own element"
    );
}

#[test]
fn the_document_in_the_page_is_the_report() {
    let report = report();
    let page = migration(&report, &whole());
    let (_, rest) = page.split_once("id=\"report\">").expect("the document");
    let (document, _) = rest.split_once("</script>").expect("its end");
    let document: Value = serde_json::from_str(document).expect("JSON");
    assert_eq!(document, serde_json::to_value(&report).expect("JSON"));
    assert!(!migration(&report, &Options::default()).contains("<script"));
}

/// `style-src` with the hash of [`STYLE`] and nothing else lets all of the page's style apply.
#[test]
fn a_page_needs_nothing_that_a_strict_policy_forbids() {
    let page = migration(&report(), &whole());
    assert_eq!(page.matches("<style").count(), 1);
    assert!(page.contains(STYLE));
    for forbidden in [
        " style=",
        "javascript:",
        "src=\"",
        "@import",
        "url(",
        "<link",
        "<iframe",
        "http-equiv",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let options = Options {
        refresh_seconds: Some(10),
        ..Options::default()
    };
    let refreshed = migration(&report(), &options);
    assert!(refreshed.contains("<meta http-equiv=\"refresh\" content=\"10\">"));
}

#[test]
fn a_screen_reader_finds_its_way() {
    let page = migration(&report(), &whole());
    assert_eq!(page.matches("<h1").count(), 1);
    assert!(page.contains("<html lang=\"en\">") && page.contains("<main>"));
    let tables = page.matches("<table>").count();
    assert!(tables >= 4, "{tables}");
    assert_eq!(
        page.matches("<caption>").count(),
        tables,
        "a table without a caption"
    );
    for drawing in page.split("<svg").skip(1) {
        let tag = drawing.split('>').next().unwrap_or_default();
        let named = tag.contains("aria-labelledby=") || tag.contains("aria-label=");
        assert!(
            tag.contains("role=\"img\"") && named,
            "a drawing without words: {tag}"
        );
    }
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "an id twice: {ids:?}");
    for label in page.split("aria-labelledby=\"").skip(1) {
        let label = label.split('"').next().unwrap_or_default();
        assert!(ids.contains(&label), "nothing is called {label}");
    }
}
