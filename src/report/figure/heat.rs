//! Lays a heat map out on its sheet and draws it.

use plotters::element::{PathElement, Rectangle};
use plotters::style::{RGBColor, ShapeStyle};

use super::FigureError;
use super::axes::{AXIS_WIDTH, LABEL_GAP, LABEL_SIZE, MAJOR, Side, TICK_GAP, TICK_SIZE};
use super::canvas::{Area, Canvas, Drawn, Frame, POINTS_PER_MM, stroke, units};
use super::chart::{self, MARGIN, NOTE_LEADING, NOTE_SIZE, TITLE_SIZE};
use super::colour;
use super::model::{Axis, Cell, HeatMap, Scale};
use super::numbers::{number, with_error};
use super::scale::{Extent, Ruler};
use super::style::BLACK;
use super::typeset::{self, Label};

/// Cells are as wide as they can be, but their height stays in this range (points).
const CELL_HEIGHT: (f64, f64) = (14.0, 30.0);
const CELL_TEXT: f64 = 7.0;
/// White between cells.
const CELL_GAP: f64 = 0.6;
const BAR_WIDTH: f64 = 8.0;
const BAR_GAP: f64 = 9.0;
/// Steps of the colour bar, finer than the eye resolves.
const BAR_STEPS: usize = 128;
const NO_VALUE: RGBColor = RGBColor(236, 236, 236);
const LEADING: f64 = 1.25 * LABEL_SIZE;

/// The heat map as an SVG document.
pub fn svg(map: &HeatMap) -> Result<String, FigureError> {
    check_shape(map)?;
    let page = Page::new(map)?;
    let mut canvas = Canvas::new(&map.name, page.width, page.height);
    chart::stack(
        &mut canvas,
        &page.title,
        1.25 * TITLE_SIZE,
        0.5 * page.width,
        MARGIN,
    );
    page.draw_cells(&mut canvas, map)?;
    page.draw_sides(&mut canvas);
    page.draw_bar(&mut canvas, map.colour.centre.is_some())?;
    page.draw_foot(&mut canvas)?;
    Ok(canvas.finish(&chart::document_title(map.title.as_deref(), &map.name)?))
}

/// The row, column, value and printed number of a cell.
type CellLabel = (usize, usize, Cell, Label);

/// Everything typeset and placed.
struct Page {
    width: f64,
    height: f64,
    frame: Frame,
    cell: (f64, f64),
    bar: Side,
    bar_label: Vec<Label>,
    title: Vec<Label>,
    x_values: Vec<Label>,
    y_values: Vec<Label>,
    x_label: Vec<Label>,
    y_label: Vec<Label>,
    /// Column values read upwards because they are wider than the columns.
    upwards: bool,
    x_label_top: f64,
    missing: Vec<Label>,
    notes: Vec<Label>,
}

