//! The whole local cloud, composed: [`LocalCloud::start`].

mod deploy;
mod ec2;
mod error;
mod executions;
mod log_groups;
mod moto_call;
mod notifications;
mod options;
mod own_runtime;
mod sdk;

use std::net::SocketAddr;
use std::sync::Arc;

use aws_types::SdkConfig;
use axum::body::Bytes;
use elasticache_stand_in::{GroupSnapshot, GroupSpec, StandIn};
use serde_json::Value;
use tokio::net::TcpListener;

pub use deploy::DeployError;
pub use error::{CloudError, FunctionError};
pub use executions::{EndOfExecution, ExecutionStatus, ExecutionView, HistoryEvent};
pub use options::Options;

use crate::arn;
use crate::event_bridge::{BusEvent, EventBridge};
use crate::front_door::{Call, FrontDoor, Permissions, Services};
use crate::function_host::{FailedEvent, FaultRule, FunctionHost, HostSettings, LogLine};
use crate::function_url::FunctionUrls;
use crate::moto::{Moto, MotoSettings};
use crate::s3::{Buckets, StoredObject};
use crate::sns::{Message, Sns};
use crate::template::Template;
use own_runtime::OwnRuntime;
pub use sdk::OWN_ACCESS_KEY_ID;

/// A running local AWS. Everything it started ends when it is dropped.
#[derive(Debug)]
pub struct LocalCloud {
    // The order is that of shutting down: nothing may call what is already gone.
    function_urls: FunctionUrls,
    front_door: FrontDoor,
    moto: Moto,
    host: FunctionHost,
    elasticache: StandIn,
    sns: Arc<Sns>,
    event_bridge: Arc<EventBridge>,
    buckets: Buckets,
    template: Template,
    address: SocketAddr,
    sdk_config: SdkConfig,
    step_functions: aws_sdk_sfn::Client,
    runtime: OwnRuntime,
}

impl LocalCloud {
    /// Starts all parts and deploys the template.
    ///
    /// The cloud has a runtime of its own, so that one cloud can serve many tests, each with its own runtime.
    pub async fn start(options: Options) -> Result<LocalCloud, CloudError> {
        let runtime = OwnRuntime::new()?;
        let handle = runtime.handle();
        handle
            .spawn(LocalCloud::compose(options, runtime))
            .await
            .unwrap_or(Err(CloudError::Gone))
    }

    async fn compose(options: Options, runtime: OwnRuntime) -> Result<LocalCloud, CloudError> {
        // Bound before the template is read: what a nested stack answers may stand in a function's environment.
        let (urls, outputs) = FunctionUrls::bind(&options.function_urls).await?;
        let mut values = options.parameters.clone();
        values.extend(outputs);
        let template = Template::read(&options.template, &values)?;
        // Bound first: functions and moto have to be told where it is before there is anything behind it.
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let endpoint_url = format!("http://{address}");

        let host_settings = HostSettings {
            binaries: options.binaries.clone(),
            endpoint_url: endpoint_url.clone(),
            event_retry_delays: options.event_retry_delays,
            echo_logs: options.echo_logs,
        };
        let moto_settings = MotoSettings {
            python: options.python.clone(),
            front_door_port: address.port(),
            wait_scale: options.wait_scale,
            history_limit: options.history_limit,
        };
        let host = FunctionHost::start(&template.functions, &host_settings).await?;
        let (stand_in_settings, notified) = notifications::heard(options.elasticache);
        let function_urls = urls.serve(&host.shared());
        let elasticache = StandIn::start(stand_in_settings).await?;
        let moto = Moto::start(&moto_settings).await?;
        let sns = Arc::new(Sns::new(&template.topics));
        sns.deliver_to(host.shared());
        let event_bridge = Arc::new(EventBridge::new(&template.rules, host.shared()));
        let permissions = match options.enforce_permissions {
            true => Permissions::of(&template, elasticache.clone()),
            false => Permissions::default(),
        };
        let services = Services {
            lambda: host.address(),
            moto: moto.address(),
            elasticache: address_in(&elasticache.endpoint_url())?,
        };
        let front_door = FrontDoor::start(
            listener,
            services,
            permissions,
            Arc::clone(&sns),
            Arc::clone(&event_bridge),
            options.trail,
        );

        let sdk_config = sdk::config(&endpoint_url, OWN_ACCESS_KEY_ID);
        deploy::deploy(&template, &sdk_config).await?;
        let buckets = Buckets::make(moto.address(), &template.buckets).await?;
        tokio::spawn(notifications::publish(notified, endpoint_url));
        let step_functions = aws_sdk_sfn::Client::new(&sdk_config);
        Ok(LocalCloud {
            function_urls,
            front_door,
            moto,
            host,
            elasticache,
            sns,
            event_bridge,
            buckets,
            template,
            address,
            sdk_config,
            step_functions,
            runtime,
        })
    }

    /// Where every AWS client calls: the front door.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A configuration for AWS SDK clients of the caller's own.
    pub fn sdk_config(&self) -> SdkConfig {
        self.sdk_config.clone()
    }

    /// Where a function with a URL of its own is reached, by the name that [`FunctionUrl`](crate::FunctionUrl) gave it.
    pub fn function_url(&self, function: &str) -> Option<String> {
        self.function_urls.url(function)
    }

