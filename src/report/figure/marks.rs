//! Markers of points and error bars.

use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::{RGBColor, ShapeStyle, WHITE};

use super::canvas::{Area, Drawn, stroke, units};
use super::style::Marker;

/// Line width of error bars and hollow markers, in points.
pub const BAR_WIDTH: f64 = 0.7;

/// Draws a marker whose middle is at `at` (plotters units).
pub fn marker(area: &Area<'_>, marker: Marker, colour: RGBColor, at: (i32, i32)) -> Drawn {
    let full = ShapeStyle::from(&colour).filled();
    let hollow = ShapeStyle::from(&colour).stroke_width(stroke(1.4 * BAR_WIDTH));
    // radii differ so that all markers weigh the same on the page
    let place = |points: &[(f64, f64)]| -> Vec<(i32, i32)> {
        points.iter().map(|(x, y)| (at.0 + units(*x), at.1 + units(*y))).collect()
    };
    match marker {
        Marker::Disc => area.draw(&Circle::new(at, units(1.8), full)),
        Marker::Ring => {
            area.draw(&Circle::new(at, units(1.7), ShapeStyle::from(&WHITE).filled()))?;
            area.draw(&Circle::new(at, units(1.7), hollow))
        }
        Marker::Square => {
            area.draw(&Polygon::new(place(&[(-1.6, -1.6), (1.6, -1.6), (1.6, 1.6), (-1.6, 1.6)]), full))
        }
        Marker::Diamond => {
            area.draw(&Polygon::new(place(&[(0.0, -2.4), (2.1, 0.0), (0.0, 2.4), (-2.1, 0.0)]), full))
        }
        Marker::Triangle => area.draw(&Polygon::new(place(&[(0.0, -2.4), (2.2, 1.5), (-2.2, 1.5)]), full)),
        Marker::TriangleDown => {
            area.draw(&Polygon::new(place(&[(0.0, 2.4), (2.2, -1.5), (-2.2, -1.5)]), full))
        }
        Marker::Cross => {
            area.draw(&PathElement::new(place(&[(-1.7, -1.7), (1.7, 1.7)]), hollow))?;
            area.draw(&PathElement::new(place(&[(-1.7, 1.7), (1.7, -1.7)]), hollow))
        }
    }
}
