//! The text of one of ElastiCache's events. AWS documents few of them: whatever comes is given a kind, the text is kept as
//! it came, and what a kind quotes stands in the text.
#![no_main]

use domain::target::{Event, EventKind};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let event = Event {
        at: Timestamp::UNIX_EPOCH,
        text: text.to_owned(),
    };
    let kind = event.kind();
    let quoted = match &kind {
        EventKind::Started { address, port } => vec![address, port],
        EventKind::Failed(reason) | EventKind::TestFailed(reason) => reason.iter().collect(),
        EventKind::TestPassed
        | EventKind::NotInSync
        | EventKind::NodeReplaced
        | EventKind::Completed
        | EventKind::Other => vec![],
    };
    for part in quoted {
        assert!(text.contains(part.as_str()), "{part:?} is AWS's own word");
    }
    if !text.to_ascii_lowercase().contains("migration") {
        assert_eq!(
            kind,
            EventKind::Other,
            "only what speaks of a migration is taken for one's event"
        );
    }

    let written = serde_json::to_string(&event).expect("an event is JSON");
    let read: Event = serde_json::from_str(&written).expect("and is read back");
    assert_eq!(read, event);

    // What a failure is does not hang on how its reason is worded.
    let reported = Event {
        at: event.at,
        text: format!("Migration operation failed for rg because of {text}"),
    };
    let succeeded = matches!(
        reported.kind(),
        EventKind::Completed | EventKind::TestPassed | EventKind::Started { .. }
    );
    assert!(
        !succeeded,
        "a failure that names a reason is none of the good ends: {:?}",
        reported.kind()
    );
});
