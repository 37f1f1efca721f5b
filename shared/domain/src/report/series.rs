//! Lag, progress and throughput over time, thinned to a bound whatever the length of the migration: looks that fall into
//! the same span of time are one point, which keeps the worst lag of them. The span doubles when there are too many
//! points, so the same looks give the same series in whatever order they come.

use crate::progress::{Observation, Phase};
use crate::{Bytes, LagBytes, ShardId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most points of the whole migration's curve.
const POINTS: usize = 240;
/// The most points of all shards' curves together.
const SHARD_POINTS: usize = 2_700;

/// The curves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Series {
    /// How many looks they were made from.
    pub looks: u32,
    /// How much time one point stands for, in seconds.
    pub span_seconds: u64,
    /// The migration as a whole: the slowest shard's phase, the largest lag, all shards' throughput.
    pub points: Vec<Point>,
    /// How much time one entry of a shard's curves stands for, in seconds.
    pub shard_span_seconds: u64,
    /// When the entries of the shards' curves were seen.
    pub shard_times: Vec<Timestamp>,
    /// Each shard pair; its curves have one entry for each of `shardTimes`.
    pub shards: Vec<ShardSeries>,
}

/// The migration as a whole at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// The phase of the slowest shard.
    pub phase: Phase,
    /// The percentage of that phase, where a figure was to be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// The largest lag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag: Option<LagBytes>,
    /// The largest lag in seconds of the source's write rate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// Bytes of the sources' data that the target received, a second, since the look before; of the full sync only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<u64>,
    /// Bytes a second that the sources wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_rate: Option<u64>,
}

/// One shard pair's curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShardSeries {
    /// Which shard.
    pub shard: ShardId,
    /// How far the target was behind, in bytes; null where that could not be told.
    pub lag: Vec<Option<LagBytes>>,
    /// The percentage of the phase that it was in; null where there was no figure.
    pub percent: Vec<Option<f64>>,
    /// Bytes received a second; null outside of the full sync.
    pub throughput: Vec<Option<u64>>,
}

/// Collects looks.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    looks: u32,
    whole: Thinned<Point>,
    shards: Thinned<ShardLook>,
    before: Option<Received>,
}

/// What each shard had received, and when.
#[derive(Clone, Debug)]
struct Received {
    at: Timestamp,
    shards: BTreeMap<ShardId, Bytes>,
}

/// Every shard at one look.
#[derive(Clone, Debug)]
struct ShardLook {
    at: Timestamp,
    shards: BTreeMap<ShardId, ShardFigures>,
}

#[derive(Clone, Copy, Debug)]
struct ShardFigures {
    lag: Option<LagBytes>,
    percent: Option<f64>,
    throughput: Option<u64>,
}

impl Collector {
    /// The next looks are of another execution: their throughput is not counted from the last look so far.
    pub(super) fn begin_execution(&mut self) {
        self.before = None;
    }

    /// Adds a look. Within one execution looks come in their order.
    pub(super) fn add(&mut self, look: &Observation) {
        self.looks += 1;
        let shards: BTreeMap<ShardId, ShardFigures> = look
            .shards
            .iter()
            .map(|shard| {
                let figures = ShardFigures {
                    lag: shard.lag,
                    percent: shard.progress.map(|progress| progress.percent),
                    throughput: self.throughput(look.at, &shard.shard, shard.received),
                };
                (shard.shard.clone(), figures)
            })
            .collect();
        let sum =
            |figures: &mut dyn Iterator<Item = Option<u64>>| figures.flatten().reduce(u64::saturating_add);
        self.whole.add(Point {
            at: look.at,
            phase: look.phase,
            percent: look.progress.map(|progress| progress.percent),
            lag: look.lag,
            lag_seconds: look.lag_seconds.map(tenths),
            throughput: sum(&mut shards.values().map(|shard| shard.throughput)),
            write_rate: sum(&mut look.shards.iter().map(|shard| shard.write_rate.map(whole))),
        });
        self.before = Some(Received {
            at: look.at,
            shards: look
                .shards
                .iter()
                .filter_map(|shard| Some((shard.shard.clone(), shard.received?)))
                .collect(),
        });
        self.shards.bound = SHARD_POINTS / shards.len().max(SHARD_POINTS / POINTS);
        self.shards.add(ShardLook { at: look.at, shards });
    }

