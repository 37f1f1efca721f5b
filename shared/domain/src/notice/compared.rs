//! What people are told of the comparisons of keys: before the approval, and after the promotion.

use crate::contract::notify::LastComparison;
use crate::cutover::CutoverVerdict;
use crate::verify::Verdict;

/// What was compared before the approval, and what an approval takes upon itself where that is not everything.
pub(super) fn before(lines: &mut Vec<String>, verdict: &CutoverVerdict) {
    let Some(verified) = &verdict.verification else {
        return;
    };
    lines.push(format!("keys:     {}", verified.statement));
    if let Some(remark) = remark(verified.verdict) {
        lines.push(format!("  {remark}"));
    }
}

/// What a person should know before approving; nothing where all that was compared is the same.
fn remark(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Same | Verdict::Differs => None,
        Verdict::Unsure => Some(
            "Not all keys could be judged, so the plan alone approves nothing. Whoever approves takes it as it is; to have \
             it judged, give it up and start again while those keys are written less.",
        ),
        Verdict::Off => Some(
            "Nobody compared the keys, so the plan alone approves nothing. Whoever approves relies on the engines' \
             replication alone.",
        ),
    }
}

/// What was compared after the promotion.
pub(super) fn after(lines: &mut Vec<String>, last: &LastComparison) {
    lines.push(format!(
        "last comparison with the fenced source: {}",
        last.statement
    ));
    if last.verdict != Verdict::Differs {
        return;
    }
    for difference in &last.first {
        lines.push(format!("  {difference}"));
    }
    lines.push(
        "  Applications that write to the target already change keys there, which is no loss; what is said of each shard \
         above tells whether a write of the source did not arrive."
            .to_owned(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::testing::compared;

    #[test]
    fn what_is_not_known_to_be_the_same_is_said_to_whoever_approves() {
        assert_eq!(remark(Verdict::Same), None);
        for verdict in [Verdict::Unsure, Verdict::Off] {
            assert!(remark(verdict).is_some_and(|words| words.contains("the plan alone approves nothing")));
        }
    }

    #[test]
    fn a_difference_after_the_promotion_is_named_with_what_it_may_be() {
        let result = compared("basis", Verdict::Differs).result.expect("a result");
        let last = LastComparison {
            verdict: result.verdict,
            statement: result.statement,
            first: result.first,
        };
        let mut lines = vec![];
        after(&mut lines, &last);
        insta::assert_snapshot!(lines.join("\n"), @r"
        last comparison with the fenced source: 1 of 1,000 differ; 1,000 keys of the target were looked up on the source
          planted (db 0): another value, for 3 s
          Applications that write to the target already change keys there, which is no loss; what is said of each shard above tells whether a write of the source did not arrive.
        ");
    }
}
