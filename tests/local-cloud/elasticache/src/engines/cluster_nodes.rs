//! What CLUSTER NODES says. Pure. Its lines are alike from Redis 3.0 to Valkey 8, but for what follows the port.

use std::ops::RangeInclusive;

/// One line: a node as another one (or it itself) sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) id: String,
    /// Empty where a node does not know its own.
    pub(super) address: String,
    pub(super) port: u16,
    /// The node that was asked.
    pub(super) myself: bool,
    pub(super) primary: bool,
    pub(super) slots: Vec<RangeInclusive<usize>>,
    /// Whether a slot is on its way to or from this node. Nodes tell that of themselves alone.
    pub(super) slots_move: bool,
}

/// Reads all lines. One that makes no sense is left out.
pub(super) fn parse(text: &str) -> Vec<Seen> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Seen> {
    let mut words = line.split_ascii_whitespace();
    let (id, place, flags) = (words.next()?, words.next()?, words.next()?);
    // `ip:port`, then `ip:port@bus`, then `ip:port@bus,hostname`; an IPv6 address has colons of its own.
    let place = place.split('@').next()?;
    let (address, port) = place.rsplit_once(':')?;
    let flag = |wanted: &str| flags.split(',').any(|flag| flag == wanted);
    let mut slots = Vec::new();
    let mut slots_move = false;
    for word in words.skip(5) {
        if word.starts_with('[') {
            slots_move = true;
        } else {
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            slots.push(first.parse().ok()?..=last.parse().ok()?);
        }
    }
    Some(Seen {
        id: id.to_owned(),
        address: address.to_owned(),
        port: port.parse().ok()?,
        myself: flag("myself"),
        primary: flag("master"),
        slots,
        slots_move,
    })
}

/// A node's own file of these lines, put right: each replica with the shard id of its primary. Valkey 8.0 writes the file
/// before it has learnt all shard ids, and refuses it as corrupted when it starts from it.
pub(super) fn mend(file: &str) -> String {
    const FIELD: &str = "shard-id=";
    let shard_id = |line: &str| -> Option<String> {
        let id = line.split_once(FIELD)?.1;
        Some(id.split([',', ' ']).next()?.to_owned())
    };
    let of_primary = |id: &str| {
        let is_it = |line: &&str| line.split(' ').next() == Some(id);
        file.lines().find(is_it).and_then(shard_id)
    };
    let mended = file.lines().map(|line| {
        // The id of its primary; `-` at a primary.
        let follows = line.split(' ').nth(3).unwrap_or_default();
        match (shard_id(line), of_primary(follows)) {
            (Some(own), Some(right)) => line.replace(&format!("{FIELD}{own}"), &format!("{FIELD}{right}")),
            _ => line.to_owned(),
        }
    });
    mended.map(|line| line + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_get_their_primary_s_shard_id() {
        let file = "aa 10.0.0.1:1@2,,tls-port=0,shard-id=one myself,master - 0 0 1 connected 0-99\n\
                    bb 10.0.0.1:3@4,,tls-port=0,shard-id=two slave aa 0 1 2 connected\n\
                    vars currentEpoch 6 lastVoteEpoch 0\n";
        assert_eq!(mend(file), file.replace("=two", "=one"));
        let old = "aa 10.0.0.1:1@2 master - 0 0 1 connected 0-99\nbb 10.0.0.1:3@4 slave aa 0 1 2 connected\n";
        assert_eq!(mend(old), old);
    }

    #[test]
    fn lines_of_every_age() {
        let text = "aa 10.0.0.1:6379 myself,master - 0 0 1 connected 0-99 200 [93-<-bb]\n\
                    bb 10.0.0.2:6379@16379 master - 0 1 2 connected 100-199\n\
                    cc fd00::3:6379@16379,host slave bb 0 1 2 connected\n\
                    dd :0@0 master,noaddr - 1 1 0 disconnected\n\
                    vars currentEpoch 6 lastVoteEpoch 0\n";
        let seen = parse(text);
        assert_eq!(seen.len(), 4);
        assert!(seen[0].myself && seen[0].primary && seen[0].slots_move);
        assert_eq!(seen[0].slots, [0..=99, 200..=200]);
        assert_eq!((seen[1].port, &seen[1].slots[..]), (6379, &[100..=199][..]));
        assert_eq!(
            (seen[2].address.as_str(), seen[2].primary, seen[2].slots.len()),
            ("fd00::3", false, 0)
        );
        assert_eq!((seen[3].address.as_str(), seen[3].port), ("", 0));
    }
}
