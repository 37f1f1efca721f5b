//! Holds the reading to its pace, and measures the source's latency while it goes on.

use super::wire::{Unread, Wire};
use domain::Endpoint;
use domain::verify::{Pace, VerifyRule};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// How often the source is asked for a PONG.
const EVERY: Duration = Duration::from_millis(100);

/// The pace, shared by all who read one shard pair.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    pace: Arc<Mutex<Pace>>,
    epoch: Instant,
}

/// Measures latency until it is dropped.
#[derive(Debug)]
pub(super) struct Probe(JoinHandle<()>);

impl Throttle {
    pub(super) fn new(rule: &VerifyRule) -> Throttle {
        let cap = u64::from(rule.max_source_latency_ms) * 1_000;
        Throttle {
            pace: Arc::new(Mutex::new(Pace::new(rule.max_keys_per_second, cap))),
            epoch: Instant::now(),
        }
    }

    /// How many keys to ask for at a time.
    pub(super) fn batch(&self, most: usize) -> usize {
        self.with(|pace| pace.batch(most))
    }

    /// Waits until so many keys may be read.
    pub(super) async fn admit(&self, keys: usize) {
        let now = micros(self.epoch.elapsed());
        let wait = self.with(|pace| pace.admit(keys, now));
        pause(wait).await;
    }

    /// Waits between two pieces of a big key.
    pub(super) async fn breathe(&self) {
        let wait = self.with(|pace| pace.breath());
        pause(wait).await;
    }

    /// The longest that the source took, in milliseconds, rounded up.
    pub(super) fn worst_latency_ms(&self) -> u64 {
        self.with(|pace| pace.worst_latency()).div_ceil(1_000)
    }

    /// Begins to measure, over a connection of its own: what it sees is what any other client of the source sees.
    pub(super) async fn probe(&self, source: &Endpoint) -> Result<Probe, Unread> {
        let mut wire = Wire::connect(source, "source").await?;
        let throttle = self.clone();
        Ok(Probe(tokio::spawn(async move {
            loop {
                let asked = Instant::now();
                if wire.ask(&[b"PING"]).await.is_err() {
                    // The readers meet the same fault and report it.
                    return;
                }
                let took = micros(asked.elapsed());
                throttle.with(|pace| pace.latency(took));
                sleep(EVERY).await;
            }
        })))
    }

    fn with<T>(&self, what: impl FnOnce(&mut Pace) -> T) -> T {
        what(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

async fn pause(microseconds: u64) {
    if microseconds > 0 {
        sleep(Duration::from_micros(microseconds)).await;
    }
}
