//! The two HTTP services that the function talks to: ElastiCache's Query API, for one group in cluster mode, and Lambda's
//! runtime API, which gives it its work.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Mutex, mpsc};

/// How many clusters DescribeCacheClusters gives at once, by AWS's default.
const PAGE: usize = 100;

/// A shard of the group: its slots (none: the group is not in cluster mode, and its first node is the primary), and its
/// nodes by cache cluster id and port.
#[derive(Clone)]
pub(crate) struct Shard {
    pub(crate) slots: Option<String>,
    pub(crate) nodes: Vec<(String, u16)>,
}

/// The group `orders`.
struct Group {
    shards: Vec<Shard>,
    /// The percentage of a resharding that is under way, as AWS writes it.
    resharding: Option<&'static str>,
}

/// Serves the group, which migrates, and gives the endpoint URL.
pub(crate) async fn elasticache(shards: Vec<Shard>) -> String {
    serve_group(Group {
        shards,
        resharding: None,
    })
    .await
}

/// The same, with its slots on the move.
pub(crate) async fn elasticache_resharding(shards: Vec<Shard>, percent: &'static str) -> String {
    serve_group(Group {
        shards,
        resharding: Some(percent),
    })
    .await
}

async fn serve_group(group: Group) -> String {
    serve(Router::new().fallback(describe).with_state(Arc::new(group))).await
}

async fn describe(State(orders): State<Arc<Group>>, body: String) -> Response {
    let asked = |field: &str| {
        let prefix = format!("{field}=");
        body.split('&')
            .find_map(|pair| pair.strip_prefix(&prefix).map(str::to_owned))
    };
    let action = asked("Action").unwrap();
    let result = match action.as_str() {
        "DescribeReplicationGroups" => group(&orders),
        "DescribeCacheClusters" => clusters(&orders.shards, asked("Marker")),
        "DescribeEvents" => "<Events/>".to_owned(),
        other => panic!("the poll called {other}"),
    };
    let text = format!(
        "<{action}Response xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><{action}Result>{result}\
         </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    );
    ([("content-type", "text/xml")], text).into_response()
}

fn group(orders: &Group) -> String {
    let shards = &orders.shards;
    let (status, pending) = match orders.resharding {
        None => ("migrating", String::new()),
        Some(percent) => (
            "modifying",
            format!(
                "<PendingModifiedValues><Resharding><SlotMigration><ProgressPercentage>{percent}</ProgressPercentage>\
                 </SlotMigration></Resharding></PendingModifiedValues>"
            ),
        ),
    };
    let members = shards.iter().flat_map(|shard| &shard.nodes);
    let ids: String = members
        .map(|(id, _)| format!("<ClusterId>{id}</ClusterId>"))
        .collect();
    let groups: String = shards
        .iter()
        .enumerate()
        .map(|(at, shard)| {
            let nodes: String = shard
                .nodes
                .iter()
                .map(|(id, _)| format!("<NodeGroupMember><CacheClusterId>{id}</CacheClusterId></NodeGroupMember>"))
                .collect();
            let place = match &shard.slots {
                Some(slots) => format!("<Slots>{slots}</Slots>"),
                None => format!("<PrimaryEndpoint>{}</PrimaryEndpoint>", endpoint(shard.nodes[0].1)),
            };
            format!(
                "<NodeGroup><NodeGroupId>{:04}</NodeGroupId>{place}<NodeGroupMembers>{nodes}</NodeGroupMembers></NodeGroup>",
                at + 1,
            )
        })
        .collect();
    let cluster = shards.iter().all(|shard| shard.slots.is_some());
    format!(
        "<ReplicationGroups><ReplicationGroup><ReplicationGroupId>orders</ReplicationGroupId><Status>{status}</Status>{pending}\
         <ClusterEnabled>{cluster}</ClusterEnabled><MemberClusters>{ids}</MemberClusters><NodeGroups>{groups}</NodeGroups>\
         </ReplicationGroup></ReplicationGroups>"
    )
}

fn clusters(shards: &[Shard], marker: Option<String>) -> String {
    let all: Vec<&(String, u16)> = shards.iter().flat_map(|shard| &shard.nodes).collect();
    let from: usize = marker.map_or(0, |marker| marker.parse().unwrap());
    let page: String = all
        .iter()
        .skip(from)
        .take(PAGE)
        .map(|(id, port)| {
            format!(
                "<CacheCluster><CacheClusterId>{id}</CacheClusterId>\
                 <ReplicationGroupId>orders</ReplicationGroupId><CacheNodes><CacheNode><Endpoint>{}</Endpoint>\
                 </CacheNode></CacheNodes></CacheCluster>",
                endpoint(*port)
            )
        })
        .collect();
    let next = from + PAGE;
    let marker = if next < all.len() {
        format!("<Marker>{next}</Marker>")
    } else {
        String::new()
    };
    format!("{marker}<CacheClusters>{page}</CacheClusters>")
}

fn endpoint(port: u16) -> String {
    format!("<Address>127.0.0.1</Address><Port>{port}</Port>")
}

/// What the function answered to one invocation, and how long it took.
pub(crate) struct Answer {
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) millis: u128,
}

/// The runtime API: hands out the inputs, one after the other, and collects the answers.
pub(crate) struct Runtime {
    pub(crate) address: String,
    inputs: mpsc::Sender<Value>,
    answers: mpsc::Receiver<Answer>,
}

struct Queue {
    inputs: Mutex<mpsc::Receiver<Value>>,
    answers: mpsc::Sender<Answer>,
    given_at: Mutex<Instant>,
}

impl Runtime {
    pub(crate) async fn start() -> Runtime {
        let (inputs, work) = mpsc::channel(1);
        let (done, answers) = mpsc::channel(1);
        let queue = Arc::new(Queue {
            inputs: Mutex::new(work),
            answers: done,
            given_at: Mutex::new(Instant::now()),
        });
        let url = serve(Router::new().fallback(runtime).with_state(queue)).await;
        Runtime {
            address: url.trim_start_matches("http://").to_owned(),
            inputs,
            answers,
        }
    }

    /// One invocation.
    pub(crate) async fn invoke(&mut self, input: Value) -> Answer {
        self.inputs.send(input).await.unwrap();
        self.answers.recv().await.unwrap()
    }
}

async fn runtime(State(queue): State<Arc<Queue>>, uri: Uri, _headers: HeaderMap, body: Bytes) -> Response {
    if uri.path().ends_with("/invocation/next") {
        let Some(input) = queue.inputs.lock().await.recv().await else {
            return std::future::pending().await;
        };
        *queue.given_at.lock().await = Instant::now();
        let deadline = jiff::Timestamp::now().as_millisecond() + 60_000;
        let headers = [
            ("lambda-runtime-aws-request-id", "request-1".to_owned()),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            (
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:us-east-1:123456789012:function:poll-lag".to_owned(),
            ),
        ];
        return (headers, input.to_string()).into_response();
    }
    let answer = Answer {
        path: uri.path().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        millis: queue.given_at.lock().await.elapsed().as_millis(),
    };
    queue.answers.send(answer).await.unwrap();
    (axum::http::StatusCode::ACCEPTED, "{}").into_response()
}

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}
