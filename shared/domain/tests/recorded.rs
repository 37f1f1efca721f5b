//! The source's checks over what engines of six versions really answered (tests/fixtures/engines): what is found is what
//! their defaults are, and what a version does not have is not held against it.

use domain::Observed;
use domain::engine::{
    AclUser, CommandSeen, CommandTable, ConfigAnswers, EngineVersion, FENCE_COMMANDS, Info, NEEDED_COMMANDS,
    Reply, WRITE_COMMANDS, modules,
};
use domain::plan::Plan;
use domain::preflight::network::NetworkFacts;
use domain::preflight::{
    Facts, LaterInfo, Moment, NodeAnswers, PreflightReport, SourceFacts, TargetFacts, judge,
};
use domain::target::CacheCluster;
use std::path::{Path, PathBuf};

fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/engines")
        .join(version)
}

fn text(version: &str, file: &str) -> String {
    std::fs::read_to_string(folder(version).join(file)).expect("a recorded answer")
}

/// `# option`, and below it the flat answer: the option and its value, or an empty line for "no such option".
fn config(version: &str) -> ConfigAnswers {
    let mut config = ConfigAnswers::default();
    // Not recorded; the default of every version.
    let timeout = ["timeout", "0"].map(|word| Reply::Text(word.to_owned()));
    config.record("timeout", Observed::Known(Reply::List(timeout.to_vec())));
    for answer in text(version, "config_get.txt")
        .replace('\r', "")
        .split("# ")
        .skip(1)
    {
        let lines: Vec<&str> = answer.lines().collect();
        let reply = match lines.as_slice() {
            [option, name, value @ ..] if option == name => Reply::List(vec![
                Reply::Text((*name).to_owned()),
                Reply::Text(value.first().copied().unwrap_or_default().to_owned()),
            ]),
            _ => Reply::List(vec![]),
        };
        config.record(lines[0], Observed::Known(reply));
    }
    config
}

/// The recorded question named six commands; of the others these versions have all.
fn commands(version: &str) -> CommandTable {
    let asked = ["sync", "psync", "info", "config", "command", "cluster"];
    let file = text(version, "command_info.json");
    let json = file.lines().find(|line| line.starts_with('[')).expect("a list");
    let entries: Vec<serde_json::Value> = serde_json::from_str(json).expect("JSON");
    let entries = entries.iter().map(|entry| {
        if entry.is_null() {
            Reply::Nil
        } else {
            Reply::List(vec![])
        }
    });
    let mut table = CommandTable::from_command_info(&asked, &Reply::List(entries.collect()));
    for name in NEEDED_COMMANDS
        .iter()
        .chain(&WRITE_COMMANDS)
        .chain(&["flushall", "flushdb"])
        .chain(&FENCE_COMMANDS)
    {
        table
            .0
            .entry((*name).to_owned())
            .or_insert_with(|| CommandSeen::Known(domain::engine::CommandInfo::default()));
    }
    table
}

fn preflight(version: &str, file: &str) -> PreflightReport {
    let info = Info::parse(&text(version, file));
    let input =
        serde_json::json!({"replicationGroupId": "orders-cache", "source": {"address": "10.0.0.241"}});
    let since =
        |major| EngineVersion::from_info(&info).is_some_and(|version| version.is_at_least(major, 0, 0));
    let listed = text(version, "module_list.txt");
    let user = since(6).then(|| AclUser {
        name: "default".to_owned(),
        on: true,
        nopass: true,
        commands: "+@all".to_owned(),
    });
    let answers = NodeAnswers {
        later: Observed::Known(LaterInfo {
            info: info.clone(),
            after_millis: 3_000,
        }),
        config: config(version),
        commands: Observed::Known(commands(version)),
        user: Observed::Known(user),
        // Before 4.0 the recorded answer is "unknown command", and the question is not asked.
        modules: Observed::Known(if since(4) && !listed.trim().is_empty() {
            modules(&Reply::List(vec![Reply::Text(listed)]))
        } else {
            vec![]
        }),
        libraries: Observed::Known(vec![]),
    };
    judge(&Facts {
        now: jiff::Timestamp::UNIX_EPOCH,
        moment: Moment::BeforeStart,
        plan: Plan::from_input(&input).expect("a valid input"),
        source: SourceFacts {
            info: Ok(info),
            addresses: Observed::Known(vec!["10.0.0.241".parse().expect("an address")]),
            answers,
            cluster: Observed::Known(None),
            chain: vec![],
        },
        target: TargetFacts {
            clusters: Observed::Known(vec![CacheCluster::of("orders-cache-001", "valkey", "8.0.1")]),
            ..TargetFacts::unknown(
                Observed::Unknown("no target in this test".to_owned()),
                "no target in this test",
            )
        },
        network: NetworkFacts::unknown("no network in this test"),
        listeners: Observed::Unknown("nobody was asked in this test".to_owned()),
    })
}

/// The source's findings that are no PASS, in the table's order.
fn not_passed(report: &PreflightReport) -> String {
    let of_source = report
        .findings
        .iter()
        .filter(|finding| finding.id.starts_with(['S', 'P']));
    let other = of_source.filter(|finding| finding.outcome != domain::preflight::Outcome::Pass);
    other
        .map(|finding| format!("{} {:?}", finding.id, finding.outcome))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn each_version_is_found_to_be_what_it_is() {
    for (version, found) in [
        // No protected mode, and the eviction that new groups have; no count of scripts, no size of the host; no
        // CLIENT PAUSE, which is the plan's default, and up to 6.0 one that stops reads as well.
        ("redis-2.8.21", "S15 Unknown, S17 Fail, P3 Unknown"),
        ("redis-4.0.0", "S4 Warn, S12 Warn, S15 Unknown, S17 Warn"),
        ("redis-5.0.0", "S4 Warn, S12 Warn, S17 Warn"),
        ("redis-6.2.0", "S4 Warn, S12 Warn"),
        // RDB 12.
        ("redis-7.4.0", "S2 Fail, S4 Warn, S12 Warn"),
        ("valkey-8.0.1", "S4 Warn, S12 Warn"),
    ] {
        for file in ["info.standalone.txt", "info.source.online.txt"] {
            let report = preflight(version, file);
            assert_eq!(
                not_passed(&report),
                found,
                "{version} {file}: {:#?}",
                report.findings
            );
            assert!(
                report.prediction.is_some(),
                "{version} {file}: nothing was predicted"
            );
        }
    }
}

#[test]
fn a_source_that_is_saving_already_is_told_of() {
    let mut saving = 0;
    for version in [
        "redis-2.8.21",
        "redis-4.0.0",
        "redis-5.0.0",
        "redis-6.2.0",
        "redis-7.4.0",
        "valkey-8.0.1",
    ] {
        let file = "info.source.wait_bgsave.txt";
        let told = not_passed(&preflight(version, file)).contains("S9 Warn");
        // Without a disk the save waits for more replicas, and is not yet under way.
        let under_way = text(version, file).contains("rdb_bgsave_in_progress:1");
        assert_eq!(told, under_way, "{version}");
        saving += usize::from(under_way);
    }
    assert!(saving > 0, "no version was recorded while it saved");
}
