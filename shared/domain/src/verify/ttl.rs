//! Times to live, compared as moments. PTTL is a span that shrinks while it is read, and the two sides are not read at the
//! same instant: what is known is a window in which the key ends.

/// When a key ends, in milliseconds of the reader's own clock (any zero, the same for both sides).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Never.
    Forever,
    /// Between these two moments.
    Ends {
        /// Not before.
        earliest: i64,
        /// Not after.
        latest: i64,
    },
}

impl Ttl {
    /// Reads PTTL's answer, which an engine gave at some moment from `asked` to `answered`. None where there is no such
    /// key (-2).
    #[must_use]
    pub fn read(pttl: i64, asked: i64, answered: i64) -> Option<Ttl> {
        match pttl {
            -1 => Some(Ttl::Forever),
            0.. => Some(Ttl::Ends {
                earliest: asked.saturating_add(pttl),
                latest: answered.saturating_add(pttl),
            }),
            _ => None,
        }
    }

    /// Whether the two may be the same but for `slack` milliseconds.
    #[must_use]
    pub fn agrees(self, other: Ttl, slack: i64) -> bool {
        match (self, other) {
            (Ttl::Forever, Ttl::Forever) => true,
            (
                Ttl::Ends { earliest, latest },
                Ttl::Ends {
                    earliest: other_earliest,
                    latest: other_latest,
                },
            ) => {
                earliest.saturating_sub(other_latest) <= slack
                    && other_earliest.saturating_sub(latest) <= slack
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_that_never_ends_and_one_that_does_never_agree() {
        let ends = Ttl::read(5, 0, 1).expect("exists");
        assert!(!Ttl::Forever.agrees(ends, 1_000_000));
        assert!(Ttl::Forever.agrees(Ttl::Forever, 0));
        assert_eq!(Ttl::read(-2, 0, 0), None);
    }

    proptest! {
        /// A key that ends at one moment on both sides agrees without any slack, whenever the two were asked.
        #[test]
        fn the_same_moment_always_agrees(
            ends in 10_000i64..1_000_000_000,
            source in (0i64..5_000, 0i64..500, 0i64..500),
            target in (0i64..5_000, 0i64..500, 0i64..500),
        ) {
            let read = |(asked, until_run, until_answer): (i64, i64, i64)| {
                let run = asked + until_run;
                Ttl::read(ends - run, asked, run + until_answer).expect("exists")
            };
            prop_assert!(read(source).agrees(read(target), 0));
        }

        /// Moments further apart than the slack and both windows never agree, in either order.
        #[test]
        fn a_larger_gap_never_agrees(
            ends in 10_000i64..1_000_000_000, slack in 0i64..5_000, window in 0i64..500, beyond in 1i64..100_000,
        ) {
            let earlier = Ttl::Ends { earliest: ends, latest: ends + window };
            let start = ends + window + slack + beyond;
            let later = Ttl::Ends { earliest: start, latest: start + window };
            prop_assert!(!earlier.agrees(later, slack) && !later.agrees(earlier, slack));
        }
    }
}
