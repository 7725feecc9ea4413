//! Lays a heat map out on its sheet and draws it.

use super::FigureError;
use super::axes::{LABEL_GAP, LABEL_SIZE, MAJOR, Side, TICK_GAP, TICK_SIZE};
use super::canvas::{Canvas, Frame, POINTS_PER_MM};
use super::chart::{self, MARGIN, NOTE_LEADING, NOTE_SIZE, TITLE_SIZE};
use super::colour_bar;
use super::heat_cells::{crossed, value};
use super::model::HeatMap;
use super::typeset::{self, Label};

/// Cells are as wide as they can be, but their height stays in this range (points).
const CELL_HEIGHT: (f64, f64) = (14.0, 30.0);
/// Lines of the colour bar's label that are made room for.
const MOST_LINES: usize = 6;
pub const BAR_WIDTH: f64 = 8.0;
pub const BAR_GAP: f64 = 9.0;
pub const LEADING: f64 = 1.25 * LABEL_SIZE;

/// The heat map as an SVG document.
pub fn svg(map: &HeatMap) -> Result<String, FigureError> {
    check_shape(map)?;
    let page = Page::new(map)?;
    let mut canvas = Canvas::new(&map.name, page.width, page.height);
    chart::stack(&mut canvas, &page.title, 1.25 * TITLE_SIZE, 0.5 * page.width, MARGIN);
    page.draw_cells(&mut canvas, map)?;
    page.draw_sides(&mut canvas);
    page.draw_bar(&mut canvas, map.colour.centre.is_some())?;
    page.draw_foot(&mut canvas)?;
    Ok(canvas.finish(&chart::document_title(map.title.as_deref(), &map.name)?))
}

