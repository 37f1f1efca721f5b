//! M1: somebody hears of the migration.

use super::super::{Check, Facts, Verdict};
use crate::Observed;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "M1",
    cause: "nobody_listens",
    title: "Somebody has confirmed to hear of this migration",
    why: "A migration that is ready waits for a person, and one that fails asks for one. A subscription that nobody has \
          confirmed gets nothing, and its confirmation is good for two days.",
    reference: "https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html",
    rule,
};

const REMEDY: &str = "aws sns subscribe --topic-arn <this stack's output MessagesTopicArn> --protocol email \
                      --notification-endpoint <you>, confirm the mail that follows, and start an execution with \
                      {\"mode\": \"notify-test\"} to see every message once";

fn rule(facts: &Facts) -> Verdict {
    let listeners = match &facts.listeners {
        Observed::Known(listeners) => listeners,
        Observed::Unknown(why) => {
            return Verdict::unknown(format!("who is subscribed could not be seen: {why}"), "");
        }
    };
    let mut heard = counted(&listeners.confirmed);
    if listeners.webhook {
        heard.push("a Slack webhook".to_owned());
    }
    let pending = counted(&listeners.pending);
    match (heard.is_empty(), pending.is_empty()) {
        (false, true) => Verdict::pass(heard.join(", ")),
        (false, false) => Verdict::pass(format!(
            "{}; not confirmed: {}",
            heard.join(", "),
            pending.join(", ")
        )),
        (true, false) => Verdict::warn(
            format!(
                "nobody has confirmed a subscription: {} pending",
                pending.join(", ")
            ),
            REMEDY,
        ),
        (true, true) => match &listeners.untold {
            Some(why) => Verdict::unknown(format!("who is subscribed could not be seen: {why}"), ""),
            None => Verdict::warn("nobody is subscribed to the messages topic", REMEDY),
        },
    }
}

/// `2 email, 1 https`.
fn counted(protocols: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for protocol in protocols {
        *counts.entry(protocol).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(protocol, count)| format!("{count} {protocol}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::clean;
    use super::*;
    use crate::contract::notify::Listeners;

    fn judged(listeners: Observed<Listeners>) -> Verdict {
        let mut facts = clean();
        facts.listeners = listeners;
        rule(&facts)
    }

    #[test]
    fn nobody_and_nobody_confirmed_are_warnings_and_not_knowing_is_neither() {
        let email = || vec!["email".to_owned()];
        let none = Listeners::default;
        for (listeners, outcome) in [
            (none(), Outcome::Warn),
            (
                Listeners {
                    pending: email(),
                    ..none()
                },
                Outcome::Warn,
            ),
            (
                Listeners {
                    confirmed: email(),
                    ..none()
                },
                Outcome::Pass,
            ),
            (
                Listeners {
                    confirmed: email(),
                    pending: email(),
                    ..none()
                },
                Outcome::Pass,
            ),
            (
                Listeners {
                    webhook: true,
                    ..none()
                },
                Outcome::Pass,
            ),
            (
                Listeners {
                    untold: Some("denied".to_owned()),
                    ..none()
                },
                Outcome::Unknown,
            ),
            (
                Listeners {
                    untold: Some("denied".to_owned()),
                    webhook: true,
                    ..none()
                },
                Outcome::Pass,
            ),
        ] {
            let verdict = judged(Observed::Known(listeners.clone()));
            assert_eq!(verdict.outcome, outcome, "{listeners:?}: {}", verdict.evidence);
            assert_eq!(verdict.remedy.is_empty(), outcome != Outcome::Warn);
        }
        assert_eq!(
            judged(Observed::Unknown("x".to_owned())).outcome,
            Outcome::Unknown
        );
        let two = Listeners {
            confirmed: vec!["https".to_owned(), "email".to_owned(), "email".to_owned()],
            ..none()
        };
        assert_eq!(judged(Observed::Known(two)).evidence, "2 email, 1 https");
    }
}
