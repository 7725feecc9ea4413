//! Figures for papers: data in, `<name>.svg`, `<name>.png` and `<name>.pdf` out.
//!
//! The three files show the same drawing at its printed size (85 mm or 170 mm wide, text of 7 pt and more).
//! All text leaves as outlines of one embedded font, so a figure looks the same on every machine; nothing of
//! the system is asked for. The same input gives the same bytes.
//!
//! # Markup of labels
//!
//! Plain text with mathematics between dollar signs, a small part of TeX: letters are italic, `-` is a minus
//! sign, `_` and `^` make scripts (stacked where both stand), `\tilde{L}`, `\hat`, `\bar`, `\dot` put
//! accents, `\sqrt{…}`, `\mathrm{E}` and `\text{…}` set upright, `\mathbb{E}` double-struck; `\exp`, `\log`,
//! `\min`, …; Greek letters and signs by name (`\lambda`, `\nabla`, `\le`) or as themselves (`λ`, `∇`, `≤`,
//! `‖`). `\$` is a dollar sign.
//!
//! # Example
//!
//! ```no_run
//! use sgd_sde::report::figure::{Axis, Figure, FigureError, Layer, Style, write};
//!
//! # fn main() -> Result<(), FigureError> {
//! let y = Axis::log(r"excess risk $\mathrm{E}\,\tilde{L}(W_t) - \min\tilde{L}$");
//! let mut figure = Figure::new("decay", Axis::linear("time $t$"), y);
//! let (label, style) = ("sgd, mean ± 95 % interval of the mean".to_string(), Style::Series(0));
//! let x = vec![0.0, 1.0, 2.0];
//! let (low, high) = (vec![0.9, 0.3, 0.1], vec![1.1, 0.5, 0.2]);
//! figure.layers.push(Layer::Band { label: label.clone(), style, x: x.clone(), low, high });
//! figure.layers.push(Layer::Line { label, style, x, y: vec![1.0, 0.4, 0.15] });
//! write(&figure, "figures".as_ref())?;
//! # Ok(())
//! # }
//! ```

mod axes;
mod canvas;
mod chart;
mod colour;
mod colour_bar;
mod data;
mod error;
mod files;
mod font;
mod formula;
mod heat;
mod heat_cells;
mod layers;
mod legend;
mod marks;
mod markup;
mod model;
mod numbers;
mod scale;
mod style;
mod symbols;
#[cfg(test)]
mod tests;
mod ticks;
mod typeset;

use std::path::{Path, PathBuf};

pub use error::FigureError;
pub use model::{Axis, Categories, Cell, ColourBar, Figure, HeatMap, Layer, Scale, Span, Style, Width};
pub use numbers::{number, with_error};

/// Draws `figure` and writes `<name>.svg`, `<name>.png` (600 dots an inch) and `<name>.pdf` into `folder`,
/// which is created if it is missing. Existing files of these names are replaced, each as a whole.
///
/// Returns the three paths in this order.
///
/// # Errors
///
/// [`FigureError::Empty`] if no curve, band or point has a drawable value; see [`FigureError`] for the
/// others. Nothing is written unless the figure could be drawn.
pub fn write(figure: &Figure, folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
    files::write(&figure.name, &chart::svg(figure)?, folder)
}

/// Draws `figure` as the text of an SVG document.
///
/// # Errors
///
/// As [`write()`], but for files.
pub fn svg(figure: &Figure) -> Result<String, FigureError> {
    chart::svg(figure)
}

/// Draws `map` as the text of an SVG document.
///
/// # Errors
///
/// As [`write_heat_map`], but for files.
pub fn heat_map_svg(map: &HeatMap) -> Result<String, FigureError> {
    heat::svg(map)
}

/// Draws `map` and writes its three files, as [`write()`] does.
///
/// # Errors
///
/// [`FigureError::Empty`] if no cell has a value that its colour scale can show; see [`FigureError`] for the
/// others.
pub fn write_heat_map(map: &HeatMap, folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
    files::write(&map.name, &heat::svg(map)?, folder)
}

/// Whether the embedded font has a sign for `character`.
pub fn can_draw(character: char) -> bool {
    font::Font::embedded().has(character)
}

/// A length in points as SVG reads it: two decimals, without needless zeros.
fn decimal(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}
