//! One story: a pair of engines, the cloud, and a migration from its start to its end.

use crate::ending::{Ending, observations};
use crate::load::{Load, Route};
use crate::source::{Source, connect, key_count};
use anyhow::{Context, Result, bail};
use elasticache_stand_in::{ApiError, Engine, Fault, GroupSpec, NodeRole, StandIn, Times};
use local_cloud::{ExecutionStatus, Fault as LambdaFault, FaultRule, LocalCloud, Message, Options};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The target's id in every story.
pub const TARGET: &str = "orders-cache";

/// What people are told of every migration that rehearses, until it copies.
pub const BEGUN: [&str; 4] = [
    "migration.started",
    "migration.preflight",
    "migration.rehearsed",
    "migration.syncing",
];

/// How long any one thing may take before a story counts as stuck. Far more than it needs, for busy machines.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which engines a story has.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The source's server binary.
    pub source: &'static str,
    /// The source's password. A source cluster has none.
    pub password: Option<&'static str>,
    /// Further configuration lines of a source that is no cluster.
    pub source_config: Vec<String>,
    /// How many primaries a source cluster has. `None`: the source is no cluster.
    pub source_shards: Option<usize>,
    /// The target.
    pub target: GroupSpec,
}

impl Default for Pair {
    /// Redis 7.0 and a Valkey 8.0 group with one replica.
    fn default() -> Pair {
        let target = GroupSpec {
            id: TARGET.to_owned(),
            ..GroupSpec::default()
        };
        Pair {
            source: "redis-server",
            password: None,
            source_config: vec![],
            source_shards: None,
            target,
        }
    }
}

impl Pair {
    /// Redis 7.0 on both sides.
    #[must_use]
    pub fn redis_to_redis() -> Pair {
        let mut pair = Pair::default();
        pair.target.engine = Engine::Redis;
        pair.target.engine_version = "7.0.7".to_owned();
        pair
    }

    /// A Redis 7.0 cluster and a Valkey 8.0 group with cluster mode enabled, of three shards each.
    #[must_use]
    pub fn three_shards() -> Pair {
        let mut pair = Pair {
            source_shards: Some(3),
            ..Pair::default()
        };
        pair.target.cluster_enabled = true;
        pair.target.shards = 3;
        pair
    }
}

/// A stage that is set: both engines run, nothing is migrated yet.
#[derive(Debug)]
pub struct Story {
    /// The source.
    pub source: Source,
    /// The local AWS.
    pub cloud: LocalCloud,
    settings_before: BTreeMap<String, String>,
}

impl Story {
    /// Sets the stage.
    pub async fn begin(pair: Pair) -> Result<Story> {
        Story::begin_in(pair, Options::default()).await
    }

    /// Sets the stage for a stack that was deployed with these parameters.
    pub async fn begin_with(pair: Pair, parameters: &[(&str, &str)]) -> Result<Story> {
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let options = Options {
            parameters: parameters.collect(),
            ..Options::default()
        };
        Story::begin_in(pair, options).await
    }

    /// Sets the stage in a cloud with these options.
    pub async fn begin_in(pair: Pair, options: Options) -> Result<Story> {
        let cloud = LocalCloud::start(options).await?;
        let source = match pair.source_shards {
            Some(primaries) => Source::start_cluster(pair.source, primaries).await?,
            None => Source::start(pair.source, pair.password, &pair.source_config).await?,
        };
        cloud.elasticache().create_replication_group(pair.target).await?;
        let settings_before = source.settings().await?;
        Ok(Story {
            source,
            cloud,
            settings_before,
        })
    }

    /// The ElastiCache stand-in.
    pub fn elasticache(&self) -> &StandIn {
        self.cloud.elasticache()
    }

    /// ElastiCache's API for somebody else than the migration.
    pub fn elasticache_client(&self) -> aws_sdk_elasticache::Client {
        aws_sdk_elasticache::Client::new(&self.cloud.sdk_config())
    }

