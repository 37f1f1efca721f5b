//! What a verification came to, in one sentence: what people, the report and the page show.

use super::{Counts, Tally, Touched, Verdict};

pub(super) fn statement(verdict: Verdict, tally: &Tally, bound: Option<f64>) -> String {
    if verdict == Verdict::Off {
        return "nothing was compared, as the plan asks".to_owned();
    }
    if tally.pairs == 0 {
        return "there was no shard pair to compare".to_owned();
    }
    let counts = &tally.counts;
    let mut text = match &tally.touched {
        Some(touched) => since_the_approval(touched, counts),
        None => format!(
            "{} of {} differ",
            grouped(counts.all_differences()),
            grouped(counts.source_keys)
        ),
    };
    if let Some(bound) = bound {
        text.push_str(&format!(": below {} at 95 % confidence", percent(bound)));
    } else if counts.target_keys > 0 {
        text.push_str(&format!(
            "; {} keys of the target were looked up on the source",
            grouped(counts.target_keys)
        ));
    }
    if counts.unsettled > 0 {
        text.push_str(&format!(
            "; {} changed at every look and could not be judged",
            grouped(counts.unsettled)
        ));
    }
    if counts.not_compared > 0 {
        text.push_str(&format!(
            "; {} are of a module's type and could not be compared",
            grouped(counts.not_compared)
        ));
    }
    if tally.stopped {
        text.push_str("; stopped there, more may differ");
    }
    if let Some(why) = &tally.why_untold {
        text.push_str(&untold(tally, why));
    }
    text.push_str(&unfinished(tally));
    if tally.touched.is_some() {
        text.push_str("; a deletion leaves no such trace, the proof by offsets covers it");
    }
    text
}

/// N were touched, M compared, D differ. Where enough were found before all were looked through, N is not known.
fn since_the_approval(touched: &Touched, counts: &Counts) -> String {
    let (compared, differ) = (grouped(counts.source_keys), grouped(counts.all_differences()));
    let since = touched.since.strftime("%Y-%m-%d %H:%M:%S UTC");
    if touched.cut {
        return format!(
            "a sample of {compared} of the keys touched since the approval at {since} was compared; {differ} differ"
        );
    }
    let mut text = format!(
        "{} keys were touched since the approval at {since}",
        grouped(touched.touched)
    );
    if touched.untimed > 0 {
        text.push_str(&format!(
            " ({} of them hold a small number, and may have been: an engine keeps no time of use for these)",
            grouped(touched.untimed)
        ));
    }
    text.push_str(&format!("; {compared} compared; {differ} differ"));
    text
}

/// Where all keys were compared instead, for a reason.
fn untold(tally: &Tally, why: &str) -> String {
    if tally.touched.is_none() {
        return format!("; of all keys, because what was touched since the approval cannot be told: {why}");
    }
    format!(
        "; at {} of {} shards of all keys, because what was touched since the approval cannot be told there: {why}",
        tally.untold, tally.pairs
    )
}

fn unfinished(tally: &Tally) -> String {
    match (&tally.why_unfinished, &tally.touched) {
        (Some(why), _) => format!("; the rest was not compared: {why}"),
        (None, _) if tally.unfinished == 0 => String::new(),
        (None, Some(touched)) => format!(
            "; its time was over when it had looked through {} of {} keys",
            grouped(touched.looked_through),
            grouped(touched.of)
        ),
        (None, None) => "; its time was over, and the rest was not compared".to_owned(),
    }
}

