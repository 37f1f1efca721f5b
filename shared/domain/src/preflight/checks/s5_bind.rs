//! S5: the source listens on the address that ElastiCache will connect to.

use super::super::{Check, Facts, Node, Verdict};
use super::PREPARE;
use crate::engine::EngineFault;

pub(super) const CHECK: Check = Check {
    id: "S5",
    cause: "source_not_bound",
    title: "The source listens on an address that the target can reach",
    why: "bind decides on which addresses the engine listens; 127.0.0.1 is the default from 3.2 on. The connection that \
          was made is better evidence than the option's text.",
    reference: PREPARE,
    rule,
};

fn rule(facts: &Facts) -> Verdict {
    facts.judge_nodes(judge)
}

fn judge(node: &Node<'_>) -> Result<Verdict, Verdict> {
    let at = node.endpoint;
    let text = match node.answers.config.option("bind").known() {
        Some(Some("")) => "bind is empty: all addresses".to_owned(),
        Some(Some(text)) => format!("bind {text}"),
        Some(None) | None => "its bind could not be read".to_owned(),
    };
    match node.info {
        // Whatever came back, something listens there.
        Ok(_)
        | Err(
            EngineFault::AuthRequired
            | EngineFault::NotPermitted(_)
            | EngineFault::ProtectedMode
            | EngineFault::NotReady(_)
            | EngineFault::TooManyClients
            | EngineFault::UnknownCommand(_)
            | EngineFault::Other(_),
        ) => Ok(Verdict::pass(format!("a connection to {at} was made ({text})"))),
        Err(EngineFault::Unreachable(why)) if why.contains("refused") => Ok(Verdict::fail(
            format!("{at} refused the connection: nothing listens on that address and port ({why})"),
            format!(
                "on the source's own host: redis-cli -p {} CONFIG SET bind \"{} 127.0.0.1\" (before 7.0: set bind in \
                 redis.conf and restart)",
                at.port, at.address
            ),
        )),
        Err(fault) => Err(Verdict::unknown(format!("{at}: {fault}"), "see S1")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Outcome;
    use super::super::super::testing::{clean, with_source};
    use super::*;

    #[test]
    fn an_answer_shows_that_it_listens_and_a_refusal_that_it_does_not() {
        assert_eq!(rule(&clean()).outcome, Outcome::Pass);
        for (fault, outcome) in [
            (EngineFault::AuthRequired, Outcome::Pass),
            (
                EngineFault::Unreachable("Connection refused (os error 111)".to_owned()),
                Outcome::Fail,
            ),
            (
                EngineFault::Unreachable("name not known".to_owned()),
                Outcome::Unknown,
            ),
            (EngineFault::TimedOut("3 s".to_owned()), Outcome::Unknown),
        ] {
            assert_eq!(rule(&with_source(Err(fault.clone()))).outcome, outcome, "{fault}");
        }
    }
}
