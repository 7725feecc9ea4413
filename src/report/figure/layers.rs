//! Draws the layers of a figure into its plot area.

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{PathElement, Polygon, Rectangle};
use plotters::style::{Color, ShapeStyle};

use super::FigureError;
use super::canvas::{Area, Canvas, Drawn, Frame, stroke, units};
use super::marks::{self, BAR_WIDTH};
use super::model::{Layer, Span};
use super::scale::Ruler;
use super::style::{BAND_OPACITY, Ink, SHADE_OPACITY, ink};

/// Half the width of an error bar's cap, in points.
const CAP: f64 = 1.5;

/// The plot area: where it is, and which values its sides stand for.
pub struct Plot {
    pub frame: Frame,
    pub x: Ruler,
    pub y: Ruler,
}

type Levels = (f64, f64);
type PlotArea<'a> = plotters::drawing::DrawingArea<
    plotters::backend::SVGBackend<'a>,
    Cartesian2d<RangedCoordf64, RangedCoordf64>,
>;

impl Plot {
    /// Draws all layers, the broad ones first.
    pub fn draw(&self, canvas: &mut Canvas, layers: &[Layer]) -> Result<(), FigureError> {
        // strokes that run along a side keep their full width
        let Frame { left, right, top, bottom } = self.frame;
        canvas.clip(Frame { left: left - 0.5, right: right + 0.5, top: top - 0.5, bottom: bottom + 0.5 });
        let mut order: Vec<&Layer> = layers.iter().collect();
        order.sort_by_key(|layer| rank(layer));
        order.into_iter().try_for_each(|layer| self.layer(canvas, layer))
    }