    /// Publishes to one of the template's topics, as AWS would.
    pub async fn publish(&self, topic: &str, message: &str) -> Result<()> {
        let topic = self
            .cloud
            .template()
            .topics
            .iter()
            .find(|known| known.logical_id.as_deref() == Some(topic))
            .with_context(|| format!("the template has no topic {topic}"))?;
        let arn = format!("arn:aws:sns:us-east-1:123456789012:{}", topic.name);
        aws_sdk_sns::Client::new(&self.cloud.sdk_config())
            .publish()
            .topic_arn(arn)
            .message(message)
            .send()
            .await?;
        Ok(())
    }

    /// Puts a text into Secrets Manager.
    pub async fn keep_secret(&self, name: &str, text: &str) -> Result<()> {
        aws_sdk_secretsmanager::Client::new(&self.cloud.sdk_config())
            .create_secret()
            .name(name)
            .secret_string(text)
            .send()
            .await
            .context("keeping a secret")?;
        Ok(())
    }

    /// What a user would type, with shorter waits.
    pub fn input(&self) -> Value {
        json!({
            "replicationGroupId": TARGET,
            "source": {"address": "127.0.0.1", "port": self.source.port()},
            "polling": {"minSeconds": 1, "maxSeconds": 2},
            "sync": {"samples": 2},
            "assumptions": {"sampleSeconds": 1},
        })
    }

    /// The same with a cutover of its own.
    pub fn input_with(&self, cutover: Value) -> Value {
        let mut input = self.input();
        input["cutover"] = cutover;
        input
    }

    /// Starts a migration.
    pub async fn start(&self, input: Value) -> Result<String> {
        Ok(self.cloud.start_execution(None, input).await?)
    }

    /// Redrives a migration that ended badly.
    pub async fn redrive(&self, execution: &str) -> Result<()> {
        Ok(self.cloud.redrive_execution(execution).await?)
    }

    /// Waits for the end of a migration, however it ends.
    pub async fn end_of(&self, execution: &str) -> Result<Ending> {
        self.end_within(execution, PATIENCE).await
    }

    /// The same, for one that may take long.
    pub async fn end_within(&self, execution: &str, patience: Duration) -> Result<Ending> {
        let view = self.cloud.wait_for_end(execution, patience).await?;
        Ending::of(&self.cloud, view).await
    }

    /// Waits for an execution to roll over, and gives the ARN of the one that goes on.
    pub async fn successor_of(&self, execution: &str) -> Result<String> {
        let ended = self.cloud.wait_for_end(execution, PATIENCE).await?;
        let output = ended.output.clone().unwrap_or_default();
        let (Some("rolledOver"), Some(name)) = (output["status"].as_str(), output["successor"].as_str())
        else {
            bail!("it did not roll over: {ended:?}");
        };
        let (machine, _) = execution.rsplit_once(':').context("an ARN")?;
        Ok(format!("{machine}:{name}"))
    }

    /// Starts a migration that is expected to end by itself.
    pub async fn run(&self, input: Value) -> Result<Ending> {
        let execution = self.start(input).await?;
        self.end_of(&execution).await
    }

