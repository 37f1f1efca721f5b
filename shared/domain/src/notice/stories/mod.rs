//! What each occasion has to say, before it takes a form: what happened, why, and what to do next.

mod begun;
mod fleet;
mod over;
mod waiting;

use super::About;
use super::cut;
use crate::contract::notify::{Input, Occasion};
use crate::signal::{Button, ButtonId};

/// A step for people.
pub(super) struct Step {
    /// In a sentence.
    pub(super) text: String,
    /// A command to paste, where there is one.
    pub(super) command: Option<String>,
}

/// One message, without a form.
pub(super) struct Story {
    /// What happened, after the group's name.
    pub(super) headline: String,
    /// What the subject says instead, where that tells more.
    pub(super) subject: Option<String>,
    /// Names and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Why, line by line.
    pub(super) lines: Vec<String>,
    /// What to do next.
    pub(super) next: Vec<Step>,
    /// What buttons would order.
    pub(super) buttons: Vec<(Button, ButtonId)>,
}

impl Story {
    fn fact(&mut self, name: &'static str, value: impl Into<String>) {
        self.facts.push((name, cut::line(&value.into())));
    }

    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(cut::line(&text.into()));
    }

    fn step(&mut self, text: impl Into<String>) {
        self.next.push(Step {
            text: cut::line(&text.into()),
            command: None,
        });
    }

    fn command(&mut self, text: impl Into<String>, command: impl Into<String>) {
        self.next.push(Step {
            text: cut::line(&text.into()),
            command: Some(cut::line(&command.into())),
        });
    }
}

/// Tells the story of an occasion.
pub(super) fn tell(input: &Input, about: &About) -> Story {
    let mut story = Story {
        headline: about.kind.headline.to_owned(),
        subject: None,
        facts: vec![],
        lines: vec![],
        next: vec![],
        buttons: buttons(input, about),
    };
    match input.occasion {
        Occasion::Started => begun::started(&mut story, input),
        Occasion::Preflight => begun::preflight(&mut story, input),
        Occasion::Rehearsed => begun::rehearsed(&mut story, input),
        Occasion::Syncing => begun::syncing(&mut story, input),
        Occasion::Assessed => begun::assessed(&mut story, input),
        Occasion::Ready | Occasion::Reminder => waiting::ready(&mut story, input, &about.group),
        Occasion::Trouble => waiting::trouble(&mut story, input),
        Occasion::Recovered => waiting::recovered(&mut story, input),
        Occasion::Cutover => waiting::cutover(&mut story, input),
        Occasion::NotCompleted => waiting::not_completed(&mut story, input),
        Occasion::Done => over::done(&mut story, input),
        Occasion::Aborted => over::aborted(&mut story, input),
        Occasion::Failed => over::failed(&mut story, input),
        Occasion::Ended => over::ended(&mut story, input),
        Occasion::FleetDone | Occasion::FleetFailed => fleet::ended(&mut story, input),
    }
    over::fence(&mut story, input);
    story
}

/// The orders that can be given when the message is read: an approval and a postponement for the verdict that it shows,
/// giving up for the migration.
fn buttons(input: &Input, about: &About) -> Vec<(Button, ButtonId)> {
    let (true, Some(migration)) = (about.kind.takes_orders && !about.test, &input.migration) else {
        return vec![];
    };
    let verdict = input
        .observation
        .as_ref()
        .and_then(|observation| Some(observation.verdict.as_ref()?.digest.as_str()));
    Button::ALL
        .into_iter()
        .filter_map(|button| Some((button, ButtonId::new(&migration.id, button, verdict)?)))
        .collect()
}
