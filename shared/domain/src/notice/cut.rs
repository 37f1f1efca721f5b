//! Cutting texts to what their readers take, on a character's boundary and so that the cut is seen.

/// What SNS takes in one publish, all protocols together, attributes included: 256 KiB.
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>.
pub const LARGEST_MESSAGE: usize = 262_144;

/// What the text for protocols without one of their own may have, in bytes: SMS takes 140, others more.
pub(super) const SHORTEST_TEXT: usize = 1_500;

/// What an e-mail may have, in bytes. With the document twice, each doubled by its quotes, it stays under the limit.
pub(super) const LONGEST_TEXT: usize = 24_000;

/// What a document may have, in bytes.
pub(super) const LARGEST_DOCUMENT: usize = 36_000;

const MARK: &str = "…";

/// At most so many bytes.
pub(super) fn bytes(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most.saturating_sub(MARK.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    format!("{}{MARK}", &text[..end])
}

/// At most so many characters, as UTF-16 counts them: chat applications do.
pub(super) fn chars(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut length = MARK.len();
    let kept = text.chars().take_while(|c| {
        length += c.len_utf16();
        length <= most
    });
    format!("{}{MARK}", kept.collect::<String>())
}

/// One line without control characters: what an engine or AWS said goes into forms that have marks of their own.
pub(super) fn line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cut_text_fits_and_begins_as_it_did(text in any::<String>(), most in 3..200_usize) {
            let cut = bytes(&text, most);
            prop_assert!(cut.len() <= most);
            prop_assert!(text.starts_with(cut.trim_end_matches(MARK)) || text.len() <= most);
            let cut = chars(&text, most);
            prop_assert!(cut.encode_utf16().count() <= most);
        }
    }
}
