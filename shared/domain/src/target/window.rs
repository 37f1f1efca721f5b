//! The windows in which AWS works on a group by itself: weekly for maintenance, daily for snapshots, all in UTC.

use crate::Seconds;
use jiff::Timestamp;
use std::str::FromStr;

const MINUTES_A_DAY: u32 = 24 * 60;
const MINUTES_A_WEEK: u32 = 7 * MINUTES_A_DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Why a window could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a window of the form sun:05:00-sun:09:00 or 05:00-09:00")]
pub struct InvalidWindow(String);

/// `PreferredMaintenanceWindow`: `ddd:hh:mm-ddd:hh:mm`, UTC.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CacheCluster.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeeklyWindow(Cycle);

/// `SnapshotWindow`: `hh:mm-hh:mm`, UTC.
/// Source: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyWindow(Cycle);

/// A span that comes again: minutes since the beginning of the day or of Monday. The end may lie before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cycle {
    start: u32,
    end: u32,
}

impl Cycle {
    /// How long until the span begins, seen from a minute of the cycle; zero within it.
    fn seconds_until(self, now_seconds: u32, cycle_minutes: u32) -> Seconds {
        let cycle = cycle_minutes * 60;
        let since_start = (now_seconds + cycle - self.start * 60) % cycle;
        let length = ((self.end + cycle_minutes - self.start) % cycle_minutes) * 60;
        if since_start < length {
            Seconds(0)
        } else {
            Seconds(u64::from(cycle - since_start))
        }
    }
}

impl WeeklyWindow {
    /// How long until it opens; zero while it is open.
    #[must_use]
    pub fn opens_in(self, now: Timestamp) -> Seconds {
        self.0.seconds_until(second_of_week(now), MINUTES_A_WEEK)
    }
}

impl DailyWindow {
    /// How long until it opens; zero while it is open.
    #[must_use]
    pub fn opens_in(self, now: Timestamp) -> Seconds {
        self.0
            .seconds_until(second_of_week(now) % (MINUTES_A_DAY * 60), MINUTES_A_DAY)
    }
}

impl FromStr for WeeklyWindow {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        let read = || {
            let (start, end) = text.trim().split_once('-')?;
            Some(WeeklyWindow(Cycle {
                start: minute_of_week(start)?,
                end: minute_of_week(end)?,
            }))
        };
        read().ok_or_else(|| InvalidWindow(text.to_owned()))
    }
}

impl FromStr for DailyWindow {
    type Err = InvalidWindow;

    fn from_str(text: &str) -> Result<Self, InvalidWindow> {
        let read = || {
            let (start, end) = text.trim().split_once('-')?;
            Some(DailyWindow(Cycle {
                start: minute_of_day(start)?,
                end: minute_of_day(end)?,
            }))
        };
        read().ok_or_else(|| InvalidWindow(text.to_owned()))
    }
}

fn minute_of_week(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = DAYS.iter().position(|name| name.eq_ignore_ascii_case(day))?;
    Some(u32::try_from(day).ok()? * MINUTES_A_DAY + minute_of_day(time)?)
}

fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// Seconds since Monday 00:00 UTC. The epoch was a Thursday.
fn second_of_week(now: Timestamp) -> u32 {
    let week = i64::from(MINUTES_A_WEEK) * 60;
    let thursday = 3 * i64::from(MINUTES_A_DAY) * 60;
    u32::try_from((now.as_second() + thursday).rem_euclid(week)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    #[test]
    fn a_weekly_window_opens_when_its_day_comes() {
        let window: WeeklyWindow = "sun:05:00-sun:09:00".parse().expect("a window");
        // 2026-11-22 was a Sunday.
        for (now, expected) in [
            ("2026-11-22T04:59:30Z", 30),
            ("2026-11-22T05:00:00Z", 0),
            ("2026-11-22T08:59:59Z", 0),
            ("2026-11-22T09:00:00Z", 7 * 86_400 - 4 * 3_600),
            ("2026-11-21T05:00:00Z", 86_400),
        ] {
            assert_eq!(window.opens_in(at(now)), Seconds(expected), "{now}");
        }
    }

    #[test]
    fn windows_may_cross_midnight_and_the_end_of_the_week() {
        let night: DailyWindow = "23:30-00:30".parse().expect("a window");
        assert_eq!(night.opens_in(at("2026-11-22T00:15:00Z")), Seconds(0));
        assert_eq!(night.opens_in(at("2026-11-22T00:30:00Z")), Seconds(23 * 3_600));
        let weekend: WeeklyWindow = "sun:23:00-mon:01:00".parse().expect("a window");
        assert_eq!(weekend.opens_in(at("2026-11-23T00:59:00Z")), Seconds(0));
        assert_eq!(weekend.opens_in(at("2026-11-22T22:59:00Z")), Seconds(60));
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for text in [
            "",
            "05:00",
            "5:00-6:00",
            "24:00-25:00",
            "sun:05:00-09:00",
            "xyz:05:00-sun:09:00",
        ] {
            assert!(text.parse::<WeeklyWindow>().is_err(), "{text}");
            assert!(text.parse::<DailyWindow>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_and_time_is_read_without_a_panic_and_a_window_is_never_more_than_its_cycle_away(
            text in any::<String>(), start in 0_u32..1440, end in 0_u32..1440, second in 0_i64..4_000_000_000
        ) {
            let _ = (text.parse::<WeeklyWindow>(), text.parse::<DailyWindow>());
            let now = Timestamp::from_second(second).expect("in range");
            let window = format!("{:02}:{:02}-{:02}:{:02}", start / 60, start % 60, end / 60, end % 60);
            let opens = window.parse::<DailyWindow>().expect("a window").opens_in(now);
            prop_assert!(opens <= Seconds(86_400));
        }
    }
}
