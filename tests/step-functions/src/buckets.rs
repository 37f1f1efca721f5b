//! The token buckets by which Step Functions throttles an account in a Region, the smaller of the two sizes that AWS gives.
//! Source: <https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html>.

use std::collections::BTreeMap;

/// One action's bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls that it holds when it is full.
    pub size: u32,
    /// Calls that come back each second.
    pub per_second: u32,
}

/// What is left of each bucket. Nothing comes back by itself: time passes where a test says so.
#[derive(Clone, Debug)]
pub struct Buckets(BTreeMap<&'static str, (Quota, u32)>);

/// Those that a search may use up; the one call by which a wait is ended is not counted against any.
const QUOTAS: [(&str, Quota); 3] = [
    (
        "ListExecutions",
        Quota {
            size: 100,
            per_second: 2,
        },
    ),
    (
        "DescribeExecution",
        Quota {
            size: 250,
            per_second: 10,
        },
    ),
    (
        "GetExecutionHistory",
        Quota {
            size: 400,
            per_second: 20,
        },
    ),
];

impl Buckets {
    /// All full.
    #[must_use]
    pub fn full() -> Buckets {
        Buckets(QUOTAS.map(|(action, quota)| (action, (quota, quota.size))).into())
    }

    /// The same, with so many calls left of one action: others of the account have made the rest.
    #[must_use]
    pub fn with(mut self, action: &str, left: u32) -> Buckets {
        if let Some((_, calls)) = self.0.get_mut(action) {
            *calls = left;
        }
        self
    }

    /// Takes a call; false where none is left.
    pub(crate) fn take(&mut self, action: &str) -> bool {
        let Some((_, left)) = self.0.get_mut(action) else {
            return true;
        };
        let had = *left;
        *left = had.saturating_sub(1);
        had > 0
    }

    pub(crate) fn refill(&mut self, seconds: u32) {
        for (quota, left) in self.0.values_mut() {
            *left = quota.size.min(*left + seconds * quota.per_second);
        }
    }
}
