use std::fmt::Write;
use std::sync::OnceLock;

use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder, Rect};
use rustybuzz::{Face, UnicodeBuffer};

/// STIX Two Math, cut down to Latin, Greek and mathematics; see `assets/fonts/README.md`.
static FONT: &[u8] = include_bytes!("../../../assets/fonts/STIXTwoMath-subset.ttf");

/// The one font of all figures. Lengths are in em (1 = the font size), y upwards, unless said otherwise.
pub struct Font {
    face: Face<'static>,
    per_unit: f64,
}

/// A glyph of a shaped text and where it stands relative to the start of the text.
pub struct Shaped {
    pub glyph: GlyphId,
    pub x: f64,
    pub y: f64,
}

/// Distances of mathematical typesetting that the font prescribes.
pub struct MathMetrics {
    pub superscript_shift: f64,
    pub superscript_drop: f64,
    pub subscript_shift: f64,
    pub subscript_drop: f64,
    pub script_gap: f64,
    pub accent_base: f64,
    pub rule: f64,
    pub radical_gap: f64,
}

impl Font {
    /// The embedded font, parsed once.
    pub fn embedded() -> &'static Font {
        static PARSED: OnceLock<Font> = OnceLock::new();
        PARSED.get_or_init(|| {
            let face = Face::from_slice(FONT, 0).expect("the embedded font is valid: a unit test parses it");
            let per_unit = 1.0 / f64::from(face.units_per_em());
            Font { face, per_unit }
        })
    }

    pub fn has(&self, character: char) -> bool {
        self.face.glyph_index(character).is_some()
    }

    /// Glyphs with kerning, and the advance of the whole text.
    pub fn shape(&self, text: &str) -> (Vec<Shaped>, f64) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        // fixed, not guessed: a lone operator or a digit must not change the direction
        buffer.set_direction(rustybuzz::Direction::LeftToRight);
        let shaped = rustybuzz::shape(&self.face, &[], buffer);
        let mut pen = 0.0;
        let mut glyphs = Vec::with_capacity(shaped.len());
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let x = pen + f64::from(position.x_offset) * self.per_unit;
            let y = f64::from(position.y_offset) * self.per_unit;
            glyphs.push(Shaped { glyph: GlyphId(info.glyph_id as u16), x, y });
            pen += f64::from(position.x_advance) * self.per_unit;
        }
        (glyphs, pen)
    }

    pub fn glyph(&self, character: char) -> Option<GlyphId> {
        self.face.glyph_index(character)
    }

    /// Ink of a glyph: left, right, bottom, top.
    pub fn ink(&self, glyph: GlyphId) -> [f64; 4] {
        let empty = Rect { x_min: 0, y_min: 0, x_max: 0, y_max: 0 };
        let ink = self.face.glyph_bounding_box(glyph).unwrap_or(empty);
        [ink.x_min, ink.x_max, ink.y_min, ink.y_max].map(|v| f64::from(v) * self.per_unit)
    }

    /// By how much a slanted glyph leans out of its advance.
    pub fn italic_correction(&self, glyph: GlyphId) -> f64 {
        let corrections = || self.face.tables().math?.glyph_info?.italic_corrections?.get(glyph);
        corrections().map_or(0.0, |value| f64::from(value.value) * self.per_unit)
    }

    /// Where an accent's anchor meets its base, measured from the glyph's origin.
    pub fn accent_anchor(&self, glyph: GlyphId) -> f64 {
        let anchors = || self.face.tables().math?.glyph_info?.top_accent_attachments?.get(glyph);
        let [left, right, ..] = self.ink(glyph);
        anchors().map_or(0.5 * (left + right), |value| f64::from(value.value) * self.per_unit)
    }

    pub fn math(&self) -> MathMetrics {
        let constants = self.face.tables().math.and_then(|math| math.constants);
        let constants =
            constants.expect("the embedded font has mathematical constants: a unit test reads them");
        let em = |value: rustybuzz::ttf_parser::math::MathValue| f64::from(value.value) * self.per_unit;
        MathMetrics {
            superscript_shift: em(constants.superscript_shift_up()),
            superscript_drop: em(constants.superscript_baseline_drop_max()),
            subscript_shift: em(constants.subscript_shift_down()),
            subscript_drop: em(constants.subscript_baseline_drop_min()),
            script_gap: em(constants.sub_superscript_gap_min()),
            accent_base: em(constants.accent_base_height()),
            rule: em(constants.radical_rule_thickness()),
            radical_gap: em(constants.radical_vertical_gap()),
        }
    }

    /// Appends SVG path data of the glyph at (x, y), with y downwards, `size` units an em.
    pub fn outline(&self, glyph: GlyphId, size: f64, x: f64, y: f64, path: &mut String) {
        self.face.outline_glyph(glyph, &mut PathData { scale: size * self.per_unit, x, y, path });
    }
}

/// Writes outlines as SVG path data; y turns downwards here.
struct PathData<'a> {
    scale: f64,
    x: f64,
    y: f64,
    path: &'a mut String,
}

impl PathData<'_> {
    fn command(&mut self, letter: char, points: &[(f32, f32)]) {
        self.path.push(letter);
        for (index, &(x, y)) in points.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            let (x, y) = (self.x + f64::from(x) * self.scale, self.y - f64::from(y) * self.scale);
            let _ = write!(self.path, "{separator}{} {}", super::decimal(x), super::decimal(y));
        }
    }
}

impl OutlineBuilder for PathData<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.command('M', &[(x, y)]);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.command('L', &[(x, y)]);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.command('Q', &[(x1, y1), (x, y)]);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.command('C', &[(x1, y1), (x2, y2), (x, y)]);
    }
    fn close(&mut self) {
        self.path.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_font_has_what_labels_need() {
        let font = Font::embedded();
        for character in "azAZ09λμσθαβΔ∇‖≤≥−×√∞·±≈∝∂∑∫→⟨⟩𝔼𝐿𝑊𝜇ℎ\u{303}\u{302}–′ℝ".chars()
        {
            assert!(font.has(character), "{character}");
        }
        assert!(font.math().superscript_shift > 0.2);
    }

    #[test]
    fn kerning_brings_letters_together() {
        let font = Font::embedded();
        let apart = font.shape("A").1 + font.shape("V").1;
        assert!(font.shape("AV").1 < apart);
    }
}
