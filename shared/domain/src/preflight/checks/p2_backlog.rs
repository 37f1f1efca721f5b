//! P2: a short break of the link does not cost a new full sync.

use super::super::prediction::{predict, with_headroom};
use super::super::{Check, Facts, Node, Verdict};

pub(super) const CHECK: Check = Check {
    id: "P2",
    cause: "backlog_too_small",
    title: "The replication backlog outlasts a short break of the link",
    why: "A replica that comes back goes on where it was if the backlog still holds what it missed; if not, the full sync \
          begins anew. The default is 1 MiB (10 MiB in Valkey 8).",
    reference: "https://valkey.io/topics/replication/",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(|node| judge(facts, node))
}

fn judge(facts: &Facts, node: &Node<'_>) -> Result<Verdict, Verdict> {
    let prediction = predict(node, &facts.plan.assumptions)?;
    let assumptions = &facts.plan.assumptions;
    let at = node.endpoint;
    let roomy = with_headroom(prediction.backlog).0.max(1_048_576);
    let remedy = node.cli(&format!("CONFIG SET repl-backlog-size {roomy}"));
    let needed = format!(
        "{at}: {}; {} times that for {} are {}",
        prediction.write_rate, assumptions.peak_factor, assumptions.link_loss, prediction.backlog
    );
    let Some(size) = node.info()?.bytes("repl_backlog_size") else {
        return Err(Verdict::unknown(
            format!("{needed}; INFO has no repl_backlog_size"),
            remedy,
        ));
    };
    Ok(if size >= prediction.backlog {
        Verdict::pass(format!("{needed}; the backlog is {size}"))
    } else {
        Verdict::warn(format!("{needed}; the backlog is only {size}"), remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_samples};
    use super::*;

    fn with_backlog(size: &str) -> Facts {
        with_samples(
            &format!("used_memory:1000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n{size}"),
            "repl_backlog_active:1\r\nmaster_repl_offset:300000\r\n",
        )
    }

    #[test]
    fn a_backlog_below_a_minute_of_peak_writes_is_told_with_the_size_it_needs() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        // 100 kB/s, twice that, for 60 s: 12 MB; a quarter more: 15 MiB.
        let verdict = rule(&with_backlog("repl_backlog_size:1048576\r\n"));
        assert_eq!(verdict.outcome, Outcome::Warn);
        assert_eq!(
            verdict.remedy,
            "redis-cli -h 10.0.0.241 -p 6379 CONFIG SET repl-backlog-size 15728640"
        );
        assert_eq!(
            rule(&with_backlog("repl_backlog_size:15728640\r\n")).outcome,
            Outcome::Pass
        );
        assert_eq!(rule(&with_backlog("")).outcome, Outcome::Unknown);
    }
}
