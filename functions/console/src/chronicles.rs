//! What a sandbox has read of migrations, so that a page that loads itself again reads what is new, and several people
//! who look at one migration cost no more than one.

use adapters::step_functions::Migrations;
use domain::StepError;
use domain::contract::Migration;
use domain::page::ListedStatus;
use domain::progress::successor;
use domain::report::{Chronicle, Report};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::ops::ControlFlow;
use tokio::sync::Mutex;

/// Shorter than a look at a migration takes.
const FRESH_FOR: SignedDuration = SignedDuration::from_secs(3);
/// A chronicle is some 100 KB; the function has 256 MB.
const AT_MOST: usize = 32;

/// By migration.
#[derive(Debug, Default)]
pub(crate) struct Chronicles(Mutex<HashMap<String, Kept>>);

/// What was read of one, up to an event of its newest execution.
#[derive(Debug)]
struct Kept {
    chronicle: Chronicle,
    /// The execution's name: a long migration goes on in another one.
    execution: String,
    generation: u32,
    last_event: i64,
    read_at: Timestamp,
    runs: bool,
}

/// A migration as it stands.
#[derive(Debug)]
pub(crate) struct Known {
    /// Everything that its history tells.
    pub(crate) report: Report,
    /// Whether its execution runs.
    pub(crate) runs: bool,
}

impl Chronicles {
    /// A migration as it stands; none where there is no such execution.
    pub(crate) async fn of(
        &self,
        migrations: &Migrations,
        id: &str,
        now: Timestamp,
    ) -> Result<Option<Known>, StepError> {
        let mut all = self.0.lock().await;
        let stale = all
            .get(id)
            .is_none_or(|kept| kept.runs && now.duration_since(kept.read_at) >= FRESH_FOR);
        if stale {
            if !all.contains_key(id) {
                if migrations.listed(id).await?.is_none() {
                    return Ok(None);
                }
                if all.len() >= AT_MOST {
                    all.clear();
                }
            }
            let kept = all.entry(id.to_owned()).or_insert_with(|| Kept::new(id, now));
            kept.read(migrations, id).await?;
            kept.read_at = now;
        }
        Ok(all.get(id).map(|kept| Known {
            report: kept.chronicle.report(now),
            runs: kept.runs,
        }))
    }

    /// What was read of a migration is not relied on any longer.
    pub(crate) async fn forget(&self, id: &str) {
        if let Some(kept) = self.0.lock().await.get_mut(id) {
            kept.read_at = Timestamp::MIN;
        }
    }
}

impl Kept {
    fn new(id: &str, now: Timestamp) -> Kept {
        Kept {
            chronicle: Chronicle::new(),
            execution: id.to_owned(),
            generation: Migration::first(),
            last_event: 0,
            read_at: now,
            runs: true,
        }
    }

    /// Reads what is new, and goes on to the execution that continues the migration where there is one.
    async fn read(&mut self, migrations: &Migrations, id: &str) -> Result<(), StepError> {
        loop {
            // The status first: what the history says after it is at least as new.
            let listed = migrations.listed(&self.execution).await?;
            let Kept {
                chronicle,
                last_event,
                ..
            } = self;
            migrations
                .read_history(&migrations.execution_arn(&self.execution), |entry| {
                    if entry.id > *last_event {
                        chronicle.read(&entry);
                        *last_event = entry.id;
                    }
                    ControlFlow::Continue(())
                })
                .await?;
            self.runs = listed
                .as_ref()
                .is_some_and(|listed| listed.status == ListedStatus::Running);
            if !listed.is_some_and(|listed| listed.details.rolled_over) {
                return Ok(());
            }
            self.execution = successor(id, self.generation);
            self.generation = self.generation.saturating_add(1);
            self.last_event = 0;
            self.chronicle.begin_execution();
        }
    }
}
