//! The sheet that everything is drawn on: plotters draws the shapes, this file collects them as SVG.

use std::fmt::Write;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};

use super::FigureError;
use super::typeset::Label;

/// Plotters counts in whole units; a hundredth of a point is finer than any printer.
pub const UNITS_PER_POINT: f64 = 100.0;

/// Points per millimetre.
pub const POINTS_PER_MM: f64 = 72.0 / 25.4;

/// What drawing closures receive: a plotters area as large as the sheet.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What drawing closures return.
pub type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Points to plotters' units.
pub fn units(points: f64) -> i32 {
    (points * UNITS_PER_POINT).round() as i32
}

/// Points to a plotters line width.
pub fn stroke(points: f64) -> u32 {
    units(points).max(1) as u32
}

/// A rectangle on the sheet, in points, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Frame {
    pub fn width(self) -> f64 {
        self.right - self.left
    }
    pub fn height(self) -> f64 {
        self.bottom - self.top
    }
}

/// A sheet of paper in points; (0, 0) is the upper left corner.
pub struct Canvas {
    name: String,
    width: f64,
    height: f64,
    body: String,
    /// Whether the last shapes of `body` stand in a clipped group that is still open.
    clipping: bool,
    said: Vec<String>,
}

impl Canvas {
    pub fn new(name: &str, width: f64, height: f64) -> Self {
        Canvas { name: name.into(), width, height, body: String::new(), clipping: false, said: Vec::new() }
    }

    /// Restricts what [`Self::draw`] puts under `clip` to `frame`.
    pub fn clip(&mut self, frame: Frame) {
        let [x, y, w, h] = [frame.left, frame.top, frame.width(), frame.height()].map(super::decimal);
        self.group(false);
        let _ = writeln!(
            self.body,
            r#"<clipPath id="plot"><rect x="{x}" y="{y}" width="{w}" height="{h}"/></clipPath>"#
        );
    }

    /// Goes on in the clipped group or outside of it. Neighbours share one group, since every clipped group costs a sheet of
    /// pixels when the drawing is turned into dots.
    fn group(&mut self, clipped: bool) {
        match (self.clipping, clipped) {
            (false, true) => self.body.push_str("<g clip-path=\"url(#plot)\">\n"),
            (true, false) => self.body.push_str("</g>\n"),
            _ => {}
        }
        self.clipping = clipped;
    }

    /// Lets plotters draw a group of shapes with a dash pattern (in points), clipped to the plot or not.
    pub fn draw(
        &mut self,
        clipped: bool,
        dash: &[f64],
        shapes: impl FnOnce(&Area<'_>) -> Drawn,
    ) -> Result<(), FigureError> {
        let drawing = |source| FigureError::Drawing { figure: self.name.clone(), source: Box::new(source) };
        let mut svg = String::new();
        {
            let size = (units(self.width) as u32, units(self.height) as u32);
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            shapes(&area).map_err(drawing)?;
            area.present().map_err(drawing)?;
        }
        let dashes: Vec<String> = dash.iter().map(|d| units(*d).to_string()).collect();
        let dash = if dashes.is_empty() {
            String::new()
        } else {
            format!(r#" stroke-dasharray="{}""#, dashes.join(" "))
        };
        let scale = 1.0 / UNITS_PER_POINT;
        let inner = without_layers(inner(&svg));
        self.group(clipped);
        let _ = write!(
            self.body,
            "<g transform=\"scale({scale})\" stroke-linejoin=\"round\"{dash}>\n{inner}</g>\n"
        );
        Ok(())
    }

    /// Puts a label with its baseline starting at (x, y).
    pub fn label(&mut self, label: &Label, x: f64, y: f64) {
        self.outline(label, &format!("translate({} {})", super::decimal(x), super::decimal(y)), "#000");
    }

    /// As [`Self::label`], white on a dark ground.
    pub fn white_label(&mut self, label: &Label, x: f64, y: f64) {
        self.outline(label, &format!("translate({} {})", super::decimal(x), super::decimal(y)), "#fff");
    }

    /// Puts a label that reads upwards, its baseline starting at (x, y).
    pub fn label_upwards(&mut self, label: &Label, x: f64, y: f64) {
        let place = format!("translate({} {}) rotate(-90)", super::decimal(x), super::decimal(y));
        self.outline(label, &place, "#000");
    }

    fn outline(&mut self, label: &Label, transform: &str, colour: &str) {
        self.group(false);
        let plain = escape(&label.plain);
        let _ = writeln!(
            self.body,
            r#"<path aria-label="{plain}" transform="{transform}" fill="{colour}" d="{}"/>"#,
            label.path
        );
        self.said.push(label.plain.clone());
    }

    /// The whole document. Its description tells, in order, all the text that is drawn as outlines.
    pub fn finish(mut self, title: &str) -> String {
        self.group(false);
        let [width, height] = [self.width, self.height].map(super::decimal);
        let [wide, high] = [self.width, self.height].map(|v| super::decimal(v / POINTS_PER_MM));
        let size = format!(r#"width="{wide}mm" height="{high}mm" viewBox="0 0 {width} {height}""#);
        let (title, said) = (escape(title), escape(&self.said.join(" | ")));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" {size} role=\"img\">\n\
             <title>{title}</title>\n<desc>{said}</desc>\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// The shapes of a plotters document without its `<svg>` element.
fn inner(svg: &str) -> &str {
    let start = svg.find("<svg").and_then(|at| svg[at..].find(">\n").map(|end| at + end + 2)).unwrap_or(0);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg.get(start..end).unwrap_or("")
}

/// The opacity of each shape as one of its fill and its line. `opacity` is one of a layer, a sheet of pixels of its own, and
/// looks the same here: no shape of plotters has both a fill and a line.
fn without_layers(shapes: &str) -> String {
    let mut parts = shapes.split(" opacity=\"");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (opacity, rest) = part.split_once('"').unwrap_or((part, ""));
        if opacity != "1" {
            let _ = write!(all, " fill-opacity=\"{opacity}\" stroke-opacity=\"{opacity}\"");
        }
        all.push_str(rest);
    }
    all
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
