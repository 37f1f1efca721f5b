//! A long migration's executions: their names follow from its id, so that the history of each can be read.

use crate::progress::successor;

/// The most executions that are read: the first, which holds preflight and start, and the newest. One of them holds days.
const READ: u32 = 30;

/// Which histories make up a migration's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executions {
    /// The ARNs, the oldest first, the one that runs now last.
    pub arns: Vec<String>,
    /// How many between the first and the others are left out.
    pub left_out: u32,
}

impl Executions {
    /// All of a migration, up to this one, which is its so-and-so-many-th, counted from 1.
    #[must_use]
    pub fn of(execution_arn: &str, migration_id: &str, generation: u32) -> Executions {
        let newest = execution_arn.to_owned();
        let Some((machine, _)) = execution_arn.rsplit_once(':').filter(|_| generation > 1) else {
            return Executions {
                arns: vec![newest],
                left_out: 0,
            };
        };
        let oldest_read = generation.saturating_sub(READ - 2).max(2);
        let between = (oldest_read..generation).map(|generation| successor(migration_id, generation - 1));
        let arns = std::iter::once(migration_id.to_owned())
            .chain(between)
            .map(|name| format!("{machine}:{name}"))
            .chain([newest])
            .collect();
        Executions {
            arns,
            left_out: oldest_read - 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(generation: u32) -> Executions {
        let name = if generation == 1 {
            "orders".to_owned()
        } else {
            format!("orders-{generation}")
        };
        Executions::of(
            &format!("arn:aws:states:us-east-1:1:execution:m:{name}"),
            "orders",
            generation,
        )
    }

    #[test]
    fn the_first_and_the_newest_executions_are_read() {
        let names = |executions: &Executions| -> Vec<String> {
            executions
                .arns
                .iter()
                .map(|arn| arn.rsplit(':').next().unwrap_or_default().to_owned())
                .collect()
        };
        assert_eq!(names(&of(1)), ["orders"]);
        assert_eq!(names(&of(3)), ["orders", "orders-2", "orders-3"]);
        let long = of(500);
        assert_eq!((long.arns.len(), long.left_out), (30, 470));
        let names = names(&long);
        assert_eq!((names[0].as_str(), names[1].as_str()), ("orders", "orders-472"));
    }
}
