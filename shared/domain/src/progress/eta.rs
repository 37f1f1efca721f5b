//! How long the phase may still take, from the percentages of the looks so far: withheld until it means something, and
//! then a range.

use super::{Phase, Progress, ProgressSource};
use crate::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most marks that are kept. When one more comes every second one goes, so that they span the whole phase; the number is
/// even, so that the first and the newest stay.
const MARKS_KEPT: usize = 12;
const _: () = assert!(MARKS_KEPT.is_multiple_of(2));
/// Looks without which a speed is an accident.
const MARKS_NEEDED: usize = 3;
/// Percent without which a speed is noise.
const PERCENT_NEEDED: f64 = 2.0;
/// A range whose ends are further apart than this factor tells nobody anything. An assumption.
const WIDEST: f64 = 20.0;

/// The percentages of one phase by one figure, in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// Whose percentages.
    pub phase: Phase,
    /// By which figure.
    pub by: ProgressSource,
    /// Unix time in seconds, percent. Twelve at most.
    pub marks: Vec<(i64, f64)>,
}

/// What is left of a phase, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EtaRange {
    /// At the fastest speed seen.
    pub low: Seconds,
    /// At the slowest speed seen.
    pub high: Seconds,
}

impl Pace {
    /// The pace after one more look. It begins afresh with another phase, another figure, or a percentage that fell
    /// (another full sync).
    pub(super) fn after(
        previous: Option<&Pace>,
        phase: Phase,
        progress: Option<Progress>,
        now: Timestamp,
    ) -> Option<Pace> {
        let Some(progress) = progress else {
            // A look that saw nothing does not end the pace.
            return previous.filter(|_| phase == Phase::Unseen).cloned();
        };
        let mark = (now.as_second(), progress.percent);
        let goes_on = previous.filter(|pace| {
            pace.phase == phase
                && pace.by == progress.by
                && pace
                    .marks
                    .last()
                    .is_some_and(|(at, percent)| *at <= mark.0 && *percent <= mark.1)
        });
        let mut marks = goes_on.map_or_else(Vec::new, |pace| pace.marks.clone());
        if marks.last().is_some_and(|(at, _)| *at == mark.0) {
            marks.pop();
        }
        marks.push(mark);
        if marks.len() > MARKS_KEPT {
            marks = marks.into_iter().step_by(2).collect();
        }
        Some(Pace {
            phase,
            by: progress.by,
            marks,
        })
    }

    /// What is left: the middle by the speed since the first mark, the range by the fastest and the slowest stretch. None
    /// until three looks have moved it by two percent, and none while it stands still.
    pub(super) fn eta(&self) -> Option<(Seconds, EtaRange)> {
        let (first, last) = (self.marks.first()?, self.marks.last()?);
        if self.marks.len() < MARKS_NEEDED || last.1 - first.1 < PERCENT_NEEDED {
            return None;
        }
        let speed = |from: &(i64, f64), to: &(i64, f64)| (to.1 - from.1) / (to.0 - from.0).max(1) as f64;
        let stretches: Vec<f64> = self.marks.windows(2).map(|two| speed(&two[0], &two[1])).collect();
        if stretches.last().is_some_and(|newest| *newest <= 0.0) {
            return None;
        }
        let overall = speed(first, last);
        let fastest = stretches.iter().copied().fold(overall, f64::max);
        let slowest = stretches
            .iter()
            .copied()
            .filter(|s| *s > 0.0)
            .fold(overall, f64::min);
        if fastest > slowest * WIDEST {
            return None;
        }
        let left = (100.0 - last.1).max(0.0);
        let seconds = |speed: f64| Seconds((left / speed).ceil() as u64);
        Some((
            seconds(overall),
            EtaRange {
                low: seconds(fastest),
                high: seconds(slowest),
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(percents: &[(i64, f64)]) -> Option<Pace> {
        percents.iter().fold(None, |pace, (at, percent)| {
            let progress = Progress {
                percent: *percent,
                by: ProgressSource::SourceKeys,
            };
            let now = Timestamp::from_second(*at).expect("a time");
            Pace::after(pace.as_ref(), Phase::Transferring, Some(progress), now)
        })
    }

    fn eta(percents: &[(i64, f64)]) -> Option<(u64, u64, u64)> {
        let (middle, EtaRange { low, high }) = looks(percents)?.eta()?;
        Some((low.0, middle.0, high.0))
    }

    #[test]
    fn it_is_withheld_until_it_means_something() {
        assert_eq!(eta(&[]), None);
        assert_eq!(eta(&[(0, 0.0), (60, 30.0)]), None, "two looks");
        assert_eq!(eta(&[(0, 0.0), (5, 0.4), (10, 0.9)]), None, "hardly moved");
        assert_eq!(eta(&[(0, 0.0), (5, 5.0), (10, 5.0)]), None, "stands still");
        assert_eq!(
            eta(&[(0, 50.0), (5, 50.5), (10, 51.0)]),
            None,
            "hardly moved, far from its begin"
        );
        assert!(eta(&[(0, 50.0), (5, 51.0), (10, 52.0)]).is_some(), "just enough");
        assert_eq!(
            eta(&[(0, 0.0), (5, 0.1), (10, 90.0)]),
            None,
            "the range would say nothing"
        );
    }

    #[test]
    fn the_fastest_and_the_slowest_stretch_make_the_range() {
        // 1 % a second, then half of it, then 1 % again.
        assert_eq!(
            eta(&[(0, 0.0), (10, 10.0), (20, 15.0), (30, 25.0)]),
            Some((75, 90, 150))
        );
        // A stretch in which nothing moved is no speed.
        assert_eq!(
            eta(&[(0, 0.0), (10, 10.0), (20, 10.0), (30, 20.0)]),
            Some((80, 120, 120))
        );
        // Twenty times as fast is as wide as a range may be.
        assert_eq!(eta(&[(0, 0.0), (20, 1.0), (21, 2.0)]), Some((98, 1_029, 1_960)));
    }

    #[test]
    fn another_full_sync_begins_afresh() {
        let pace = looks(&[(0, 10.0), (10, 50.0), (20, 3.0)]).expect("a pace");
        assert_eq!(pace.marks, [(20, 3.0)]);
    }

    #[test]
    fn every_second_mark_goes_when_one_comes_too_many() {
        let looked: Vec<(i64, f64)> = (0..13).map(|n| (n, n as f64)).collect();
        assert_eq!(looks(&looked[..12]).expect("a pace").marks, looked[..12]);
        let kept = looks(&looked).expect("a pace").marks;
        assert_eq!(kept, [0, 2, 4, 6, 8, 10, 12].map(|n| looked[n]));
        // Two looks in one second are one mark.
        let twice = looks(&[(0, 1.0), (0, 2.0)]).expect("a pace");
        assert_eq!(twice.marks, [(0, 2.0)]);
    }

    #[test]
    fn a_long_phase_keeps_few_marks_that_span_all_of_it() {
        let long: Vec<(i64, f64)> = (0..1000).map(|n| (n * 60, n as f64 / 10.0)).collect();
        let pace = looks(&long).expect("a pace");
        assert!(pace.marks.len() <= MARKS_KEPT, "{}", pace.marks.len());
        assert_eq!(
            (pace.marks.first(), pace.marks.last()),
            (long.first(), long.last())
        );
        assert_eq!(eta(&long), Some((60, 60, 60)), "0.1 % left at 0.1 % a minute");
    }
}
