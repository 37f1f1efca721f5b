//! The body of an SNS message: JSON as ElastiCache documents it, JSON of other forms, or free text. Whatever is not blank
//! gives a notice, and whatever group a notice may be about is named in it. The same bytes as an event of EventBridge's.
#![no_main]

use domain::ReplicationGroupId;
use domain::signal::{ApiCall, Envelope, Order, Signal, read_notices};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &str| {
    let notices = read_notices(body);
    assert_eq!(
        notices.is_empty(),
        body.trim().is_empty(),
        "what came is never dropped"
    );
    let json = serde_json::from_str::<Value>(body);
    if json.is_err() && !body.trim().is_empty() {
        assert_eq!(notices.len(), 1);
        assert_eq!(notices[0].about, body, "a free text is kept as it came");
    }
    for notice in notices {
        let candidates = notice.candidates();
        assert!(candidates.len() <= 32);
        for group in &candidates {
            assert!(notice.is_about(group.as_str()), "{group} is named");
            assert!(notice.about.to_ascii_lowercase().contains(group.as_str()));
            assert_eq!(
                ReplicationGroupId::try_from(group.as_str().to_owned()).as_ref(),
                Ok(group)
            );
        }
        let envelope = Envelope {
            id: Some("m-1".to_owned()),
            signal: Signal::Event { name: notice.name },
        };
        let sent = serde_json::to_string(&envelope).expect("a signal is JSON");
        assert_eq!(
            serde_json::from_str::<Envelope>(&sent).expect("and is read back"),
            envelope
        );
    }

    let Ok(document) = json else { return };
    if let Some(call) = ApiCall::read(&document) {
        assert!(!call.made_by(&[]), "nobody's functions made it");
    }
    // A person's order is closed to what it does not know, and no order is half a signal.
    if let Ok(order) = serde_json::from_value::<Order>(document) {
        let now = Timestamp::UNIX_EPOCH;
        match order.signal(now) {
            Ok(Signal::Approve { verdict, at, .. }) => {
                assert_eq!((Some(verdict), at), (order.verdict, now));
            }
            Ok(Signal::Postpone { until, .. }) => assert!(until > now),
            Ok(Signal::Abort { by }) => assert!(!by.is_empty()),
            Ok(other) => panic!("no person orders {other:?}"),
            Err(refused) => assert!(!refused.is_empty()),
        }
    }
});
