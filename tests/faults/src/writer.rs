//! The application: it writes to the source for the whole row and remembers what was acknowledged.

use anyhow::{Result, ensure};
use redis::aio::MultiplexedConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Where to write: an engine, and how a key must end to belong there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) address: String,
    pub(crate) port: u16,
    /// Nothing, or a hash tag of a slot that the engine owns.
    pub(crate) tag: String,
}

/// A running writer.
#[derive(Debug)]
pub(crate) struct Writer {
    acknowledged: Arc<AtomicU64>,
    fast: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<Vec<u64>>,
}

const BEAT: Duration = Duration::from_millis(10);
const VALUE: usize = 2_000;

impl Writer {
    /// Writes to all places in turn.
    pub(crate) fn start(places: Vec<Place>) -> Writer {
        let (acknowledged, fast, stop) = (Arc::default(), Arc::default(), Arc::default());
        let task = tokio::spawn(write(
            places,
            Arc::clone(&acknowledged),
            Arc::clone(&fast),
            Arc::clone(&stop),
        ));
        Writer {
            acknowledged,
            fast,
            stop,
            task,
        }
    }

    /// Without rests between writes: some ten megabytes a second.
    pub(crate) fn flood(&self, flood: bool) {
        self.fast.store(flood, Ordering::Relaxed);
    }

    /// How many writes were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Stops, and gives the numbers of all writes that were acknowledged.
    pub(crate) async fn stop(self) -> Result<Vec<u64>> {
        self.stop.store(true, Ordering::Relaxed);
        Ok(self.task.await?)
    }
}

async fn write(
    places: Vec<Place>,
    acknowledged: Arc<AtomicU64>,
    fast: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
) -> Vec<u64> {
    let mut done = vec![];
    let mut number = 0_u64;
    let mut connections: Vec<Option<MultiplexedConnection>> = vec![None; places.len()];
    while !stop.load(Ordering::Relaxed) {
        let batch = if fast.load(Ordering::Relaxed) { 50 } else { 1 };
        for _ in 0..batch {
            number += 1;
            let which = place_of(number, &places);
            let (place, connection) = (&places[which], &mut connections[which]);
            let Some(open) = connection.as_mut() else {
                *connection = connect(place).await.ok();
                tokio::time::sleep(BEAT).await;
                break;
            };
            match set(open, number, place).await {
                Ok(()) => {
                    done.push(number);
                    acknowledged.store(done.len() as u64, Ordering::Relaxed);
                }
                // Refused: the connection is good. Lost: it is made again. Either way it was not acknowledged.
                Err(error) if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() => {
                    *connection = None;
                    break;
                }
                Err(_) => break,
            }
        }
        if batch == 1 {
            tokio::time::sleep(BEAT).await;
        }
    }
    done
}

/// Numbers go to the places in turn.
fn place_of(number: u64, places: &[Place]) -> usize {
    usize::try_from(number % places.len().max(1) as u64).unwrap_or(0)
}

async fn set(connection: &mut MultiplexedConnection, number: u64, place: &Place) -> redis::RedisResult<()> {
    // A thousand keys with big values, each written again and again, beside one small key for each write.
    redis::pipe()
        .atomic()
        .set(key(number, place), number)
        .ignore()
        .set(
            format!("big:{}{}", number % 500, place.tag),
            format!("{number}").repeat(VALUE / 4),
        )
        .ignore()
        .query_async(connection)
        .await
}

fn key(number: u64, place: &Place) -> String {
    format!("ledger:{number}{}", place.tag)
}

/// Whether the engines hold each of these writes.
pub(crate) async fn holds(places: &[Place], numbers: &[u64]) -> Result<()> {
    for (which, place) in places.iter().enumerate() {
        let mut theirs = numbers.to_vec();
        theirs.retain(|number| place_of(*number, places) == which);
        holds_all(place, &theirs).await?;
    }
    Ok(())
}

async fn holds_all(place: &Place, numbers: &[u64]) -> Result<()> {
    let mut connection = connect(place).await?;
    for some in numbers.chunks(1_000) {
        let keys: Vec<String> = some.iter().map(|number| key(*number, place)).collect();
        let values: Vec<Option<u64>> = redis::cmd("MGET").arg(&keys).query_async(&mut connection).await?;
        for (number, value) in some.iter().zip(values) {
            ensure!(
                value == Some(*number),
                "the acknowledged write {number} is not there"
            );
        }
    }
    Ok(())
}

pub(crate) async fn connect(place: &Place) -> Result<MultiplexedConnection> {
    let client = redis::Client::open(format!("redis://{}:{}/", place.address, place.port))?;
    let patience = redis::AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(3)))
        .set_response_timeout(Some(Duration::from_secs(3)));
    Ok(client
        .get_multiplexed_async_connection_with_config(&patience)
        .await?)
}
