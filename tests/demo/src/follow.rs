//! Follows an execution by its history, and tells every change once.

use crate::observation::{OBSERVE, Observation, Verdict};
use crate::steps::seen;
use crate::view::{Live, View};
use crate::visit::{Visit, visits};
use crate::writer::Writer;
use local_cloud::{ExecutionStatus, ExecutionView, LocalCloud};
use std::time::Duration;

/// How often the history is read. The migration itself looks every five seconds at most.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Where an execution stands, and how much of it was told.
pub(crate) struct Follower<'cloud> {
    cloud: &'cloud LocalCloud,
    arn: String,
    /// Visits that were told.
    told: usize,
    /// The digest that was approved.
    approved: Option<String>,
    visits: Vec<Visit>,
}

/// What the execution has come to.
pub(crate) enum Reached {
    /// It waits for an approval of this.
    Approvable(Verdict),
    /// It is over.
    End(Box<ExecutionView>),
}

impl<'cloud> Follower<'cloud> {
    pub(crate) fn new(cloud: &'cloud LocalCloud, arn: String) -> Follower<'cloud> {
        Follower {
            cloud,
            arn,
            told: 0,
            approved: None,
            visits: vec![],
        }
    }

    /// Follows until there is something to approve that was not approved yet, or until the end.
    pub(crate) async fn follow(
        &mut self,
        view: &mut View,
        writer: Option<&Writer>,
    ) -> anyhow::Result<Reached> {
        loop {
            // The status first: what the history says after it is at least as new.
            let execution = self.cloud.execution(&self.arn).await?;
            self.visits = visits(&self.cloud.history(&self.arn).await?);
            let over = execution.status != ExecutionStatus::Running;
            self.tell(view, over);
            if over {
                return Ok(Reached::End(Box::new(execution)));
            }
            self.show(view, writer);
            if let Some(verdict) = self.approvable() {
                return Ok(Reached::Approvable(verdict));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// This verdict needs no second word.
    pub(crate) fn approved(&mut self, verdict: &Verdict) {
        self.approved = Some(verdict.digest.clone());
    }

    /// The states that were visited so far.
    pub(crate) fn visits(&self) -> &[Visit] {
        &self.visits
    }

    fn observation(&self) -> Option<Observation> {
        self.visits.iter().rev().find_map(Observation::of)
    }

    /// While it waits: the token is there, so an approval is taken at once.
    fn approvable(&self) -> Option<Verdict> {
        let waiting = self
            .visits
            .last()
            .is_some_and(|visit| visit.state == "AwaitSignal");
        let verdict = self.observation()?.approvable()?.clone();
        (waiting && self.approved.as_ref() != Some(&verdict.digest)).then_some(verdict)
    }

    fn tell(&mut self, view: &mut View, over: bool) {
        while let Some(visit) = self
            .visits
            .get(self.told)
            .filter(|visit| over || visit.left.is_some())
        {
            if let Some(observation) = Observation::of(visit) {
                view.observed(OBSERVE, &observation);
            } else if let Some(words) = self.message(visit).or_else(|| seen(visit)) {
                view.tell(&visit.state, &words);
            }
            self.told += 1;
        }
    }

    /// The subject of the message that a state has sent.
    fn message(&self, visit: &Visit) -> Option<String> {
        let id = visit.answer.as_ref()?.get("snsMessageId")?.as_str()?;
        let messages = self.cloud.messages();
        messages.into_iter().find(|message| message.id == id)?.subject
    }

    fn show(&self, view: &View, writer: Option<&Writer>) {
        let state = self.visits.last().map_or("", |visit| visit.state.as_str());
        let writer = writer.map_or_else(|| "writer stopped".to_owned(), Writer::words);
        view.live(&Live {
            state,
            observation: self.observation().as_ref(),
            writer,
        });
    }
}
