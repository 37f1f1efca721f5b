//! What going back means once the target has taken over. There is no replication from ElastiCache to a source, so there
//! are two cases, and what each would lose. Source:
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ClientConfig.RestrictedCommands.html>.

use crate::engine::Replication;
use crate::{Bytes, Observed};

/// The two cases, in sentences for people. `targets` are the target primaries as they are now.
#[must_use]
pub fn rollback_cases(targets: &[Observed<Replication>]) -> [String; 2] {
    let grown: Option<u64> = targets
        .iter()
        .map(|target| {
            let target = target.known()?;
            Some(
                target
                    .offset?
                    .0
                    .saturating_sub(target.promoted_at?.0.saturating_sub(1)),
            )
        })
        .sum();
    let taken = match grown.map(Bytes) {
        Some(bytes) => format!("its stream has grown by {bytes} since the promotion, its own pings included"),
        None => "how much that is cannot be read".to_owned(),
    };
    [
        "If no application has written to the target yet: lift the fence of the source and let applications stay there. \
         Nothing is lost that the source ever acknowledged."
            .to_owned(),
        format!(
            "If applications have written to the target: everything that the target took since its promotion would be \
             missing on the source ({taken}). ElastiCache cannot replicate back; copy the keys back by scanning the \
             target before the fence is lifted, or stay on the target."
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Info;

    fn target(left: u64, offset: u64) -> Observed<Replication> {
        Observed::Known(
            Replication::from_info(&Info::parse(&format!(
                "role:master\r\nmaster_replid2:aa\r\nsecond_repl_offset:{left}\r\nmaster_repl_offset:{offset}\r\n"
            )))
            .expect("a role"),
        )
    }

    #[test]
    fn both_cases_are_told_with_what_the_targets_took_since() {
        let [nothing, something] = rollback_cases(&[target(101, 100), target(101, 1_124)]);
        assert!(nothing.starts_with("If no application has written to the target yet"));
        assert!(
            something.contains("(its stream has grown by 1.0 KiB since"),
            "{something}"
        );
    }

    #[test]
    fn what_cannot_be_read_of_one_target_is_not_known_of_all() {
        let unknown = Observed::Unknown("no answer".to_owned());
        let [_, something] = rollback_cases(&[target(101, 1_124), unknown]);
        assert!(
            something.contains("(how much that is cannot be read)"),
            "{something}"
        );
    }
}
