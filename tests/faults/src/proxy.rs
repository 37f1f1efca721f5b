//! The network between target and source: a TCP proxy that can be cut, stalled and slowed. Real sockets, so that the
//! engines see what they would see: a reset, a refusal, or silence.

use anyhow::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// It carries everything at once.
    Open,
    /// It carries so many bytes a second from the source.
    Slow(u64),
    /// Connections stay, and carry nothing.
    Stalled,
    /// Connections that are open carry nothing any more and are not told; new ones carry everything: a firewall that has
    /// forgotten its state.
    Forgetful,
    /// Connections are closed, and new ones are refused: nothing listens there.
    Cut,
    /// Connections are closed, and new ones hear nothing: a firewall that drops.
    Silent,
}

/// A proxy in front of the source. Dropped, it takes all its connections along.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    link: watch::Sender<Link>,
    carried: Arc<AtomicU64>,
    listener: JoinHandle<()>,
}

/// How much is carried at a time; a slow link is one that rests after each.
const PIECE: usize = 16 * 1024;

impl Proxy {
    /// Starts one on a free port of 127.0.0.1.
    pub(crate) async fn start(source_port: u16) -> Result<Proxy> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (link, seen) = watch::channel(Link::Open);
        let carried = Arc::new(AtomicU64::new(0));
        let listener = tokio::spawn(accept(listener, source_port, seen, Arc::clone(&carried)));
        Ok(Proxy {
            port,
            link,
            carried,
            listener,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn set(&self, link: Link) {
        self.link.send_replace(link);
    }

    /// Cuts it for a second in every three, and is slow in between; as long as there is a proxy.
    pub(crate) fn cut_over_and_over(&self) {
        let link = self.link.clone();
        tokio::spawn(async move {
            while link.send(Link::Cut).is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
                link.send_replace(Link::Slow(1_000_000));
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        });
    }

    /// Carries everything again, if it was slow; what else a fault made of it stays.
    pub(crate) fn hurry(&self) {
        self.link.send_if_modified(|link| {
            let slow = matches!(link, Link::Slow(_));
            if slow {
                *link = Link::Open;
            }
            slow
        });
    }

    /// Bytes that the source has sent through it.
    pub(crate) fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Link::Cut);
        self.listener.abort();
    }
}

async fn accept(
    listener: TcpListener,
    source: u16,
    mut link: watch::Receiver<Link>,
    carried: Arc<AtomicU64>,
) {
    let Ok(address) = listener.local_addr() else {
        return;
    };
    let mut listener = Some(listener);
    loop {
        if link.borrow_and_update().eq(&Link::Cut) {
            listener = None;
            if link.wait_for(|link| *link != Link::Cut).await.is_err() {
                return;
            }
        }
        let Some(open) = &listener else {
            listener = TcpListener::bind(address).await.ok();
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        tokio::select! {
            Ok((client, _)) = open.accept() => {
                tokio::spawn(connection(client, source, link.clone(), Arc::clone(&carried)));
            }
            changed = link.changed() => if changed.is_err() { return },
        }
    }
}

async fn connection(
    client: TcpStream,
    source: u16,
    mut link: watch::Receiver<Link>,
    carried: Arc<AtomicU64>,
) {
    if *link.borrow() == Link::Silent {
        let _ = link.wait_for(|link| *link != Link::Silent).await;
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", source)).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, down) = (link.clone(), link.clone());
    let is_new = *link.borrow() == Link::Forgetful;
    tokio::select! {
        () = carry(from_client, to_server, up, is_new, None) => {}
        () = carry(from_server, to_client, down, is_new, Some(carried)) => {}
        _ = link.wait_for(|link| matches!(link, Link::Cut | Link::Silent)) => {}
    }
}

async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut link: watch::Receiver<Link>,
    is_new: bool,
    carried: Option<Arc<AtomicU64>>,
) {
    let carries = |link: &Link| match link {
        Link::Stalled => false,
        Link::Forgetful => is_new,
        _ => true,
    };
    let mut piece = vec![0; PIECE];
    loop {
        // A stalled link takes nothing from its sender either: buffers fill up behind it.
        if link.wait_for(carries).await.is_err() {
            return;
        }
        let Ok(length @ 1..) = from.read(&mut piece).await else {
            return;
        };
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
        let Some(carried) = &carried else { continue };
        let length = length as u64;
        carried.fetch_add(length, Ordering::Relaxed);
        let now = *link.borrow();
        if let Link::Slow(rate) = now {
            let rest = Duration::from_micros(length * 1_000_000 / rate.max(1));
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                _ = link.changed() => {}
            }
        }
    }
}
