//! What the source answered, node by node, and how a rule that must hold on each node is judged over all of them.

use super::{Facts, Outcome, Verdict};
use crate::engine::{
    AclUser, ClusterMap, CommandTable, ConfigAnswers, EngineFault, EngineVersion, Info, Replication,
};
use crate::{Endpoint, Observed};
use serde::{Deserialize, Serialize};

/// What one node answered beside INFO.
#[derive(Clone, Debug)]
pub struct NodeAnswers {
    /// INFO again, a few seconds after the first.
    pub later: Observed<LaterInfo>,
    /// CONFIG GET, option by option.
    pub config: ConfigAnswers,
    /// Which commands it knows by their own names.
    pub commands: Observed<CommandTable>,
    /// The user that a client without a password is; none before 6.0, which has no users.
    pub user: Observed<Option<AclUser>>,
    /// The names of the modules it has loaded.
    pub modules: Observed<Vec<String>>,
    /// The names of the libraries of functions it holds.
    pub libraries: Observed<Vec<String>>,
}

/// The second of two samples.
#[derive(Clone, Debug)]
pub struct LaterInfo {
    /// INFO.
    pub info: Info,
    /// How long after the first, in milliseconds.
    pub after_millis: u64,
}

/// The source as a cluster.
#[derive(Clone, Debug)]
pub struct ClusterFacts {
    /// CLUSTER INFO, whose lines have INFO's form.
    pub info: Observed<Info>,
    /// Nodes and slots.
    pub map: Observed<ClusterMap>,
    /// What each other node that the map names answered at the address it announces.
    pub members: Vec<ClusterMember>,
}

/// A node of the source's cluster, other than the plan's own.
#[derive(Clone, Debug)]
pub struct ClusterMember {
    /// The address and port it announces.
    pub endpoint: Endpoint,
    /// Whether it is a primary that owns slots. Only those are asked for more than INFO.
    pub owns_slots: bool,
    /// The slots that it is moving, as it prints them: a node tells of its own only.
    pub migrating: Observed<Vec<String>>,
    /// INFO, or what happened instead.
    pub info: Result<Info, EngineFault>,
    /// The other answers.
    pub answers: NodeAnswers,
}

/// One engine on the way from a source that is itself a replica up to the primary it follows.
#[derive(Clone, Debug)]
pub struct ChainLink {
    /// Where it was asked.
    pub endpoint: Endpoint,
    /// INFO, or what happened instead.
    pub info: Result<Info, EngineFault>,
}

/// The primary at the top of a chained source. Later states compare the target with it and fence it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRoot {
    /// Where it listens, as its replica sees it.
    pub endpoint: Endpoint,
    /// The replicas between the plan's source and it, nearest to the source first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<Endpoint>,
}

impl NodeAnswers {
    /// No answer to any question, for one reason.
    #[must_use]
    pub fn unknown(why: &str) -> NodeAnswers {
        let mut config = ConfigAnswers::default();
        for option in crate::engine::CONFIG_OPTIONS {
            config.record(option, Observed::Unknown(why.to_owned()));
        }
        NodeAnswers {
            later: Observed::Unknown(why.to_owned()),
            config,
            commands: Observed::Unknown(why.to_owned()),
            user: Observed::Unknown(why.to_owned()),
            modules: Observed::Unknown(why.to_owned()),
            libraries: Observed::Unknown(why.to_owned()),
        }
    }
}

/// A node that a target shard may follow: the plan's source, and in a cluster each other primary that owns slots.
#[derive(Clone, Copy, Debug)]
pub struct Node<'facts> {
    /// Where it listens.
    pub endpoint: &'facts Endpoint,
    /// INFO, or what happened instead.
    pub info: &'facts Result<Info, EngineFault>,
    /// The other answers.
    pub answers: &'facts NodeAnswers,
}

