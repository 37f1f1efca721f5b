//! Hashes by which values are compared without being kept. Keyed afresh in every process: no digest leaves it, so nobody can
//! prepare values that collide.

use std::hash::{BuildHasher, RandomState};

/// Makes the hashes of one process: 64 bits, folded multiplication over 8 bytes at a time (the construction of wyhash).
/// SipHash of the standard library is three times slower on members of a few dozen bytes, and they are most of the work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hashing {
    seed: u64,
    key: u64,
}

impl Default for Hashing {
    fn default() -> Self {
        let random = RandomState::new();
        Hashing {
            seed: random.hash_one(0_u64),
            key: random.hash_one(1_u64) | 1,
        }
    }
}

/// A hash of things one after another, whose order counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    state: u64,
    key: u64,
}

/// The hash of things whose order does not count: the sum of their hashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Unordered {
    sum: u64,
    count: u64,
}

impl Unordered {
    pub(super) fn add(&mut self, element: u64) {
        self.sum = self.sum.wrapping_add(element);
        self.count += 1;
    }

    pub(super) fn digest(self) -> u64 {
        self.sum ^ self.count.rotate_left(32)
    }
}

impl Hashing {
    /// The hash of one thing that consists of parts; each part's length counts, so that `ab, c` is not `a, bc`.
    #[inline]
    pub(super) fn of(&self, parts: &[&[u8]]) -> u64 {
        let mut running = self.running();
        for part in parts {
            running.part(part);
        }
        running.digest()
    }

    pub(super) fn running(&self) -> Running {
        Running {
            state: self.seed,
            key: self.key,
        }
    }
}

impl Running {
    /// Takes in bytes and where they end.
    #[inline]
    pub(super) fn part(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.number(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.number(u64::from_le_bytes(last));
        self.number(bytes.len() as u64);
    }

    /// Takes in a number.
    #[inline]
    pub(super) fn number(&mut self, number: u64) {
        self.state = fold(self.state ^ number, self.key).wrapping_add(self.state.rotate_left(23));
    }

    pub(super) fn digest(self) -> u64 {
        fold(self.state, self.key ^ 0x9e37_79b9_7f4a_7c15)
    }
}

#[inline]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ ((product >> 64) as u64)
}

/// A score as the same bits for the same number: engines before 7.2 print 0.1 as 0.10000000000000001.
/// Source: `addReplyDouble` in `src/networking.c`.
pub(super) fn score_bits(text: &[u8]) -> u64 {
    let number = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.trim().parse::<f64>().ok());
    match number {
        Some(0.0) => 0,
        Some(number) => number.to_bits(),
        None => u64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_count_and_everything_else_does() {
        let hashing = Hashing::default();
        let sum = |members: &[&[u8]]| {
            let mut all = Unordered::default();
            members.iter().for_each(|member| all.add(hashing.of(&[member])));
            all.digest()
        };
        assert_eq!(sum(&[b"a", b"b", b"c"]), sum(&[b"c", b"a", b"b"]));
        assert_ne!(sum(&[b"a", b"b"]), sum(&[b"a", b"c"]));
        assert_ne!(sum(&[b"a"]), sum(&[b"a", b"a"]));
        assert_ne!(hashing.of(&[b"ab", b"c"]), hashing.of(&[b"a", b"bc"]));
    }

    #[test]
    fn neighbours_do_not_collide() {
        let hashing = Hashing::default();
        let all: std::collections::HashSet<u64> = (0..200_000_u32)
            .map(|i| hashing.of(&[format!("member:{i}").as_bytes()]))
            .collect();
        assert_eq!(all.len(), 200_000);
        assert_ne!(hashing.of(&[b"a"]), hashing.of(&[b"a\0"]));
        assert_ne!(hashing.of(&[b"12345678"]), hashing.of(&[b"12345678", b""]));
    }

    #[test]
    fn one_score_printed_in_two_ways_is_one_score() {
        assert_eq!(score_bits(b"0.10000000000000001"), score_bits(b"0.1"));
        assert_eq!(score_bits(b"-0"), score_bits(b"0"));
        assert_eq!(score_bits(b"inf"), f64::INFINITY.to_bits());
        assert_ne!(score_bits(b"1"), score_bits(b"1.0000000000000002"));
    }
}
