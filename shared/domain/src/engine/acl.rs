//! What ACL GETUSER says of a user, and whether it may run a command. Rules are applied left to right, as the engine
//! does (`src/acl.c`). Passwords are counted and not kept.

use super::Reply;

/// A user, from 6.0 on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclUser {
    /// Its name.
    pub name: String,
    /// Whether it is on.
    pub on: bool,
    /// Whether it needs no password.
    pub nopass: bool,
    /// Its command rules, such as `-@all +ping`.
    pub commands: String,
}

impl AclUser {
    /// Reads ACL GETUSER. Fields that are not known are skipped; a field that is missing reads as "no right".
    #[must_use]
    pub fn parse(name: &str, reply: &Reply) -> Option<AclUser> {
        let fields = reply.fields();
        let flags = fields.get("flags")?;
        let flags: Vec<String> = flags.items().iter().filter_map(Reply::text).collect();
        let has = |flag: &str| flags.iter().any(|it| it == flag);
        Some(AclUser {
            name: name.to_owned(),
            on: has("on"),
            nopass: has("nopass"),
            commands: fields
                .get("commands")
                .and_then(|rules| rules.text())
                .unwrap_or_default(),
        })
    }

    /// Whether it may run `command`, which may be a subcommand such as `config|get` and has these categories.
    #[must_use]
    pub fn may_run(&self, command: &str, categories: &[String]) -> bool {
        let parent = command.split('|').next().unwrap_or(command);
        let mut allowed = false;
        for rule in self.commands.split_whitespace() {
            let (allow, what) = match (rule.strip_prefix('+'), rule.strip_prefix('-')) {
                (Some(what), _) => (true, what.to_ascii_lowercase()),
                (None, Some(what)) => (false, what.to_ascii_lowercase()),
                (None, None) => continue,
            };
            let meant = what == "@all" || what == command || what == parent || categories.contains(&what);
            if meant {
                allowed = allow;
            }
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::tests::{any_reply, from_json};
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn user(commands: &str) -> AclUser {
        AclUser {
            commands: commands.to_owned(),
            ..AclUser::default()
        }
    }

    #[test]
    fn the_forms_of_6_0_and_7_0_are_read_and_hashes_are_not_kept() {
        for reply in [
            json!([
                "flags",
                ["on", "allkeys", "nopass"],
                "passwords",
                ["5e884898da28"],
                "commands",
                "+@all",
                "keys",
                ["*"]
            ]),
            json!({"flags": ["on", "nopass"], "passwords": [], "commands": "+@all", "keys": "~*", "selectors": []}),
        ] {
            let user = AclUser::parse("default", &from_json(&reply)).expect("a user");
            assert!(user.on && user.nopass && user.commands == "+@all");
            assert!(!format!("{user:?}").contains("5e884898da28"));
        }
        assert_eq!(AclUser::parse("default", &Reply::Nil), None);
    }

    #[test]
    fn the_last_rule_that_means_a_command_decides() {
        let dangerous = ["@dangerous".to_owned()];
        for (rules, allowed) in [
            ("+@all", true),
            ("", false),
            ("+@all -@dangerous", false),
            ("+@all -@dangerous +config|get", true),
            ("+@all -@dangerous +config", true),
            ("+@all -config|set", true),
            ("-@all +ping", false),
            ("+@all -config", false),
        ] {
            assert_eq!(user(rules).may_run("config|get", &dangerous), allowed, "{rules}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_without_a_panic(reply in any_reply(), rules in any::<String>()) {
            let _ = AclUser::parse("default", &reply);
            let _ = user(&rules).may_run("psync", &[]);
        }
    }
}