/// `30,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage, rounded up to two significant digits: a bound must not be rounded down.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        return "0 %".to_owned();
    }
    let decimals = (1 - percent.log10().floor() as i32).clamp(0, 12);
    let scale = 10_f64.powi(decimals);
    let rounded = (percent * scale - 1e-9).ceil() / scale;
    let text = format!("{rounded:.*}", decimals as usize);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShardId;
    use crate::verify::{Counts, DifferenceKind, Mode, PairResult, Stopped, Verification};
    use jiff::Timestamp;

    fn touched(since: &str) -> Touched {
        Touched {
            of: 2_000_000,
            looked_through: 2_000_000,
            touched: 1_234,
            ..Touched::since(since.parse().expect("a time"), 0)
        }
    }

    fn pair(touched: Option<Touched>) -> PairResult {
        PairResult {
            shard: ShardId("0001".to_owned()),
            mode: Mode::Sample(30_000),
            counts: Counts {
                source_keys: 1_234,
                ..Counts::default()
            },
            first: vec![],
            digest: String::new(),
            seconds: 3,
            worst_source_latency_ms: 1,
            stopped: None,
            touched,
            untold: None,
        }
    }

    const APPROVED: &str = "2026-11-29T02:03:04.5Z";

    #[test]
    fn all_that_was_touched_was_compared() {
        let mut differs = pair(Some(touched(APPROVED)));
        differs.counts.differences.insert(DifferenceKind::Value, 2);
        differs.touched.as_mut().expect("given").untimed = 34;
        let result = Verification::of(&[differs]);
        assert_eq!((result.verdict, result.bound), (Verdict::Differs, None));
        insta::assert_snapshot!(result.statement, @"1,234 keys were touched since the approval at 2026-11-29 02:03:04 UTC (34 of them hold a small number, and may have been: an engine keeps no time of use for these); 1,234 compared; 2 differ; a deletion leaves no such trace, the proof by offsets covers it");
    }

    #[test]
    fn a_sample_of_what_was_touched_has_a_bound() {
        let mut cut = pair(Some(touched(APPROVED)));
        cut.touched.as_mut().expect("given").cut = true;
        let result = Verification::of(&[cut]);
        assert_eq!(result.verdict, Verdict::Same);
        insta::assert_snapshot!(result.statement, @"a sample of 1,234 of the keys touched since the approval at 2026-11-29 02:03:04 UTC was compared; 0 differ: below 0.25 % at 95 % confidence; a deletion leaves no such trace, the proof by offsets covers it");
    }

    #[test]
    fn time_that_was_over_is_unsure_and_says_how_far_it_came() {
        let mut late = pair(Some(touched(APPROVED)));
        late.touched.as_mut().expect("given").looked_through = 1_500_000;
        late.stopped = Some(Stopped::OutOfTime);
        let result = Verification::of(&[late]);
        assert_eq!(result.verdict, Verdict::Unsure);
        insta::assert_snapshot!(result.statement, @"1,234 keys were touched since the approval at 2026-11-29 02:03:04 UTC; 1,234 compared; 0 differ; its time was over when it had looked through 1,500,000 of 2,000,000 keys; a deletion leaves no such trace, the proof by offsets covers it");
    }

    #[test]
    fn where_it_cannot_be_told_all_keys_are_compared_and_that_is_said() {
        let mut whole = pair(None);
        whole.untold = Some("the source evicts by LFU".to_owned());
        insta::assert_snapshot!(Verification::of(&[whole.clone()]).statement, @"0 of 1,234 differ: below 0.25 % at 95 % confidence; of all keys, because what was touched since the approval cannot be told: the source evicts by LFU");
        let both = Verification::of(&[whole, pair(Some(touched(APPROVED)))]).statement;
        assert!(
            both.contains("; at 1 of 2 shards of all keys, because what was touched since the approval cannot be told there:"),
            "{both}"
        );
    }

    #[test]
    fn shards_are_added_up_from_the_earliest_moment_on() {
        let all = Verification::of(&[
            pair(Some(touched("2026-11-29T02:03:05Z"))),
            pair(Some(touched(APPROVED))),
        ]);
        let touched = all.touched.expect("both");
        assert_eq!((touched.touched, touched.of), (2_468, 4_000_000));
        assert_eq!(touched.since, APPROVED.parse::<Timestamp>().expect("a time"));
    }

    #[test]
    fn a_bound_is_never_rounded_down() {
        let shown = [0.000_099_86, 0.25, 1.0, 0.046_559, 0.000_000_3].map(percent);
        assert_eq!(shown, ["0.01 %", "25 %", "100 %", "4.7 %", "0.00003 %"]);
    }
}
