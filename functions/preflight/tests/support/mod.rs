//! What the function needs around it, made up by these tests: Lambda's runtime API, ElastiCache's Query API for a group of
//! any size, and a real engine that every node's address leads to.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// Nodes of other groups in the same account, which the list of all clusters holds too.
const STRANGERS: usize = 60;
const PAGE: usize = 100;

/// Both APIs, on one port.
pub(crate) struct Api {
    port: u16,
    shared: Arc<Shared>,
    events: mpsc::Sender<Value>,
    answers: AsyncMutex<mpsc::Receiver<Value>>,
}

struct Shared {
    shards: usize,
    engine_port: u16,
    calls: Mutex<HashMap<String, usize>>,
    denied: Mutex<BTreeSet<String>>,
    events: AsyncMutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Value>,
}

impl Api {
    /// Serves a group of so many shards, two nodes each, whose every address is the engine's. With no shard there is no
    /// group, but a serverless cache of its name.
    pub(crate) async fn start(shards: usize, engine_port: u16) -> Api {
        let (events, to_function) = mpsc::channel(1);
        let (answers, from_function) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            shards,
            engine_port,
            calls: Mutex::default(),
            denied: Mutex::default(),
            events: AsyncMutex::new(to_function),
            answers,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answer))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answer))
            .route("/", post(elasticache))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Api {
            port,
            shared,
            events,
            answers: AsyncMutex::new(from_function),
        }
    }

    /// The answer to one invocation.
    pub(crate) async fn invoke(&self, event: Value) -> Value {
        self.events.send(event).await.expect("the runtime API runs");
        let mut answers = self.answers.lock().await;
        tokio::time::timeout(Duration::from_secs(60), answers.recv())
            .await
            .expect("within the function's time limit")
            .expect("an answer")
    }

    /// From now on the role may not make this call.
    pub(crate) fn deny(&self, action: &str) {
        self.shared
            .denied
            .lock()
            .expect("unpoisoned")
            .insert(action.to_owned());
    }

    /// How often a call was made.
    pub(crate) fn calls(&self, action: &str) -> usize {
        let calls = self.shared.calls.lock().expect("unpoisoned");
        calls.get(action).copied().unwrap_or(0)
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let Some(event) = shared.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        ("lambda-runtime-deadline-ms", "99999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:123456789012:function:preflight",
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
        ),
    ] {
        headers.insert(name, value.parse().expect("a header"));
    }
    (headers, event.to_string()).into_response()
}

async fn answer(State(shared): State<Arc<Shared>>, body: Bytes) -> StatusCode {
    let answer = serde_json::from_slice(&body).expect("JSON");
    shared.answers.send(answer).await.expect("a test that waits");
    StatusCode::ACCEPTED
}