    /// Waits until the migration is ready, and gives the digest of the verdict that can be approved.
    pub async fn verdict_of(&self, execution: &str) -> Result<String> {
        let ready = self
            .observation(execution, "a verdict to approve", |seen| {
                seen["stage"]["name"] == "approval" && seen["verdict"]["digest"].is_string()
            })
            .await?;
        Ok(ready["verdict"]["digest"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits for an observation of a kind.
    pub async fn observation(
        &self,
        execution: &str,
        what: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let began = Instant::now();
        loop {
            let seen = observations(&self.cloud.history(execution).await?);
            if let Some(found) = seen.iter().rev().find(|seen| is_it(seen)) {
                return Ok(found.clone());
            }
            let view = self.cloud.execution(execution).await?;
            if view.status != ExecutionStatus::Running {
                bail!(
                    "the migration ended before {what}: {:?} {:?}",
                    view.error,
                    view.cause
                );
            }
            if began.elapsed() > PATIENCE {
                bail!("waited in vain for {what}; last seen: {:?}", seen.last());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends an order to the `signal` function.
    pub async fn order(&self, order: Value) -> Result<Result<Value, local_cloud::FunctionError>> {
        Ok(self.cloud.invoke("SignalFunction", order).await?)
    }

    /// Approves a verdict as a person would.
    pub async fn approve(&self, verdict: &str) -> Result<Value> {
        let order =
            json!({"replicationGroupId": TARGET, "action": "approve", "verdict": verdict, "by": "a story"});
        self.order(order).await?.context("approving")
    }

    /// Starts a migration and approves it as soon as it is ready.
    pub async fn approved(&self, input: Value) -> Result<String> {
        let execution = self.start(input).await?;
        let verdict = self.verdict_of(&execution).await?;
        self.approve(&verdict).await?;
        Ok(execution)
    }

    /// A whole migration, approved as soon as it is ready.
    pub async fn migrate(&self) -> Result<Ending> {
        let execution = self.approved(self.input()).await?;
        self.end_of(&execution).await
    }

    /// From now on ElastiCache's API denies this action, as IAM would have it.
    pub fn deny(&self, action: &str) {
        let words = format!("not authorized to perform: elasticache:{action}");
        let denied = Fault::Answer(ApiError::new("AccessDenied", 403, words));
        self.elasticache().faults().inject(action, Times::Every, denied);
    }

    /// The next completions, or all of them, are accepted and come to nothing, for a reason.
    pub fn refuse_completion(&self, times: Times, reason: &str) {
        let reason = reason.to_owned();
        self.elasticache()
            .faults()
            .inject("CompleteMigration", times, Fault::RefuseCompletion { reason });
    }

    /// The function cutover dies at each of these steps, once before its work and once after it.
    pub fn crash_at(&self, steps: &[&str]) {
        for step in steps {
            for fault in [LambdaFault::CrashBeforeHandler, LambdaFault::CrashAfterHandler] {
                self.cloud
                    .inject(FaultRule::new("cutover", fault).when("/step", *step));
            }
        }
    }

    /// How often ElastiCache was asked for something.
    pub fn calls_of(&self, action: &str) -> usize {
        let calls = self.elasticache().calls();
        calls.iter().filter(|call| call.action == action).count()
    }

    /// How often AWS was asked to complete.
    pub fn completions(&self) -> usize {
        self.calls_of("CompleteMigration")
    }

    /// Waits until AWS was asked to complete.
    pub async fn asked_to_complete(&self) -> Result<()> {
        self.until("a request to complete", async || Ok(self.completions() > 0))
            .await
    }

    /// Waits for an observation that says so.
    pub async fn why(&self, execution: &str, words: &str) -> Result<Value> {
        self.observation(execution, words, |seen| {
            seen["why"].as_str().is_some_and(|why| why.contains(words))
        })
        .await
    }

    /// Waits until an occasion is the last that people were told of.
    pub async fn told_last(&self, occasion: &str) -> Result<()> {
        self.until(occasion, async || {
            Ok(self.told().last().is_some_and(|last| last == occasion))
        })
        .await
    }

    /// The occasions that people were told of, in order.
    pub fn told(&self) -> Vec<String> {
        self.messages()
            .iter()
            .filter_map(|message| Some(message.attribute("eventType")?.to_owned()))
            .collect()
    }

    /// The same from the copying on; what comes before it is the same for every migration.
    pub fn told_since_syncing(&self) -> Vec<String> {
        let mut told = self.told();
        let rehearsed = told.iter().any(|event| event == BEGUN[2]);
        let begun: Vec<&str> = BEGUN
            .into_iter()
            .filter(|event| rehearsed || *event != BEGUN[2])
            .collect();
        assert!(
            told.len() >= begun.len() && told[..begun.len()] == begun,
            "{told:?}"
        );
        told.split_off(begun.len())
    }

    /// The messages that people received.
    pub fn messages(&self) -> Vec<Message> {
        self.cloud
            .messages()
            .into_iter()
            .filter(|message| message.attribute("eventType").is_some())
            .collect()
    }

    /// How many keys a port's engine holds.
    pub async fn keys_at(&self, port: u16) -> Result<u64> {
        key_count(&mut connect("127.0.0.1", port, None).await?).await
    }

    /// The target's nodes with a role.
    pub fn target_ports(&self, role: NodeRole) -> Vec<u16> {
        let group = self.elasticache().group(TARGET);
        group
            .iter()
            .flat_map(|group| &group.nodes)
            .filter(|node| node.role == role)
            .map(|node| node.port)
            .collect()
    }

    /// Clients that write to every shard of a source cluster, and then to the target shard with the same slots.
    pub async fn write_to_every_shard(&self, writes_per_second: u64) -> Result<Vec<Load>> {
        let group = self.elasticache().group(TARGET).context("the target")?;
        let targets = group.nodes.iter().filter(|node| node.role == NodeRole::Primary);
        let mut loads = vec![];
        for ((engine, tag), target) in self.source.probes().into_iter().zip(targets) {
            let route = Route {
                source: (engine.address(), engine.port()),
                target: (target.address.clone(), target.port),
                tag,
            };
            loads.push(Load::start_on(route, writes_per_second).await?);
        }
        Ok(loads)
    }

    /// Asserts that the source takes writes and that none of its settings was touched.
    pub async fn assert_source_is_as_it_was(&self) -> Result<()> {
        assert!(self.source.takes_writes().await, "the source takes no writes");
        assert_eq!(
            self.source.settings().await?,
            self.settings_before,
            "a setting of the source was changed"
        );
        Ok(())
    }

    /// Asserts that the source stayed fenced after a migration, and that it is as it was once the fence is lifted.
    pub async fn assert_fenced_until_lifted(&self, execution: &str) -> Result<()> {
        assert!(
            !self.source.takes_writes().await,
            "the source takes writes that would be lost"
        );
        let order = json!({"step": "lift", "executionArn": execution, "by": "a story"});
        let lifted = self
            .cloud
            .invoke("CutoverFunction", order)
            .await?
            .context("lifting")?;
        assert_eq!(lifted["leaving"], "release", "{lifted}");
        self.assert_source_is_as_it_was().await
    }

    /// Waits until a state of an execution was entered.
    pub async fn entered(&self, execution: &str, state: &str) -> Result<()> {
        self.until(&format!("state {state}"), async || {
            let history = self.cloud.history(execution).await?;
            Ok(history
                .iter()
                .any(|event| event.kind.ends_with("StateEntered") && event.state.as_deref() == Some(state)))
        })
        .await
    }

    /// The ARN and the activity of the group's topic.
    pub async fn topic(&self) -> Result<Option<(String, bool)>> {
        let clusters = self.elasticache_client().describe_cache_clusters().send().await?;
        let shown = clusters.cache_clusters()[0].notification_configuration();
        Ok(shown.map(|shown| {
            (
                shown.topic_arn().unwrap_or_default().to_owned(),
                shown.topic_status() == Some("active"),
            )
        }))
    }

    /// Waits until something is so.
    pub async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
        let began = Instant::now();
        while !is_so().await? {
            if began.elapsed() > PATIENCE {
                bail!("waited in vain for {what}");
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        Ok(())
    }

    /// Asserts that no call that changes anything reached ElastiCache.
    pub fn assert_nothing_was_changed(&self) {
        let changes: Vec<String> = self
            .elasticache()
            .calls()
            .into_iter()
            .filter(|call| call.changes())
            .map(|call| call.action)
            .collect();
        assert!(changes.is_empty(), "ElastiCache was asked for {changes:?}");
    }
}
