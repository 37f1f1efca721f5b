//! P5: the network carries the writes, so that the target catches up.

use super::super::prediction::predict;
use super::super::{Check, Facts, Node, Verdict};
use crate::Bytes;

pub(super) const CHECK: Check = Check {
    id: "P5",
    cause: "target_cannot_keep_up",
    title: "The network carries more than is written",
    why: "A stream that grows faster than it is carried never comes level: the migration would not get in sync, and the \
          pile on the source grows until it is dropped.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Verify.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(|node| judge(facts, node))
}

fn judge(facts: &Facts, node: &Node<'_>) -> Result<Verdict, Verdict> {
    let assumptions = &facts.plan.assumptions;
    let rate = predict(node, assumptions)?.write_rate;
    let carried = assumptions.network_mbps.saturating_mul(1_000_000);
    let evidence = format!(
        "{}: {rate}; the network is taken to carry {}/s",
        node.endpoint,
        Bytes(carried)
    );
    let remedy = "migrate at a quieter time; or, if the network carries more, say so: \"assumptions\": {\"networkMBps\": …}";
    let peak = rate.bytes_per_second.saturating_mul(assumptions.peak_factor);
    Ok(if rate.bytes_per_second >= carried && rate.basis.is_measured() {
        Verdict::fail(evidence, remedy)
    } else if peak >= carried {
        Verdict::warn(evidence, remedy)
    } else {
        Verdict::pass(evidence)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_samples};
    use super::*;

    fn written(counter: &str, per_second: u64) -> Outcome {
        let line = |at: u64| format!("used_memory:1000\r\n{counter}:{at}\r\n");
        rule(&with_samples(&line(0), &line(3 * per_second))).outcome
    }

    #[test]
    fn writes_above_what_the_network_carries_stop_the_start() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        const STREAM: &str = "repl_backlog_active:1\r\nmaster_repl_offset";
        assert_eq!(written(STREAM, 120_000_000), Outcome::Fail);
        assert_eq!(written(STREAM, 60_000_000), Outcome::Warn);
        assert_eq!(written(STREAM, 1_000_000), Outcome::Pass);
        // All that clients send is a bound, not a measure.
        assert_eq!(written("total_net_input_bytes", 120_000_000), Outcome::Warn);
        assert_eq!(written("something_else", 1), Outcome::Unknown);
    }
}
