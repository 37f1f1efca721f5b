//! The application: it writes at an even rate until it is told to stop, and goes on elsewhere when it is told where.

use crate::address::Address;
use crate::dataset::DATABASES;
use crate::ledger::Ledger;
use crate::words::count;
use crate::writes::Write;
use anyhow::Context;
use redis::aio::MultiplexedConnection;
use redis::{RedisResult, Value};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Batches are this far apart.
const BEAT: Duration = Duration::from_millis(20);
/// The most writes to one batch: what a writer that was held up makes good at once.
const LARGEST_BATCH: usize = 500;
/// Before a broken connection is made again.
const PAUSE: Duration = Duration::from_millis(200);

/// A running writer. Dropped, it stops at once.
pub(crate) struct Writer {
    ledger: Arc<Mutex<Ledger>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Starts to write `rate` times a second at `address`, going on with the ledger's numbers.
    pub(crate) fn start(address: &Address, mut ledger: Ledger, rate: u32) -> Writer {
        ledger.arrive(address);
        let ledger = Arc::new(Mutex::new(ledger));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(write_until(stopped, address.clone(), Arc::clone(&ledger), rate));
        Writer { ledger, stop, task }
    }

    /// What it has done so far, in a few words.
    pub(crate) fn words(&self) -> String {
        format!("{} writes acknowledged", count(lock(&self.ledger).acknowledged()))
    }

    /// Stops, once the last write under way has its answer.
    pub(crate) async fn stop(self) -> anyhow::Result<Ledger> {
        // A writer that has ended by itself needs no word; its task tells why.
        let _ = self.stop.send(());
        self.task.await.context("the writer ended by itself")?;
        let ledger = std::mem::take(&mut *lock(&self.ledger));
        Ok(ledger)
    }
}

fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn write_until(
    mut stopped: oneshot::Receiver<()>,
    address: Address,
    ledger: Arc<Mutex<Ledger>>,
    rate: u32,
) {
    let mut lanes: Vec<Lane> = DATABASES
        .iter()
        .map(|database| Lane::new(&address, *database))
        .collect();
    let started = Instant::now();
    let mut beat = tokio::time::interval(BEAT);
    let mut begun = 0;
    loop {
        tokio::select! {
            // Also where the writer was dropped.
            _ = &mut stopped => break,
            _ = beat.tick() => {}
        }
        let due = (started.elapsed().as_secs_f64() * f64::from(rate)) as usize;
        let batch = due.saturating_sub(begun).min(LARGEST_BATCH);
        if batch > 0 {
            begun += batch;
            write(&mut lanes, batch, &ledger).await;
        }
    }
    lock(&ledger).stayed(started.elapsed());
}

/// One batch. Writes of one key keep their order: a key belongs to one database, and that to one connection.
async fn write(lanes: &mut [Lane], count: usize, ledger: &Mutex<Ledger>) {
    let writes: Vec<Write> = lock(ledger).begin(count).map(Write::nth).collect();
    let asked = Instant::now();
    let mut answers = Vec::new();
    for lane in lanes.iter_mut() {
        let batch = writes
            .iter()
            .filter(|write| write.key.database() == lane.database)
            .copied()
            .collect();
        answers.push(lane.send(batch).await);
    }
    let mut ledger = lock(ledger);
    ledger.slowest = ledger.slowest.max(asked.elapsed());
    for answer in answers {
        for sequence in answer.acknowledged {
            ledger.acknowledge(sequence);
        }
        ledger.last_error = answer.error.or(ledger.last_error.take());
    }
}

/// A connection to one database, made again when it breaks.
struct Lane {
    address: Address,
    database: u8,
    connection: Option<MultiplexedConnection>,
}

#[derive(Default)]
struct Answer {
    acknowledged: Vec<u64>,
    error: Option<String>,
}

impl Lane {
    fn new(address: &Address, database: u8) -> Lane {
        Lane {
            address: address.clone(),
            database,
            connection: None,
        }
    }

    async fn send(&mut self, batch: Vec<Write>) -> Answer {
        match self.try_send(&batch).await {
            Ok(answers) => {
                let mut answer = Answer::default();
                for (write, result) in batch.iter().zip(answers) {
                    match result {
                        Ok(_) => answer.acknowledged.push(write.sequence),
                        Err(refusal) => answer.error = Some(refusal.to_string()),
                    }
                }
                answer
            }
            Err(broken) => {
                self.connection = None;
                tokio::time::sleep(PAUSE).await;
                Answer {
                    acknowledged: vec![],
                    error: Some(format!("{broken:#}")),
                }
            }
        }
    }

    async fn try_send(&mut self, batch: &[Write]) -> anyhow::Result<Vec<RedisResult<Value>>> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.address.connect(self.database).await?),
        };
        let mut pipe = redis::pipe();
        for write in batch {
            write.send(&mut pipe);
        }
        if pipe.is_empty() {
            return Ok(vec![]);
        }
        Ok(pipe.ignore_errors().query_async(connection).await?)
    }
}
