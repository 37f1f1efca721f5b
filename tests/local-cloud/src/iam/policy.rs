//! A policy and its evaluation.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeMap;

/// The statements of all policies of one role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy(pub Vec<Statement>);

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The resource of the template that it stands in.
    pub origin: String,
    /// What it does.
    pub effect: Effect,
    /// Action patterns, such as `elasticache:Describe*`.
    pub actions: Vec<String>,
    /// Resource patterns.
    pub resources: Vec<String>,
    /// All have to hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// One condition: a key of the request's context, and the values that satisfy it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Such as `StringEquals`.
    pub operator: String,
    /// Such as `aws:ResourceTag/migration-allowed`.
    pub key: String,
    /// One of them has to match.
    pub values: Vec<String>,
}

/// What comes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

impl Policy {
    /// Judges one call. `context` holds the condition keys of the request; a key that is not there satisfies nothing.
    pub fn decide(&self, action: &str, resource: &str, context: &BTreeMap<String, String>) -> Decision {
        let applies = |effect| {
            self.0
                .iter()
                .any(|statement| statement.effect == effect && statement.applies(action, resource, context))
        };
        match (applies(Effect::Deny), applies(Effect::Allow)) {
            (true, _) => Decision::Denied,
            (false, true) => Decision::Allowed,
            (false, false) => Decision::NotAllowed,
        }
    }
}

impl Statement {
    /// Whether action, resource and conditions all match.
    pub fn applies(&self, action: &str, resource: &str, context: &BTreeMap<String, String>) -> bool {
        self.covers(action, resource) && self.conditions.iter().all(|condition| condition.holds(context))
    }

    /// Whether action and resource match, whatever the conditions say.
    pub fn covers(&self, action: &str, resource: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.actions
            .iter()
            .any(|pattern| matches(&pattern.to_ascii_lowercase(), &action))
            && self.resources.iter().any(|pattern| matches(pattern, resource))
    }
}

impl Condition {
    /// An operator that is not known holds never: a call that depends on it is refused, and the test that made it fails.
    fn holds(&self, context: &BTreeMap<String, String>) -> bool {
        let Some(actual) = context.get(&self.key) else {
            return false;
        };
        self.values.iter().any(|value| match self.operator.as_str() {
            "StringEquals" | "Bool" => value == actual,
            "StringLike" | "ArnLike" | "ArnEquals" => matches(value, actual),
            _ => false,
        })
    }
}

/// `*` stands for any text, `?` for any one character.
fn matches(pattern: &str, text: &str) -> bool {
    let mut rest = text.chars();
    let mut pattern_rest = pattern.chars();
    loop {
        match pattern_rest.next() {
            None => return rest.next().is_none(),
            Some('*') => {
                let pattern = pattern_rest.as_str();
                let text = rest.as_str();
                let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
                return ends.any(|at| matches(pattern, &text[at..]));
            }
            Some('?') => {
                if rest.next().is_none() {
                    return false;
                }
            }
            Some(letter) => {
                if rest.next() != Some(letter) {
                    return false;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "arn:aws:elasticache:us-east-1:123456789012:replicationgroup:orders";

    fn statement(effect: Effect, action: &str, resource: &str) -> Statement {
        Statement {
            origin: "Role".to_owned(),
            effect,
            actions: vec![action.to_owned()],
            resources: vec![resource.to_owned()],
            conditions: Vec::new(),
        }
    }

    fn context(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_one_character() {
        for (pattern, text, expected) in [
            ("sns:publish", "sns:publish", true),
            ("sns:publish", "sns:publishbatch", false),
            ("elasticache:describe*", "elasticache:describeevents", true),
            ("elasticache:*migration", "elasticache:startmigration", true),
            ("elasticache:*migration", "elasticache:describeevents", false),
            ("order?", "orders", true),
            ("order?", "order", false),
            ("*", "anything", true),
            ("a*", "b", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn action_and_resource_have_to_match_in_one_statement() {
        let policy = Policy(vec![
            statement(
                Effect::Allow,
                "elasticache:StartMigration",
                &GROUP.replace("orders", "carts"),
            ),
            statement(Effect::Allow, "elasticache:DescribeReplicationGroups", GROUP),
        ]);
        let none = BTreeMap::new();
        assert_eq!(
            policy.decide("elasticache:startmigration", GROUP, &none),
            Decision::NotAllowed
        );
        let described = policy.decide("elasticache:DescribeReplicationGroups", GROUP, &none);
        assert_eq!(described, Decision::Allowed);
    }

    #[test]
    fn a_condition_needs_its_key_and_one_of_its_values() {
        let mut only_tagged = statement(Effect::Allow, "elasticache:StartMigration", "*");
        only_tagged.conditions.push(Condition {
            operator: "StringEquals".to_owned(),
            key: "aws:ResourceTag/migration-allowed".to_owned(),
            values: vec!["true".to_owned()],
        });
        let policy = Policy(vec![only_tagged]);
        for (tags, expected) in [
            (
                &[("aws:ResourceTag/migration-allowed", "true")][..],
                Decision::Allowed,
            ),
            (
                &[("aws:ResourceTag/migration-allowed", "no")],
                Decision::NotAllowed,
            ),
            (&[("aws:ResourceTag/other", "true")], Decision::NotAllowed),
            (&[], Decision::NotAllowed),
        ] {
            let decision = policy.decide("elasticache:StartMigration", GROUP, &context(tags));
            assert_eq!(decision, expected, "{tags:?}");
        }
    }

    #[test]
    fn a_deny_wins_where_its_condition_holds() {
        let mut from_code = statement(Effect::Deny, "ec2:*", "*");
        from_code.conditions.push(Condition {
            operator: "ArnLike".to_owned(),
            key: "lambda:SourceFunctionArn".to_owned(),
            values: vec!["arn:aws:lambda:*:function:local-*".to_owned()],
        });
        let policy = Policy(vec![
            statement(Effect::Allow, "ec2:CreateNetworkInterface", "*"),
            from_code,
        ]);
        let by_code = context(&[("lambda:SourceFunctionArn", "arn:aws:lambda:x:1:function:local-a")]);
        let create = "ec2:CreateNetworkInterface";
        assert_eq!(policy.decide(create, "*", &by_code), Decision::Denied);
        assert_eq!(policy.decide(create, "*", &BTreeMap::new()), Decision::Allowed);
    }
}
