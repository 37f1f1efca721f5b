//! P4: the full sync ends within the plan's limit.

use super::super::prediction::{full_sync_is_done, predict};
use super::super::{Check, Facts, Node, Verdict};

pub(super) const CHECK: Check = Check {
    id: "P4",
    cause: "sync_takes_too_long",
    title: "The full sync is expected to end within the plan's limit",
    why: "A migration that is not in sync by limits.syncHours is given up, however far it is.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Migration-Verify.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    full_sync_is_done(facts).unwrap_or_else(|| facts.judge_nodes(|node| judge(facts, node)))
}

fn judge(facts: &Facts, node: &Node<'_>) -> Result<Verdict, Verdict> {
    let prediction = predict(node, &facts.plan.assumptions)?;
    let limit = facts.plan.limits.sync;
    let evidence = format!("{}; the limit is {limit}", prediction.reasoning());
    Ok(if prediction.full_sync <= limit {
        Verdict::pass(evidence)
    } else {
        let hours = prediction.full_sync.0.saturating_mul(2).div_ceil(3_600);
        Verdict::warn(
            evidence,
            format!(
                "allow more in the input: \"limits\": {{\"syncHours\": {hours}}}; or correct the assumptions if they are \
                 too careful: \"assumptions\": {{\"networkMBps\": …, \"saveMBps\": …, \"loadMBps\": …}}"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_samples};
    use super::*;
    use crate::Seconds;

    #[test]
    fn a_sync_that_takes_longer_than_allowed_is_told_with_a_limit_that_allows_it() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        let mut facts = with_samples(
            "used_memory:1000000000000\r\nrepl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
            "repl_backlog_active:1\r\nmaster_repl_offset:0\r\n",
        );
        facts.plan.limits.sync = Seconds(3_600);
        let verdict = rule(&facts);
        assert_eq!(verdict.outcome, Outcome::Warn);
        assert!(verdict.remedy.contains("\"syncHours\": 16"), "{}", verdict.remedy);
    }

    #[test]
    fn without_a_sample_it_is_unknown() {
        let mut facts = clean();
        facts.source.answers.later = crate::Observed::Unknown("timed out".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
