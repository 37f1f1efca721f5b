//! The screen: what happens, line by line, and on a terminal a bar below that moves. A line stands for a change; a look
//! that saw nothing new gives none.

use crate::observation::Observation;
use crate::words::{bytes, clock, count, spaced};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The demo's output.
pub(crate) struct View {
    /// On a terminal only.
    bar: Option<ProgressBar>,
    /// When the migration began.
    began: Option<Instant>,
    shown: Option<Shown>,
    /// The last thing that was told of the migration.
    last: String,
}

/// What the last line about an observation showed.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    phase: String,
    why: String,
    tenths: Option<u64>,
    received: Option<u64>,
}

/// What moves between two lines.
pub(crate) struct Live<'now> {
    pub(crate) state: &'now str,
    pub(crate) observation: Option<&'now Observation>,
    /// What the writer does, in a few words.
    pub(crate) writer: String,
}

impl View {
    pub(crate) fn new(plain: bool) -> View {
        let bar = (!plain && std::io::stdout().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1_000), ProgressDrawTarget::stdout());
            bar.set_style(style("  {spinner}"));
            bar.enable_steady_tick(Duration::from_millis(150));
            bar
        });
        View {
            bar,
            began: None,
            shown: None,
            last: "nothing yet".to_owned(),
        }
    }

    /// A line of its own.
    pub(crate) fn line(&self, text: impl Display) {
        let print = || {
            // Whoever has closed the output wants no more of it; the migration's end still gives the exit code.
            let _ = writeln!(std::io::stdout(), "{text}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Something that was done, with its name in front.
    pub(crate) fn note(&self, name: &str, text: impl Display) {
        self.line(format_args!("  {name:<10}{text}"));
    }

    /// What is under way before and after the migration itself.
    pub(crate) fn busy(&self, with: &str) {
        if let Some(bar) = &self.bar {
            bar.set_style(style("  {spinner} {wide_msg}"));
            bar.set_message(with.to_owned());
        }
    }

    /// The migration begins: its clock starts, and the columns have names.
    pub(crate) fn begin(&mut self) {
        self.began = Some(Instant::now());
        self.row(&["time", "state", "phase", "%", "received", "lag", "ETA"], "");
    }

    /// What came of a state, or what somebody else did meanwhile.
    pub(crate) fn tell(&mut self, who: &str, what: &str) {
        self.last = format!("{who}: {what}");
        self.row(&[&self.clock(), who], what);
    }

    /// A look, where it differs from the last one.
    pub(crate) fn observed(&mut self, state: &str, observation: &Observation) {
        let shown = Shown {
            phase: observation.phase.clone(),
            why: observation.why.clone(),
            tenths: observation
                .progress
                .as_ref()
                .map(|progress| (progress.percent * 10.0) as u64),
            received: observation.received,
        };
        if self.shown.as_ref() == Some(&shown) {
            return;
        }
        self.shown = Some(shown);
        self.last = format!("{state}: {} ({})", observation.why, spaced(&observation.phase));
        let [percent, received, lag, eta] =
            figures(observation).map(|figure| figure.unwrap_or("-".to_owned()));
        self.row(
            &[
                &self.clock(),
                state,
                &spaced(&observation.phase),
                &percent,
                &received,
                &lag,
                &eta,
            ],
            &observation.why,
        );
    }

    /// Moves the bar.
    pub(crate) fn live(&self, now: &Live<'_>) {
        let Some(bar) = &self.bar else { return };
        let percent = now
            .observation
            .and_then(|observation| observation.progress.as_ref());
        bar.set_style(style(if percent.is_some() {
            "  {spinner} {prefix:12} {bar:16} {wide_msg}"
        } else {
            "  {spinner} {prefix:12} {wide_msg}"
        }));
        bar.set_prefix(now.state.to_owned());
        bar.set_position(percent.map_or(0, |progress| (progress.percent * 10.0) as u64));
        let mut parts = now.observation.map_or_else(Vec::new, known);
        parts.extend([now.writer.clone(), self.clock()]);
        bar.set_message(parts.join(", "));
    }

    /// The last thing that was told, for one who has to say where it ended.
    pub(crate) fn last(&self) -> &str {
        &self.last
    }

    /// Takes the bar away.
    pub(crate) fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn clock(&self) -> String {
        self.began.map_or(String::new(), |began| clock(began.elapsed()))
    }

    /// The columns, then the words. A line without figures begins its words where they would stand.
    fn row(&self, columns: &[&str], words: &str) {
        const WIDTHS: [usize; 7] = [5, 12, 16, 6, 10, 10, 6];
        let mut line = String::from("  ");
        for (number, (column, width)) in columns.iter().zip(WIDTHS).enumerate() {
            line.push_str(&if number == 0 || number > 2 {
                format!("{column:>width$}  ")
            } else {
                format!("{column:<width$}  ")
            });
        }
        line.push_str(words);
        self.line(line.trim_end());
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.end_bar();
    }
}

/// Percent, received, lag, ETA; none where it is not known.
fn figures(observation: &Observation) -> [Option<String>; 4] {
    [
        observation
            .progress
            .as_ref()
            .map(|progress| format!("{:.1}%", progress.percent)),
        observation.received.map(bytes),
        observation.lag.map(bytes),
        observation.eta.map(|seconds| format!("{} s", count(seconds))),
    ]
}

/// The phase, and the figures that are known, for the bar: what matters most first, for a narrow terminal cuts the end.
fn known(observation: &Observation) -> Vec<String> {
    let [percent, received, lag, eta] = figures(observation);
    [
        Some(spaced(&observation.phase)),
        percent,
        eta.map(|eta| format!("ETA {eta}")),
        received.map(|received| format!("{received} received")),
        lag.map(|lag| format!("lag {lag}")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
        .tick_chars("|/-\\ ")
}
