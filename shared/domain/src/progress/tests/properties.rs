//! Random looks: whatever engines say, phases move along the diagram's arrows and the promises hold.

use super::super::Next;
use super::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

/// An answer to INFO that could come from an engine in some state, with fields missing as old versions miss them.
fn engine() -> impl Strategy<Value = String> {
    let field = |name: &'static str, values: &'static [&'static str]| {
        prop::sample::select(values).prop_map(move |value| match value {
            "" => String::new(),
            value => format!("{name}:{value}\r\n"),
        })
    };
    (
        field("role", &["master", "slave", "slave", "slave"]),
        field("master_link_status", &["up", "up", "up", "down", ""]),
        field("master_sync_in_progress", &["0", "0", "1", ""]),
        field("loading", &["0", "0", "0", "0", "1"]),
        field("master_replid", &["aa", "aa", "aa", "bb", "0", ""]),
        field("master_repl_offset", &["0", "54", "5000000", "5000054", "-1", ""]),
        field(
            "slave_repl_offset",
            &["0", "1", "54", "5000000", "5000054", "-1", ""],
        ),
        field("run_id", &["aa", "cc", ""]),
        field(
            "slave0",
            &[
                "ip=127.0.0.1,port=7161,state=wait_bgsave,offset=0,lag=0",
                "ip=127.0.0.1,port=7161,state=send_bulk,offset=0,lag=0",
                "ip=127.0.0.1,port=7161,state=online,offset=54,lag=0",
                "ip=10.9.9.9,port=1,state=online,offset=54,lag=0",
                "",
            ],
        ),
        field("sync_full", &["0", "1", "9", ""]),
    )
        .prop_map(|fields| {
            let (a, b, c, d, e, f, g, h, i, j) = fields;
            [a, b, c, d, e, f, g, h, i, j].concat()
        })
}

/// What was seen of one side: an engine's answer, any text at all, or nothing.
fn side() -> impl Strategy<Value = Observed<Info>> {
    prop_oneof![
        12 => engine().prop_map(|text| Observed::Known(Info::parse(&text))),
        1 => any::<String>().prop_map(|text| Observed::Known(Info::parse(&text))),
        1 => Just(unseen()),
    ]
}

/// A side that keeps what it is and changes one thing: sequences that look like a migration come up more often.
fn sample() -> impl Strategy<Value = ShardSample> {
    let source = prop_oneof![
        2 => side(),
        1 => Just(Observed::Known(Info::parse("role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:54\r\n"))),
        1 => Just(Observed::Known(Info::parse("role:master\r\nmaster_replid:aa\r\nmaster_repl_offset:9000000\r\n"))),
    ];
    (source, prop::option::weighted(0.2, side()), side()).prop_map(|(source, root, target)| ShardSample {
        shard: ShardId("0001".to_owned()),
        source,
        root,
        target,
        target_address: Some("127.0.0.1".to_owned()),
        target_port: Some(7161),
    })
}

#[derive(Clone, Debug)]
struct Look {
    samples: Vec<ShardSample>,
    after: i64,
    resharding: Option<Resharding>,
    status: GroupStatus,
}

fn look() -> impl Strategy<Value = Look> {
    (
        prop::collection::vec(sample(), 1..3),
        prop::sample::select(&[0, 1, 5, 60, 4000, -5][..]),
        prop::option::weighted(
            0.3,
            prop::option::of(0u8..=100).prop_map(|percent| Resharding { percent }),
        ),
        prop::sample::select(&["available", "modifying", "migrating", "migrating", "new word"][..]),
    )
        .prop_map(|(mut samples, after, resharding, status)| {
            for (number, sample) in samples.iter_mut().enumerate() {
                sample.shard = ShardId(format!("{number:04}"));
            }
            Look {
                samples,
                after,
                resharding,
                status: GroupStatus::from(status.to_owned()),
            }
        })
}

fn says(side: &Observed<Info>, field: &str, value: &str) -> bool {
    side.known().and_then(|info| info.text(field)) == Some(value)
}

fn id_of(side: &Observed<Info>) -> Option<&str> {
    let info = side.known()?;
    info.text("master_replid").or_else(|| info.text("run_id"))
}

/// The promises about one shard pair at one look.
fn promises(sample: &ShardSample, shard: &ShardObservation) {
    if shard.phase == Phase::InSync {
        let (source, target) = (&sample.source, &sample.target);
        assert!(
            source.known().is_some() && target.known().is_some(),
            "in sync unseen: {shard:?}"
        );
        assert!(!says(target, "loading", "1"), "in sync while loading: {sample:?}");
        assert!(
            says(target, "master_link_status", "up"),
            "in sync, link down: {sample:?}"
        );
        assert!(
            says(target, "role", "slave"),
            "in sync with a primary: {sample:?}"
        );
        assert!(shard.lag.is_some(), "in sync without a lag: {sample:?}");
    }
    if shard.lag.is_some() {
        let target = sample.target.known().and_then(|info| info.text("master_replid"));
        assert_eq!(
            id_of(&sample.source),
            target,
            "a lag across histories: {sample:?}"
        );
    }
    if let Some(progress) = shard.progress {
        assert!((0.0..=100.0).contains(&progress.percent), "{progress:?}");
    }
}

