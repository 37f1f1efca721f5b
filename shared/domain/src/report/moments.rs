//! What changed and when: the time line. A change is a phase, a stage, an event of AWS's, a person's word, a retry; never
//! a look at which nothing changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The most moments kept at either end.
const KEPT: usize = 100;
/// The longest text of a moment, in characters.
const LONGEST: usize = 300;

/// A moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What kind of change.
    pub kind: MomentKind,
    /// In a sentence.
    pub text: String,
}

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MomentKind {
    /// A step of the migration began, or the migration ended.
    Step,
    /// The sync went into another phase.
    Phase,
    /// AWS said something.
    Event,
    /// A person or the plan did.
    Word,
    /// A call failed, and was tried again or led elsewhere.
    Trouble,
}

impl MomentKind {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            MomentKind::Step => "step",
            MomentKind::Phase => "phase",
            MomentKind::Event => "event",
            MomentKind::Word => "word",
            MomentKind::Trouble => "trouble",
        }
    }
}

/// The first and the last moments.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    first: Vec<Moment>,
    last: VecDeque<Moment>,
    left_out: u32,
}

impl Moments {
    pub(super) fn add(&mut self, at: Timestamp, kind: MomentKind, text: impl Into<String>) {
        let mut text: String = text.into();
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.push_str(" ...");
        }
        let moment = Moment { at, kind, text };
        if self.first.contains(&moment) || self.last.contains(&moment) {
            return;
        }
        if self.first.len() < KEPT {
            self.first.push(moment);
            return;
        }
        self.last.push_back(moment);
        if self.last.len() > KEPT {
            self.last.pop_front();
            self.left_out += 1;
        }
    }

    /// All that were kept, oldest first, and how many were not.
    pub(super) fn list(&self) -> (Vec<Moment>, u32) {
        let mut moments: Vec<Moment> = self.first.iter().chain(&self.last).cloned().collect();
        moments.sort_by_key(|moment| moment.at);
        (moments, self.left_out)
    }
}