    /// Bytes a second since the look before; none where a new sync began in between.
    fn throughput(&self, at: Timestamp, shard: &ShardId, received: Option<Bytes>) -> Option<u64> {
        let before = self.before.as_ref()?;
        let Bytes(now) = received?;
        let Bytes(then) = *before.shards.get(shard)?;
        let millis = u64::try_from(at.duration_since(before.at).as_millis()).ok()?;
        now.checked_sub(then)?.checked_mul(1_000)?.checked_div(millis)
    }

    /// The curves so far.
    pub(super) fn series(&self) -> Series {
        let shard_looks: Vec<&ShardLook> = self.shards.points.values().collect();
        let mut names: Vec<&ShardId> = shard_looks.iter().flat_map(|look| look.shards.keys()).collect();
        names.sort();
        names.dedup();
        let curve = |name: &ShardId| ShardSeries {
            shard: name.clone(),
            lag: shard_looks
                .iter()
                .map(|look| look.shards.get(name)?.lag)
                .collect(),
            percent: shard_looks
                .iter()
                .map(|look| look.shards.get(name)?.percent)
                .collect(),
            throughput: shard_looks
                .iter()
                .map(|look| look.shards.get(name)?.throughput)
                .collect(),
        };
        Series {
            looks: self.looks,
            span_seconds: self.whole.span,
            points: self.whole.points.values().copied().collect(),
            shard_span_seconds: self.shards.span,
            shard_times: shard_looks.iter().map(|look| look.at).collect(),
            shards: names.into_iter().map(curve).collect(),
        }
    }
}

fn tenths(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast saturates, and a rate is not negative"
)]
fn whole(figure: f64) -> u64 {
    figure.round() as u64
}

/// What can be thinned.
trait Thin {
    /// When it was seen.
    fn at(&self) -> Timestamp;
    /// One of two that fall into the same span.
    fn merge(self, other: Self) -> Self;
}

impl Thin for Point {
    fn at(&self) -> Timestamp {
        self.at
    }

    /// The one with the larger lag; of equals the later.
    fn merge(self, other: Self) -> Self {
        let rank = |point: &Point| (point.lag, point.at);
        if rank(&self) > rank(&other) { self } else { other }
    }
}

impl Thin for ShardLook {
    fn at(&self) -> Timestamp {
        self.at
    }

    /// The later look, with each shard's largest lag.
    fn merge(self, other: Self) -> Self {
        let (earlier, mut later) = if self.at > other.at {
            (other, self)
        } else {
            (self, other)
        };
        for (shard, figures) in earlier.shards {
            match later.shards.get_mut(&shard) {
                Some(kept) => kept.lag = kept.lag.max(figures.lag),
                None => {
                    later.shards.insert(shard, figures);
                }
            }
        }
        later
    }
}

/// Points by span of time, never more than the bound.
#[derive(Clone, Debug)]
struct Thinned<P> {
    bound: usize,
    /// In seconds, a power of two.
    span: u64,
    points: BTreeMap<i64, P>,
}

impl<P> Default for Thinned<P> {
    fn default() -> Self {
        Thinned {
            bound: POINTS,
            span: 1,
            points: BTreeMap::new(),
        }
    }
}

impl<P: Thin> Thinned<P> {
    fn add(&mut self, point: P) {
        self.put(point);
        while self.points.len() > self.bound {
            self.span *= 2;
            for (_, point) in std::mem::take(&mut self.points) {
                self.put(point);
            }
        }
    }

    fn put(&mut self, point: P) {
        let place = point.at().as_second().div_euclid(self.span.cast_signed());
        let point = match self.points.remove(&place) {
            Some(there) => there.merge(point),
            None => point,
        };
        self.points.insert(place, point);
    }
}
