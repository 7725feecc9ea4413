//! What the data of a figure ask of its axes.

use super::FigureError;
use super::model::{Figure, Layer, Span};
use super::scale::{Extent, Ruler};

/// Share of a y axis left free at ends that come from the data.
const PADDING: f64 = 0.04;

/// Both axes, or `None` if nothing gives them ends.
pub fn rulers(figure: &Figure) -> Result<Option<(Ruler, Ruler)>, FigureError> {
    let mut x = Extent::new(figure.x.scale);
    let mut y = Extent::new(figure.y.scale);
    let mut has_points = false;
    for layer in &figure.layers {
        match layer {
            Layer::Line { x: xs, y: ys, .. } => {
                x.values(xs);
                y.values(ys);
            }
            Layer::Band { x: xs, low, high, .. } => {
                x.values(xs);
                y.ends(low, high);
            }
            Layer::Points { x: xs, y: ys, low, high, .. } => {
                x.values(xs);
                y.values(ys);
                y.ends(low, high);
                has_points = true;
            }
            Layer::Level { y: level, .. } => y.values(&[*level]),
            Layer::Mark { x: mark, .. } => x.values(&[*mark]),
            Layer::Guide { .. } | Layer::Shade { .. } => {}
        }
    }
    // curves may start at the axis; markers want air around them
    let x = x.ruler(&figure.x, if has_points { PADDING } else { 0.0 })?;
    let y = y.ruler(&figure.y, PADDING)?;
    Ok(x.zip(y))
}

/// Whether any of the layer lies on the axes.
pub fn shows(layer: &Layer, x_axis: &Ruler, y_axis: &Ruler) -> bool {
    let on_x = |x: f64| x_axis.level(x).is_some_and(|level| x_axis.holds(level));
    let on_y = |y: f64| y_axis.level(y).is_some_and(|level| y_axis.holds(level));
    match layer {
        Layer::Line { x, y, .. } | Layer::Points { x, y, .. } => {
            x.iter().zip(y).any(|(x, y)| on_x(*x) && on_y(*y))
        }
        Layer::Band { x, low, high, .. } => x
            .iter()
            .zip(low.iter().zip(high))
            .any(|(x, (low, high))| on_x(*x) && overlaps(y_axis, *low, *high)),
        Layer::Level { y, .. } => on_y(*y),
        Layer::Mark { x, .. } => on_x(*x),
        Layer::Guide { x, y, .. } => {
            overlaps(x_axis, x[0].min(x[1]), x[0].max(x[1]))
                && overlaps(y_axis, y[0].min(y[1]), y[0].max(y[1]))
        }
        Layer::Shade { span: Span::X { low, high }, .. } => overlaps(x_axis, *low, *high),
        Layer::Shade { span: Span::Y { low, high }, .. } => overlaps(y_axis, *low, *high),
    }
}

/// Whether the interval from `low` to `high` meets the axis.
fn overlaps(axis: &Ruler, low: f64, high: f64) -> bool {
    let (Some(from), Some(to)) =
        (axis.end_level(low), axis.level(high).or((high == f64::INFINITY).then_some(axis.high)))
    else {
        return false;
    };
    from <= axis.high && to >= axis.low
}

/// Whether the layer holds data; lines of reference alone make no figure.
pub fn is_data(layer: &Layer) -> bool {
    matches!(layer, Layer::Line { .. } | Layer::Points { .. } | Layer::Band { .. })
}

/// The label of a layer.
pub fn label(layer: &Layer) -> &str {
    match layer {
        Layer::Line { label, .. }
        | Layer::Band { label, .. }
        | Layer::Points { label, .. }
        | Layer::Level { label, .. }
        | Layer::Mark { label, .. }
        | Layer::Guide { label, .. }
        | Layer::Shade { label, .. } => label,
    }
}

/// Refuses layers whose columns differ in length.
pub fn check_lengths(layer: &Layer) -> Result<(), FigureError> {
    let check = |label: &str, what, found: usize, expected: usize| match found == expected {
        true => Ok(()),
        false => Err(FigureError::Lengths { label: label.into(), what, found, expected }),
    };
    match layer {
        Layer::Line { label, x, y, .. } => check(label, "y", y.len(), x.len()),
        Layer::Band { label, x, low, high, .. } => {
            check(label, "low", low.len(), x.len())?;
            check(label, "high", high.len(), x.len())
        }
        Layer::Points { label, x, y, low, high, .. } => {
            check(label, "y", y.len(), x.len())?;
            let expected = if low.is_empty() && high.is_empty() { 0 } else { x.len() };
            check(label, "low", low.len(), expected)?;
            check(label, "high", high.len(), expected)
        }
        Layer::Level { .. } | Layer::Mark { .. } | Layer::Guide { .. } | Layer::Shade { .. } => Ok(()),
    }
}
