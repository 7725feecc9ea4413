//! The legend: above the plot, so that it never covers data; in columns if the entries are short.

use plotters::element::{PathElement, Rectangle};
use plotters::style::{Color, ShapeStyle};

use super::FigureError;
use super::canvas::{Canvas, stroke, units};
use super::marks;
use super::model::{Layer, Style};
use super::style::{BAND_OPACITY, SHADE_OPACITY, ink};
use super::typeset::{self, Label};

const SIZE: f64 = 7.5;
const LEADING: f64 = 9.6;
/// Length of the sample of line, long enough to show a dash pattern twice.
const SAMPLE: f64 = 21.0;
const SAMPLE_GAP: f64 = 4.0;
const COLUMN_GAP: f64 = 10.0;

/// What a legend entry shows beside its words; several at once for a curve with its band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sample {
    Tint,
    Band,
    Line,
    Upright,
    Bar,
    Marker,
}

struct Entry {
    style: Style,
    samples: Vec<Sample>,
    lines: Vec<Label>,
    width: f64,
}

/// A legend that knows its size.
pub struct Legend {
    entries: Vec<Entry>,
    columns: usize,
    column_width: f64,
    pub height: f64,
}

impl Legend {
    /// Arranges the entries of `layers` in at most `width` points.
    pub fn new(layers: &[Layer], width: f64) -> Result<Self, FigureError> {
        let mut entries: Vec<(&str, Style, Vec<Sample>)> = Vec::new();
        for layer in layers {
            let (label, style, samples) = describe(layer);
            if label.is_empty() {
                continue;
            }
            match entries.iter_mut().find(|e| e.0 == label && e.1 == style) {
                Some(entry) => entry.2.extend(samples),
                None => entries.push((label, style, samples)),
            }
        }
        let text_width = width - SAMPLE - SAMPLE_GAP;
        let entries = entries
            .into_iter()
            .map(|(label, style, mut samples)| {
                samples.sort_unstable();
                let lines = typeset::lines(label, SIZE, text_width)?;
                let width = lines.iter().map(|l| l.width).fold(0.0, f64::max) + SAMPLE + SAMPLE_GAP;
                Ok(Entry { style, samples, lines, width })
            })
            .collect::<Result<Vec<_>, FigureError>>()?;
        let column_width = entries.iter().map(|e| e.width).fold(0.0, f64::max) + COLUMN_GAP;
        let fitting = ((width + COLUMN_GAP) / column_width).floor().max(1.0) as usize;
        // rows first, then as few columns as they need: 4 entries make 2 × 2, not 3 + 1
        let rows = entries.len().div_ceil(fitting.min(entries.len().max(1)));
        let columns = entries.len().div_ceil(rows.max(1)).max(1);
        let mut legend = Legend { entries, columns, column_width, height: 0.0 };
        legend.height = legend.row_heights().iter().sum();
        Ok(legend)
    }

    /// Whether some entry takes more than one line.
    pub fn is_broken(&self) -> bool {
        self.entries.iter().any(|entry| entry.lines.len() > 1)
    }

    fn row_heights(&self) -> Vec<f64> {
        let height = |entry: &Entry| entry.lines.iter().map(line_height).sum::<f64>();
        self.entries.chunks(self.columns).map(|row| row.iter().map(height).fold(0.0, f64::max)).collect()
    }

    /// Draws with the upper left corner at (left, top).
    pub fn draw(&self, canvas: &mut Canvas, left: f64, top: f64) -> Result<(), FigureError> {
        let mut y = top;
        for (row, height) in self.entries.chunks(self.columns).zip(self.row_heights()) {
            for (column, entry) in row.iter().enumerate() {
                let x = left + column as f64 * self.column_width;
                entry.draw_sample(canvas, x, y + 0.5 * entry.lines.first().map_or(LEADING, line_height))?;
                let mut line_top = y;
                for line in &entry.lines {
                    let height = line_height(line);
                    canvas.label(line, x + SAMPLE + SAMPLE_GAP, line_top + 0.5 * height + 0.33 * SIZE);
                    line_top += height;
                }
            }
            y += height;
        }
        Ok(())
    }
}

impl Entry {
    fn draw_sample(&self, canvas: &mut Canvas, x: f64, y: f64) -> Result<(), FigureError> {
        let ink = ink(self.style);
        let (left, right, middle) = (units(x), units(x + SAMPLE), units(x + 0.5 * SAMPLE));
        let line = ShapeStyle::from(&ink.colour).stroke_width(stroke(ink.line_width));
        let thin = ShapeStyle::from(&ink.colour).stroke_width(stroke(marks::BAR_WIDTH));
        let (y, half) = (units(y), units(0.34 * LEADING));
        for sample in &self.samples {
            let dash = if matches!(sample, Sample::Line | Sample::Upright) { ink.dash } else { &[] };
            canvas.draw(false, dash, |area| match sample {
                Sample::Tint | Sample::Band => {
                    let opacity = if *sample == Sample::Tint { SHADE_OPACITY } else { BAND_OPACITY };
                    let fill = ink.colour.mix(opacity).filled();
                    area.draw(&Rectangle::new([(left, y - half), (right, y + half)], fill))
                }
                Sample::Line => area.draw(&PathElement::new(vec![(left, y), (right, y)], line)),
                Sample::Upright => {
                    area.draw(&PathElement::new(vec![(middle, y - half), (middle, y + half)], line))
                }
                Sample::Bar => {
                    area.draw(&PathElement::new(vec![(middle, y - half), (middle, y + half)], thin))
                }
                Sample::Marker => marks::marker(area, ink.marker, ink.colour, (middle, y)),
            })?;
        }
        Ok(())
    }
}

/// Lines with tall formulas stand further apart.
fn line_height(line: &Label) -> f64 {
    LEADING.max(line.ascent + line.descent + 1.5)
}

fn describe(layer: &Layer) -> (&str, Style, Vec<Sample>) {
    match layer {
        // drawn as a marker, as a lone point is
        Layer::Line { label, style, x, .. } if x.len() == 1 => (label, *style, vec![Sample::Marker]),
        Layer::Line { label, style, .. }
        | Layer::Level { label, style, .. }
        | Layer::Guide { label, style, .. } => (label, *style, vec![Sample::Line]),
        Layer::Band { label, style, .. } => (label, *style, vec![Sample::Band]),
        Layer::Points { label, style, low, .. } if low.is_empty() => (label, *style, vec![Sample::Marker]),
        Layer::Points { label, style, .. } => (label, *style, vec![Sample::Bar, Sample::Marker]),
        Layer::Mark { label, style, .. } => (label, *style, vec![Sample::Upright]),
        Layer::Shade { label, style, .. } => (label, *style, vec![Sample::Tint]),
    }
}
