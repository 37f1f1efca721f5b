//! Everything that a test may choose: waits, binaries, and AWS's behaviour where AWS does not say what it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The stand-in's settings. All but `bind`, `port`, `region`, `account` and the binaries may change while it runs.
#[derive(Clone)]
pub struct Settings {
    /// Where the API listens. Default: 127.0.0.1.
    pub bind: IpAddr,
    /// The API's port; 0, the default, takes a free one.
    pub port: u16,
    /// The region in ARNs and zones. Default: us-east-1.
    pub region: String,
    /// The account in ARNs. Default: 123456789012.
    pub account: String,
    /// The Valkey server to run. Default: `valkey-server`, looked up on PATH.
    pub valkey_binary: PathBuf,
    /// The Redis server to run. Default: `redis-server`, looked up on PATH.
    pub redis_binary: PathBuf,
    /// Refuse calls without a SigV4 header for `elasticache`. Default: true.
    pub require_signature: bool,

    /// How long a group stays `modifying` after ModifyReplicationGroup.
    pub modify_time: Duration,
    /// How long TestMigration takes at least.
    pub test_time: Duration,
    /// From the answer of StartMigration until the primaries are told to replicate.
    pub start_time: Duration,
    /// How long it takes to give the slots of a group with cluster mode enabled to the shards that the source has them
    /// on. Nothing, where they are there already.
    pub resharding_time: Duration,
    /// From the link's being up until the status says `migrating`.
    pub migrating_delay: Duration,
    /// How long CompleteMigration's promotion takes. Real ones take minutes.
    pub promotion_time: Duration,

    /// The time after which a start can have failed: when the source has not answered, or has refused
    /// `start_attempts` times. A transfer that goes on is no failure, however long. AWS: about 65 s, from one report.
    pub start_timeout: Duration,
    /// How many failures the engine must have logged. It tries again by itself, at once or each second.
    pub start_attempts: u32,
    /// How a source cluster that does not fit the group is refused.
    pub misfit: Misfit,
    /// When `modifying` becomes `migrating`.
    pub migrating_when: MigratingWhen,
    /// What is made of a link that is lost while `migrating`.
    pub link_loss: LinkLoss,
    /// Which reasons a failure event gives.
    pub reasons: Reasons,

    /// The status shown while TestMigration runs.
    pub test_status: TestStatus,
    /// Whether the end of a TestMigration leaves an event.
    pub test_events: TestEvents,

    /// How long CompleteMigration waits for the target to reach the source's offset before it calls it not in sync.
    pub in_sync_wait: Duration,
    /// How CompleteMigration refuses a target that is not in sync.
    pub not_in_sync: NotInSync,
    /// Which call is an error for a group that is `modifying` on behalf of a migration.
    pub while_modifying: WhileModifying,
    /// Whether the link to the source is cut at the start or at the end of `promotion_time`.
    pub link_cut: LinkCut,
    /// Which success events a completed migration leaves, a forced one as well. AWS's own pages have two.
    pub success_events: SuccessEvents,

    /// The order of DescribeEvents.
    pub event_order: EventOrder,
    /// What DescribeEvents makes of a StartTime more than 14 days ago.
    pub old_start_time: OldStartTime,
    /// Whether migration events are published to the group's topic, as free text. Nothing shows that AWS does.
    pub migration_events_reach_topic: bool,
    /// Receives what ElastiCache would publish to SNS.
    pub on_notification: Option<Arc<dyn Fn(Notification) + Send + Sync>>,
}

/// One SNS message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The group's topic.
    pub topic_arn: String,
    /// The message body, a JSON object with one entry: `{"ElastiCache:<EventName>": "<identifier>"}`.
    pub body: String,
}

/// How StartMigration into a group with cluster mode enabled refuses a source that is no cluster, is not in order, or has
/// another number of shards. AWS requires that they match and does not say what it does when not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// The call is answered as any other; the start fails, and an event tells.
    FailedStart,
    /// The call answers `InvalidParameterCombination`.
    Error,
}