impl Page {
    fn new(map: &HeatMap) -> Result<Self, FigureError> {
        let width = map.width.millimetres() * POINTS_PER_MM;
        let set = |values: &[String]| {
            values
                .iter()
                .map(|v| typeset::line(v, TICK_SIZE))
                .collect::<Result<Vec<_>, _>>()
        };
        let (x_values, y_values) = (set(&map.x.values)?, set(&map.y.values)?);
        let widest = |labels: &[Label]| labels.iter().map(|l| l.width).fold(0.0, f64::max);
        let (rows, columns) = (y_values.len() as f64, x_values.len() as f64);
        let bar = bar_ruler(map)?;
        // the bar's ticks depend on its height, and that on the room they leave: a first guess settles the width
        let guess = Side::upright(bar, rows * 0.5 * (CELL_HEIGHT.0 + CELL_HEIGHT.1))?;
        let left = MARGIN + LEADING + LABEL_GAP + widest(&y_values) + TICK_GAP;
        let right =
            width - MARGIN - LEADING - LABEL_GAP - guess.widest() - TICK_GAP - MAJOR - BAR_WIDTH - BAR_GAP;
        let cell_width = (right - left) / columns;
        let cell_height = (0.8 * cell_width).clamp(CELL_HEIGHT.0, CELL_HEIGHT.1);
        let plot_height = rows * cell_height;
        let title = match &map.title {
            Some(title) => typeset::lines(title, TITLE_SIZE, width - 2.0 * MARGIN)?,
            None => Vec::new(),
        };
        let bar = Side::upright(bar, plot_height)?;
        let factor_room = if bar.factor.is_some() { TICK_SIZE } else { 0.0 };
        let top = MARGIN + title.len() as f64 * 1.25 * TITLE_SIZE + factor_room + 0.5 * TICK_SIZE;
        let frame = Frame {
            left,
            right,
            top,
            bottom: top + plot_height,
        };
        let upwards = widest(&x_values) > cell_width - 3.0;
        let x_values_height = if upwards {
            widest(&x_values)
        } else {
            1.15 * TICK_SIZE
        };
        let x_label = typeset::lines(&map.x.label, LABEL_SIZE, right - left)?;
        let x_label_top = frame.bottom + TICK_GAP + x_values_height + 0.5 * LABEL_GAP;
        let has_missing = map.cells.iter().flatten().any(|cell| value(cell).is_none());
        let missing = if has_missing { &map.missing[..] } else { "" };
        let missing = typeset::lines(missing, NOTE_SIZE, width - 2.0 * MARGIN - 16.0)?;
        let notes = chart::paragraphs(&map.notes, NOTE_SIZE, width - 2.0 * MARGIN)?;
        let foot = (missing.len() + notes.len()) as f64 * NOTE_LEADING;
        let gap = if foot > 0.0 { 4.0 } else { 0.0 };
        Ok(Page {
            width,
            height: x_label_top + x_label.len() as f64 * LEADING + gap + foot + MARGIN,
            frame,
            cell: (cell_width, cell_height),
            bar,
            bar_label: typeset::lines(&map.colour.label, LABEL_SIZE, plot_height + 20.0)?,
            title,
            x_values,
            y_values,
            x_label,
            y_label: typeset::lines(&map.y.label, LABEL_SIZE, plot_height)?,
            upwards,
            x_label_top,
            missing,
            notes,
        })
    }

    fn cell_frame(&self, row: usize, column: usize) -> Frame {
        let left = self.frame.left + column as f64 * self.cell.0;
        let bottom = self.frame.bottom - row as f64 * self.cell.1;
        Frame {
            left,
            right: left + self.cell.0,
            top: bottom - self.cell.1,
            bottom,
        }
    }

