//! Gives labels their shape: glyphs, sizes and places, by the font's own measures.

use super::FigureError;
use super::font::Font;
use super::markup::{self, Node};
use super::symbols::Class;

/// Size of scripts relative to their base; a little above the font's 0.70 so that they stay legible in print.
const SCRIPT: f64 = 0.72;

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
                words
                    .last_mut()
                    .expect("never empty")
                    .push(Node::Text(part.into()));
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn set(text: &str, nodes: &[Node], size: f64) -> Result<Label, FigureError> {
    let setter = Setter {
        font: Font::embedded(),
        text,
    };
    let piece = setter.list(nodes, 1.0)?;
    let mut label = Label {
        width: piece.width * size,
        ascent: piece.ascent * size,
        descent: piece.descent * size,
        path: String::new(),
        plain: markup::plain(nodes),
    };
    for glyph in &piece.glyphs {
        setter.font.outline(
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
        label
            .path
            .push_str(&format!("M{left} {top}H{right}V{bottom}H{left}Z"));
    }
    Ok(label)
}

/// Glyphs and rules in em, y upwards, the pen starting at (0, 0).
#[derive(Clone, Default)]
struct Piece {
    glyphs: Vec<PlacedGlyph>,
    rules: Vec<Rule>,
    width: f64,
    ascent: f64,
    descent: f64,
    /// How far the last glyph leans out of `width`.
    lean: f64,
    /// Where an accent goes, if this is a single glyph.
    anchor: Option<f64>,
}

#[derive(Clone)]
struct PlacedGlyph {
    id: rustybuzz::ttf_parser::GlyphId,
    x: f64,
    y: f64,
    size: f64,
}

#[derive(Clone)]
struct Rule {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Piece {
    /// Puts `other` with its origin at (x, y); the width stays.
    fn put(&mut self, other: Piece, x: f64, y: f64) {
        self.glyphs.extend(other.glyphs.into_iter().map(|g| PlacedGlyph {
            x: g.x + x,
            y: g.y + y,
            ..g
        }));
        self.rules.extend(other.rules.into_iter().map(|r| Rule {
            left: r.left + x,
            right: r.right + x,
            top: r.top + y,
            bottom: r.bottom + y,
        }));
        self.ascent = self.ascent.max(other.ascent + y);
        self.descent = self.descent.max(other.descent - y);
    }
}

struct Setter<'a> {
    font: &'static Font,
    text: &'a str,
}

impl Setter<'_> {
    fn list(&self, nodes: &[Node], size: f64) -> Result<Piece, FigureError> {
        let mut line = Piece::default();
        let mut before: Option<Class> = None;
        for (node, class) in nodes.iter().zip(markup::classes(nodes)) {
            // scripts are set tight
            if size == 1.0 {
                line.width += space(before, class);
            }
            let piece = self.node(node, size)?;
            if line.lean > 0.0 && !matches!(node, Node::Space(_)) && !is_slanted(node) {
                line.width += line.lean;
            }
            let (advance, lean, anchor) = (piece.width, piece.lean, piece.anchor);
            let at = line.width;
            line.put(piece, at, 0.0);
            line.width += advance;
            line.lean = lean;
            line.anchor = if nodes.len() == 1 { anchor } else { None };
            before = class.or(before);
        }
        Ok(line)
    }

    fn node(&self, node: &Node, size: f64) -> Result<Piece, FigureError> {
        match node {
            Node::Text(text) | Node::Function(text) => self.words(text, size),
            Node::Symbol { glyph, .. } => self.sign(*glyph, size),
            Node::Space(width) => Ok(Piece {
                width: width * size,
                ..Piece::default()
            }),
            Node::Group(inner) => self.list(inner, size),
            Node::Accent { accent, base } => self.accent(*accent, base, size),
            Node::Root(inner) => self.root(inner, size),
            Node::Scripts { base, sub, sup } => self.scripts(base, sub, sup, size),
        }
    }

    fn words(&self, text: &str, size: f64) -> Result<Piece, FigureError> {
        if let Some(character) = text.chars().find(|&c| !self.font.has(c)) {
            return Err(FigureError::MissingGlyph {
                label: self.text.into(),
                character,
            });
        }
        let (shaped, width) = self.font.shape(text);
        let mut piece = Piece {
            width: width * size,
            ..Piece::default()
        };
        for glyph in shaped {
            let [_, _, bottom, top] = self.font.ink(glyph.glyph);
            piece.ascent = piece.ascent.max((top + glyph.y) * size);
            piece.descent = piece.descent.max(-(bottom + glyph.y) * size);
            piece.glyphs.push(PlacedGlyph {
                id: glyph.glyph,
                x: glyph.x * size,
                y: glyph.y * size,
                size,
            });
        }
        Ok(piece)
    }

    fn sign(&self, character: char, size: f64) -> Result<Piece, FigureError> {
        let mut piece = self.words(&character.to_string(), size)?;
        if let [glyph] = &piece.glyphs[..] {
            piece.lean = self.font.italic_correction(glyph.id) * size;
            piece.anchor = Some(self.font.accent_anchor(glyph.id) * size);
        }
        Ok(piece)
    }

    /// The accent's anchor goes over the base's, raised by what the base exceeds the height it is drawn for.
    fn accent(&self, accent: char, base: &[Node], size: f64) -> Result<Piece, FigureError> {
        let mut piece = self.list(base, size)?;
        let Some(glyph) = self.font.glyph(accent) else {
            return Err(FigureError::MissingGlyph {
                label: self.text.into(),
                character: accent,
            });
        };
        let raise = (piece.ascent - self.font.math().accent_base * size).max(0.0);
        let anchor = piece.anchor.unwrap_or(0.5 * (piece.width + piece.lean));
        let [_, _, bottom, top] = self.font.ink(glyph);
        let x = anchor - self.font.accent_anchor(glyph) * size;
        let mark = Piece {
            glyphs: vec![PlacedGlyph {
                id: glyph,
                x: 0.0,
                y: 0.0,
                size,
            }],
            ascent: top * size,
            descent: -bottom * size,
            ..Piece::default()
        };
        piece.put(mark, x, raise);
        Ok(piece)
    }

    fn root(&self, inner: &[Node], size: f64) -> Result<Piece, FigureError> {
        let metrics = self.font.math();
        let under = self.list(inner, size)?;
        let (rule, gap) = (metrics.rule * size, metrics.radical_gap * size);
        let top = under.ascent + gap + rule;
        let sign = self.font.glyph('√').ok_or(FigureError::MissingGlyph {
            label: self.text.into(),
            character: '√',
        })?;
        let [_, right, bottom, sign_top] = self.font.ink(sign);
        // the sign grows with what it covers, and its tip meets the rule
        let scale = size.max((top + under.descent) / (sign_top - bottom));
        let y = top - sign_top * scale;
        let mut piece = Piece {
            width: right * scale + under.width + under.lean,
            ..Piece::default()
        };
        piece.glyphs.push(PlacedGlyph {
            id: sign,
            x: 0.0,
            y,
            size: scale,
        });
        piece.rules.push(Rule {
            left: right * scale - rule,
            right: piece.width,
            top,
            bottom: top - rule,
        });
        (piece.ascent, piece.descent) = (top, -(bottom * scale + y));
        piece.put(under, right * scale, 0.0);
        Ok(piece)
    }

    fn scripts(&self, base: &Node, sub: &[Node], sup: &[Node], size: f64) -> Result<Piece, FigureError> {
        let metrics = self.font.math();
        let mut piece = self.node(base, size)?;
        let (below, above) = (self.list(sub, size * SCRIPT)?, self.list(sup, size * SCRIPT)?);
        let mut up = (metrics.superscript_shift * size).max(piece.ascent - metrics.superscript_drop * size);
        let mut down = (metrics.subscript_shift * size).max(piece.descent + metrics.subscript_drop * size);
        if !sub.is_empty() && !sup.is_empty() {
            let missing = metrics.script_gap * size - ((up - above.descent) + (down - below.ascent));
            up += 0.5 * missing.max(0.0);
            down += 0.5 * missing.max(0.0);
        }
        let (end, lean) = (piece.width, piece.lean);
        let sup_end = if sup.is_empty() {
            0.0
        } else {
            lean + above.width + above.lean
        };
        piece.width = end + sup_end.max(below.width + below.lean) + 0.04 * size;
        piece.lean = 0.0;
        piece.put(below, end, -down);
        piece.put(above, end + lean, up);
        Ok(piece)
    }
}

