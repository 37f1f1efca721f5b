//! What a sample proves: the exact one-sided binomial (Clopper-Pearson) bound. With no difference found it is
//! 1 - 0.05^(1/n), which the rule of three approximates as 3/n.

/// The share of differing keys that, at 95 % confidence, is not exceeded when `found` of `looked` keys differ. From 0 to 1;
/// 1 where nothing was looked at, because then nothing is known.
#[must_use]
pub fn upper_bound(found: u64, looked: u64) -> f64 {
    const DOUBT: f64 = 0.05;
    /// Halvings: enough for the last bit of an f64.
    const STEPS: u32 = 100;
    if looked == 0 || found >= looked {
        return 1.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..STEPS {
        let share = f64::midpoint(low, high);
        if at_most(found, looked, share) > DOUBT {
            low = share;
        } else {
            high = share;
        }
    }
    high
}

/// The probability of at most `found` hits in `looked` draws, each with probability `share`. Summed in logarithms, so that
/// samples of millions do not underflow.
fn at_most(found: u64, looked: u64, share: f64) -> f64 {
    if share <= 0.0 {
        return 1.0;
    }
    if share >= 1.0 {
        return 0.0;
    }
    let n = looked as f64;
    let odds = share.ln() - (-share).ln_1p();
    let mut term = n * (-share).ln_1p();
    let mut sum = term.exp();
    for hits in 0..found {
        let k = hits as f64;
        term += ((n - k) / (k + 1.0)).ln() + odds;
        sum += term.exp();
    }
    sum.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_difference_in_30_000_is_below_a_hundredth_of_a_percent() {
        let bound = upper_bound(0, 30_000);
        assert!(bound < 0.000_1, "{bound}");
        assert!((bound - (1.0 - 0.05_f64.powf(1.0 / 30_000.0))).abs() < 1e-12);
    }

    #[test]
    fn known_bounds_are_met() {
        // R: binom.test(x, n, alternative = "less", conf.level = 0.95)$conf.int[2]
        for (found, looked, expected) in [(1, 100, 0.046_559), (5, 100, 0.102_253), (0, 10, 0.258_866)] {
            let bound = upper_bound(found, looked);
            assert!((bound - expected).abs() < 5e-6, "{found}/{looked}: {bound}");
        }
        assert_eq!((upper_bound(0, 0), upper_bound(3, 3)), (1.0, 1.0));
    }

    proptest! {
        #[test]
        fn more_looks_prove_more_and_more_differences_prove_less(found in 0u64..50, looked in 100u64..5_000_000) {
            let bound = upper_bound(found, looked);
            prop_assert!(bound > found as f64 / looked as f64 && bound < 1.0);
            prop_assert!(upper_bound(found, looked * 2) < bound);
            prop_assert!(upper_bound(found + 1, looked) > bound);
        }
    }
}
