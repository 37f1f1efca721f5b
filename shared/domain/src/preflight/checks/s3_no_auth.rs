//! S3: the source lets a client in without a password.

use super::super::{Check, Facts, Verdict};
use super::PREPARE;
use crate::engine::EngineFault;

pub(super) const CHECK: Check = Check {
    id: "S3",
    cause: "source_requires_password",
    title: "The source requires no password",
    why: "Node-based online migration gives ElastiCache no way to authenticate at the source: the link would stay down.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    let source = &facts.plan.source;
    let remedy = "for the migration, on the source: redis-cli CONFIG SET requirepass \"\" (6.0 and later with ACLs: ACL \
                  SETUSER default on nopass), with the network closed to all others; or use AWS's migration to \
                  ElastiCache Serverless, which supports AUTH at the source";
    match &facts.source.info {
        Ok(_) => Verdict::pass(format!("{source} answers a client that gave no password")),
        Err(EngineFault::AuthRequired) => Verdict::fail(format!("{source} requires AUTH"), remedy),
        Err(EngineFault::NotPermitted(reply)) => Verdict::fail(
            format!("the default user of {source} is restricted: {reply}"),
            remedy,
        ),
        Err(fault) => Verdict::unknown(format!("{source} could not be asked: {fault}"), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::with_source;
    use super::*;

    #[test]
    fn a_password_stops_the_start_and_silence_is_not_taken_for_none() {
        assert_eq!(
            rule(&with_source(Err(EngineFault::AuthRequired))).outcome,
            Outcome::Fail
        );
        assert_eq!(
            rule(&with_source(Err(EngineFault::NotPermitted("NOPERM".to_owned())))).outcome,
            Outcome::Fail
        );
        assert_eq!(
            rule(&with_source(Err(EngineFault::Unreachable("refused".to_owned())))).outcome,
            Outcome::Unknown
        );
    }
}