    /// Lets plotters map levels to the sheet.
    fn area<'a>(&self, sheet: &Area<'a>) -> PlotArea<'a> {
        let Frame { left, right, top, bottom } = self.frame;
        let sides = (units(left)..units(right), units(bottom)..units(top));
        let (x, y) = (self.x.low..self.x.high, self.y.low..self.y.high);
        sheet.apply_coord_spec(Cartesian2d::<RangedCoordf64, RangedCoordf64>::new(x, y, sides))
    }

    fn layer(&self, canvas: &mut Canvas, layer: &Layer) -> Result<(), FigureError> {
        match layer {
            Layer::Shade { style, span, .. } => self.shade(canvas, &ink(*style), *span),
            Layer::Band { style, x, low, high, .. } => self.band(canvas, &ink(*style), x, low, high),
            Layer::Level { style, y, .. } => {
                let ends = [(self.x.low, *y), (self.x.high, *y)].map(|(x, y)| Some((x, self.y.level(y)?)));
                self.stroke(canvas, &ink(*style), ends.into_iter().collect())
            }
            Layer::Mark { style, x, .. } => {
                let ends = [(*x, self.y.low), (*x, self.y.high)].map(|(x, y)| Some((self.x.level(x)?, y)));
                self.stroke(canvas, &ink(*style), ends.into_iter().collect())
            }
            Layer::Guide { style, x, y, .. } => {
                let ends = [0, 1].map(|i| Some((self.x.level(x[i])?, self.y.level(y[i])?)));
                self.stroke(canvas, &ink(*style), ends.into_iter().collect())
            }
            Layer::Line { style, x, y, .. } => self.line(canvas, &ink(*style), x, y),
            Layer::Points { style, x, y, low, high, .. } => {
                self.bars(canvas, &ink(*style), x, y, low, high)?;
                self.markers(canvas, &ink(*style), x, y)
            }
        }
    }

    fn shade(&self, canvas: &mut Canvas, ink: &Ink, span: Span) -> Result<(), FigureError> {
        let corners = || match span {
            Span::X { low, high } => {
                Some([(self.x.end_level(low)?, self.y.low), (self.x.end_level(high)?, self.y.high)])
            }
            Span::Y { low, high } => {
                Some([(self.x.low, self.y.end_level(low)?), (self.x.high, self.y.end_level(high)?)])
            }
        };
        let Some(corners) = corners() else { return Ok(()) };
        let fill = ink.colour.mix(SHADE_OPACITY).filled();
        canvas.draw(true, &[], |sheet| self.area(sheet).draw(&Rectangle::new(corners, fill)))
    }

    fn band(
        &self,
        canvas: &mut Canvas,
        ink: &Ink,
        x: &[f64],
        low: &[f64],
        high: &[f64],
    ) -> Result<(), FigureError> {
        let edges = x.iter().zip(low.iter().zip(high)).map(|(x, (low, high))| {
            // the upper end must be a drawable value, the lower one may run off the axis
            Some((self.x.level(*x)?, self.y.end_level(*low)?, self.y.level(*high)?))
        });
        let fill = ink.colour.mix(BAND_OPACITY).filled();
        let runs = runs(edges);
        canvas.draw(true, &[], |sheet| {
            let area = self.area(sheet);
            runs.iter().try_for_each(|run| {
                if let [(x, low, high)] = run[..] {
                    let bar = ShapeStyle::from(&ink.colour.mix(BAND_OPACITY)).stroke_width(stroke(2.0 * CAP));
                    return area.draw(&PathElement::new(vec![(x, low), (x, high)], bar));
                }
                let upper = run.iter().map(|(x, _, high)| (*x, *high));
                let lower = run.iter().rev().map(|(x, low, _)| (*x, *low));
                area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<Levels>>(), fill))
            })
        })
    }

    /// A straight line between two points; nothing if one of them cannot be drawn.
    fn stroke(&self, canvas: &mut Canvas, ink: &Ink, ends: Option<Vec<Levels>>) -> Result<(), FigureError> {
        let Some(ends) = ends else { return Ok(()) };
        let style = ShapeStyle::from(&ink.colour).stroke_width(stroke(ink.line_width));
        canvas.draw(true, ink.dash, |sheet| self.area(sheet).draw(&PathElement::new(ends, style)))
    }

    fn line(&self, canvas: &mut Canvas, ink: &Ink, x: &[f64], y: &[f64]) -> Result<(), FigureError> {
        let points = x.iter().zip(y).map(|(x, y)| Some((self.x.level(*x)?, self.y.level(*y)?)));
        let style = ShapeStyle::from(&ink.colour).stroke_width(stroke(ink.line_width));
        let (lone, joined): (Vec<_>, Vec<_>) = runs(points).into_iter().partition(|run| run.len() == 1);
        canvas.draw(true, ink.dash, |sheet| {
            let area = self.area(sheet);
            joined.into_iter().try_for_each(|run| area.draw(&PathElement::new(run, style)))
        })?;
        self.dots(canvas, ink, lone.into_iter().flatten().collect())
    }

    fn markers(&self, canvas: &mut Canvas, ink: &Ink, x: &[f64], y: &[f64]) -> Result<(), FigureError> {
        let points = x.iter().zip(y).filter_map(|(x, y)| Some((self.x.level(*x)?, self.y.level(*y)?)));
        self.dots(canvas, ink, points.collect())
    }

    /// Markers are not clipped: one on the rim is drawn whole, one outside is not drawn.
    fn dots(&self, canvas: &mut Canvas, ink: &Ink, points: Vec<Levels>) -> Result<(), FigureError> {
        let inside: Vec<_> =
            points.into_iter().filter(|(x, y)| self.x.holds(*x) && self.y.holds(*y)).collect();
        if inside.is_empty() {
            return Ok(());
        }
        canvas.draw(false, &[], |sheet| {
            let area = self.area(sheet);
            inside
                .iter()
                .try_for_each(|p| marks::marker(sheet, ink.marker, ink.colour, area.map_coordinate(p)))
        })
    }

    fn bars(
        &self,
        canvas: &mut Canvas,
        ink: &Ink,
        x: &[f64],
        y: &[f64],
        low: &[f64],
        high: &[f64],
    ) -> Result<(), FigureError> {
        let style = ShapeStyle::from(&ink.colour).stroke_width(stroke(BAR_WIDTH));
        canvas.draw(true, &[], |sheet| {
            let area = self.area(sheet);
            for (((x, y), low), high) in x.iter().zip(y).zip(low).zip(high) {
                let levels = || {
                    self.y.level(*y)?;
                    Some((self.x.level(*x)?, self.y.end_level(*low)?, self.y.end_level(*high)?))
                };
                let Some((at, from, to)) = levels() else { continue };
                area.draw(&PathElement::new(vec![(at, from), (at, to)], style))?;
                // an end that runs off the axis gets no cap: the interval does not end there
                for end in [low, high].into_iter().filter_map(|end| self.y.level(*end)) {
                    cap(sheet, area.map_coordinate(&(at, end)), style)?;
                }
            }
            Ok(())
        })
    }
}

fn cap(sheet: &Area<'_>, (x, y): (i32, i32), style: ShapeStyle) -> Drawn {
    sheet.draw(&PathElement::new(vec![(x - units(CAP), y), (x + units(CAP), y)], style))
}

fn rank(layer: &Layer) -> u8 {
    match layer {
        Layer::Shade { .. } => 0,
        Layer::Band { .. } => 1,
        Layer::Level { .. } | Layer::Mark { .. } | Layer::Guide { .. } => 2,
        Layer::Line { .. } => 3,
        Layer::Points { .. } => 4,
    }
}

/// Splits at the gaps.
fn runs<T>(points: impl Iterator<Item = Option<T>>) -> Vec<Vec<T>> {
    let mut runs = vec![Vec::new()];
    for point in points {
        match point {
            Some(point) => runs.last_mut().expect("never empty").push(point),
            None => runs.push(Vec::new()),
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_split_runs() {
        let points = [None, Some(1), Some(2), None, None, Some(3)];
        assert_eq!(runs(points.into_iter()), [vec![1, 2], vec![3]]);
    }
}