    /// The template as it was understood.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The ARN of the template's first state machine.
    pub fn state_machine_arn(&self) -> Result<String, CloudError> {
        let first = self
            .template
            .state_machines
            .first()
            .ok_or(CloudError::NoStateMachine)?;
        Ok(arn::state_machine(&first.name))
    }

    /// The ARN of the state machine with a logical id.
    pub fn state_machine_arn_of(&self, logical_id: &str) -> Result<String, CloudError> {
        let machines = &self.template.state_machines;
        let found = machines.iter().find(|machine| machine.logical_id == logical_id);
        Ok(arn::state_machine(&found.ok_or(CloudError::NoStateMachine)?.name))
    }

    /// The ElastiCache stand-in.
    pub fn elasticache(&self) -> &StandIn {
        &self.elasticache
    }

    /// Creates a replication group whose nodes live as long as the cloud, not only as long as the caller's runtime.
    pub async fn create_replication_group(&self, spec: GroupSpec) -> Result<GroupSnapshot, CloudError> {
        let elasticache = self.elasticache.clone();
        let created = self
            .runtime
            .run(async move { elasticache.create_replication_group(spec).await });
        Ok(created.await??)
    }

    /// The host: cold starts, failed events, faults.
    pub fn functions(&self) -> &FunctionHost {
        &self.host
    }

    /// Invokes a function, by logical id, name or ARN, and waits for its answer.
    pub async fn invoke(
        &self,
        function: &str,
        payload: Value,
    ) -> Result<Result<Value, FunctionError>, CloudError> {
        let no_such_function = || CloudError::NoSuchFunction {
            function: function.to_owned(),
            known: self.host.function_names(),
        };
        let host = self.host.shared();
        let found = Arc::clone(host.function(function).ok_or_else(no_such_function)?);
        let payload = Bytes::from(payload.to_string());
        let answer = self
            .runtime
            .run(async move { host.invoke(&found, payload).await })
            .await?;
        let document: Value = serde_json::from_slice(&answer.payload).unwrap_or_default();
        if !answer.is_error {
            return Ok(Ok(document));
        }
        let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
        Ok(Err(FunctionError {
            error_type: text("errorType"),
            message: text("errorMessage"),
        }))
    }

    /// Makes coming invocations of a function fail.
    pub fn inject(&self, rule: FaultRule) {
        self.host.inject(rule);
    }

    /// Delivers lines of an engine's log to a log group of CloudWatch Logs, which is made where it is missing.
    pub async fn deliver_logs(&self, group: &str, lines: &[String]) -> Result<(), CloudError> {
        let (moto, group, lines) = (self.moto.address(), group.to_owned(), lines.to_vec());
        self.runtime
            .run(async move { log_groups::deliver(moto, &group, &lines).await })
            .await?
    }

    /// Every message that was published, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.sns.messages()
    }

    /// Every event that was put on the default bus, in order, whether a rule wanted it or not.
    pub fn events(&self) -> Vec<BusEvent> {
        self.event_bridge.events()
    }

    /// Every object in the template's buckets.
    pub async fn objects(&self) -> Result<Vec<StoredObject>, CloudError> {
        let buckets = self.buckets.clone();
        Ok(self.runtime.run(async move { buckets.objects().await }).await??)
    }

    /// Puts an object into the template's first bucket, as a person would.
    pub async fn put_object(&self, key: &str, text: &str) -> Result<(), CloudError> {
        let (buckets, key, text) = (self.buckets.clone(), key.to_owned(), text.to_owned());
        Ok(self
            .runtime
            .run(async move { buckets.put_first(&key, text).await })
            .await??)
    }

    /// Every call of an AWS API, in the order in which they were answered.
    pub fn calls(&self) -> Vec<Call> {
        self.front_door.calls()
    }

    /// The last log lines of a function, by logical id, name or ARN.
    pub fn function_logs(&self, function: &str) -> Vec<LogLine> {
        self.host.logs(function)
    }

    /// Asynchronous invocations that failed at every attempt.
    pub fn failed_events(&self) -> Vec<FailedEvent> {
        self.host.failed_events()
    }

    /// Asks EC2 for something, by its Query API: `Action=DescribeSecurityGroups&..`.
    pub async fn ec2(&self, query: &str) -> Result<String, CloudError> {
        let (moto, query) = (self.moto.address(), query.to_owned());
        self.runtime
            .run(async move { ec2::ask(moto, &query).await })
            .await?
    }

    /// The last lines of moto, which name what its interpreter stumbled over.
    pub fn moto_output(&self) -> String {
        self.moto.output()
    }

    /// Ends everything and waits until it is gone. Dropping ends everything too, without waiting.
    pub async fn shutdown(self) {
        let LocalCloud {
            function_urls,
            front_door,
            mut moto,
            host,
            elasticache,
            runtime,
            ..
        } = self;
        drop(function_urls);
        drop(front_door);
        let stopping = async move {
            host.stop().await;
            elasticache.shutdown().await;
            moto.stop().await;
        };
        let _ = runtime.run(stopping).await;
        runtime.shut_down().await;
    }
}

/// The address in a URL of our own making.
fn address_in(url: &str) -> std::io::Result<SocketAddr> {
    let address = url.trim_start_matches("http://").parse();
    address.map_err(|_| std::io::Error::other(format!("{url} is no address")))
}