impl<'facts> Node<'facts> {
    /// INFO, or the verdict to give where there is none to judge.
    ///
    /// # Errors
    /// `Unknown` where it did not answer: the checks "source reached" and "no password" say why.
    pub(crate) fn info(&self) -> Result<&'facts Info, Verdict> {
        self.info.as_ref().map_err(|fault| {
            let evidence = format!("INFO of {} could not be read: {fault}", self.endpoint);
            Verdict::unknown(evidence, "")
        })
    }

    /// Its version, if it says one.
    pub(crate) fn version(&self) -> Option<EngineVersion> {
        EngineVersion::from_info(self.info.as_ref().ok()?)
    }

    /// A command for a person to paste.
    pub(crate) fn cli(&self, command: &str) -> String {
        format!(
            "redis-cli -h {} -p {} {command}",
            self.endpoint.address, self.endpoint.port
        )
    }

    /// A configuration option, or the verdict to give where it could not be read.
    ///
    /// # Errors
    /// `Unknown` where CONFIG GET was refused or not asked.
    pub(crate) fn option(&self, name: &str) -> Result<Option<&'facts str>, Verdict> {
        self.known(self.answers.config.option(name), &format!("CONFIG GET {name}"))
    }

    /// An answer, or the verdict to give where there is none.
    ///
    /// # Errors
    /// `Unknown`, with the question and why it was not answered.
    pub(crate) fn known<T>(&self, answer: Observed<T>, question: &str) -> Result<T, Verdict> {
        match answer {
            Observed::Known(value) => Ok(value),
            Observed::Unknown(why) => Err(Verdict::unknown(
                format!("{} did not answer {question}: {why}", self.endpoint),
                format!("ask it yourself, as a user who may: {}", self.cli(question)),
            )),
        }
    }
}

impl Facts {
    /// The nodes that a target shard may follow, the plan's own source first.
    pub(crate) fn source_nodes(&self) -> Vec<Node<'_>> {
        let entry = Node {
            endpoint: &self.plan.source,
            info: &self.source.info,
            answers: &self.source.answers,
        };
        let members = self.source.cluster.known().and_then(Option::as_ref);
        let members = members
            .map(|cluster| cluster.members.as_slice())
            .unwrap_or_default();
        let primaries = members
            .iter()
            .filter(|member| member.owns_slots)
            .map(|member| Node {
                endpoint: &member.endpoint,
                info: &member.info,
                answers: &member.answers,
            });
        std::iter::once(entry).chain(primaries).collect()
    }

    /// Judges each node, and gives the worst verdict with the evidence of the nodes that earned it. A fact that could
    /// not be read is worse than a warning and better than a failure.
    pub(crate) fn judge_nodes(&self, rule: impl Fn(&Node<'_>) -> Result<Verdict, Verdict>) -> Verdict {
        let verdicts: Vec<Verdict> = self
            .source_nodes()
            .iter()
            .map(|node| rule(node).unwrap_or_else(|verdict| verdict))
            .collect();
        worst(verdicts)
    }
}

/// How many nodes are shown with their evidence; the rest are counted.
const SHOWN: usize = 3;

fn worst(mut verdicts: Vec<Verdict>) -> Verdict {
    let rank = |outcome: Outcome| match outcome {
        Outcome::Fail => 3,
        Outcome::Unknown => 2,
        Outcome::Warn => 1,
        Outcome::Pass => 0,
    };
    let highest = verdicts
        .iter()
        .map(|verdict| rank(verdict.outcome))
        .max()
        .unwrap_or(0);
    verdicts.retain(|verdict| rank(verdict.outcome) == highest);
    let alike = verdicts.len();
    let evidence: Vec<String> = verdicts
        .iter()
        .take(SHOWN)
        .map(|verdict| verdict.evidence.clone())
        .collect();
    let mut evidence = evidence.join("; ");
    if alike > SHOWN {
        evidence.push_str(&format!("; and {} more nodes alike", alike - SHOWN));
    }
    match verdicts.into_iter().next() {
        Some(first) => {
            let mut remedy = first.remedy;
            if alike > 1 && !remedy.is_empty() {
                remedy.push_str(&format!(" (likewise on each of the {alike} nodes)"));
            }
            Verdict {
                outcome: first.outcome,
                evidence,
                remedy,
                narrower: first.narrower,
            }
        }
        None => Verdict::unknown("no node of the source could be asked", ""),
    }
}

/// The primary at the top of the chain, if the source is a replica and the top was found.
pub(super) fn root(chain: &[ChainLink]) -> Option<SourceRoot> {
    let (top, between) = chain.split_last()?;
    let replication = Replication::from_info(top.info.as_ref().ok()?)?;
    replication.link().is_none().then(|| SourceRoot {
        endpoint: top.endpoint.clone(),
        via: between.iter().map(|link| link.endpoint.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_node_decides_and_many_alike_are_counted() {
        let mut verdicts = vec![
            Verdict::pass("a"),
            Verdict::unknown("b", ""),
            Verdict::warn("c", ""),
        ];
        assert_eq!(worst(verdicts.clone()).evidence, "b");
        verdicts.extend((0..5).map(|n| Verdict::fail(format!("f{n}"), "mend")));
        let verdict = worst(verdicts);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert_eq!(verdict.evidence, "f0; f1; f2; and 2 more nodes alike");
        assert_eq!(verdict.remedy, "mend (likewise on each of the 5 nodes)");
        assert_eq!(worst(vec![]).outcome, Outcome::Unknown);
    }
}