/// Everything typeset and placed.
pub struct Page {
    pub width: f64,
    height: f64,
    pub frame: Frame,
    pub cell: (f64, f64),
    pub bar: Side,
    pub bar_label: Vec<Label>,
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
    pub(super) fn new(map: &HeatMap) -> Result<Self, FigureError> {
        let width = map.width.millimetres() * POINTS_PER_MM;
        let set = |values: &[String]| {
            values.iter().map(|v| typeset::line(v, TICK_SIZE)).collect::<Result<Vec<_>, _>>()
        };
        let (x_values, y_values) = (set(&map.x.values)?, set(&map.y.values)?);
        let widest = |labels: &[Label]| labels.iter().map(|l| l.width).fold(0.0, f64::max);
        let (rows, columns) = (y_values.len() as f64, x_values.len() as f64);
        let left = MARGIN + LEADING + LABEL_GAP + widest(&y_values) + TICK_GAP;
        let Beside { bar, bar_label, right, plot_height } = Beside::new(map, (left, width), (rows, columns))?;
        let (cell_width, cell_height) = ((right - left) / columns, plot_height / rows);
        let title = match &map.title {
            Some(title) => typeset::lines(title, TITLE_SIZE, width - 2.0 * MARGIN)?,
            None => Vec::new(),
        };
        let factor_room = if bar.factor.is_some() { TICK_SIZE } else { 0.0 };
        let top = MARGIN + title.len() as f64 * 1.25 * TITLE_SIZE + factor_room + 0.5 * TICK_SIZE;
        let frame = Frame { left, right, top, bottom: top + plot_height };
        let upwards = widest(&x_values) > cell_width - 3.0;
        let x_values_height = if upwards { widest(&x_values) } else { 1.15 * TICK_SIZE };
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
            bar_label,
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

    /// Where a cell lies; row 0 is the lowest.
    pub fn cell_frame(&self, row: usize, column: usize) -> Frame {
        let left = self.frame.left + column as f64 * self.cell.0;
        let bottom = self.frame.bottom - row as f64 * self.cell.1;
        Frame { left, right: left + self.cell.0, top: bottom - self.cell.1, bottom }
    }

    fn draw_sides(&self, canvas: &mut Canvas) {
        let Frame { left, right, top, bottom } = self.frame;
        for (column, label) in self.x_values.iter().enumerate() {
            let middle = left + (column as f64 + 0.5) * self.cell.0;
            if self.upwards {
                canvas.label_upwards(label, middle + 0.32 * TICK_SIZE, bottom + TICK_GAP + label.width);
            } else {
                canvas.label(label, middle - 0.5 * label.width, bottom + TICK_GAP + 0.95 * TICK_SIZE);
            }
        }
        for (row, label) in self.y_values.iter().enumerate() {
            let middle = bottom - (row as f64 + 0.5) * self.cell.1;
            canvas.label(label, left - TICK_GAP - label.width, middle + 0.32 * TICK_SIZE);
        }
        chart::stack(canvas, &self.x_label, LEADING, 0.5 * (left + right), self.x_label_top);
        for (index, line) in self.y_label.iter().enumerate() {
            let x = MARGIN + (index as f64 + 0.8) * LEADING;
            canvas.label_upwards(line, x, 0.5 * (top + bottom + line.width));
        }
    }

    fn draw_foot(&self, canvas: &mut Canvas) -> Result<(), FigureError> {
        let top = self.x_label_top + self.x_label.len() as f64 * LEADING + 4.0;
        if !self.missing.is_empty() {
            let sample = Frame { left: MARGIN, right: MARGIN + 12.0, top: top + 1.0, bottom: top + 7.6 };
            canvas.draw(false, &[], |sheet| crossed(sheet, sample))?;
        }
        let indented = self.missing.iter().map(|line| (line, MARGIN + 16.0));
        for (index, (line, x)) in indented.chain(self.notes.iter().map(|line| (line, MARGIN))).enumerate() {
            canvas.label(line, x, top + (index as f64 + 0.8) * NOTE_LEADING);
        }
        Ok(())
    }
}

/// What stands to the right of the cells, and where they end.
struct Beside {
    bar: Side,
    bar_label: Vec<Label>,
    right: f64,
    plot_height: f64,
}

impl Beside {
    /// Beside `rows` × `columns` cells from `left` on, on a page so wide. The bar's ticks depend on its height, that on the width of the
    /// cells, and that on the room the ticks leave: the room only grows, until the ticks fit into it.
    fn new(
        map: &HeatMap,
        (left, width): (f64, f64),
        (rows, columns): (f64, f64),
    ) -> Result<Self, FigureError> {
        let ruler = colour_bar::ruler(map)?;
        let height = |cell_width: f64| rows * (0.8 * cell_width).clamp(CELL_HEIGHT.0, CELL_HEIGHT.1);
        let mut ticks = Side::upright(ruler, rows * 0.5 * (CELL_HEIGHT.0 + CELL_HEIGHT.1))?.widest();
        loop {
            let beside = LABEL_GAP + ticks + TICK_GAP + MAJOR + BAR_WIDTH + BAR_GAP;
            let end = |lines: usize| width - MARGIN - lines as f64 * LEADING - beside;
            let bar_label = fitted(&map.colour.label, |lines| height((end(lines) - left) / columns) + 20.0)?;
            let right = end(bar_label.len().max(1));
            let plot_height = height((right - left) / columns);
            let bar = Side::upright(ruler, plot_height)?;
            if bar.widest() <= ticks {
                return Ok(Self { bar, bar_label, right, plot_height });
            }
            ticks = bar.widest();
        }
    }
}

/// `label` broken to the length it has beside the cells. Each of its lines takes from the width of the cells, which the height may
/// follow: `length` is what is left with so many lines.
fn fitted(label: &str, length: impl Fn(usize) -> f64) -> Result<Vec<Label>, FigureError> {
    let mut broken = typeset::lines(label, LABEL_SIZE, length(1))?;
    for lines in 2..=MOST_LINES {
        if broken.len() < lines {
            break;
        }
        broken = typeset::lines(label, LABEL_SIZE, length(lines))?;
    }
    Ok(broken)
}

fn check_shape(map: &HeatMap) -> Result<(), FigureError> {
    let check = |what: String, found, expected| match found == expected {
        true => Ok(()),
        false => Err(FigureError::Cells { figure: map.name.clone(), what, found, expected }),
    };
    check("the list of rows".into(), map.cells.len(), map.y.values.len())?;
    for (index, row) in map.cells.iter().enumerate() {
        check(format!("row {index}"), row.len(), map.x.values.len())?;
    }
    Ok(())
}
