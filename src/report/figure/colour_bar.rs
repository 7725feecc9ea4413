//! The colour bar of a heat map.

use plotters::element::PathElement;
use plotters::style::ShapeStyle;

use super::FigureError;
use super::axes::{AXIS_WIDTH, LABEL_GAP, MAJOR, TICK_GAP, TICK_SIZE};
use super::canvas::{Canvas, Frame, stroke, units};
use super::chart::MARGIN;
use super::colour;
use super::heat::{BAR_GAP, BAR_WIDTH, LEADING, Page};
use super::heat_cells::{rectangle, value};
use super::model::{Axis, HeatMap, Scale};
use super::scale::{Extent, Ruler};
use super::style::BLACK;

/// Steps of the colour bar, finer than the eye resolves.
const BAR_STEPS: usize = 128;

/// The values that the bar's ends stand for.
pub fn ruler(map: &HeatMap) -> Result<Ruler, FigureError> {
    let values: Vec<f64> = map.cells.iter().flatten().filter_map(value).map(|cell| cell.value).collect();
    let mut extent = Extent::new(map.colour.scale);
    extent.values(&values);
    if let Some(centre) = map.colour.centre {
        let mirrored = |v: &f64| match map.colour.scale {
            Scale::Linear => 2.0 * centre - v,
            Scale::Log => centre * centre / v,
        };
        extent.values(&values.iter().map(mirrored).collect::<Vec<_>>());
    }
    let axis = Axis { label: map.colour.label.clone(), scale: map.colour.scale, low: None, high: None };
    extent.ruler(&axis, 0.0)?.ok_or_else(|| FigureError::Empty { figure: map.name.clone() })
}

impl Page {
    /// Draws the bar with its ticks and label, right of the cells.
    pub fn draw_bar(&self, canvas: &mut Canvas, diverging: bool) -> Result<(), FigureError> {
        let Frame { right: plot_right, top, bottom, .. } = self.frame;
        let (left, right) = (plot_right + BAR_GAP, plot_right + BAR_GAP + BAR_WIDTH);
        let height = |share: f64| bottom - share * (bottom - top);
        let at = |level: f64| height(self.bar.ruler.share(level));
        canvas.draw(false, &[], |sheet| {
            for step in 0..BAR_STEPS {
                // each step reaches to the top and is covered by the next: no seams between them
                let from = height(step as f64 / BAR_STEPS as f64);
                let tone = colour::colour(diverging, (step as f64 + 0.5) / BAR_STEPS as f64);
                rectangle(sheet, Frame { left, right, top, bottom: from }, tone)?;
            }
            let style = ShapeStyle::from(&BLACK).stroke_width(stroke(AXIS_WIDTH));
            let outline = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
            sheet.draw(&PathElement::new(outline.map(|(x, y)| (units(x), units(y))).to_vec(), style))?;
            let major = self.bar.ticks.major.iter().map(|(level, _)| (*level, MAJOR));
            for (level, length) in
                major.chain(self.bar.ticks.minor.iter().map(|level| (*level, 0.55 * MAJOR)))
            {
                let ends = [right, right + length].map(|x| (units(x), units(at(level))));
                sheet.draw(&PathElement::new(ends.to_vec(), style))?;
            }
            Ok(())
        })?;
        for ((level, _), label) in self.bar.ticks.major.iter().zip(&self.bar.labels) {
            canvas.label(label, right + MAJOR + TICK_GAP, at(*level) + 0.32 * TICK_SIZE);
        }
        if let Some(factor) = &self.bar.factor {
            canvas.label(factor, self.width - MARGIN - factor.width, top - 0.5 * TICK_SIZE);
        }
        for (index, line) in self.bar_label.iter().enumerate() {
            let x = right + MAJOR + TICK_GAP + self.bar.widest() + LABEL_GAP + (index as f64 + 0.7) * LEADING;
            canvas.label_upwards(line, x, 0.5 * (top + bottom + line.width));
        }
        Ok(())
    }
}
