use super::*;
use proptest::prelude::*;

fn version(brand: Brand, text: &str) -> EngineVersion {
    EngineVersion::parse(brand, text).expect("a version")
}

fn redis(text: &str) -> EngineVersion {
    version(Brand::Redis, text)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn primary(kind: FenceKind, version: &EngineVersion) -> FencedPrimary {
    let means = Means::of(kind, version).expect("a fence");
    let settings = Setting::refusal(&means, Some("0".to_owned()), Some("10".to_owned()));
    FencedPrimary {
        shard: ShardId("0001".to_owned()),
        source: Endpoint::new("10.0.0.1", 6379).expect("an address"),
        seat: None,
        version: version.to_string(),
        means,
        settings,
        mark: None,
    }
}

fn words(commands: &[Command]) -> Vec<String> {
    commands.iter().map(|command| command.join(" ")).collect()
}

#[test]
fn each_version_gets_the_fence_that_it_has() {
    let table = [
        ("2.8.21", FenceKind::Reject, "min-slaves-to-write", None, true),
        (
            "4.0.0",
            FenceKind::Pause,
            "min-slaves-to-write",
            Some(Pause::Everything),
            true,
        ),
        (
            "5.0.6",
            FenceKind::Pause,
            "min-replicas-to-write",
            Some(Pause::Everything),
            true,
        ),
        ("6.0.20", FenceKind::Reject, "min-replicas-to-write", None, true),
        (
            "6.2.0",
            FenceKind::Pause,
            "min-replicas-to-write",
            Some(Pause::Writes),
            false,
        ),
        (
            "7.0.15",
            FenceKind::Pause,
            "min-replicas-to-write",
            Some(Pause::Writes),
            false,
        ),
        ("7.0.15", FenceKind::None, "min-replicas-to-write", None, false),
    ];
    for (text, kind, setting, pause, refuses) in table {
        let means = Means::of(kind, &redis(text)).expect("a fence");
        assert_eq!(
            (means.setting.as_str(), means.pause, means.refuses_from_the_start),
            (setting, pause, refuses),
            "{text} {kind:?}"
        );
    }
    let valkey = Means::of(FenceKind::Pause, &version(Brand::Valkey, "8.0.1")).expect("a fence");
    assert_eq!(
        (valkey.pause, valkey.refusal_stops_scripts),
        (Some(Pause::Writes), true)
    );
}

#[test]
fn each_means_begins_with_the_release_that_brought_it() {
    let of = |kind, text: &str| Means::of(kind, &redis(text));
    // The release before, and the one.
    let pause = |text: &str| of(FenceKind::Pause, text).map(|means| means.pause);
    assert!(of(FenceKind::Reject, "2.6.17").is_err() && of(FenceKind::Reject, "2.8.0").is_ok());
    assert!(pause("2.8.24").is_err());
    assert_eq!(pause("3.0.0"), Ok(Some(Pause::Everything)));
    assert_eq!(pause("6.0.20"), Ok(Some(Pause::Everything)));
    assert_eq!(pause("6.2.0"), Ok(Some(Pause::Writes)));
    let setting = |text: &str| of(FenceKind::None, text).expect("no fence").setting;
    assert_eq!(setting("4.0.14"), "min-slaves-to-write");
    assert_eq!(setting("5.0.0"), "min-replicas-to-write");
    let stops_scripts = |text: &str| {
        of(FenceKind::Reject, text)
            .expect("a fence")
            .refusal_stops_scripts
    };
    assert!(!stops_scripts("6.2.14") && stops_scripts("7.0.0"));
    // A brand of its own counts its releases anew.
    for kind in [FenceKind::Pause, FenceKind::Reject] {
        let other = Means::of(kind, &version(Brand::Valkey, "1.0.0")).expect("a fence");
        assert_eq!(other.setting, "min-replicas-to-write");
        assert!(other.refusal_stops_scripts && other.pause != Some(Pause::Everything));
    }
}

#[test]
fn a_version_without_a_pause_is_told_what_it_has() {
    let refused = Means::of(FenceKind::Pause, &redis("2.8.21")).expect_err("no pause");
    assert!(refused.contains("cutover.fence to \"reject\""), "{refused}");
}

#[test]
fn scripts_that_pass_are_said_to_pass() {
    let old = Means::of(FenceKind::Reject, &redis("6.2.0")).expect("a fence");
    assert!(old.caveat().is_some_and(|text| text.contains("EVAL")));
    let new = Means::of(FenceKind::Reject, &redis("7.0.0")).expect("a fence");
    assert_eq!(new.caveat(), None);
}

#[test]
fn a_pause_is_raised_renewed_refused_below_pinned_and_released() {
    let source = primary(FenceKind::Pause, &redis("7.0.15"));
    assert_eq!(words(&source.raise(at(0), at(30))), ["CLIENT PAUSE 30000 WRITE"]);
    assert_eq!(words(&source.refuse()), ["CONFIG SET min-replicas-to-write 1000"]);
    // Whoever waits is told no at last, and the refusal stays.
    assert_eq!(
        words(&source.pin(at(0))),
        ["CONFIG SET min-replicas-to-write 1000", "CLIENT UNPAUSE"]
    );
    assert_eq!(
        words(&source.release()),
        ["CONFIG SET min-replicas-to-write 0", "CLIENT UNPAUSE"]
    );
}

#[test]
fn where_scripts_pass_a_refusal_the_lasting_fence_keeps_the_pause() {
    let source = primary(FenceKind::Pause, &redis("6.2.0"));
    assert_eq!(
        words(&source.pin(at(0))),
        [
            "CONFIG SET min-replicas-to-write 1000",
            "CLIENT PAUSE 2592000000 WRITE"
        ]
    );
}

#[test]
fn a_pause_that_stops_everything_is_raised_once_and_runs_out() {
    let mut source = primary(FenceKind::Pause, &redis("5.0.6"));
    assert_eq!(
        words(&source.raise(at(0), at(30))),
        ["CONFIG SET min-replicas-to-write 1000", "CLIENT PAUSE 30000"]
    );
    source.mark = Some(Mark {
        at: at(0),
        history: None,
        offset: ReplicationOffset(1),
        paused_until: Some(at(30)),
        refuses: false,
    });
    assert_eq!(
        words(&source.raise(at(1), at(30))),
        ["CONFIG SET min-replicas-to-write 1000"]
    );
    assert!(!source.answers(at(29)) && source.answers(at(30)));
    assert_eq!(words(&source.release()), ["CONFIG SET min-replicas-to-write 0"]);
}

#[test]
fn a_source_that_counts_no_replicas_is_made_to_count_them() {
    let means = Means::of(FenceKind::Reject, &redis("7.0.15")).expect("a fence");
    let settings = Setting::refusal(&means, Some("2".to_owned()), Some("0".to_owned()));
    let source = FencedPrimary {
        settings,
        ..primary(FenceKind::Reject, &redis("7.0.15"))
    };
    assert_eq!(
        words(&source.raise(at(0), at(1))),
        [
            "CONFIG SET min-replicas-max-lag 10",
            "CONFIG SET min-replicas-to-write 1000"
        ]
    );
    assert_eq!(
        words(&source.release()),
        [
            "CONFIG SET min-replicas-to-write 2",
            "CONFIG SET min-replicas-max-lag 0"
        ]
    );
}

fn marked(mut source: FencedPrimary, paused_until: Option<i64>, refuses: bool) -> FencedPrimary {
    source.mark = Some(Mark {
        at: at(0),
        history: None,
        offset: ReplicationOffset(1),
        paused_until: paused_until.map(at),
        refuses,
    });
    source
}

#[test]
fn a_source_that_is_out_of_reach_is_held_up_until_its_pause_is_over_or_for_good() {
    let seven = redis("7.0.15");
    let paused = primary(FenceKind::Pause, &seven);
    assert_eq!(paused.ends_by_itself(at(30)), Some(at(30)));
    let paused = marked(paused, Some(70), false);
    assert_eq!(paused.ends_by_itself(at(30)), Some(at(70)));
    // Below the pause writes are refused: that stays.
    let refused = marked(primary(FenceKind::Pause, &seven), Some(70), true);
    assert_eq!(refused.ends_by_itself(at(30)), None);
    let refusing = primary(FenceKind::Reject, &seven);
    assert_eq!(refusing.ends_by_itself(at(30)), None);
    // Its settings could not be read, so nothing of it can be up.
    let nothing = FencedPrimary {
        settings: vec![],
        ..refusing
    };
    assert!(!nothing.stops_writers());
    assert_eq!(nothing.ends_by_itself(at(30)), Some(at(30)));
}

#[test]
fn only_a_pause_of_everything_keeps_a_source_from_answering() {
    let pauses_writes = marked(primary(FenceKind::Pause, &redis("7.0.15")), Some(30), false);
    assert!(pauses_writes.answers(at(0)));
    let never_paused = primary(FenceKind::Pause, &redis("5.0.6"));
    assert!(never_paused.answers(at(0)));
}

#[test]
fn a_pause_without_settings_is_released_by_its_end_alone_and_lasts_as_a_pause() {
    let mut source = primary(FenceKind::Pause, &redis("7.0.15"));
    source.settings = vec![];
    assert!(source.stops_writers());
    assert_eq!(words(&source.refuse()), [""; 0]);
    assert_eq!(words(&source.pin(at(0))), ["CLIENT PAUSE 2592000000 WRITE"]);
    assert_eq!(words(&source.release()), ["CLIENT UNPAUSE"]);
    // An end that is past already is the shortest pause there is.
    assert_eq!(words(&source.raise(at(9), at(9))), ["CLIENT PAUSE 1 WRITE"]);
}

#[test]
fn a_fence_is_drawn_up_with_the_plan_s_times_and_with_what_does_not_hold() {
    let plan = |fence: &str| {
        Plan::from_input(&serde_json::json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.1"},
            "cutover": {"fence": fence, "budgetSeconds": 30, "fenceSeconds": 60}
        }))
        .expect("valid")
    };
    let seven = primary(FenceKind::Pause, &redis("7.0.15"));
    let fence = Fence::armed(&plan("pause"), at(0), vec![seven.clone()]);
    assert_eq!((fence.deadline, fence.caveats.len()), (at(30), 0));
    assert!(!fence.is_over(at(29)) && fence.is_over(at(30)));
    assert_eq!(fence.next_pause(at(5)), at(65));
    assert_eq!(fence.renew_every(), SignedDuration::from_secs(20));

    let unreadable = FencedPrimary {
        settings: vec![],
        ..seven
    };
    let fence = Fence::armed(&plan("pause"), at(0), vec![unreadable.clone()]);
    assert_eq!(
        fence.caveats,
        ["10.0.0.1:6379: min-replicas-to-write cannot be read, so only the pause stops writers"]
    );
    let none = Fence::armed(&plan("none"), at(0), vec![unreadable]);
    assert_eq!(none.caveats, [""; 0]);
    let old = Fence::armed(
        &plan("reject"),
        at(0),
        vec![primary(FenceKind::Reject, &redis("6.2.0"))],
    );
    assert!(
        old.caveats.len() == 1 && old.caveats[0].starts_with("10.0.0.1:6379: before 7.0"),
        "{:?}",
        old.caveats
    );
}

