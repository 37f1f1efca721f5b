//! What the writer knows of its writes: which were acknowledged. A write whose answer never came may have been made or
//! not, and is remembered as that.

use crate::address::Address;
use crate::writes::Write;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Every write, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// By sequence number less one.
    acknowledged: Vec<bool>,
    acknowledged_count: u64,
    stays: Vec<Stay>,
    /// The longest that a batch of writes waited for its answers.
    pub(crate) slowest: Duration,
    /// The last thing that went wrong.
    pub(crate) last_error: Option<String>,
}

/// What the writer did at one address.
#[derive(Clone, Debug)]
pub(crate) struct Stay {
    pub(crate) address: Address,
    pub(crate) acknowledged: u64,
    pub(crate) unacknowledged: u64,
    /// From the start of the writer to its stop.
    pub(crate) took: Duration,
}

impl Ledger {
    /// The writer begins at an address.
    pub(crate) fn arrive(&mut self, address: &Address) {
        self.stays.push(Stay {
            address: address.clone(),
            acknowledged: 0,
            unacknowledged: 0,
            took: Duration::ZERO,
        });
    }

    /// Takes the next numbers. They count as not acknowledged until they are.
    pub(crate) fn begin(&mut self, count: usize) -> RangeInclusive<u64> {
        let first = self.acknowledged.len() as u64 + 1;
        self.acknowledged.resize(self.acknowledged.len() + count, false);
        if let Some(stay) = self.stays.last_mut() {
            stay.unacknowledged += count as u64;
        }
        first..=self.acknowledged.len() as u64
    }

    /// An answer came.
    pub(crate) fn acknowledge(&mut self, sequence: u64) {
        let place = usize::try_from(sequence).unwrap_or_default().wrapping_sub(1);
        if let Some(acknowledged) = self
            .acknowledged
            .get_mut(place)
            .filter(|acknowledged| !**acknowledged)
        {
            *acknowledged = true;
            self.acknowledged_count += 1;
            if let Some(stay) = self.stays.last_mut() {
                stay.acknowledged += 1;
                stay.unacknowledged -= 1;
            }
        }
    }

    /// The writer has been at its present address for so long.
    pub(crate) fn stayed(&mut self, took: Duration) {
        if let Some(stay) = self.stays.last_mut() {
            stay.took = took;
        }
    }

    /// How many were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged_count
    }

    /// Every write, and whether it was acknowledged.
    pub(crate) fn writes(&self) -> impl Iterator<Item = (Write, bool)> {
        (1..)
            .zip(&self.acknowledged)
            .map(|(sequence, acknowledged)| (Write::nth(sequence), *acknowledged))
    }

    /// Where the writer wrote, in order.
    pub(crate) fn stays(&self) -> &[Stay] {
        &self.stays
    }
}

impl Stay {
    /// Acknowledged writes a second.
    pub(crate) fn rate(&self) -> f64 {
        self.acknowledged as f64 / self.took.as_secs_f64().max(0.001)
    }
}
