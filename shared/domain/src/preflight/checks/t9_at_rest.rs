//! T9: encryption at rest. Told, and no reason to stop.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;

pub(super) const CHECK: Check = Check {
    id: "T9",
    cause: "target_encrypted_at_rest",
    title: "Encryption at rest on the target is no obstacle",
    why: "AWS's page forbade it until 2023 and names encryption in transit alone today; Valkey groups have it on by \
          default.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let group = match facts.target.group() {
        Ok(group) => group,
        Err(verdict) => return verdict,
    };
    let state = if group.at_rest_encryption {
        "encrypts"
    } else {
        "does not encrypt"
    };
    Verdict::pass(format!(
        "{} {state} its data at rest; AWS asks for neither",
        group.id
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_group};
    use super::*;
    use crate::Observed;

    #[test]
    fn it_is_told_and_stops_nothing_but_is_not_known_of_a_group_that_was_not_described() {
        let verdict = rule(&with_group(|group| group.at_rest_encryption = true));
        assert_eq!(verdict.outcome, Outcome::Pass);
        assert!(
            verdict.evidence.contains("encrypts its data"),
            "{}",
            verdict.evidence
        );
        let mut facts = clean();
        facts.target.group = Observed::Unknown("denied".to_owned());
        assert_eq!(rule(&facts).outcome, Outcome::Unknown);
    }
}