#[test]
fn a_fence_tells_who_sits_where_in_a_cluster_and_nothing_elsewhere() {
    let plan = Plan::from_input(&serde_json::json!({
        "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}
    }))
    .expect("valid");
    let alone = primary(FenceKind::Pause, &redis("7.0.15"));
    assert_eq!(Fence::armed(&plan, at(0), vec![alone.clone()]).seats(), vec![]);
    let seat = Seat {
        node: "a".to_owned(),
        slots: "5461:00".to_owned(),
    };
    let seated = FencedPrimary {
        seat: Some(seat.clone()),
        ..alone
    };
    let fence = Fence::armed(&plan, at(0), vec![seated]);
    assert_eq!(fence.seats(), vec![(ShardId("0001".to_owned()), seat)]);
}

#[test]
fn a_setting_that_cannot_be_read_is_not_set() {
    let means = Means::of(FenceKind::Reject, &redis("7.0.15")).expect("a fence");
    assert_eq!(Setting::refusal(&means, None, Some("0".to_owned())), vec![]);
    let names = |lag: Option<&str>| -> Vec<String> {
        Setting::refusal(&means, Some("0".to_owned()), lag.map(str::to_owned))
            .into_iter()
            .map(|setting| setting.name)
            .collect()
    };
    assert_eq!(names(None), ["min-replicas-to-write"]);
    assert_eq!(names(Some("10")), ["min-replicas-to-write"]);
    assert_eq!(
        names(Some("0 ")),
        ["min-replicas-max-lag", "min-replicas-to-write"]
    );
}

