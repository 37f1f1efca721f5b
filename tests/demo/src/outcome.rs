//! The result: everything that was looked at on the target, and whether it is as it must be.

use crate::address::Address;
use crate::check::{KeyCount, Tally, check_dataset, check_writes, wait_for_replica};
use crate::handover::Shard;
use crate::ledger::Ledger;
use crate::scene::Scene;
use crate::words::count;

/// What the checks found.
pub(crate) struct Outcome {
    /// The writer's writes, on the primary.
    pub(crate) writes: Tally,
    /// The same on the replica, where there is one.
    pub(crate) on_replica: Option<(Address, Tally)>,
    /// The keys that were there before.
    pub(crate) dataset: Tally,
    /// Keys on both sides, right after the cutover.
    pub(crate) keys: Vec<KeyCount>,
}

impl Outcome {
    /// Looks at everything. `keys` were counted before the writer went on.
    pub(crate) async fn reach(
        scene: &Scene,
        endpoints: &Shard,
        ledger: &Ledger,
        keys: Vec<KeyCount>,
    ) -> anyhow::Result<Outcome> {
        let writes = check_writes(&endpoints.primary, ledger).await?;
        let on_replica = match &endpoints.reader {
            Some(reader) if *reader != endpoints.primary => {
                wait_for_replica(&endpoints.primary, reader).await?;
                Some((reader.clone(), check_writes(reader, ledger).await?))
            }
            _ => None,
        };
        let dataset = check_dataset(&endpoints.primary, &scene.dataset).await?;
        Ok(Outcome {
            writes,
            on_replica,
            dataset,
            keys,
        })
    }

    /// What is not as it must be, in sentences. Empty: all is well.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let mut wrong = vec![];
        let mut tell = |what: &str, tally: &Tally| {
            let missing = tally.total().missing;
            if missing > 0 {
                wrong.push(format!("{what}: {}, such as", count(missing)));
                wrong.extend(tally.examples.iter().map(|example| format!("  {example}")));
            }
        };
        tell("acknowledged writes missing on the target", &self.writes);
        if let Some((_, tally)) = &self.on_replica {
            tell("acknowledged writes missing on the target's replica", tally);
        }
        tell(
            "keys of the source missing or different on the target",
            &self.dataset,
        );
        for keys in self.keys.iter().filter(|keys| keys.source != keys.target) {
            wrong.push(format!(
                "database {} has {} keys in the source and {} in the target",
                keys.database,
                count(keys.source),
                count(keys.target)
            ));
        }
        wrong
    }
}
