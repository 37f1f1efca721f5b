//! The control plane: what it knows, the engines it runs, the one task that each group may have under way.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinHandle;

use crate::calls::Call;
use crate::engines::GroupNodes;
use crate::faults::Faults;
use crate::guarded::Guarded;
use crate::settings::{Notification, Settings};
use crate::state::{Group, Message, Names, World};

/// Everything that calls and drivers share.
#[derive(Debug)]
pub(crate) struct ControlPlane {
    pub(crate) settings: Guarded<Settings>,
    pub(crate) names: Names,
    pub(crate) world: Guarded<World>,
    pub(crate) faults: Faults,
    pub(crate) calls: Guarded<Vec<Call>>,
    nodes: Guarded<HashMap<String, Arc<GroupNodes>>>,
    tasks: Guarded<HashMap<String, JoinHandle<()>>>,
}

impl ControlPlane {
    pub(crate) fn new(settings: Settings) -> Self {
        let names = Names {
            region: settings.region.clone(),
            account: settings.account.clone(),
        };
        Self {
            settings: Guarded::new(settings),
            names,
            world: Guarded::default(),
            faults: Faults::new(),
            calls: Guarded::default(),
            nodes: Guarded::default(),
            tasks: Guarded::default(),
        }
    }

    pub(crate) fn add(&self, group: Group, nodes: GroupNodes) {
        let id = group.id().to_owned();
        self.nodes.with(|all| all.insert(id.clone(), Arc::new(nodes)));
        self.world.with(|world| world.groups.insert(id, group));
    }

    pub(crate) fn nodes(&self, id: &str) -> Option<Arc<GroupNodes>> {
        self.nodes.with(|all| all.get(id).cloned())
    }

    /// Applies a report of a driver to its group and records the events that follow.
    pub(crate) fn report(&self, id: &str, transition: impl FnOnce(&mut Group) -> Vec<Message>) {
        let messages = self
            .world
            .with(|world| world.groups.get_mut(id).map(transition).unwrap_or_default());
        self.record(id, &messages);
    }

    /// Records events of a group and, where the settings say so, sends them to its topic.
    pub(crate) fn record(&self, id: &str, messages: &[Message]) {
        self.world
            .with(|world| world.record(id, messages, Timestamp::now()));
        if self
            .settings
            .with(|settings| settings.migration_events_reach_topic)
        {
            for message in messages {
                self.notify(id, "Migration", &message.text(id));
            }
        }
    }

    /// Publishes to the topic of a group, if it has one that is active.
    pub(crate) fn notify(&self, id: &str, name: &str, value: &str) {
        let topic = self
            .world
            .with(|world| world.groups.get(id)?.spec.notification_topic.clone());
        let publish = self.settings.with(|settings| settings.on_notification.clone());
        if let (Some(topic), Some(publish)) = (topic.filter(|topic| topic.active), publish) {
            let body = format!("{{\"ElastiCache:{name}\":{}}}", json_string(value));
            publish(Notification {
                topic_arn: topic.arn,
                body,
            });
        }
    }

    /// Makes a task the one that the group has under way. The one before it must have ended or been stopped.
    pub(crate) fn run(&self, id: &str, task: impl Future<Output = ()> + Send + 'static) {
        let task = tokio::spawn(task);
        if let Some(previous) = self.tasks.with(|tasks| tasks.insert(id.to_owned(), task)) {
            previous.abort();
        }
    }

    /// Stops the group's task and waits until it is gone, so that it does nothing to the engines any more.
    pub(crate) async fn stop(&self, id: &str) {
        if let Some(task) = self.tasks.with(|tasks| tasks.remove(id)) {
            task.abort();
            let _ = task.await;
        }
    }

    pub(crate) async fn delete(&self, id: &str) -> bool {
        self.stop(id).await;
        self.nodes.with(|all| all.remove(id));
        self.world.with(|world| world.groups.remove(id)).is_some()
    }

    /// Ends all tasks and processes, at once.
    pub(crate) fn end(&self) {
        self.tasks
            .with(|tasks| tasks.drain().for_each(|(_, task)| task.abort()));
        // Killed one by one, because an aborted task may hold on to its group's nodes for a moment.
        for nodes in self.nodes.with(std::mem::take).into_values() {
            nodes.all().iter().for_each(|node| node.process.kill());
        }
    }
}

fn json_string(text: &str) -> String {
    let mut json = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if control.is_control() => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => json.push(plain),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notification_bodies_are_json() {
        assert_eq!(json_string("a \"b\" \\ \n"), r#""a \"b\" \\ \u000a""#);
    }
}
