//! Listeners that speak just enough RESP to answer INFO and CLUSTER NODES with what real engines said. No engine: 270 of
//! those would measure this machine, not the function.

use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

/// What a listener does when it is asked.
#[derive(Clone)]
pub(crate) enum Manner {
    /// It answers.
    Prompt,
    /// It answers once all that share the barrier have been asked: one after the other would wait for ever.
    Together(Arc<Barrier>),
    /// It accepts and never answers.
    Silent,
}

/// A port to listen on, kept until what it shall say is known.
pub(crate) async fn port() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Answers INFO and CLUSTER NODES with these texts until the test ends.
pub(crate) fn serve(listener: TcpListener, info: String, nodes: String, manner: Manner) {
    let texts = Arc::new((info, nodes));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, Arc::clone(&texts), manner.clone()));
        }
    });
}

async fn answer(mut stream: TcpStream, texts: Arc<(String, String)>, manner: Manner) {
    let mut received = vec![];
    let mut chunk = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut chunk).await {
        received.extend_from_slice(&chunk[..length]);
        while let Some((words, used)) = command(&received) {
            received.drain(..used);
            let asked: Vec<&str> = words.iter().map(String::as_str).collect();
            let reply = match (asked.as_slice(), &manner) {
                (_, Manner::Silent) => return std::future::pending().await,
                (["INFO"], Manner::Together(barrier)) => {
                    barrier.wait().await;
                    bulk(&texts.0)
                }
                (["INFO"], Manner::Prompt) => bulk(&texts.0),
                (["CLUSTER", "NODES"], _) => bulk(&texts.1),
                // What the client says of itself on connecting.
                (["CLIENT", ..], _) => "+OK\r\n".to_owned(),
                _ => "-ERR unknown command\r\n".to_owned(),
            };
            if stream.write_all(reply.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

/// The first whole command (`*2\r\n$7\r\nCLUSTER\r\n…`) of what came in, and its length.
fn command(received: &[u8]) -> Option<(Vec<String>, usize)> {
    let mut at = 0;
    let line = |at: &mut usize| {
        let end = *at + received[*at..].windows(2).position(|two| two == b"\r\n")?;
        let text = std::str::from_utf8(&received[*at..end]).unwrap().to_owned();
        *at = end + 2;
        Some(text)
    };
    let count: usize = line(&mut at)?.strip_prefix('*')?.parse().unwrap();
    let mut words = vec![];
    for _ in 0..count {
        let length: usize = line(&mut at)?.strip_prefix('$')?.parse().unwrap();
        let word = received.get(at..at + length)?;
        words.push(String::from_utf8(word.to_vec()).unwrap());
        at += length + 2;
        if at > received.len() {
            return None;
        }
    }
    Some((words, at))
}
