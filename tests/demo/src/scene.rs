//! What the story needs before it begins: the local cloud, a source full of keys, a target group that is empty.

use crate::address::Address;
use crate::dataset::{DATABASES, Dataset};
use crate::fill::fill;
use crate::options::Options;
use crate::steps::Step;
use crate::view::View;
use crate::words::{bytes, count, span};
use anyhow::Context;
use elasticache_stand_in::{Engine, EngineOptions, EngineProcess, GroupSpec, NotificationTopic, Settings};
use jiff::Timestamp;
use local_cloud::{FunctionUrl, LocalCloud, Options as CloudOptions, arn};
use std::time::{Duration, Instant};

/// The target's id.
pub(crate) const GROUP: &str = "orders-cache";

/// The topic of template.yaml that the group's events go to.
const EVENTS_TOPIC: &str = "ElastiCacheTopic";

/// The template's parameters that have no default. Nothing here has a network; they are names only.
const PARAMETERS: [(&str, &str); 4] = [
    ("VpcId", "vpc-0123456789abcdef0"),
    ("SubnetIds", "subnet-0aaaaaaaaaaaaaaaa,subnet-0bbbbbbbbbbbbbbbb"),
    ("TargetSecurityGroupId", "sg-0123456789abcdef0"),
    ("Console", "function-url"),
];

/// The function that serves the page, and where the template gets its address from.
pub(crate) const CONSOLE: &str = "ConsoleFunction";
const PAGE_ADDRESS: &str = "ConsoleFront.Outputs.PageUrl";

/// The shortest sleep of an engine's child between two keys, as measured; it is asked for in whole microseconds.
const SHORTEST_SLEEP: f64 = 60.0;

/// Everything that runs. Dropped, it is gone, with its folders.
pub(crate) struct Scene {
    pub(crate) cloud: LocalCloud,
    pub(crate) source: Address,
    pub(crate) dataset: Dataset,
    /// How long the set-up took, for the summary.
    pub(crate) set_up: Step,
    source_process: EngineProcess,
}

impl Scene {
    /// Starts and fills everything.
    pub(crate) async fn set(options: &Options, view: &View) -> anyhow::Result<Scene> {
        let began = Instant::now();
        view.busy("starting the local cloud");
        let cloud = LocalCloud::start(cloud_options(options))
            .await
            .context("cannot start the local cloud")?;
        view.note(
            "cloud",
            format!("template.yaml on this machine, in {}", span(began.elapsed())),
        );

        view.busy("filling the source");
        let source_process = EngineProcess::start(EngineOptions {
            config: vec![pace(options), format!("databases {}", DATABASES[1] + 1)],
            ..EngineOptions::default()
        })
        .await?;
        let source = Address {
            host: source_process.address(),
            port: source_process.port(),
        };
        let dataset = Dataset {
            keys: options.keys,
            seed: options.seed,
            born: Timestamp::now(),
        };
        let filling = Instant::now();
        fill(&source, &dataset).await?;
        let server = facts(&source).await?;
        view.note(
            "source",
            format!(
                "Redis {} at {source}: {} keys, {}, in {}",
                server.version,
                count(options.keys),
                bytes(server.used_memory),
                span(filling.elapsed())
            ),
        );

        view.busy("starting the target");
        let group = cloud.create_replication_group(target(&cloud)).await?;
        let primary = group.nodes.first().context("the group has no node")?;
        let server = facts(&Address {
            host: primary.address.clone(),
            port: primary.port,
        })
        .await?;
        view.note(
            "target",
            format!(
                "{GROUP}: Valkey {}, {} nodes, empty",
                server.version,
                group.nodes.len()
            ),
        );
        let set_up = Step::new(
            "Set-up",
            began.elapsed(),
            format!("{} keys in the source", count(options.keys)),
        );
        Ok(Scene {
            cloud,
            source,
            dataset,
            set_up,
            source_process,
        })
    }

    /// Ends everything, and waits until it is gone.
    pub(crate) async fn end(self) {
        drop(self.source_process);
        self.cloud.shutdown().await;
    }
}

fn cloud_options(options: &Options) -> CloudOptions {
    // Real ones take minutes; these are long enough to be seen.
    let elasticache = Settings {
        test_time: Duration::from_secs(2),
        start_time: Duration::from_secs(1),
        migrating_delay: Duration::from_secs(1),
        promotion_time: Duration::from_secs(2),
        start_timeout: Duration::from_secs(65),
        ..Settings::default()
    };
    CloudOptions {
        template: options.root.join("template.yaml"),
        parameters: PARAMETERS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        function_urls: vec![FunctionUrl {
            function: CONSOLE.to_owned(),
            output: PAGE_ADDRESS.to_owned(),
        }],
        elasticache,
        echo_logs: options.echo_logs,
        ..CloudOptions::default()
    }
}

fn target(cloud: &LocalCloud) -> GroupSpec {
    let topics = &cloud.template().topics;
    let topic = topics
        .iter()
        .find(|topic| topic.logical_id.as_deref() == Some(EVENTS_TOPIC));
    GroupSpec {
        id: GROUP.to_owned(),
        description: "orders, soon".to_owned(),
        engine: Engine::Valkey,
        engine_version: "8.0.1".to_owned(),
        shards: 1,
        replicas_per_shard: 1,
        notification_topic: topic.map(|topic| NotificationTopic {
            arn: arn::topic(&topic.name),
            active: true,
        }),
        ..GroupSpec::default()
    }
}

/// The configuration line that makes the source send its keys in about the time that was asked for: a pause after each
/// key, or, where that would be too long, after one in so many. On loopback it would be over before it is seen.
fn pace(options: &Options) -> String {
    let pause = f64::from(options.transfer) * 1e6 / f64::from(options.keys);
    let delay = if pause == 0.0 {
        0
    } else if pause > SHORTEST_SLEEP {
        (pause - SHORTEST_SLEEP).ceil() as i64
    } else {
        -((SHORTEST_SLEEP / pause).round() as i64)
    };
    format!("rdb-key-save-delay {delay}")
}

struct Facts {
    version: String,
    used_memory: u64,
}

/// What an engine says of itself.
async fn facts(engine: &Address) -> anyhow::Result<Facts> {
    let mut connection = engine.connect(0).await?;
    let info: String = redis::cmd("INFO").query_async(&mut connection).await?;
    let fact = |name: &str| {
        info.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    let version = fact("valkey_version")
        .or_else(|| fact("redis_version"))
        .unwrap_or("?")
        .to_owned();
    let used_memory = fact("used_memory")
        .and_then(|bytes| bytes.trim().parse().ok())
        .unwrap_or(0);
    Ok(Facts { version, used_memory })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn the_source_is_slowed_down_to_the_time_that_was_asked_for() {
        let pace = |arguments: &[&str]| pace(&Options::parse_from([&["demo"], arguments].concat()));
        assert_eq!(pace(&["--transfer", "0"]), "rdb-key-save-delay 0");
        assert_eq!(
            pace(&["--keys", "100000", "--transfer", "10"]),
            "rdb-key-save-delay 40"
        );
        assert_eq!(
            pace(&["--keys", "1000000", "--transfer", "6"]),
            "rdb-key-save-delay -10"
        );
    }
}
