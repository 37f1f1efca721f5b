//! Figures as people read them.

use std::time::Duration;

/// `200,000`.
pub(crate) fn count(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `3.2 MiB`.
pub(crate) fn bytes(amount: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if amount < 1024 {
        return format!("{amount} B");
    }
    let mut scaled = amount as f64 / 1024.0;
    let mut unit = 0;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    format!("{scaled:.1} {}", UNITS[unit])
}

/// `0.4 s`, `12.3 s`, `1 min 05 s`.
pub(crate) fn span(time: Duration) -> String {
    if time < Duration::from_secs(60) {
        return format!("{:.1} s", time.as_secs_f64());
    }
    let seconds = time.as_secs();
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// `1:05`, as a stopwatch shows it.
pub(crate) fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// `inSync` becomes `in sync`: the words of the documents, for people.
pub(crate) fn spaced(word: &str) -> String {
    let mut spaced = String::with_capacity(word.len() + 2);
    for letter in word.chars() {
        if letter.is_ascii_uppercase() {
            spaced.push(' ');
        }
        spaced.push(letter.to_ascii_lowercase());
    }
    spaced.trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            [0_u64, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!([12, 2_048, 3_355_443].map(bytes), ["12 B", "2.0 KiB", "3.2 MiB"]);
        assert_eq!(
            [340, 12_300, 65_000].map(|ms| span(Duration::from_millis(ms))),
            ["0.3 s", "12.3 s", "1 min 05 s"]
        );
        assert_eq!(clock(Duration::from_secs(65)), "1:05");
        assert_eq!(
            ["inSync", "waitingForFork", "lost"].map(spaced),
            ["in sync", "waiting for fork", "lost"]
        );
    }
}