/// Plays looks and gives the arrows that the first shard pair took.
fn play(looks: &[Look]) -> Vec<(Option<Phase>, Phase)> {
    let mut watched = Watched::with(&serde_json::json!({"sync": {"samples": 2}}));
    let mut arrows = vec![];
    for look in looks {
        let before = watched.last.clone();
        let waiting_for_sync = watched.stage.name == StageName::Sync;
        (watched.resharding, watched.status) = (look.resharding, look.status.clone());
        let observation = watched.look(look.after, look.samples.clone());
        for (sample, shard) in look.samples.iter().zip(&observation.shards) {
            promises(sample, shard);
            let last = before
                .as_ref()
                .and_then(|before| before.shards.iter().find(|other| other.shard == shard.shard))
                .and_then(ShardObservation::last_seen);
            assert!(
                shard.phase.may_follow(last),
                "{last:?} -> {:?} is no arrow of docs/phases.md",
                shard.phase
            );
            if shard.phase != Phase::Unseen {
                arrows.push((last, shard.phase));
            }
        }
        let ready = observation.next == Next::Ready;
        let all_in_sync = observation
            .shards
            .iter()
            .all(|shard| shard.phase == Phase::InSync);
        let before_in_sync = before.map_or(0, |before| before.in_sync_samples);
        if ready {
            assert!(all_in_sync && before_in_sync >= 1, "ready at {observation:?}");
            assert!(waiting_for_sync && look.status == GroupStatus::Migrating);
            assert_eq!(observation.stop, None);
            assert!(observation.verdict.is_some());
        }
        let bounds = watched.plan.polling.min_seconds..=watched.plan.polling.max_seconds;
        let wait = watched
            .last
            .as_ref()
            .map(|last| last.wait_seconds)
            .expect("a look");
        assert!(bounds.contains(&wait), "{wait}");
        if let Some(range) = watched.last.as_ref().and_then(|last| last.eta_range) {
            assert!(range.low <= range.high, "{range:?}");
        }
    }
    arrows
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn phases_move_along_the_arrows_and_the_promises_hold(looks in prop::collection::vec(look(), 1..12)) {
        play(&looks);
    }

    /// Looks that are nearly always in sync, so that the rule is what decides.
    #[test]
    fn a_migration_is_ready_by_the_rule_and_never_before(
        looks in prop::collection::vec((0..8u8, 0..4u8, 0..6u8), 1..14), samples in 1..4u32
    ) {
        let mut watched = Watched::with(&serde_json::json!({"sync": {"samples": samples}}));
        let mut in_a_row = 0;
        for (first, second, status) in looks {
            let shard = |chance: u8| match chance {
                0 => following(90_000_000, 100),
                _ => following(100, 100),
            };
            let second = ShardSample { shard: ShardId("0002".to_owned()), ..shard(second) };
            watched.status = if status == 0 { GroupStatus::Modifying } else { GroupStatus::Migrating };
            let in_sync = first > 0 && second.source.known() == following(100, 100).source.known();
            in_a_row = if in_sync { in_a_row + 1 } else { 0 };
            let expected = in_a_row >= samples && watched.status == GroupStatus::Migrating;
            let next = watched.look(5, vec![shard(first), second]).next;
            prop_assert_eq!(next == Next::Ready, expected, "{} in a row of {}", in_a_row, samples);
            if expected {
                break;
            }
        }
    }

    #[test]
    fn any_text_of_either_side_is_looked_at_without_a_panic(
        texts in prop::collection::vec((any::<String>(), any::<String>()), 1..5)
    ) {
        let mut watched = Watched::started();
        for (source, target) in texts {
            let phase = watched.sees(&source, &target).phase;
            prop_assert_ne!(phase, Phase::InSync);
        }
    }

    #[test]
    fn any_value_in_any_field_that_is_read_is_looked_at_without_a_panic(
        values in prop::collection::vec((0..FIELDS.len(), "[-0-9.,=a-z%]{0,24}"), 1..40)
    ) {
        let mut watched = Watched::started();
        for values in values.chunks(8) {
            let text = values.iter().fold(String::new(), |text, (field, value)| {
                format!("{text}{}:{value}\r\n", FIELDS[*field])
            });
            for role in ["role:master\r\n", "role:slave\r\nmaster_link_status:up\r\nmaster_replid:aa\r\n", ""] {
                let text = format!("{role}{text}");
                watched.sees(&text, &text);
            }
        }
    }
}

/// Every field that a look reads.
const FIELDS: [&str; 22] = [
    "role",
    "loading",
    "async_loading",
    "master_link_status",
    "master_sync_in_progress",
    "master_sync_total_bytes",
    "master_sync_read_bytes",
    "master_sync_left_bytes",
    "loading_loaded_bytes",
    "loading_loaded_perc",
    "slave_repl_offset",
    "master_repl_offset",
    "master_replid",
    "run_id",
    "slave0",
    "sync_full",
    "client_output_buffer_limit_disconnections",
    "current_save_keys_processed",
    "current_save_keys_total",
    "used_memory",
    "maxmemory",
    "mem_clients_slaves",
];

/// An arrow that nobody can take would be a lie too.
#[test]
fn every_arrow_of_the_diagram_is_taken_by_some_sequence() {
    let mut runner = TestRunner::deterministic();
    let sequences = prop::collection::vec(look(), 12);
    let mut taken: BTreeSet<(Option<Phase>, Phase)> = BTreeSet::new();
    let seen = || Phase::ALL.into_iter().filter(|phase| *phase != Phase::Unseen);
    let drawn: BTreeSet<(Option<Phase>, Phase)> = std::iter::once(None)
        .chain(seen().map(Some))
        .flat_map(|from| seen().map(move |to| (from, to)))
        .filter(|(from, to)| *from != Some(*to) && to.may_follow(*from))
        .collect();
    for _ in 0..4_000 {
        let looks = sequences.new_tree(&mut runner).expect("a sequence").current();
        taken.extend(play(&looks));
        if drawn.is_subset(&taken) {
            return;
        }
    }
    panic!("never taken: {:?}", drawn.difference(&taken).collect::<Vec<_>>());
}
