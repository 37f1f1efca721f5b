//! How figures and words are shown, and which colour goes with them. Colour never stands alone: the word is there too.

use domain::diagnosis::Confidence;
use domain::preflight::Outcome as Found;
use domain::progress::RehearsalOutcome;
use domain::report::{Outcome, StepProgress};
use domain::verify::Verdict;
use domain::{Bytes, LagBytes, Seconds};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Serialize;
use serde_json::Value;

/// A moment, for people and for programs, in UTC.
pub(crate) fn moment(at: Timestamp) -> Markup {
    let exact = at.to_string();
    let shown = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(exact) { (shown) } }
}

/// A moment, or that there is none.
pub(crate) fn maybe_moment(at: Option<Timestamp>) -> Markup {
    at.map_or_else(none, moment)
}

/// What stands where there is nothing to show.
pub(crate) fn none() -> Markup {
    html! { span.soft { "–" } }
}

/// A lag in bytes.
pub(crate) fn lag(lag: Option<LagBytes>) -> Markup {
    lag.map_or_else(none, |lag| html! { (lag.to_string()) })
}

/// Bytes a second.
pub(crate) fn rate(rate: Option<u64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{}/s", Bytes(rate)))
}

/// From one moment to another.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> String {
    Seconds::between(from, to).to_string()
}

/// Milliseconds, in the unit that fits.
pub(crate) fn millis(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => Seconds(millis / 1_000).to_string(),
    }
}

/// A word of a document, as it stands there.
pub(crate) fn plain(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Every field of a document, with its place in it.
pub(crate) fn fields(document: &impl Serialize) -> Markup {
    let mut all = vec![];
    if let Ok(document) = serde_json::to_value(document) {
        flatten("", &document, &mut all);
    }
    html! { dl { @for (place, value) in &all { dt { (place) } dd { code { (value) } } } } }
}

fn flatten(place: &str, value: &Value, all: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let place = if place.is_empty() {
                    name.clone()
                } else {
                    format!("{place}.{name}")
                };
                flatten(&place, value, all);
            }
        }
        Value::String(text) => all.push((place.to_owned(), text.clone())),
        other => all.push((place.to_owned(), other.to_string())),
    }
}

/// The class of a finding, its word, and its place in a list that shows the worst first.
pub(crate) fn finding(outcome: Found) -> (&'static str, &'static str, u8) {
    match outcome {
        Found::Fail => ("bad", "FAIL", 0),
        Found::Warn => ("care", "WARN", 1),
        Found::Unknown => ("care", "UNKNOWN", 2),
        Found::Pass => ("good", "PASS", 3),
    }
}

/// How sure a cause is.
pub(crate) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Possible => "possible",
        Confidence::Likely => "likely",
        Confidence::Certain => "certain",
    }
}

/// What AWS's test came to.
pub(crate) fn rehearsal(outcome: RehearsalOutcome) -> &'static str {
    match outcome {
        RehearsalOutcome::Passed => "passed",
        RehearsalOutcome::Failed => "failed",
        RehearsalOutcome::Inconclusive => "inconclusive",
    }
}

/// What a comparison came to.
pub(crate) fn verdict(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Same => ("good", "the same"),
        Verdict::Differs => ("bad", "different"),
        Verdict::Unsure => ("care", "not sure"),
        Verdict::Off => ("care", "not compared"),
    }
}

/// The class of an outcome.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Running => "note",
        Outcome::Done | Outcome::Assessed => "good",
        Outcome::Failed | Outcome::Stopped => "bad",
        Outcome::Aborted => "care",
    }
}

/// The class of a step.
pub(crate) fn step(progress: StepProgress) -> &'static str {
    match progress {
        StepProgress::Done => "good",
        StepProgress::Running => "note",
        StepProgress::Failed => "bad",
        StepProgress::Skipped | StepProgress::Pending => "soft",
    }
}
