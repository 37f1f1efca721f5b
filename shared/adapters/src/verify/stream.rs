//! Reads a stream: its entries, its last id, its groups, and what each group has pending with whom.
//!
//! Not compared, because engines do not replicate it faithfully: how often an entry was delivered and when (XREADGROUP with
//! an id counts on the primary alone), a consumer's idle time, and consumers that have nothing pending (before 7.0 their
//! creation by XREADGROUP is not replicated). Source: `src/t_stream.c`.

use super::digest::Unordered;
use super::look::{Reading, unless_changed};
use super::side::Side;
use super::wire::{Reply, Unread};

/// Pending entries at a time.
const PENDING_PIECE: u64 = 500;

pub(super) async fn digest(
    reading: &Reading,
    side: &mut Side,
    key: &[u8],
    piece: u64,
) -> Result<u64, Unread> {
    let mut whole = reading.hashing.running();
    whole.number(entries(reading, side, key, piece).await?);
    let reply = side.wire.ask(&[b"XINFO", b"STREAM", key]).await;
    if let Some(reply) = unless_changed(reply)? {
        whole.part(field(reply, b"last-generated-id"));
    }
    let mut groups = vec![];
    let reply = side.wire.ask(&[b"XINFO", b"GROUPS", key]).await;
    if let Some(reply) = unless_changed(reply)? {
        for group in reply.elements() {
            groups.push((
                field(group, b"name").to_vec(),
                field(group, b"last-delivered-id").to_vec(),
            ));
        }
    }
    groups.sort();
    for (name, delivered) in groups {
        let pending = pending(reading, side, key, &name).await?;
        whole.number(reading.hashing.of(&[&name, &delivered, &pending.to_be_bytes()]));
    }
    Ok(whole.digest())
}

async fn entries(reading: &Reading, side: &mut Side, key: &[u8], piece: u64) -> Result<u64, Unread> {
    let mut digest = reading.hashing.running();
    let mut from = b"-".to_vec();
    let count = piece.to_string();
    loop {
        let reply = side
            .wire
            .ask(&[b"XRANGE", key, &from, b"+", b"COUNT", count.as_bytes()])
            .await;
        let Some(reply) = unless_changed(reply)? else {
            break;
        };
        let (mut last, mut seen) = (None, 0);
        for entry in reply.elements() {
            seen += 1;
            let mut parts = entry.elements();
            let id = parts.next().map_or(&[][..], Reply::text);
            digest.part(id);
            if let Some(fields) = parts.next() {
                for part in fields.elements() {
                    digest.part(part.text());
                }
            }
            last = Some(id);
        }
        match last.and_then(after) {
            Some(next) if seen == piece => from = next,
            _ => break,
        }
        reading.throttle.breathe().await;
    }
    Ok(digest.digest())
}

async fn pending(reading: &Reading, side: &mut Side, key: &[u8], group: &[u8]) -> Result<u64, Unread> {
    let mut all = Unordered::default();
    let mut from = b"-".to_vec();
    let count = PENDING_PIECE.to_string();
    loop {
        let reply = side
            .wire
            .ask(&[b"XPENDING", key, group, &from, b"+", count.as_bytes()])
            .await;
        let Some(reply) = unless_group_gone(reply)? else {
            break;
        };
        let (mut last, mut seen) = (None, 0);
        for entry in reply.elements() {
            seen += 1;
            let mut parts = entry.elements();
            let id = parts.next().map_or(&[][..], Reply::text);
            let consumer = parts.next().map_or(&[][..], Reply::text);
            all.add(reading.hashing.of(&[id, consumer]));
            last = Some(id);
        }
        match last.and_then(after) {
            Some(next) if seen == PENDING_PIECE => from = next,
            _ => break,
        }
        reading.throttle.breathe().await;
    }
    Ok(all.digest())
}

fn unless_group_gone(reply: Result<Reply<'_>, Unread>) -> Result<Option<Reply<'_>>, Unread> {
    match reply {
        Err(unread) if unread.to_string().contains("NOGROUP") => Ok(None),
        other => unless_changed(other),
    }
}

/// The id after this one: `(id` for an open range is known from 6.2 on only (`src/t_stream.c`). None after the last id
/// there can be.
fn after(id: &[u8]) -> Option<Vec<u8>> {
    let (time, number) = std::str::from_utf8(id).ok()?.split_once('-')?;
    let (time, number): (u64, u64) = (time.parse().ok()?, number.parse().ok()?);
    let (time, number) = match number.checked_add(1) {
        Some(next) => (time, next),
        None => (time.checked_add(1)?, 0),
    };
    Some(format!("{time}-{number}").into_bytes())
}

/// A value of a flat list of names and values.
fn field<'wire>(reply: Reply<'wire>, name: &[u8]) -> &'wire [u8] {
    let mut parts = reply.elements();
    while let Some(part) = parts.next() {
        let value = parts.next();
        if part.text() == name {
            return value.map_or(&[], Reply::text);
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::after;

    #[test]
    fn the_next_id_is_found_without_open_ranges() {
        assert_eq!(after(b"5-7").as_deref(), Some(&b"5-8"[..]));
        let last = format!("5-{}", u64::MAX);
        assert_eq!(after(last.as_bytes()).as_deref(), Some(&b"6-0"[..]));
        assert_eq!(after(format!("{0}-{0}", u64::MAX).as_bytes()), None);
    }
}
