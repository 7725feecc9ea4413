//! What a message quotes: short, however long the value is.

/// The most characters of a quoted value.
const MOST: usize = 200;
/// How many of a longer one are shown.
const SHOWN: usize = 120;

/// `text`, or its beginning and how long it is.
pub fn brief(text: &str) -> String {
    // A character has at most four bytes, so that only long texts are counted.
    let long = text.len() > MOST && text.chars().nth(MOST).is_some();
    if !long {
        return text.into();
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}… ({} characters)", text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_are_quoted_whole_and_long_ones_by_their_beginning() {
        assert_eq!(brief("0.1"), "0.1");
        assert_eq!(brief(&"é".repeat(200)), "é".repeat(200));
        assert_eq!(brief(&"é".repeat(201)), format!("{}… (201 characters)", "é".repeat(120)));
        assert!(brief(&"x".repeat(1 << 22)).len() < 200);
    }
}
