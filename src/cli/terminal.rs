//! Text on its way to a terminal: names and values come from files, and must not command it.

use std::borrow::Cow;

/// Whether a terminal, or a reader, would take `c` for something else than a sign: control characters and those that change
/// the direction of writing.
fn commands(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with such characters written out, as in `\u{1b}`; lines and tabs stay.
pub fn harmless(text: &str) -> Cow<'_, str> {
    written_out(text, |c| commands(c) && c != '\n' && c != '\t')
}

/// The same as one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    written_out(text, commands)
}

fn written_out(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&harmful) {
        return text.into();
    }
    let signs = text.chars().map(|c| if harmful(c) { c.escape_default().to_string() } else { c.to_string() });
    signs.collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_to_terminals_are_written_out_and_text_stays() {
        let text = "E L̃ ± 0.1\t日本\n";
        assert_eq!(harmless(text), text);
        assert_eq!(one_line("a\nb\tc"), "a\\nb\\tc");
        assert_eq!(harmless("\u{1b}[31mred\u{7}\r"), "\\u{1b}[31mred\\u{7}\\r");
        assert_eq!(harmless("a\u{202e}b\u{9b}"), "a\\u{202e}b\\u{9b}");
    }
}
