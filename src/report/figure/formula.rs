//! Places the signs of a label by the font's own measures: scripts, accents, roots, and the spaces between.

use rustybuzz::ttf_parser::GlyphId;

use super::FigureError;
use super::font::Font;
use super::markup::{self, Node};
use super::symbols::Class;

/// Size of scripts relative to their base; a little above the font's 0.70 so that they stay legible in print.
const SCRIPT: f64 = 0.72;

/// Glyphs and rules in em, y upwards, the pen starting at (0, 0).
#[derive(Clone, Default)]
pub struct Piece {
    pub glyphs: Vec<PlacedGlyph>,
    pub rules: Vec<Rule>,
    pub width: f64,
    pub ascent: f64,
    pub descent: f64,
    /// How far the last glyph leans out of `width`.
    lean: f64,
    /// Where an accent goes, if this is a single glyph.
    anchor: Option<f64>,
}

/// A glyph with its origin at (x, y), `size` times as large as the text.
#[derive(Clone)]
pub struct PlacedGlyph {
    pub id: GlyphId,
    pub x: f64,
    pub y: f64,
    pub size: f64,
}

/// A black bar.
#[derive(Clone)]
pub struct Rule {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Piece {
    /// Puts `other` with its origin at (x, y); the width stays.
    fn put(&mut self, other: Piece, x: f64, y: f64) {
        self.glyphs.extend(other.glyphs.into_iter().map(|g| PlacedGlyph { x: g.x + x, y: g.y + y, ..g }));
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

/// Places the signs of a whole label; `text` is what error messages quote.
pub fn piece(text: &str, nodes: &[Node]) -> Result<Piece, FigureError> {
    Setter { font: Font::embedded(), text }.list(nodes, 1.0)
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
            Node::Space(width) => Ok(Piece { width: width * size, ..Piece::default() }),
            Node::Group(inner) => self.list(inner, size),
            Node::Accent { accent, base } => self.accent(*accent, base, size),
            Node::Root(inner) => self.root(inner, size),
            Node::Scripts { base, sub, sup } => self.scripts(base, sub, sup, size),
        }
    }

    fn words(&self, text: &str, size: f64) -> Result<Piece, FigureError> {
        if let Some(character) = text.chars().find(|&c| !self.font.has(c)) {
            return Err(FigureError::MissingGlyph { label: self.text.into(), character });
        }
        let (shaped, width) = self.font.shape(text);
        let mut piece = Piece { width: width * size, ..Piece::default() };
        for glyph in shaped {
            let [_, _, bottom, top] = self.font.ink(glyph.glyph);
            piece.ascent = piece.ascent.max((top + glyph.y) * size);
            piece.descent = piece.descent.max(-(bottom + glyph.y) * size);
            piece.glyphs.push(PlacedGlyph { id: glyph.glyph, x: glyph.x * size, y: glyph.y * size, size });
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
            return Err(FigureError::MissingGlyph { label: self.text.into(), character: accent });
        };
        let raise = (piece.ascent - self.font.math().accent_base * size).max(0.0);
        let anchor = piece.anchor.unwrap_or(0.5 * (piece.width + piece.lean));
        let [_, _, bottom, top] = self.font.ink(glyph);
        let x = anchor - self.font.accent_anchor(glyph) * size;
        let mark = Piece {
            glyphs: vec![PlacedGlyph { id: glyph, x: 0.0, y: 0.0, size }],
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
        let sign = self
            .font
            .glyph('√')
            .ok_or(FigureError::MissingGlyph { label: self.text.into(), character: '√' })?;
        let [_, right, bottom, sign_top] = self.font.ink(sign);
        // the sign grows with what it covers, and its tip meets the rule
        let scale = size.max((top + under.descent) / (sign_top - bottom));
        let y = top - sign_top * scale;
        let mut piece = Piece { width: right * scale + under.width + under.lean, ..Piece::default() };
        piece.glyphs.push(PlacedGlyph { id: sign, x: 0.0, y, size: scale });
        piece.rules.push(Rule { left: right * scale - rule, right: piece.width, top, bottom: top - rule });
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
        let sup_end = if sup.is_empty() { 0.0 } else { lean + above.width + above.lean };
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