/// When `modifying` becomes `migrating`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigratingWhen {
    /// Once every primary has loaded the source's data and its link is up.
    LinkUp,
    /// Once every primary receives the source's data. It may still fail after that.
    TransferStarted,
}

/// What is made of a link that is lost while `migrating`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkLoss {
    /// The status stays `migrating` and the engine goes on trying.
    KeepMigrating,
    /// The migration fails once the link has been down for this long.
    FailAfter(Duration),
}

/// Which reasons a failure event gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reasons {
    /// The one that AWS is known to give, `invalid RDB received`; for others, the event has none.
    Known,
    /// Words for every cause that the engine's log tells. Made up for this stand-in.
    Plausible,
}

/// The status shown while TestMigration runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestStatus {
    /// `modifying`.
    Modifying,
    /// `available`, as if nothing went on.
    Available,
    /// A status that nobody has documented, such as `testing-migration`.
    Other(String),
}

/// Whether the end of a TestMigration leaves an event. The texts are made up: AWS's are not public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestEvents {
    /// One event, in the manner of the migration's own.
    Plausible,
    /// None.
    None,
}

/// How CompleteMigration refuses a target that is not in sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotInSync {
    /// The call answers 200, and an event tells.
    Event,
    /// The call answers `InvalidReplicationGroupState`.
    Error,
}

/// The error of CompleteMigration (without Force) for a group that is `modifying` on behalf of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileModifying {
    /// `InvalidReplicationGroupState`.
    InvalidState,
    /// `ReplicationGroupNotUnderMigrationFault`.
    NotUnderMigration,
}

/// When the link to the source is cut. Writes that reach the source after that are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkCut {
    /// At once; the status stays `modifying` for `promotion_time` after it.
    First,
    /// After `promotion_time`, just before the status becomes `available`.
    Last,
}

/// Which success events a completed migration leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuccessEvents {
    /// `Complete Migration successful for <group>`.
    CompleteSuccessful,
    /// `Migration operation succeeded for replication group <group>.`
    MigrationSucceeded,
    /// Both, in that order.
    Both,
}

/// The order of DescribeEvents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOrder {
    /// The newest event first.
    NewestFirst,
    /// The oldest event first.
    OldestFirst,
}

/// What DescribeEvents makes of a StartTime more than 14 days ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldStartTime {
    /// `InvalidParameterValue`.
    Refuse,
    /// The events of the last 14 days.
    Clip,
}

impl Default for Settings {
    /// Small waits; where AWS's behaviour is unknown, what its pages suggest most.
    fn default() -> Self {
        let moment = Duration::from_millis(200);
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            region: "us-east-1".into(),
            account: "123456789012".into(),
            valkey_binary: "valkey-server".into(),
            redis_binary: "redis-server".into(),
            require_signature: true,
            modify_time: moment,
            test_time: moment,
            start_time: moment,
            resharding_time: moment,
            migrating_delay: moment,
            promotion_time: moment,
            start_timeout: Duration::from_secs(3),
            start_attempts: 3,
            misfit: Misfit::FailedStart,
            migrating_when: MigratingWhen::LinkUp,
            link_loss: LinkLoss::KeepMigrating,
            reasons: Reasons::Known,
            test_status: TestStatus::Modifying,
            test_events: TestEvents::Plausible,
            in_sync_wait: Duration::from_millis(500),
            not_in_sync: NotInSync::Event,
            while_modifying: WhileModifying::InvalidState,
            link_cut: LinkCut::Last,
            success_events: SuccessEvents::CompleteSuccessful,
            event_order: EventOrder::NewestFirst,
            old_start_time: OldStartTime::Refuse,
            migration_events_reach_topic: false,
            on_notification: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("bind", &self.bind)
            .field("port", &self.port)
            .field("region", &self.region)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}
