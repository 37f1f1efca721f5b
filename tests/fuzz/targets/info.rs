//! An answer to INFO, from an engine of any version or of none: every line that is a field is kept as it came, and what
//! is read from fields stays within what they can be.
#![no_main]

use domain::engine::{EngineVersion, Info, Replication};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;

fuzz_target!(|text: &str| {
    let info = Info::parse(text);
    let expected = fields(text);
    for (name, value) in &expected {
        assert_eq!(info.text(name), Some(*value), "{name:?}");
    }
    let printed: String = expected
        .iter()
        .map(|(name, value)| format!("{name}:{value}\r\n"))
        .collect();
    assert_eq!(Info::parse(&printed), info, "what was read is read back the same");

    for name in expected.keys() {
        assert!(
            info.percent(name)
                .is_none_or(|percent| (0.0..=100.0).contains(&percent)),
            "{name:?}"
        );
        assert_eq!(
            info.bytes(name).map(|bytes| bytes.0),
            info.count(name),
            "{name:?}"
        );
    }
    let databases = info.databases();
    assert!(databases.is_sorted_by_key(|database| database.index));
    let largest = databases.iter().map(|database| database.keys).max();
    assert!(info.key_count() >= largest.unwrap_or(0));
    assert!(info.replicas().len() <= expected.keys().filter(|name| name.starts_with("slave")).count());

    let replication = Replication::from_info(&info);
    assert_eq!(replication.is_some(), expected.contains_key("role"));
    if let Some(version) = EngineVersion::from_info(&info) {
        assert!(version.is_at_least(0, 0, 0));
        assert_ne!(
            version.loads_from(&version),
            Some(false),
            "an engine loads what it wrote itself"
        );
    }

    // Sections that were asked for one by one are the answer that would have come at once.
    let (first, second) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let one_by_one = Info::parse(first).merge(Info::parse(second));
    assert_eq!(one_by_one, Info::parse(&format!("{first}\n{second}")));
});

/// What a reader who knows nothing of engines takes for fields; the last line of a name counts.
fn fields(text: &str) -> BTreeMap<&str, &str> {
    text.split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(':'))
        .collect()
}
