//! A1: the role may make every describe call that preflight makes.

use super::super::{Answer, Check, Facts, Verdict};

pub(super) const CHECK: Check = Check {
    id: "A1",
    cause: "describe_call_denied",
    title: "The role may make the describe calls",
    why: "What may not be looked at stays UNKNOWN; without DescribeReplicationGroups nothing of a migration can be seen.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/IAM.APIReference.html",
    rule,
};

/// Without these the migration itself would be blind, not only preflight.
const NEEDED: [&str; 1] = ["elasticache:DescribeReplicationGroups"];

fn rule(facts: &Facts) -> Verdict {
    let calls = &facts.target.access;
    if calls.is_empty() {
        return Verdict::unknown("no call was made", "");
    }
    let denied: Vec<(&str, &str)> = calls
        .iter()
        .filter_map(|call| match &call.answer {
            Answer::Denied(words) => Some((call.action.as_str(), words.as_str())),
            Answer::Given | Answer::Missing(_) => None,
        })
        .chain(facts.network.denied())
        .collect();
    if !denied.is_empty() {
        let mut actions: Vec<&str> = denied.iter().map(|(action, _)| *action).collect();
        actions.sort_unstable();
        actions.dedup();
        let evidence = format!("denied: {} ({})", actions.join(", "), denied[0].1);
        let statement = serde_json::json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
        let remedy =
            format!("let the role do it (template.yaml does; look for a boundary or an SCP): {statement}");
        return if actions.iter().any(|action| NEEDED.contains(action)) {
            Verdict::fail(evidence, remedy)
        } else {
            Verdict::warn(evidence, remedy)
        };
    }
    let unanswered = calls.iter().find_map(|call| match &call.answer {
        Answer::Missing(why) => Some((call.action.as_str(), why.as_str())),
        Answer::Given | Answer::Denied(_) => None,
    });
    match unanswered {
        Some((action, why)) => Verdict::unknown(
            format!("{action} was not answered: {why}"),
            "give the function's subnets a way to the ElastiCache API: a NAT gateway or an interface endpoint",
        ),
        None => Verdict::pass(format!("{} calls were answered", calls.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::clean;
    use super::super::super::{Access, Outcome};
    use super::*;

    fn answered(action: &str, answer: Answer) -> Verdict {
        let mut facts = clean();
        facts.target.access.push(Access {
            action: action.to_owned(),
            answer,
        });
        rule(&facts)
    }

    #[test]
    fn a_denied_call_is_named_with_the_statement_that_allows_it() {
        let verdict = answered(
            "elasticache:DescribeUpdateActions",
            Answer::Denied("not authorized".to_owned()),
        );
        assert_eq!(verdict.outcome, Outcome::Warn);
        assert!(
            verdict
                .remedy
                .contains(r#""Action":["elasticache:DescribeUpdateActions"]"#),
            "{}",
            verdict.remedy
        );
        let needed = answered(
            "elasticache:DescribeReplicationGroups",
            Answer::Denied(String::new()),
        );
        assert_eq!(needed.outcome, Outcome::Fail);
    }

    #[test]
    fn a_call_without_an_answer_is_unknown() {
        let verdict = answered(
            "elasticache:DescribeEvents",
            Answer::Missing("timed out".to_owned()),
        );
        assert_eq!(verdict.outcome, Outcome::Unknown);
        let mut facts = clean();
        facts.target.access.clear();
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
    }
}
