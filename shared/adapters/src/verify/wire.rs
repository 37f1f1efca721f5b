//! A pipelined RESP2 connection that keeps replies as the bytes they came in. Verification reads millions of small values
//! and mostly asks whether two replies are the same bytes: no reply is copied or turned into a tree to answer that.

use super::reply::Frame;
pub(super) use super::reply::{Replies, Reply};
use domain::Endpoint;
use domain::engine::EngineFault;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an engine may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an engine may be silent while an answer is due.
const SILENCE: Duration = Duration::from_secs(30);
/// Read at most so many bytes at a time.
const CHUNK: usize = 64 * 1024;
/// A value of more bytes than this is not taken in: whoever reads whole values has asked the source for their size before,
/// so this is a target that holds something else.
const OVERSIZED: usize = 64 * 1024 * 1024;
/// A buffer that grew beyond this many bytes for a big answer is given back.
const KEEP: usize = 8 * 1024 * 1024;

/// One side could not be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{whose} could not be read: {fault}")]
pub struct Unread {
    /// Which side, with its address.
    pub whose: String,
    /// What it did instead of answering.
    pub fault: EngineFault,
}

/// A connection with commands queued on it.
#[derive(Debug)]
pub(super) struct Wire {
    whose: String,
    stream: TcpStream,
    out: Vec<u8>,
    queued: usize,
    inbox: Vec<u8>,
    /// Where each complete reply ends in `inbox`.
    ends: Vec<usize>,
    /// Bytes received so far.
    pub(super) received: u64,
    /// A value came that is too large to be read whole: this connection is of no use any more.
    pub(super) oversized: bool,
}

impl Wire {
    /// Connects. `whose` names the side in errors.
    pub(super) async fn connect(endpoint: &Endpoint, whose: &str) -> Result<Wire, Unread> {
        let whose = format!("the {whose} {endpoint}");
        let unreachable = |text: String| Unread {
            whose: whose.clone(),
            fault: EngineFault::Unreachable(text),
        };
        let connecting = TcpStream::connect((endpoint.address.as_str(), endpoint.port));
        let stream = timeout(CONNECT, connecting)
            .await
            .map_err(|_| unreachable(format!("no connection within {} s", CONNECT.as_secs())))?
            .map_err(|error| unreachable(error.to_string()))?;
        stream
            .set_nodelay(true)
            .map_err(|error| unreachable(error.to_string()))?;
        Ok(Wire {
            whose,
            stream,
            out: Vec::with_capacity(CHUNK),
            queued: 0,
            inbox: Vec::with_capacity(CHUNK),
            ends: vec![],
            received: 0,
            oversized: false,
        })
    }

    /// Queues a command.
    pub(super) fn send(&mut self, arguments: &[&[u8]]) {
        header(&mut self.out, b'*', arguments.len());
        for argument in arguments {
            header(&mut self.out, b'$', argument.len());
            self.out.extend_from_slice(argument);
            self.out.extend_from_slice(b"\r\n");
        }
        self.queued += 1;
    }

    /// Sends what is queued and waits for as many replies.
    pub(super) async fn exchange(&mut self) -> Result<Replies<'_>, Unread> {
        self.inbox.clear();
        if self.inbox.capacity() > KEEP {
            self.inbox = Vec::with_capacity(CHUNK);
        }
        self.ends.clear();
        let wanted = std::mem::take(&mut self.queued);
        if wanted == 0 {
            return Ok(Replies::new(&[], &[]));
        }
        let sent = match timeout(SILENCE, self.stream.write_all(&self.out)).await {
            Ok(sent) => sent.map_err(|error| error.to_string()),
            Err(_) => return Err(self.silent()),
        };
        self.out.clear();
        sent.map_err(|text| self.lost(text))?;
        let mut frame = Frame::default();
        while self.ends.len() < wanted {
            self.inbox.reserve(CHUNK);
            let read = match timeout(SILENCE, self.stream.read_buf(&mut self.inbox)).await {
                Ok(Ok(0)) => return Err(self.lost("it closed the connection".to_owned())),
                Ok(Ok(read)) => read,
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => continue,
                Ok(Err(error)) => return Err(self.lost(error.to_string())),
                Err(_) => return Err(self.silent()),
            };
            self.received += read as u64;
            frame
                .advance(&self.inbox, &mut self.ends)
                .map_err(|()| self.fault(EngineFault::NotRedis("its answer is no RESP".to_owned())))?;
            if frame.coming > OVERSIZED {
                self.oversized = true;
                return Err(self.fault(EngineFault::Other(format!("a value of {} bytes", frame.coming))));
            }
        }
        Ok(Replies::new(&self.inbox, &self.ends))
    }

    /// One command, one reply. An error reply is an error.
    pub(super) async fn ask(&mut self, arguments: &[&[u8]]) -> Result<Reply<'_>, Unread> {
        self.send(arguments);
        let whose = self.whose.clone();
        match self.exchange().await?.get(0) {
            Reply::Error(text) => Err(Unread {
                whose,
                fault: EngineFault::from_reply(&String::from_utf8_lossy(text)),
            }),
            reply => Ok(reply),
        }
    }

    /// An error of this side.
    pub(super) fn fault(&self, fault: EngineFault) -> Unread {
        Unread {
            whose: self.whose.clone(),
            fault,
        }
    }

    fn lost(&self, text: String) -> Unread {
        self.fault(EngineFault::Unreachable(text))
    }

    fn silent(&self) -> Unread {
        self.fault(EngineFault::TimedOut(format!("{} s", SILENCE.as_secs())))
    }
}

fn header(out: &mut Vec<u8>, kind: u8, mut number: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.push(kind);
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
}
