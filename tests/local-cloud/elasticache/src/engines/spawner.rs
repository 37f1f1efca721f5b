//! The thread that starts every engine.
//!
//! `setpriv --pdeathsig KILL` ties a child to the *thread* that started it, not to the process: a child of a runtime's
//! blocking thread would be killed when that thread has been idle for a while. So one thread, which never ends, starts
//! them all, and the signal comes when this process dies, however it dies.

use std::io;
use std::process::{Child, Command};
use std::sync::{OnceLock, mpsc};
use std::thread;

struct Job {
    command: Command,
    answer: mpsc::Sender<io::Result<Child>>,
}

static SPAWNER: OnceLock<mpsc::Sender<Job>> = OnceLock::new();

/// Starts a command from the spawner's thread.
pub(super) fn spawn(command: Command) -> io::Result<Child> {
    let spawner = SPAWNER.get_or_init(|| {
        let (jobs, inbox) = mpsc::channel::<Job>();
        thread::spawn(move || {
            for mut job in inbox {
                // A caller that has gone away gets no child either: dropping it would leave it running.
                if let Err(mpsc::SendError(Ok(mut orphan))) = job.answer.send(job.command.spawn()) {
                    let _ = orphan.kill();
                    let _ = orphan.wait();
                }
            }
        });
        jobs
    });
    let (answer, outcome) = mpsc::channel();
    let gone = |_| io::Error::other("the thread that starts engines has ended");
    spawner
        .send(Job { command, answer })
        .map_err(|error| gone(error.to_string()))?;
    outcome.recv().map_err(|error| gone(error.to_string()))?
}