#[test]
fn no_fence_touches_nothing() {
    let source = primary(FenceKind::None, &redis("7.0.15"));
    for commands in [
        source.raise(at(0), at(30)),
        source.refuse(),
        source.pin(at(0)),
        source.release(),
    ] {
        assert_eq!(words(&commands), [""; 0]);
    }
}

proptest! {
    #[test]
    fn what_is_released_is_what_was(was in "[0-9]{1,3}", lag in "[0-9]{1,3}", seven in any::<bool>()) {
        let version = redis(if seven { "7.0.15" } else { "6.2.0" });
        let means = Means::of(FenceKind::Reject, &version).expect("a fence");
        let settings = Setting::refusal(&means, Some(was.clone()), Some(lag.clone()));
        let source = FencedPrimary { settings, ..primary(FenceKind::Reject, &version) };
        let mut now = std::collections::BTreeMap::from([
            ("min-replicas-to-write".to_owned(), was.clone()), ("min-replicas-max-lag".to_owned(), lag.clone()),
        ]);
        let before = now.clone();
        // Raised twice, as after a function that died: what is given back is the value before the first.
        for command in [source.raise(at(0), at(9)), source.raise(at(1), at(9)), source.release()].concat() {
            now.insert(command[2].clone(), command[3].clone());
        }
        prop_assert_eq!(now, before);
    }
}
