//! The days and hours of an automatic cutover, in a time zone: when it is open, and when it opens next. It knows no clock.

use super::fields::Fields;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Days and hours in which an automatic cutover may happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// The days on which the window opens: `mon` to `sun`.
    pub days: Vec<Day>,
    /// When it opens, `HH:MM`.
    pub from: ClockTime,
    /// When it closes, `HH:MM`; where that is not later than `from`, on the next day.
    pub to: ClockTime,
    /// An IANA name, such as `Europe/Berlin`.
    pub time_zone: ZoneName,
}

/// A day of the week, by its first three letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "they are the days of the week")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// A time of day, to the minute: `02:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClockTime {
    hour: i8,
    minute: i8,
}

/// The name of a time zone that the bundled database has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneName(String);

impl Window {
    pub(super) fn read(section: &mut Fields<'_>) -> Option<Window> {
        let mut fields = section.section("window", false);
        let days = fields.words("days", &Day::WORDS);
        let from = fields.required(
            "from",
            "the time at which it opens, such as \"02:00\"",
            ClockTime::parse,
        );
        let to = fields.required(
            "to",
            "the time at which it closes, such as \"04:00\"",
            ClockTime::parse,
        );
        let time_zone = fields.required(
            "timeZone",
            "the name of a time zone, such as \"Europe/Berlin\" or \"UTC\"",
            ZoneName::parse,
        );
        if from.is_some() && from == to {
            fields.mistake("to", "must not be the same as window.from");
        }
        section.merge(fields);
        Some(Window {
            days,
            from: from?,
            to: to?,
            time_zone: time_zone?,
        })
    }

    /// Whether a moment is inside. A window that crosses midnight belongs to the day on which it opened.
    #[must_use]
    pub fn contains(&self, now: Timestamp) -> bool {
        let Ok(zone) = TimeZone::get(&self.time_zone.0) else {
            // The plan was read by a program whose database had the zone. Without it nothing says that now is inside.
            return false;
        };
        let local = now.to_zoned_datetime(zone);
        let time = ClockTime::of(local.time());
        let opens_on = |day: Weekday| self.days.iter().any(|open| open.weekday() == day);
        let today = local.weekday();
        if self.from < self.to {
            return opens_on(today) && self.from <= time && time < self.to;
        }
        (opens_on(today) && self.from <= time) || (opens_on(today.previous()) && time < self.to)
    }

    /// The next moment, to the minute, at which it is open; none within eight days, which no window that was read from
    /// an input can be.
    #[must_use]
    pub fn opens_next(&self, now: Timestamp) -> Option<Timestamp> {
        const MINUTES: i64 = 8 * 24 * 60;
        let this_minute = Timestamp::from_second(now.as_second() - now.as_second().rem_euclid(60)).ok()?;
        if self.contains(now) {
            return Some(now);
        }
        (1..=MINUTES)
            .filter_map(|minutes| this_minute.checked_add(Span::new().minutes(minutes)).ok())
            .find(|moment| self.contains(*moment))
    }
}

impl Day {
    const WORDS: [(&'static str, Day); 7] = [
        ("mon", Day::Mon),
        ("tue", Day::Tue),
        ("wed", Day::Wed),
        ("thu", Day::Thu),
        ("fri", Day::Fri),
        ("sat", Day::Sat),
        ("sun", Day::Sun),
    ];

    fn weekday(self) -> Weekday {
        match self {
            Day::Mon => Weekday::Monday,
            Day::Tue => Weekday::Tuesday,
            Day::Wed => Weekday::Wednesday,
            Day::Thu => Weekday::Thursday,
            Day::Fri => Weekday::Friday,
            Day::Sat => Weekday::Saturday,
            Day::Sun => Weekday::Sunday,
        }
    }
}

impl ClockTime {
    fn parse(text: &str) -> Result<ClockTime, String> {
        let wrong = || "must be a time of day, 00:00 to 23:59".to_owned();
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        let two_digits = |part: &str, most: i8| {
            (part.len() == 2)
                .then(|| {
                    part.parse::<i8>()
                        .ok()
                        .filter(|number| (0..=most).contains(number))
                })
                .flatten()
                .ok_or_else(wrong)
        };
        Ok(ClockTime {
            hour: two_digits(hour, 23)?,
            minute: two_digits(minute, 59)?,
        })
    }

    fn of(time: Time) -> ClockTime {
        ClockTime {
            hour: time.hour(),
            minute: time.minute(),
        }
    }
}

impl TryFrom<String> for ClockTime {
    type Error = String;

    fn try_from(text: String) -> Result<ClockTime, String> {
        ClockTime::parse(&text)
    }
}

impl From<ClockTime> for String {
    fn from(time: ClockTime) -> String {
        format!("{:02}:{:02}", time.hour, time.minute)
    }
}

impl ZoneName {
    fn parse(text: &str) -> Result<ZoneName, String> {
        match TimeZone::get(text) {
            Ok(_) => Ok(ZoneName(text.to_owned())),
            Err(_) => Err(
                "is not the name of a time zone; give an IANA name such as Europe/Berlin, Asia/Tokyo or UTC"
                    .to_owned(),
            ),
        }
    }
}

impl TryFrom<String> for ZoneName {
    type Error = String;

    fn try_from(text: String) -> Result<ZoneName, String> {
        ZoneName::parse(&text)
    }
}

impl From<ZoneName> for String {
    fn from(zone: ZoneName) -> String {
        zone.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, Window};
    use crate::plan::Plan;
    use serde_json::{Value, json};

    fn window(window: Value) -> Window {
        let cutover = json!({"approval": "automatic", "window": window});
        Plan::from_input(&json!({
            "replicationGroupId": "orders", "source": {"address": "10.0.0.1"}, "cutover": cutover
        }))
        .expect("valid")
        .cutover
        .window
        .expect("a window")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn hours_are_those_of_the_zone_in_summer_and_in_winter() {
        let window =
            window(json!({"days": ["tue"], "from": "02:00", "to": "04:00", "timeZone": "Europe/Berlin"}));
        // 2026-11-24 and 2026-07-21 are Tuesdays; Berlin is one hour ahead of UTC in winter and two in summer.
        for (moment, inside) in [
            ("2026-11-24T00:59:00Z", false),
            ("2026-11-24T01:00:00Z", true),
            ("2026-11-24T02:59:59Z", true),
            ("2026-11-24T03:00:00Z", false),
            ("2026-11-25T01:30:00Z", false),
            ("2026-07-21T00:00:00Z", true),
            ("2026-07-21T02:00:00Z", false),
        ] {
            assert_eq!(window.contains(at(moment)), inside, "{moment}");
        }
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_opened() {
        let window = window(json!({"days": ["sat"], "from": "23:00", "to": "01:00", "timeZone": "UTC"}));
        for (moment, inside) in [
            ("2026-11-28T22:59:00Z", false),
            ("2026-11-28T23:00:00Z", true),
            ("2026-11-29T00:59:00Z", true),
            ("2026-11-29T01:00:00Z", false),
            ("2026-11-28T00:30:00Z", false),
            ("2026-11-29T23:30:00Z", false),
        ] {
            assert_eq!(window.contains(at(moment)), inside, "{moment}");
        }
        assert_eq!(
            window.opens_next(at("2026-11-24T12:00:30Z")),
            Some(at("2026-11-28T23:00:00Z"))
        );
    }
}
