//! P1: what is written during the full sync fits into the replica's output buffer.

use super::super::prediction::{full_sync_is_done, predict, with_headroom};
use super::super::{Check, Facts, Node, Verdict};
use crate::engine::OutputBufferLimit;

pub(super) const CHECK: Check = Check {
    id: "P1",
    cause: "resync_loop_expected",
    title: "The writes of a full sync fit into the output buffer for replicas",
    why: "Writes pile up for a replica until it has loaded the RDB. Past the limit the source drops it, and the full sync \
          begins anew, without end.",
    reference: "https://github.com/redis/redis/issues/4697",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    full_sync_is_done(facts).unwrap_or_else(|| facts.judge_nodes(|node| judge(facts, node)))
}

fn judge(facts: &Facts, node: &Node<'_>) -> Result<Verdict, Verdict> {
    let prediction = predict(node, &facts.plan.assumptions)?;
    let roomy = with_headroom(prediction.output_buffer_at_peak)
        .0
        .max(256 * 1_048_576);
    // Every version takes the class by its old name.
    let remedy = node.cli(&format!(
        "CONFIG SET client-output-buffer-limit \"slave {roomy} {roomy} {}\"",
        prediction.full_sync.0.max(60)
    ));
    let needed = format!(
        "{}; so {} pile up, {} at {} times that rate",
        prediction.reasoning(),
        prediction.output_buffer,
        prediction.output_buffer_at_peak,
        facts.plan.assumptions.peak_factor
    );
    let text = match node.option("client-output-buffer-limit") {
        Ok(Some(text)) => text,
        Ok(None) => {
            return Err(Verdict::unknown(
                format!("{needed}; there is no limit to read"),
                remedy,
            ));
        }
        Err(verdict) => {
            return Err(Verdict::unknown(
                format!("{needed}; {}", verdict.evidence),
                remedy,
            ));
        }
    };
    let Some(limit) = OutputBufferLimit::parse(text) else {
        return Err(Verdict::unknown(
            format!("{needed}; the limit could not be understood: {text}"),
            remedy,
        ));
    };
    let allowed = format!(
        "the limit is {}, or {} for {}",
        limit.hard, limit.soft, limit.soft_for
    );
    let rate = prediction.write_rate;
    let peak = rate
        .bytes_per_second
        .saturating_mul(facts.plan.assumptions.peak_factor);
    let now = limit.is_exceeded_by(rate.bytes_per_second, prediction.full_sync);
    Ok(if now && rate.basis.is_measured() {
        Verdict::fail(
            format!("{needed}; {allowed}: a resync loop is to be expected"),
            remedy,
        )
    } else if now {
        Verdict::warn(
            format!("{needed}; {allowed}: if these were all writes, it would loop"),
            remedy,
        )
    } else if limit.is_exceeded_by(peak, prediction.full_sync) {
        Verdict::warn(
            format!("{needed}; {allowed}: a burst of writes would make it loop"),
            remedy,
        )
    } else {
        Verdict::pass(format!("{needed}; {allowed}"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_samples;
    use super::*;
    use crate::Observed;
    use crate::engine::config;

    const LIMIT: &str = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";

    /// 10 GB of data and this many bytes a second: a sync of 281 s.
    fn written(per_second: u64, measured: bool, limit: &str) -> Facts {
        let counter = if measured {
            "master_repl_offset"
        } else {
            "total_net_input_bytes"
        };
        let line = |at: u64| format!("repl_backlog_active:{}\r\n{counter}:{at}\r\n", u8::from(measured));
        let mut facts = with_samples(
            &format!("used_memory:10000000000\r\n{}", line(0)),
            &line(3 * per_second),
        );
        facts.source.answers.config = config(&[("client-output-buffer-limit", limit)]);
        facts
    }

    #[test]
    fn a_rate_that_overflows_the_default_fails_with_the_setting_that_prevents_it() {
        let verdict = rule(&written(5_000_000, true, LIMIT));
        assert_eq!(verdict.outcome, Outcome::Fail);
        insta::assert_snapshot!(verdict.evidence, @"10.0.0.241:6379: 4.8 MiB/s are written (replication stream); a full sync of about 4 min 41 s (RDB 7.5 GiB: 1 min 40 s to save, 1 min 20 s to send, 1 min 40 s to load); so 1.3 GiB pile up, 2.6 GiB at 2 times that rate; the limit is 256.0 MiB, or 64.0 MiB for 1 min 00 s: a resync loop is to be expected");
        insta::assert_snapshot!(verdict.remedy, @r#"redis-cli -h 10.0.0.241 -p 6379 CONFIG SET client-output-buffer-limit "slave 3512729600 3512729600 281""#);
    }

    #[test]
    fn the_setting_that_is_advised_makes_it_pass() {
        let advised = rule(&written(5_000_000, true, LIMIT)).remedy;
        let (_, advised) = advised.split_once('"').expect("a quoted value");
        let verdict = rule(&written(5_000_000, true, advised.trim_end_matches('"')));
        assert_eq!(verdict.outcome, Outcome::Pass, "{}", verdict.evidence);
    }

    #[test]
    fn a_burst_and_a_mere_bound_warn_and_a_quiet_source_passes() {
        assert_eq!(rule(&written(5_000_000, false, LIMIT)).outcome, Outcome::Warn);
        // 64 MiB are passed at 300 kB/s after 224 s, for 57 s; at twice that for much longer than 60 s.
        assert_eq!(rule(&written(300_000, true, LIMIT)).outcome, Outcome::Warn);
        assert_eq!(rule(&written(1_000, true, LIMIT)).outcome, Outcome::Pass);
        assert_eq!(
            rule(&written(50_000_000, true, "slave 0 0 0")).outcome,
            Outcome::Pass
        );
    }

    #[test]
    fn without_a_rate_or_a_limit_it_is_unknown() {
        let mut facts = written(1_000, true, LIMIT);
        facts.source.answers.config = config(&[]);
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        facts.source.answers.later = Observed::Unknown("timed out".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
