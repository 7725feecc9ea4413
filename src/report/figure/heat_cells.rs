//! The cells of a heat map.

use plotters::element::{PathElement, Rectangle};
use plotters::style::{RGBColor, ShapeStyle};

use super::FigureError;
use super::axes::AXIS_WIDTH;
use super::canvas::{Area, Canvas, Drawn, Frame, stroke, units};
use super::colour;
use super::heat::Page;
use super::model::{Cell, HeatMap};
use super::numbers::{number, with_error};
use super::typeset::{self, Label};

const CELL_TEXT: f64 = 7.0;
/// White between cells.
const CELL_GAP: f64 = 0.6;
const NO_VALUE: RGBColor = RGBColor(236, 236, 236);

/// The row, column, value and printed number of a cell.
type CellLabel = (usize, usize, Cell, Label);

impl Page {
    /// Draws the colours, and over them the numbers.
    pub fn draw_cells(&self, canvas: &mut Canvas, map: &HeatMap) -> Result<(), FigureError> {
        let diverging = map.colour.centre.is_some();
        let share = |cell: &Cell| self.bar.ruler.level(cell.value).map(|level| self.bar.ruler.share(level));
        canvas.draw(false, &[], |sheet| {
            for (row, cells) in map.cells.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    let frame = self.cell_frame(row, column);
                    match value(cell) {
                        None => crossed(sheet, frame)?,
                        Some(cell) => {
                            fill(
                                sheet,
                                frame,
                                share(&cell).map_or(NO_VALUE, |s| colour::colour(diverging, s)),
                            )?;
                        }
                    }
                }
            }
            Ok(())
        })?;
        let Some(labels) = self.cell_labels(map)? else {
            return Ok(());
        };
        for (row, column, cell, label) in labels {
            let frame = self.cell_frame(row, column);
            let x = 0.5 * (frame.left + frame.right - label.width);
            let y = 0.5 * (frame.top + frame.bottom) + 0.33 * CELL_TEXT;
            match share(&cell) {
                Some(share) if colour::is_dark(diverging, share) => canvas.white_label(&label, x, y),
                _ => canvas.label(&label, x, y),
            }
        }
        Ok(())
    }

    /// The numbers of the cells in the fullest form that fits all cells alike; `None` if none fits.
    fn cell_labels(&self, map: &HeatMap) -> Result<Option<Vec<CellLabel>>, FigureError> {
        let with_error = |cell: &Cell| with_error(cell.value, cell.std_err.unwrap_or(0.0));
        let rounded = |cell: &Cell| number(format!("{:.2e}", cell.value).parse().unwrap_or(cell.value));
        let forms: [&dyn Fn(&Cell) -> String; 2] = [&with_error, &rounded];
        for form in forms {
            let mut labels = Vec::new();
            for (row, cells) in map.cells.iter().enumerate() {
                for (column, cell) in cells.iter().enumerate() {
                    if let Some(cell) = value(cell) {
                        labels.push((row, column, cell, typeset::line(&form(&cell), CELL_TEXT)?));
                    }
                }
            }
            if labels.iter().all(|(.., label)| label.width <= self.cell.0 - 2.0) {
                return Ok(Some(labels));
            }
        }
        Ok(None)
    }
}

/// A cell's value if it is a number at all.
pub fn value(cell: &Option<Cell>) -> Option<Cell> {
    cell.filter(|cell| cell.value.is_finite())
}

/// A filled rectangle without outline.
pub fn rectangle(sheet: &Area<'_>, frame: Frame, colour: RGBColor) -> Drawn {
    let corners = [(units(frame.left), units(frame.top)), (units(frame.right), units(frame.bottom))];
    sheet.draw(&Rectangle::new(corners, ShapeStyle::from(&colour).filled()))
}

fn inset(frame: Frame) -> Frame {
    let gap = 0.5 * CELL_GAP;
    Frame {
        left: frame.left + gap,
        right: frame.right - gap,
        top: frame.top + gap,
        bottom: frame.bottom - gap,
    }
}

fn fill(sheet: &Area<'_>, frame: Frame, colour: RGBColor) -> Drawn {
    rectangle(sheet, inset(frame), colour)
}

/// A missing cell: grey with a stroke through it, so that it is no colour of the bar even in grey print.
pub fn crossed(sheet: &Area<'_>, frame: Frame) -> Drawn {
    let inner = inset(frame);
    rectangle(sheet, inner, NO_VALUE)?;
    let style = ShapeStyle::from(&RGBColor(150, 150, 150)).stroke_width(stroke(AXIS_WIDTH));
    let ends = [(inner.left, inner.bottom), (inner.right, inner.top)].map(|(x, y)| (units(x), units(y)));
    sheet.draw(&PathElement::new(ends.to_vec(), style))
}