fn is_slanted(node: &Node) -> bool {
    match node {
        Node::Symbol { glyph, plain, .. } => glyph != plain,
        Node::Accent { base, .. } => base.first().is_some_and(is_slanted),
        Node::Scripts { base, .. } => is_slanted(base),
        _ => false,
    }
}

/// Space between neighbours, in em.
fn space(left: Option<Class>, right: Option<Class>) -> f64 {
    use Class::*;
    let (Some(left), Some(right)) = (left, right) else {
        return 0.0;
    };
    match (left, right) {
        (Relation, Relation) => 0.0,
        (Relation, _) | (_, Relation) => 5.0 / 18.0,
        (Binary, _) | (_, Binary) => 4.0 / 18.0,
        (Punctuation, _) => 3.0 / 18.0,
        (Function, Ordinary | Function) | (Ordinary | Close, Function) => 3.0 / 18.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_stacked_not_strung() {
        let both = line("$‖W‖_F^2$", 8.0).unwrap();
        let one = line("$‖W‖_F$", 8.0).unwrap();
        assert!(
            (both.width - one.width).abs() < 0.5,
            "{} {}",
            both.width,
            one.width
        );
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
        let joined = wrapped
            .iter()
            .map(|l| l.plain.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(joined, text.replace('$', ""));
    }

    #[test]
    fn a_character_without_glyph_is_named() {
        assert!(matches!(
            line("日", 8.0),
            Err(FigureError::MissingGlyph { character: '日', .. })
        ));
    }
}
