//! Sides, ticks and their labels.

use plotters::element::PathElement;
use plotters::style::ShapeStyle;

use super::FigureError;
use super::canvas::{Canvas, Frame, stroke, units};
use super::scale::Ruler;
use super::style::BLACK;
use super::ticks::{self, Ticks};
use super::typeset::{self, Label};

/// Text sizes in points, as printed.
pub const LABEL_SIZE: f64 = 8.5;
pub const TICK_SIZE: f64 = 7.5;
pub const AXIS_WIDTH: f64 = 0.6;
pub const MAJOR: f64 = 3.0;
const MINOR: f64 = 1.7;
/// Between a tick and its label.
pub const TICK_GAP: f64 = 2.0;
/// Between tick labels and the axis label.
pub const LABEL_GAP: f64 = 4.0;
/// Least distance between neighbouring tick labels.
const TICK_CLEARANCE: f64 = 5.0;

/// The typeset ticks of one axis.
pub struct Side {
    pub ruler: Ruler,
    pub ticks: Ticks,
    pub labels: Vec<Label>,
    pub factor: Option<Label>,
}

impl Side {
    fn new(ruler: Ruler, most: usize) -> Result<Self, FigureError> {
        let ticks = ticks::ticks(&ruler, most);
        let labels =
            ticks.major.iter().map(|(_, text)| typeset::line(text, TICK_SIZE)).collect::<Result<_, _>>()?;
        let factor = ticks.factor.as_deref().map(|text| typeset::line(text, TICK_SIZE)).transpose()?;
        Ok(Side { ruler, ticks, labels, factor })
    }

    /// An axis without ticks.
    pub fn bare(ruler: Ruler) -> Self {
        Side { ruler, ticks: Ticks::default(), labels: Vec::new(), factor: None }
    }

    /// The ticks of an upright axis of the given length.
    pub fn upright(ruler: Ruler, length: f64) -> Result<Self, FigureError> {
        Side::new(ruler, (length / 20.0) as usize)
    }

    /// The ticks of a level axis: as many as fit without touching labels.
    pub fn level(ruler: Ruler, length: f64) -> Result<Self, FigureError> {
        let mut most = ((length / 24.0) as usize).clamp(2, 9);
        loop {
            let side = Side::new(ruler, most)?;
            if most == 2 || side.has_room(length) {
                return Ok(side);
            }
            most -= 1;
        }
    }

    fn has_room(&self, length: f64) -> bool {
        let centres: Vec<f64> =
            self.ticks.major.iter().map(|(level, _)| self.ruler.share(*level) * length).collect();
        let mut pairs = centres.windows(2).zip(self.labels.windows(2));
        pairs.all(|(at, label)| at[1] - at[0] >= 0.5 * (label[0].width + label[1].width) + TICK_CLEARANCE)
    }

    /// Width of the widest tick label.
    pub fn widest(&self) -> f64 {
        self.labels.iter().map(|label| label.width).fold(0.0, f64::max)
    }

    /// How far the last label of a level axis reaches beyond the axis's end.
    pub fn overhang(&self, length: f64) -> f64 {
        let reach = |(level, label): (&(f64, String), &Label)| {
            (self.ruler.share(level.0) - 1.0) * length + 0.5 * label.width
        };
        self.ticks.major.iter().zip(&self.labels).map(reach).fold(0.0, f64::max)
    }
}

/// Room that ticks and their labels take below a level axis.
pub fn room_below() -> f64 {
    MAJOR + TICK_GAP + 1.15 * TICK_SIZE
}

/// Room that ticks and their labels take left of an upright axis.
pub fn room_left(side: &Side) -> f64 {
    MAJOR + TICK_GAP + side.widest()
}

/// Draws both axes along the left and lower sides of `frame`.
pub fn draw(canvas: &mut Canvas, frame: Frame, x: &Side, y: &Side) -> Result<(), FigureError> {
    let Frame { left, right, top, bottom } = frame;
    let style = ShapeStyle::from(&BLACK).stroke_width(stroke(AXIS_WIDTH));
    let at_x = |level: f64| left + x.ruler.share(level) * frame.width();
    let at_y = |level: f64| bottom - y.ruler.share(level) * frame.height();
    let mut strokes = vec![vec![(left, top), (left, bottom), (right, bottom)]];
    let lengths = |ticks: &Ticks| -> Vec<(f64, f64)> {
        let major = ticks.major.iter().map(|(level, _)| (*level, MAJOR));
        major.chain(ticks.minor.iter().map(|level| (*level, MINOR))).collect()
    };
    for (level, length) in lengths(&x.ticks) {
        strokes.push(vec![(at_x(level), bottom), (at_x(level), bottom + length)]);
    }
    for (level, length) in lengths(&y.ticks) {
        strokes.push(vec![(left, at_y(level)), (left - length, at_y(level))]);
    }
    canvas.draw(false, &[], |sheet| {
        strokes.iter().try_for_each(|points| {
            let points: Vec<_> = points.iter().map(|(x, y)| (units(*x), units(*y))).collect();
            sheet.draw(&PathElement::new(points, style))
        })
    })?;
    for ((level, _), label) in x.ticks.major.iter().zip(&x.labels) {
        canvas.label(label, at_x(*level) - 0.5 * label.width, bottom + MAJOR + TICK_GAP + 0.95 * TICK_SIZE);
    }
    for ((level, _), label) in y.ticks.major.iter().zip(&y.labels) {
        canvas.label(label, left - MAJOR - TICK_GAP - label.width, at_y(*level) + 0.32 * TICK_SIZE);
    }
    if let Some(factor) = &x.factor {
        canvas.label(factor, right - factor.width, bottom + room_below() + 0.9 * TICK_SIZE);
    }
    if let Some(factor) = &y.factor {
        canvas.label(factor, left - MAJOR, top - 0.5 * TICK_SIZE);
    }
    Ok(())
}
