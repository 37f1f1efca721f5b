//! Clients that write all the time: to the source until it refuses them, then to the target. They keep count of every
//! write that was acknowledged, and of the moments that a cutover is measured by.

use crate::source::connect;
use anyhow::{Context, Result};
use redis::aio::MultiplexedConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often the target is asked whether it takes writes.
const PROBE: Duration = Duration::from_millis(2);
/// Where both engines of a story without clusters are.
const LOOPBACK: &str = "127.0.0.1";
/// How many clients write.
const CLIENTS: u64 = 10;

/// Running clients. Dropped, they stop.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    /// The target that takes writes, once one does.
    open: watch::Sender<Option<Node>>,
    clients: Vec<JoinHandle<Result<Written>>>,
    probe: Option<JoinHandle<()>>,
    route: Route,
}

/// An address and a port.
pub(crate) type Node = (String, u16);

/// From where to where clients write.
#[derive(Clone, Debug)]
pub struct Route {
    /// The source, address and port.
    pub source: Node,
    /// A target primary; one that sends clients on (`MOVED`) is left for the one it names.
    pub target: Node,
    /// What every key has in it: in cluster mode a tag of a slot that both own, as a client of a cluster would choose the
    /// node by the key.
    pub tag: String,
}

impl Route {
    fn key(&self, client: u64, number: u64) -> String {
        format!("load:{}{client}:{number}", self.tag)
    }
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    stop: AtomicBool,
    /// Microseconds since `began`; 0 before there was one.
    last_by_source: AtomicU64,
    first_by_target: AtomicU64,
    acknowledged: AtomicU64,
    by_source: AtomicU64,
}

/// What one client wrote: the numbers from 0 up, each until it was acknowledged.
#[derive(Debug)]
struct Written {
    client: u64,
    next: u64,
}

/// What came of all writes.
#[derive(Debug)]
pub struct Toll {
    /// Writes that a server said yes to.
    pub acknowledged: u64,
    /// Those that the target does not have.
    pub lost: u64,
    /// Acknowledged writes a second, as long as the source took any.
    pub rate: f64,
    /// From the last write that the source acknowledged to the first that the target did.
    pub no_writes: Duration,
}

impl Load {
    /// Starts to write to the source, so many writes a second together.
    pub async fn start(source: u16, target: u16, writes_per_second: u64) -> Result<Load> {
        let route = Route {
            source: (LOOPBACK.to_owned(), source),
            target: (LOOPBACK.to_owned(), target),
            tag: String::new(),
        };
        Load::start_on(route, writes_per_second).await
    }

    /// The same on a route of its own: one shard of a cluster.
    pub async fn start_on(route: Route, writes_per_second: u64) -> Result<Load> {
        let shared = Arc::new(Shared {
            began: Instant::now(),
            stop: AtomicBool::new(false),
            last_by_source: AtomicU64::new(0),
            first_by_target: AtomicU64::new(0),
            acknowledged: AtomicU64::new(0),
            by_source: AtomicU64::new(0),
        });
        let (open, opened) = watch::channel(None);
        let every = Duration::from_micros(1_000_000 * CLIENTS / writes_per_second.max(1));
        let mut clients = vec![];
        for client in 0..CLIENTS {
            let connection = connect(&route.source.0, route.source.1, None).await?;
            let client = Client {
                number: client,
                every,
                shared: Arc::clone(&shared),
                opened: opened.clone(),
                route: route.clone(),
            };
            clients.push(tokio::spawn(client.run(connection)));
        }
        Ok(Load {
            shared,
            open,
            clients,
            probe: None,
            route,
        })
    }

