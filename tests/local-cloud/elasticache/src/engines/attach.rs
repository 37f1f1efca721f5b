//! Whether the primaries of a target get attached to the source: watched through ROLE and the engine's log.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::time::Duration;

use tokio::time::Instant;

use super::link_log::LinkLog;
use super::node::Node;
use super::{GroupNodes, Role};
use crate::state::Reason;

/// When a start has failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttachRules {
    pub(crate) timeout: Duration,
    pub(crate) attempts: u32,
}

/// How far the attaching is. The worst link counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// On the way.
    Trying,
    /// Every primary receives or has received the source's data.
    Transferring,
    /// Every primary's link is up.
    Attached,
    /// It will not come about.
    Failed(Reason),
}

/// The watch over one start, for each primary.
#[derive(Debug)]
pub(crate) struct Attach {
    began: Instant,
    links: Vec<Link>,
}

#[derive(Debug)]
struct Link {
    read_to: u64,
    log: LinkLog,
}

impl Attach {
    /// Begins before REPLICAOF: what is in the logs until now is not about this start.
    pub(crate) fn begin(nodes: &GroupNodes) -> Self {
        let read_to = |node: &Node| std::fs::metadata(node.process.log()).map_or(0, |log| log.len());
        let links = nodes
            .primaries()
            .map(|node| Link {
                read_to: read_to(node),
                log: LinkLog::default(),
            })
            .collect();
        Self {
            began: Instant::now(),
            links,
        }
    }

    /// Looks at every primary.
    pub(crate) async fn look(&mut self, nodes: &GroupNodes, rules: AttachRules) -> Progress {
        let late = self.began.elapsed() >= rules.timeout;
        let mut worst = Progress::Attached;
        for (node, link) in nodes.primaries().zip(&mut self.links) {
            link.catch_up(node, rules.attempts);
            let progress = link.judge(node, late, rules).await;
            worst = match (worst, progress) {
                (_, failed @ Progress::Failed(_)) => return failed,
                (Progress::Trying, _) | (_, Progress::Trying) => Progress::Trying,
                (Progress::Transferring, _) | (_, Progress::Transferring) => Progress::Transferring,
                (_, attached) => attached,
            };
        }
        worst
    }
}

impl Link {
    /// Reads what the engine has logged since the last look.
    fn catch_up(&mut self, node: &Node, enough: u32) {
        // A refused transfer is tried again at once, hundreds of times a second: what is known is not read again.
        if self.log.failures() >= enough {
            return;
        }
        let Ok(mut file) = File::open(node.process.log()) else {
            return;
        };
        if file.seek(SeekFrom::Start(self.read_to)).is_err() {
            return;
        }
        let mut reader = BufReader::new(file);
        let mut line = Vec::new();
        while let Ok(length @ 1..) = reader.read_until(b'\n', &mut line) {
            if line.last() != Some(&b'\n') {
                break; // half a line: the next look reads it whole
            }
            self.read_to += u64::try_from(length).unwrap_or(0);
            self.log.read(&String::from_utf8_lossy(&line));
            line.clear();
            if self.log.failures() >= enough {
                break;
            }
        }
    }

    async fn judge(&self, node: &Node, late: bool, rules: AttachRules) -> Progress {
        if !node.process.is_running() {
            return Progress::Failed(self.log.reason().cloned().unwrap_or(Reason::EngineStopped));
        }
        let link = match node.role().await {
            Ok(Role::Replica { link, .. }) => link,
            // An engine that resolves a name or empties itself answers nothing: that is no failure in itself.
            Ok(Role::Primary) | Err(_) => return Progress::Trying,
        };
        if link == "connected" {
            return Progress::Attached;
        }
        if late && self.log.failures() >= rules.attempts {
            return Progress::Failed(self.log.reason().cloned().unwrap_or(Reason::Unknown));
        }
        // A source that has answered may gather replicas for seconds before it forks. One that has not is not there.
        if late && link != "sync" && !self.log.answered() && self.log.failures() == 0 {
            return Progress::Failed(Reason::Unreachable);
        }
        if link == "sync" {
            Progress::Transferring
        } else {
            Progress::Trying
        }
    }
}
