//! Lays a figure out on its sheet and draws it.

use super::FigureError;
use super::axes::{self, LABEL_GAP, LABEL_SIZE, Side, TICK_SIZE};
use super::canvas::{Canvas, Frame, POINTS_PER_MM};
use super::data;
use super::layers::Plot;
use super::legend::Legend;
use super::model::{Figure, Layer, Width};
use super::scale::Ruler;
use super::typeset::{self, Label};

pub const MARGIN: f64 = 3.0;
pub const TITLE_SIZE: f64 = 9.0;
pub const NOTE_SIZE: f64 = 7.0;
pub const NOTE_LEADING: f64 = 8.8;
const BLOCK_GAP: f64 = 6.0;
/// The figure as an SVG document.
pub fn svg(figure: &Figure) -> Result<String, FigureError> {
    for layer in &figure.layers {
        data::check_lengths(layer)?;
    }
    let empty = || FigureError::Empty { figure: figure.name.clone() };
    let (x, y) = data::rulers(figure)?.ok_or_else(empty)?;
    let (shown, hidden): (Vec<_>, Vec<_>) =
        figure.layers.iter().partition(|layer| data::shows(layer, &x, &y));
    if !shown.into_iter().any(data::is_data) {
        return Err(empty());
    }
    let width = figure.width.millimetres() * POINTS_PER_MM;
    let height = plot_height(figure.width);
    let y = if figure.y.label.is_empty() { Side::bare(y) } else { Side::upright(y, height)? };
    let y_label = typeset::lines(&figure.y.label, LABEL_SIZE, height)?;
    let leading = 1.25 * LABEL_SIZE;
    let left = MARGIN + y_label.len() as f64 * leading + LABEL_GAP + axes::room_left(&y) - 1.0;
    let x = level_side(x, width - left - MARGIN)?;
    let right = width - MARGIN - x.overhang(width - left - MARGIN);

    let title = match &figure.title {
        Some(title) => typeset::lines(title, TITLE_SIZE, width - 2.0 * MARGIN)?,
        None => Vec::new(),
    };
    let (legend, legend_left) = legend(&figure.layers, left, right)?;
    let x_label = typeset::lines(&figure.x.label, LABEL_SIZE, right - left)?;
    let notes: Vec<String> = figure.notes.iter().cloned().chain(hidden_note(&hidden)).collect();
    let notes = paragraphs(&notes, NOTE_SIZE, width - 2.0 * MARGIN)?;

    let title_bottom =
        MARGIN + title.len() as f64 * 1.25 * TITLE_SIZE + if title.is_empty() { 0.0 } else { 3.0 };
    let legend_bottom = title_bottom + legend.height;
    let factor_room = if y.factor.is_some() { TICK_SIZE } else { 0.0 };
    let top = legend_bottom + factor_room + if legend.height > 0.0 { BLOCK_GAP } else { 0.5 * TICK_SIZE };
    let frame = Frame { left, right, top, bottom: top + height };
    let label_top = frame.bottom + axes::room_below() + 0.5 * LABEL_GAP;
    let notes_top = label_top + x_label.len() as f64 * leading + 2.0;
    let notes_height = notes.len() as f64 * NOTE_LEADING;
    let sheet = notes_top + if notes.is_empty() { 0.0 } else { notes_height + 2.0 } + MARGIN;

    let mut canvas = Canvas::new(&figure.name, width, sheet);
    stack(&mut canvas, &title, 1.25 * TITLE_SIZE, 0.5 * width, MARGIN);
    legend.draw(&mut canvas, legend_left, title_bottom)?;
    Plot { frame, x: x.ruler, y: y.ruler }.draw(&mut canvas, &figure.layers)?;
    axes::draw(&mut canvas, frame, &x, &y)?;
    stack(&mut canvas, &x_label, leading, 0.5 * (left + right), label_top);
    for (index, line) in y_label.iter().enumerate() {
        let x = MARGIN + (index as f64 + 0.8) * leading;
        canvas.label_upwards(line, x, 0.5 * (frame.top + frame.bottom + line.width));
    }
    for (index, line) in notes.iter().enumerate() {
        canvas.label(line, MARGIN, notes_top + 2.0 + (index as f64 + 0.8) * NOTE_LEADING);
    }
    Ok(canvas.finish(&document_title(figure.title.as_deref(), &figure.name)?))
}

/// The legend and its left end: over the plot, or over the whole sheet if that saves breaking lines.
fn legend(layers: &[Layer], left: f64, right: f64) -> Result<(Legend, f64), FigureError> {
    let (over_plot, over_sheet) = (Legend::new(layers, right - left)?, Legend::new(layers, right - MARGIN)?);
    let saves = over_plot.is_broken() && over_sheet.height < over_plot.height;
    Ok(if saves { (over_sheet, MARGIN) } else { (over_plot, left) })
}

/// Names what stands in the legend but lies off the axes, so that nothing vanishes silently.
fn hidden_note(hidden: &[&Layer]) -> Option<String> {
    let mut labels: Vec<&str> =
        hidden.iter().map(|layer| data::label(layer)).filter(|l| !l.is_empty()).collect();
    labels.dedup();
    (!labels.is_empty()).then(|| format!("Without a value on these axes: {}.", labels.join("; ")))
}

/// What the document calls itself.
pub fn document_title(title: Option<&str>, name: &str) -> Result<String, FigureError> {
    Ok(match title {
        Some(title) => typeset::line(title, TITLE_SIZE)?.plain,
        None => name.to_string(),
    })
}

/// Centres lines of text below each other around `middle`.
pub fn stack(canvas: &mut Canvas, lines: &[Label], leading: f64, middle: f64, top: f64) {
    for (index, line) in lines.iter().enumerate() {
        canvas.label(line, middle - 0.5 * line.width, top + (index as f64 + 0.8) * leading);
    }
}

/// Each text in lines of at most `width`.
pub fn paragraphs(texts: &[String], size: f64, width: f64) -> Result<Vec<Label>, FigureError> {
    let mut lines = Vec::new();
    for text in texts {
        lines.extend(typeset::lines(text, size, width)?);
    }
    Ok(lines)
}

fn plot_height(width: Width) -> f64 {
    match width {
        Width::Column => 128.0,
        Width::Page => 200.0,
    }
}

/// The ticks of the x axis, counted anew for the room that their own overhang leaves.
fn level_side(ruler: Ruler, length: f64) -> Result<Side, FigureError> {
    let first = Side::level(ruler, length)?;
    Side::level(ruler, length - first.overhang(length))
}