    /// Begins to ask the target whether it takes writes. Not before it follows the source: until then it takes any.
    pub fn watch_target(&mut self) {
        let (shared, open, mut route) = (Arc::clone(&self.shared), self.open.clone(), self.route.clone());
        self.probe = Some(tokio::spawn(async move {
            let key = format!("load:{}probe", route.tag);
            let mut connection = None;
            while !shared.stop.load(Ordering::Relaxed) {
                if connection.is_none() {
                    connection = connect(&route.target.0, route.target.1, None).await.ok();
                }
                if let Some(target) = &mut connection {
                    match set(target, &key, 1).await {
                        Ok(()) => {
                            shared.first_by_target.store(shared.now(), Ordering::Relaxed);
                            let _ = open.send(Some(route.target));
                            return;
                        }
                        Err(error) => {
                            // A replica sends clients to whom it follows: that is the source, until it takes writes.
                            let elsewhere = error.redirect_node().map(|(host, port)| (host.to_owned(), port));
                            if let Some(node) = elsewhere.filter(|node| *node != route.source) {
                                route.target = node;
                                connection = None;
                            }
                            // A node that was started anew has lost the connection.
                            if error.is_io_error() || error.is_connection_dropped() {
                                connection = None;
                            }
                        }
                    }
                }
                tokio::time::sleep(PROBE).await;
            }
        }));
    }

    /// How many writes were acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Stops, and looks for every acknowledged write on the target.
    pub async fn stop(self) -> Result<Toll> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let by_source = self.shared.by_source.load(Ordering::Relaxed);
        let (host, port) = self.open.borrow().clone().unwrap_or(self.route.target.clone());
        let mut target = connect(&host, port, None).await?;
        let mut lost = 0;
        let mut acknowledged = 0;
        for client in self.clients {
            let written = client.await.context("a client panicked")??;
            acknowledged += written.next;
            lost += missing(&mut target, &self.route, &written).await?;
        }
        let last = self.shared.last_by_source.load(Ordering::Relaxed);
        let first = self.shared.first_by_target.load(Ordering::Relaxed);
        Ok(Toll {
            acknowledged,
            lost,
            rate: by_source as f64 / Duration::from_micros(last.max(1)).as_secs_f64(),
            no_writes: Duration::from_micros(first.saturating_sub(last)),
        })
    }
}

impl Shared {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

struct Client {
    number: u64,
    every: Duration,
    shared: Arc<Shared>,
    opened: watch::Receiver<Option<Node>>,
    route: Route,
}

impl Client {
    async fn run(mut self, mut source: MultiplexedConnection) -> Result<Written> {
        let mut next = 0;
        let mut tick = tokio::time::interval(self.every);
        while !self.stopped() && self.opened.borrow().is_none() {
            tick.tick().await;
            let key = self.route.key(self.number, next);
            let mut opened = self.opened.clone();
            // A writer that waits at a fenced source goes to the target once that takes writes.
            let done = tokio::select! {
                done = set(&mut source, &key, next) => done.is_ok(),
                _ = opened.changed() => false,
            };
            if done {
                self.shared
                    .last_by_source
                    .fetch_max(self.shared.now(), Ordering::Relaxed);
                self.shared.by_source.fetch_add(1, Ordering::Relaxed);
                self.shared.acknowledged.fetch_add(1, Ordering::Relaxed);
                next += 1;
            }
        }
        let Some((host, port)) = self.opened.borrow_and_update().clone() else {
            return Ok(Written {
                client: self.number,
                next,
            });
        };
        let mut target = connect(&host, port, None).await?;
        while !self.stopped() {
            tick.tick().await;
            let key = self.route.key(self.number, next);
            if set(&mut target, &key, next).await.is_ok() {
                self.shared.acknowledged.fetch_add(1, Ordering::Relaxed);
                next += 1;
            }
        }
        Ok(Written {
            client: self.number,
            next,
        })
    }

    fn stopped(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }
}

async fn set(connection: &mut MultiplexedConnection, key: &str, value: u64) -> redis::RedisResult<()> {
    redis::cmd("SET")
        .arg(key)
        .arg(value)
        .query_async(connection)
        .await
}

/// How many of a client's writes the target does not have.
async fn missing(target: &mut MultiplexedConnection, route: &Route, written: &Written) -> Result<u64> {
    const AT_ONCE: u64 = 1_000;
    let mut missing = 0;
    for from in (0..written.next).step_by(usize::try_from(AT_ONCE)?) {
        let numbers: Vec<u64> = (from..written.next.min(from + AT_ONCE)).collect();
        let keys: Vec<String> = numbers.iter().map(|n| route.key(written.client, *n)).collect();
        let values: Vec<Option<u64>> = redis::cmd("MGET").arg(keys).query_async(target).await?;
        missing += numbers
            .iter()
            .zip(values)
            .filter(|(number, value)| value.as_ref() != Some(number))
            .count() as u64;
    }
    Ok(missing)
}