async fn elasticache(State(shared): State<Arc<Shared>>, body: String) -> (StatusCode, String) {
    let field = |name: &str| {
        body.split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    let action = field("Action").unwrap_or_default();
    *shared
        .calls
        .lock()
        .expect("unpoisoned")
        .entry(action.clone())
        .or_default() += 1;
    if shared.denied.lock().expect("unpoisoned").contains(&action) {
        let error = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform \
             elasticache:{action}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
        return (StatusCode::FORBIDDEN, error);
    }
    let result = match action.as_str() {
        "DescribeReplicationGroups" if shared.shards == 0 => {
            let error = "<ErrorResponse><Error><Type>Sender</Type><Code>ReplicationGroupNotFoundFault</Code>\
                         <Message>not found</Message></Error><RequestId>r</RequestId></ErrorResponse>";
            return (StatusCode::NOT_FOUND, error.to_owned());
        }
        "DescribeReplicationGroups" => group(&shared),
        "DescribeServerlessCaches" => {
            "<ServerlessCaches><member><ServerlessCacheName>orders</ServerlessCacheName></member>\
                                       </ServerlessCaches>"
                .to_owned()
        }
        "DescribeCacheClusters" => clusters(&shared, field("CacheClusterId"), field("Marker")),
        "DescribeCacheParameters" => parameters(),
        "DescribeCacheSubnetGroups" => subnet_group(),
        "DescribeUpdateActions" => "<UpdateActions/>".to_owned(),
        "DescribeEvents" => "<Events/>".to_owned(),
        _ => return (StatusCode::BAD_REQUEST, String::new()),
    };
    let answer = format!(
        "<{action}Response xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><{action}Result>{result}\
         </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    );
    (StatusCode::OK, answer)
}

fn members(shared: &Shared) -> Vec<String> {
    (1..=shared.shards)
        .flat_map(|shard| (1..=2).map(move |node| format!("orders-{shard:04}-{node:03}")))
        .collect()
}

fn group(shared: &Shared) -> String {
    let slots = 16_384 / shared.shards;
    let shards: String = (1..=shared.shards)
        .map(|shard| {
            let last = if shard == shared.shards { 16_383 } else { shard * slots - 1 };
            let nodes: String = (1..=2)
                .map(|node| {
                    format!(
                        "<NodeGroupMember><CacheClusterId>orders-{shard:04}-{node:03}</CacheClusterId></NodeGroupMember>"
                    )
                })
                .collect();
            format!(
                "<NodeGroup><NodeGroupId>{shard:04}</NodeGroupId><Status>available</Status><Slots>{}-{last}</Slots>\
                 <NodeGroupMembers>{nodes}</NodeGroupMembers></NodeGroup>",
                (shard - 1) * slots
            )
        })
        .collect();
    let ids: String = members(shared)
        .iter()
        .map(|id| format!("<ClusterId>{id}</ClusterId>"))
        .collect();
    format!(
        "<ReplicationGroups><ReplicationGroup><ReplicationGroupId>orders</ReplicationGroupId><Status>available</Status>\
         <Engine>valkey</Engine><ClusterEnabled>true</ClusterEnabled><ClusterMode>enabled</ClusterMode>\
         <MultiAZ>enabled</MultiAZ><AutomaticFailover>enabled</AutomaticFailover>\
         <CacheNodeType>cache.r7g.large</CacheNodeType><TransitEncryptionEnabled>false</TransitEncryptionEnabled>\
         <PendingModifiedValues/><MemberClusters>{ids}</MemberClusters><NodeGroups>{shards}</NodeGroups>\
         </ReplicationGroup></ReplicationGroups>"
    )
}

/// One cluster by its id, else a page of all of the account, as AWS lists them.
fn clusters(shared: &Shared, id: Option<String>, marker: Option<String>) -> String {
    let strangers = (1..=STRANGERS).map(|number| format!("another-{number:03}"));
    let all: Vec<String> = match id {
        Some(id) => vec![id],
        None => strangers.chain(members(shared)).collect(),
    };
    let from: usize = marker.and_then(|marker| marker.parse().ok()).unwrap_or(0);
    let page: String = all
        .iter()
        .skip(from)
        .take(PAGE)
        .map(|id| cluster(shared, id))
        .collect();
    let marker = if from + PAGE < all.len() {
        format!("<Marker>{}</Marker>", from + PAGE)
    } else {
        String::new()
    };
    format!("{marker}<CacheClusters>{page}</CacheClusters>")
}

fn cluster(shared: &Shared, id: &str) -> String {
    let group = if id.starts_with("orders-") {
        "orders"
    } else {
        "another"
    };
    format!(
        "<CacheCluster><CacheClusterId>{id}</CacheClusterId><ReplicationGroupId>{group}</ReplicationGroupId>\
         <Engine>valkey</Engine><EngineVersion>8.0.1</EngineVersion><CacheClusterStatus>available</CacheClusterStatus>\
         <CacheNodeType>cache.r7g.large</CacheNodeType>\
         <PreferredMaintenanceWindow>sun:05:00-sun:09:00</PreferredMaintenanceWindow>\
         <CacheParameterGroup><CacheParameterGroupName>default.valkey8.cluster.on</CacheParameterGroupName>\
         </CacheParameterGroup><CacheSubnetGroupName>cache-subnets</CacheSubnetGroupName><PendingModifiedValues/>\
         <SecurityGroups><member><SecurityGroupId>sg-target</SecurityGroupId><Status>active</Status></member>\
         </SecurityGroups><CacheNodes><CacheNode><CacheNodeId>0001</CacheNodeId><Endpoint><Address>127.0.0.1</Address>\
         <Port>{}</Port></Endpoint></CacheNode></CacheNodes></CacheCluster>",
        shared.engine_port
    )
}

fn parameters() -> String {
    let all = [("databases", "1"), ("reserved-memory-percent", "25")]
        .map(|(name, value)| {
            format!(
                "<Parameter><ParameterName>{name}</ParameterName><ParameterValue>{value}</ParameterValue></Parameter>"
            )
        })
        .concat();
    format!("<Parameters>{all}</Parameters>")
}

fn subnet_group() -> String {
    let subnets = ["subnet-a", "subnet-b"]
        .map(|id| format!("<Subnet><SubnetIdentifier>{id}</SubnetIdentifier></Subnet>"))
        .concat();
    format!(
        "<CacheSubnetGroups><CacheSubnetGroup><CacheSubnetGroupName>cache-subnets</CacheSubnetGroupName>\
         <VpcId>vpc-1</VpcId><Subnets>{subnets}</Subnets></CacheSubnetGroup></CacheSubnetGroups>"
    )
}

/// The function's own binary. Ends with the value.
pub(crate) struct Function(Child);

impl Function {
    /// Starts it against both APIs.
    pub(crate) fn start(api: &Api) -> Function {
        let address = format!("127.0.0.1:{}", api.port);
        let child = Command::new(env!("CARGO_BIN_EXE_preflight"))
            .env("AWS_LAMBDA_RUNTIME_API", &address)
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("AWS_LAMBDA_FUNCTION_NAME", "preflight")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the function's binary");
        Function(child)
    }

    /// The most memory that it has held, in KiB.
    pub(crate) fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("it runs");
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix("VmHWM:")?
                    .trim()
                    .strip_suffix(" kB")?
                    .trim()
                    .parse()
                    .ok()
            })
            .expect("Linux tells the peak")
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real engine without keys. Ends with the value.
pub(crate) struct Engine {
    /// Where it listens, on loopback.
    pub(crate) port: u16,
    child: Child,
}

impl Engine {
    /// Starts one and waits until it accepts connections.
    pub(crate) async fn start() -> Engine {
        let port = closed_port().await;
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server on the PATH");
        let engine = Engine { port, child };
        let accepts = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), accepts)
            .await
            .expect("the engine starts");
        engine
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on which nobody listens.
pub(crate) async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address").port()
}
