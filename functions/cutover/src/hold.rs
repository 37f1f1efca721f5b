//! Renews the fence while the promotion goes on, and looks often enough that the end of it is seen at once.

use crate::Clients;
use crate::fence::keep_up;
use crate::look::{Targets, existing};
use domain::StepError;
use domain::contract::cutover::Held;
use domain::cutover::Fence;
use domain::target::GroupStatus;
use std::time::{Duration, Instant};

/// How long one invocation holds; the state machine then looks at events, and opens a wait for signals.
const HOLD: Duration = Duration::from_secs(20);
/// Between two looks at the engines.
const LOOK: Duration = Duration::from_millis(100);
/// Between two looks at AWS's API.
const ASK_AWS: Duration = Duration::from_secs(1);

pub(crate) async fn hold(clients: &Clients, mut fence: Fence) -> Result<Held, StepError> {
    let group = existing(clients, &fence.replication_group_id).await?;
    let mut targets = Targets::of(clients, &group).await?;
    let renew_every = Duration::try_from(fence.renew_every()).unwrap_or(ASK_AWS);
    let mut unreached = keep_up(&mut fence).await;
    let began = Instant::now();
    let (mut renew_at, mut ask_at) = (began + renew_every, began);
    loop {
        let taken_over = targets.promoted().await;
        let now = Instant::now();
        if now >= ask_at {
            ask_at = now + ASK_AWS;
            let status = existing(clients, &fence.replication_group_id).await?.status;
            let promoted = taken_over && status == GroupStatus::Available;
            // Back to following: AWS gave up, and the next look says why.
            if promoted || status == GroupStatus::Migrating || began.elapsed() >= HOLD {
                return Ok(Held {
                    promoted,
                    fence,
                    unreached,
                });
            }
        }
        if now >= renew_at {
            renew_at = now + renew_every;
            unreached = keep_up(&mut fence).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}
