//! Sets labels in lines of ink; [`super::formula`] places the signs.

use super::FigureError;
use super::font::Font;
use super::formula;
use super::markup::{self, Node};

/// A line of text ready to be drawn. Lengths in points; the baseline is at y = 0, y downwards.
#[derive(Clone, Debug, Default)]
pub struct Label {
    pub width: f64,
    /// Ink above the baseline.
    pub ascent: f64,
    /// Ink below the baseline.
    pub descent: f64,
    /// SVG path data.
    pub path: String,
    /// What the line says.
    pub plain: String,
}

/// Sets `text` as one line of `size` points.
pub fn line(text: &str, size: f64) -> Result<Label, FigureError> {
    set(text, &markup::parse(text)?, size)
}

/// Sets `text` in lines no wider than `width`, broken at spaces between words; a longer word stands alone.
pub fn lines(text: &str, size: f64, width: f64) -> Result<Vec<Label>, FigureError> {
    let words = words(markup::parse(text)?);
    let mut lines = Vec::new();
    let mut current: Vec<Node> = Vec::new();
    for word in words {
        let mut longer = current.clone();
        if !current.is_empty() {
            longer.push(Node::Text(" ".into()));
        }
        longer.extend(word.iter().cloned());
        if !current.is_empty() && set(text, &longer, size)?.width > width {
            lines.push(set(text, &current, size)?);
            current = word;
        } else {
            current = longer;
        }
    }
    if !current.is_empty() {
        lines.push(set(text, &current, size)?);
    }
    Ok(lines)
}

/// Splits at the spaces of plain text; a formula sticks to what it touches.
fn words(nodes: Vec<Node>) -> Vec<Vec<Node>> {
    let mut words: Vec<Vec<Node>> = vec![Vec::new()];
    for node in nodes {
        let Node::Text(text) = node else {
            words.last_mut().expect("never empty").push(node);
            continue;
        };
        for (index, part) in text.split(' ').enumerate() {
            if index > 0 {
                words.push(Vec::new());
            }
            if !part.is_empty() {
                words.last_mut().expect("never empty").push(Node::Text(part.into()));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn set(text: &str, nodes: &[Node], size: f64) -> Result<Label, FigureError> {
    let piece = formula::piece(text, nodes)?;
    let mut label = Label {
        width: piece.width * size,
        ascent: piece.ascent * size,
        descent: piece.descent * size,
        path: String::new(),
        plain: markup::plain(nodes),
    };
    for glyph in &piece.glyphs {
        Font::embedded().outline(
            glyph.id,
            glyph.size * size,
            glyph.x * size,
            -glyph.y * size,
            &mut label.path,
        );
    }
    for rule in &piece.rules {
        let [left, right, top, bottom] = [rule.left, rule.right, -rule.top, -rule.bottom].map(|v| {
            // rules and outlines share one precision
            super::decimal(v * size)
        });
        label.path.push_str(&format!("M{left} {top}H{right}V{bottom}H{left}Z"));
    }
    Ok(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_stacked_not_strung() {
        let both = line("$‖W‖_F^2$", 8.0).unwrap();
        let one = line("$‖W‖_F$", 8.0).unwrap();
        assert!((both.width - one.width).abs() < 0.5, "{} {}", both.width, one.width);
        assert!(both.ascent > one.ascent && both.descent >= one.descent);
    }

    #[test]
    fn a_tilde_adds_height_but_no_width() {
        let (bare, tilde) = (line("$L$", 8.0).unwrap(), line(r"$\tilde{L}$", 8.0).unwrap());
        assert_eq!(bare.width, tilde.width);
        assert!(tilde.ascent > bare.ascent + 0.8 && tilde.ascent < bare.ascent + 3.0);
    }

    #[test]
    fn a_leading_minus_is_a_sign_a_later_one_an_operation() {
        let width = |text| line(text, 9.0).unwrap().width;
        let minus = width("$−$");
        assert!((width("$-1$") - width("$1$") - minus).abs() < 1e-9);
        assert!((width("$2-1$") - width("$2$") - width("$1$") - minus - 2.0 * 9.0 * 4.0 / 18.0).abs() < 1e-9);
    }

    #[test]
    fn long_text_wraps_at_spaces_only() {
        let text = "three of $4096$ particles left the finite numbers and are excluded";
        let wrapped = lines(text, 7.0, 90.0).unwrap();
        assert!(wrapped.len() > 1 && wrapped.iter().all(|l| l.width <= 90.0));
        let joined = wrapped.iter().map(|l| l.plain.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(joined, text.replace('$', ""));
    }

    #[test]
    fn a_character_without_glyph_is_named() {
        assert!(matches!(line("日", 8.0), Err(FigureError::MissingGlyph { character: '日', .. })));
    }
}