    fn draw_cells(&self, canvas: &mut Canvas, map: &HeatMap) -> Result<(), FigureError> {
        let diverging = map.colour.centre.is_some();
        let share = |cell: &Cell| {
            self.bar
                .ruler
                .level(cell.value)
                .map(|level| self.bar.ruler.share(level))
        };
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

    fn draw_sides(&self, canvas: &mut Canvas) {
        let Frame {
            left,
            right,
            top,
            bottom,
        } = self.frame;
        for (column, label) in self.x_values.iter().enumerate() {
            let middle = left + (column as f64 + 0.5) * self.cell.0;
            if self.upwards {
                canvas.label_upwards(label, middle + 0.32 * TICK_SIZE, bottom + TICK_GAP + label.width);
            } else {
                canvas.label(
                    label,
                    middle - 0.5 * label.width,
                    bottom + TICK_GAP + 0.95 * TICK_SIZE,
                );
            }
        }
        for (row, label) in self.y_values.iter().enumerate() {
            let middle = bottom - (row as f64 + 0.5) * self.cell.1;
            canvas.label(label, left - TICK_GAP - label.width, middle + 0.32 * TICK_SIZE);
        }
        chart::stack(
            canvas,
            &self.x_label,
            LEADING,
            0.5 * (left + right),
            self.x_label_top,
        );
        for (index, line) in self.y_label.iter().enumerate() {
            let x = MARGIN + (index as f64 + 0.8) * LEADING;
            canvas.label_upwards(line, x, 0.5 * (top + bottom + line.width));
        }
    }

    fn draw_bar(&self, canvas: &mut Canvas, diverging: bool) -> Result<(), FigureError> {
        let Frame {
            right: plot_right,
            top,
            bottom,
            ..
        } = self.frame;
        let (left, right) = (plot_right + BAR_GAP, plot_right + BAR_GAP + BAR_WIDTH);
        let height = |share: f64| bottom - share * (bottom - top);
        let at = |level: f64| height(self.bar.ruler.share(level));
        canvas.draw(false, &[], |sheet| {
            for step in 0..BAR_STEPS {
                // each step reaches to the top and is covered by the next: no seams between them
                let from = height(step as f64 / BAR_STEPS as f64);
                let tone = colour::colour(diverging, (step as f64 + 0.5) / BAR_STEPS as f64);
                rectangle(
                    sheet,
                    Frame {
                        left,
                        right,
                        top,
                        bottom: from,
                    },
                    tone,
                )?;
            }
            let style = ShapeStyle::from(&BLACK).stroke_width(stroke(AXIS_WIDTH));
            let outline = [
                (left, top),
                (right, top),
                (right, bottom),
                (left, bottom),
                (left, top),
            ];
            sheet.draw(&PathElement::new(
                outline.map(|(x, y)| (units(x), units(y))).to_vec(),
                style,
            ))?;
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

    fn draw_foot(&self, canvas: &mut Canvas) -> Result<(), FigureError> {
        let top = self.x_label_top + self.x_label.len() as f64 * LEADING + 4.0;
        if !self.missing.is_empty() {
            let sample = Frame {
                left: MARGIN,
                right: MARGIN + 12.0,
                top: top + 1.0,
                bottom: top + 7.6,
            };
            canvas.draw(false, &[], |sheet| crossed(sheet, sample))?;
        }
        let indented = self.missing.iter().map(|line| (line, MARGIN + 16.0));
        for (index, (line, x)) in indented
            .chain(self.notes.iter().map(|line| (line, MARGIN)))
            .enumerate()
        {
            canvas.label(line, x, top + (index as f64 + 0.8) * NOTE_LEADING);
        }
        Ok(())
    }
}

/// A cell's value if it is a number at all.
fn value(cell: &Option<Cell>) -> Option<Cell> {
    cell.filter(|cell| cell.value.is_finite())
}

fn bar_ruler(map: &HeatMap) -> Result<Ruler, FigureError> {
    let values: Vec<f64> = map
        .cells
        .iter()
        .flatten()
        .filter_map(value)
        .map(|cell| cell.value)
        .collect();
    let mut extent = Extent::new(map.colour.scale);
    extent.values(&values);
    if let Some(centre) = map.colour.centre {
        let mirrored = |v: &f64| match map.colour.scale {
            Scale::Linear => 2.0 * centre - v,
            Scale::Log => centre * centre / v,
        };
        extent.values(&values.iter().map(mirrored).collect::<Vec<_>>());
    }
    let axis = Axis {
        label: map.colour.label.clone(),
        scale: map.colour.scale,
        low: None,
        high: None,
    };
    extent.ruler(&axis, 0.0)?.ok_or_else(|| FigureError::Empty {
        figure: map.name.clone(),
    })
}

fn check_shape(map: &HeatMap) -> Result<(), FigureError> {
    let check = |what: String, found, expected| match found == expected {
        true => Ok(()),
        false => Err(FigureError::Cells {
            figure: map.name.clone(),
            what,
            found,
            expected,
        }),
    };
    check("the list of rows".into(), map.cells.len(), map.y.values.len())?;
    for (index, row) in map.cells.iter().enumerate() {
        check(format!("row {index}"), row.len(), map.x.values.len())?;
    }
    Ok(())
}

fn rectangle(sheet: &Area<'_>, frame: Frame, colour: RGBColor) -> Drawn {
    let corners = [
        (units(frame.left), units(frame.top)),
        (units(frame.right), units(frame.bottom)),
    ];
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
fn crossed(sheet: &Area<'_>, frame: Frame) -> Drawn {
    let inner = inset(frame);
    rectangle(sheet, inner, NO_VALUE)?;
    let style = ShapeStyle::from(&RGBColor(150, 150, 150)).stroke_width(stroke(AXIS_WIDTH));
    let ends = [(inner.left, inner.bottom), (inner.right, inner.top)].map(|(x, y)| (units(x), units(y)));
    sheet.draw(&PathElement::new(ends.to_vec(), style))
}
