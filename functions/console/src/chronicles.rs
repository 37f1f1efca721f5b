//! What a sandbox has read of migrations, so that a page that loads itself again reads what is new, and several people
//! who look at one migration cost no more than one.

use adapters::step_functions::Migrations;
use domain::StepError;
use domain::page::ListedStatus;
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

/// What was read of one, up to an event.
#[derive(Debug)]
struct Kept {
    chronicle: Chronicle,
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
            let Some(listed) = migrations.listed(id).await? else {
                return Ok(None);
            };
            if all.len() >= AT_MOST && !all.contains_key(id) {
                all.clear();
            }
            let kept = all.entry(id.to_owned()).or_insert_with(|| Kept {
                chronicle: Chronicle::new(),
                last_event: 0,
                read_at: now,
                runs: true,
            });
            let arn = migrations.execution_arn(id);
            let Kept {
                chronicle,
                last_event,
                ..
            } = kept;
            migrations
                .read_history(&arn, |entry| {
                    if entry.id > *last_event {
                        chronicle.read(&entry);
                        *last_event = entry.id;
                    }
                    ControlFlow::Continue(())
                })
                .await?;
            kept.read_at = now;
            kept.runs = listed.status == ListedStatus::Running;
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
