//! P3: the source's host has memory for the fork and for what piles up meanwhile.

use super::super::prediction::{full_sync_is_done, predict};
use super::super::{Check, Facts, Node, Verdict};
use super::PREPARE;
use crate::Bytes;

pub(super) const CHECK: Check = Check {
    id: "P3",
    cause: "fork_memory_short",
    title: "The source's host has memory for the fork and the output buffer",
    why: "While the fork lives each page that is written to is copied, and the output buffer comes on top; where that does \
          not fit, the kernel kills the source.",
    reference: PREPARE,
    rule,
};

/// Above this part of what is free, in percent, the reserve counts as thin.
const THIN: u64 = 80;

fn rule(facts: &Facts) -> Verdict {
    full_sync_is_done(facts).unwrap_or_else(|| facts.judge_nodes(|node| judge(facts, node)))
}

fn judge(facts: &Facts, node: &Node<'_>) -> Result<Verdict, Verdict> {
    let prediction = predict(node, &facts.plan.assumptions)?;
    let info = node.info()?;
    let at = node.endpoint;
    let needed = prediction
        .copy_on_write
        .0
        .saturating_add(prediction.output_buffer_at_peak.0);
    let needs = format!(
        "{at}: {} for pages that are copied and {} for the output buffer",
        prediction.copy_on_write, prediction.output_buffer_at_peak
    );
    let remedy = "free memory on the source's host, migrate at a quieter time, or give a replica on a roomier host as the \
                  source; on the host: sysctl vm.overcommit_memory=1, and echo never > \
                  /sys/kernel/mm/transparent_hugepage/enabled";
    let (Some(total), Some(resident)) = (info.count("total_system_memory"), info.count("used_memory_rss"))
    else {
        return Err(Verdict::unknown(
            format!("{needs}; INFO does not say what the host has (it does from 3.2 on)"),
            format!("look yourself, on the source's host: free -b (needed: {needed} bytes); {remedy}"),
        ));
    };
    let free = total.saturating_sub(resident);
    let has = format!(
        "the host has {}, of which the engine uses {} (what else runs there, or a container's limit, is not seen)",
        Bytes(total),
        Bytes(resident)
    );
    Ok(if needed > free && prediction.copy_on_write.0 > free {
        Verdict::fail(format!("{needs}; {has}"), remedy)
    } else if u128::from(needed) * 100 > u128::from(free) * u128::from(THIN) {
        Verdict::warn(format!("{needs}; {has}"), remedy)
    } else {
        Verdict::pass(format!("{needs}; {has}"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_samples};
    use super::*;

    fn on_a_host(lines: &str) -> Outcome {
        let facts = with_samples(
            &format!("used_memory:10000000000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n{lines}"),
            "repl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
        );
        rule(&facts).outcome
    }

    #[test]
    fn three_gigabytes_of_copied_pages_have_to_fit() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        let host = |total: u64| format!("used_memory_rss:11000000000\r\ntotal_system_memory:{total}\r\n");
        assert_eq!(on_a_host(&host(12_000_000_000)), Outcome::Fail);
        assert_eq!(on_a_host(&host(14_500_000_000)), Outcome::Warn);
        assert_eq!(on_a_host(&host(16_000_000_000)), Outcome::Pass);
        assert_eq!(on_a_host("used_memory_rss:11000000000\r\n"), Outcome::Unknown);
    }
}
