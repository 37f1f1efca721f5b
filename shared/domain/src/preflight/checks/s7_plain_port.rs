//! S7: the source speaks without TLS on the port that is given.

use super::super::{Check, Facts, Node, Verdict};
use crate::engine::EngineFault;

pub(super) const CHECK: Check = Check {
    id: "S7",
    cause: "source_speaks_tls_only",
    title: "The source speaks plain TCP on the plan's port",
    why: "The call that starts a node-based migration has no parameter for TLS: the target connects in plain. An engine \
          may listen on a plain port and a TLS port at the same time.",
    reference: "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_StartMigration.html",
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let at = node.endpoint;
    match node.info {
        Ok(_) => Ok(Verdict::pass(format!("{at} answered in plain RESP"))),
        Err(EngineFault::NotRedis(what)) => Ok(Verdict::fail(
            format!("{at} does not speak plain RESP: {what}; a port for TLS alone looks so"),
            "give the engine a plain port beside the TLS port for the migration (6.0 and later, on its own host: \
             redis-cli --tls -p <TLS port> CONFIG SET port 6379, from 7.0 on; before, port in redis.conf and a restart) \
             and put that port into the plan; or use AWS's migration to ElastiCache Serverless, which supports TLS",
        )),
        // An error reply came in plain RESP.
        Err(
            EngineFault::AuthRequired
            | EngineFault::NotPermitted(_)
            | EngineFault::ProtectedMode
            | EngineFault::NotReady(_)
            | EngineFault::TooManyClients
            | EngineFault::UnknownCommand(_)
            | EngineFault::Other(_),
        ) => Ok(Verdict::pass(format!(
            "{at} answered in plain RESP, if only with an error"
        ))),
        Err(fault @ (EngineFault::Unreachable(_) | EngineFault::TimedOut(_))) => {
            Err(Verdict::unknown(format!("{at}: {fault}"), "see S1"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_source};
    use super::*;

    #[test]
    fn an_answer_in_plain_passes_another_protocol_fails_and_silence_is_unknown() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        for (fault, outcome) in [
            (EngineFault::NotRedis("\\x15\\x03\\x03".to_owned()), Outcome::Fail),
            (EngineFault::AuthRequired, Outcome::Pass),
            (EngineFault::TimedOut("3 s".to_owned()), Outcome::Unknown),
        ] {
            assert_eq!(rule(&with_source(Err(fault.clone()))).outcome, outcome, "{fault}");
        }
    }
}
