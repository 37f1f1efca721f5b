//! What functions print, kept per function.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Older lines are dropped beyond this many.
const KEPT_LINES: usize = 10_000;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// The function's standard output.
    Stdout,
    /// The function's standard error.
    Stderr,
    /// The host: why a sandbox was ended.
    Platform,
}

/// One line of a function's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When the host read it.
    pub at: Timestamp,
    /// Where it came from.
    pub source: LogSource,
    /// Without the line's end.
    pub text: String,
}

/// The log of one function, shared by its sandboxes.
#[derive(Debug)]
pub(super) struct FunctionLog {
    function: String,
    echo: bool,
    lines: Mutex<VecDeque<LogLine>>,
}

impl FunctionLog {
    pub(super) fn new(function: String, echo: bool) -> FunctionLog {
        FunctionLog {
            function,
            echo,
            lines: Mutex::default(),
        }
    }

    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(super) fn write(&self, source: LogSource, text: String) {
        if self.echo {
            // A test that has closed its standard error loses nothing.
            let _ = writeln!(std::io::stderr(), "[{}] {text}", self.function);
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(LogLine {
            at: Timestamp::now(),
            source,
            text,
        });
    }

    /// Reads a sandbox's output until it ends.
    pub(super) fn follow(
        self: &Arc<Self>,
        source: LogSource,
        output: impl AsyncRead + Unpin + Send + 'static,
    ) {
        let log = Arc::clone(self);
        tokio::spawn(async move {
            let mut lines = BufReader::new(output).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                log.write(source, line);
            }
        });
    }
}
