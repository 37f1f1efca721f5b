//! A script of faults: what goes wrong, in which call, how often.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::watch;

use crate::guarded::Guarded;
use crate::wire::ApiError;

/// One thing that goes wrong in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The call does nothing and answers this error.
    Answer(ApiError),
    /// The call waits first, then goes on as usual.
    Delay(Duration),
    /// The connection is closed without an answer; the call has done nothing.
    DropBefore,
    /// The connection is closed without an answer; the call has had its effect.
    DropAfter,
    /// CompleteMigration answers 200, promotes nothing, and leaves the event `Complete migration failed for <group>
    /// because <reason>`; the group goes on replicating. AWS does so while a target node is being replaced.
    RefuseCompletion {
        /// Why, as the event words it.
        reason: String,
    },
    /// CompleteMigration is accepted; after `promotion_time` the group is `migrating` again, with the same event.
    FailPromotion {
        /// Why, as the event words it.
        reason: String,
    },
}

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// The next so many calls.
    Next(u32),
    /// Every call until the faults are cleared.
    Every,
}

/// A point where a group's affairs can be held up until they are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// TestMigration has its result and does not tell.
    Testing,
    /// StartMigration was accepted, and some of the slots are where the source has them.
    Resharding,
    /// StartMigration was accepted, and the primaries are not told to replicate.
    Attaching,
    /// The link is up, and the status still says `modifying`.
    Attached,
    /// CompleteMigration was accepted, and the promotion goes on.
    Promoting,
}

/// The script. The rule that was added first strikes first; one fault a call.
#[derive(Debug)]
pub struct Faults {
    rules: Guarded<Vec<Rule>>,
    held: watch::Sender<HashSet<Point>>,
}

#[derive(Debug)]
struct Rule {
    action: String,
    times: Times,
    fault: Fault,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self {
            rules: Guarded::default(),
            held: watch::Sender::new(HashSet::new()),
        }
    }

    /// Adds a rule for an action, such as `StartMigration`; `*` stands for every action.
    pub fn inject(&self, action: &str, times: Times, fault: Fault) {
        let rule = Rule {
            action: action.to_owned(),
            times,
            fault,
        };
        self.rules.with(|rules| rules.push(rule));
    }

    /// Holds every group up at a point.
    pub fn hold(&self, point: Point) {
        self.held.send_modify(|held| {
            held.insert(point);
        });
    }

    /// Lets them go on.
    pub fn release(&self, point: Point) {
        self.held.send_modify(|held| {
            held.remove(&point);
        });
    }

    /// Forgets all rules and releases all points.
    pub fn clear(&self) {
        self.rules.with(Vec::clear);
        self.held.send_modify(HashSet::clear);
    }

    /// The fault of this call.
    pub(crate) fn strike(&self, action: &str) -> Option<Fault> {
        self.rules.with(|rules| {
            let at = rules
                .iter()
                .position(|rule| rule.action == "*" || rule.action == action)?;
            let rule = &mut rules[at];
            let fault = rule.fault.clone();
            let used_up = match &mut rule.times {
                Times::Every => false,
                Times::Next(left) => {
                    *left = left.saturating_sub(1);
                    *left == 0
                }
            };
            if used_up {
                rules.remove(at);
            }
            Some(fault)
        })
    }

    /// Waits while a point is held.
    pub(crate) async fn pass(&self, point: Point) {
        let mut held = self.held.subscribe();
        // The only error is that the script is gone, and with it whoever could release.
        let _ = held.wait_for(|held| !held.contains(&point)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_strike_in_order_and_wear_off() {
        let faults = Faults::new();
        faults.inject("StartMigration", Times::Next(2), Fault::DropAfter);
        faults.inject("*", Times::Every, Fault::Delay(Duration::ZERO));
        let struck: Vec<_> = (0..3).map(|_| faults.strike("StartMigration")).collect();
        assert_eq!(
            struck,
            [
                Some(Fault::DropAfter),
                Some(Fault::DropAfter),
                Some(Fault::Delay(Duration::ZERO))
            ]
        );
        faults.clear();
        assert_eq!(faults.strike("StartMigration"), None);
    }
}
