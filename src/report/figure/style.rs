//! Colours, dash patterns and markers. The hues are the palette of Okabe and Ito (Color Universal Design,
//! 2008) without its yellow, which is too pale for thin lines on white.

use plotters::style::RGBColor;

use super::model::Style;

/// What a [`Style`] means in ink. Lengths in points.
pub struct Ink {
    pub colour: RGBColor,
    pub line_width: f64,
    /// SVG `stroke-dasharray`, in points; empty for a solid line.
    pub dash: &'static [f64],
    pub marker: Marker,
}

/// Outline of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Disc,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Ring,
    Cross,
}

pub const BLACK: RGBColor = RGBColor(0, 0, 0);
/// Share of a band's colour that is laid over what lies below.
pub const BAND_OPACITY: f64 = 0.22;
/// As [`BAND_OPACITY`], for the strips of `Layer::Shade`.
pub const SHADE_OPACITY: f64 = 0.12;

const HUES: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

const DASHES: [&[f64]; 7] = [
    &[],
    &[5.0, 1.8],
    &[1.3, 1.4],
    &[6.0, 1.5, 1.3, 1.5],
    &[2.6, 1.4],
    &[6.0, 1.4, 1.2, 1.4, 1.2, 1.4],
    &[9.0, 2.4],
];

const MARKERS: [Marker; 7] = [
    Marker::Disc,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::TriangleDown,
    Marker::Ring,
    Marker::Cross,
];

const REFERENCE_DASHES: [&[f64]; 4] = [&[3.5, 1.8], &[1.0, 1.4], &[6.0, 1.6, 1.0, 1.6], &[]];

/// The ink of a style.
pub fn ink(style: Style) -> Ink {
    match style {
        Style::Series(index) => {
            // after a round of hues the patterns move on by one, so that no pair repeats before 49
            let pattern = (index + index / HUES.len()) % DASHES.len();
            Ink {
                colour: HUES[index % HUES.len()],
                line_width: 1.1,
                dash: DASHES[pattern],
                marker: MARKERS[pattern],
            }
        }
        Style::Reference(index) => Ink {
            colour: RGBColor(70, 70, 70),
            line_width: 0.8,
            dash: REFERENCE_DASHES[index % REFERENCE_DASHES.len()],
            marker: MARKERS[(index + 5) % MARKERS.len()],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_many_series_look_alike() {
        let looks: Vec<_> = (0..49).map(|i| ink(Style::Series(i))).map(|k| (k.colour, k.dash)).collect();
        for (i, look) in looks.iter().enumerate() {
            assert!(!looks[..i].contains(look), "{i}");
        }
    }
}
