//! Hashes by which values are compared without being kept. Keyed afresh in every process: no digest leaves it, so nobody can
//! prepare values that collide.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Makes the hashes of one process.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashing(RandomState);

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
    pub(super) fn of(&self, parts: &[&[u8]]) -> u64 {
        let mut hasher = self.0.build_hasher();
        for part in parts {
            hasher.write_usize(part.len());
            hasher.write(part);
        }
        hasher.finish()
    }

    /// A hash of things one after another, whose order counts and whose borders are the caller's.
    pub(super) fn running(&self) -> impl Hasher + use<> {
        self.0.build_hasher()
    }
}

/// A score as the same bits for the same number: engines before 7.2 print 0.1 as 0.10000000000000001.
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
    fn one_score_printed_in_two_ways_is_one_score() {
        assert_eq!(score_bits(b"0.10000000000000001"), score_bits(b"0.1"));
        assert_eq!(score_bits(b"-0"), score_bits(b"0"));
        assert_eq!(score_bits(b"inf"), f64::INFINITY.to_bits());
        assert_ne!(score_bits(b"1"), score_bits(b"1.0000000000000002"));
    }
}
