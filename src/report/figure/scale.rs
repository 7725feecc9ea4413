//! From data to the line of an axis: ends, gaps, and where ticks go is in [`super::ticks`].

use super::FigureError;
use super::model::{Axis, Scale};

/// How far beyond the axes' ends a curve may leave, in lengths of the axis. Nearer values keep their exact
/// place, so slopes at the rim are right; farther ones would only overflow the drawing's whole-number
/// coordinates.
const BEYOND: f64 = 1000.0;

/// Numbers beyond it are not drawn on a linear axis.
const LARGEST: f64 = 1e300;
/// Numbers below it are drawn at 0 on a linear axis.
const SMALLEST: f64 = 1e-290;

/// An axis with known ends, in *levels*: the value itself, or its log₁₀ on a logarithmic axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ruler {
    pub scale: Scale,
    /// Level of the lower end.
    pub low: f64,
    /// Level of the upper end; greater than `low`.
    pub high: f64,
}

impl Ruler {
    /// The level of a value, or `None` if it cannot be drawn.
    pub fn level(&self, value: f64) -> Option<f64> {
        let span = self.high - self.low;
        level(self.scale, value).map(|v| v.clamp(self.low - BEYOND * span, self.high + BEYOND * span))
    }

    /// The level of an end of an interval: an end that runs out of the drawable values stops at the axis's
    /// end.
    pub fn end_level(&self, value: f64) -> Option<f64> {
        match value {
            v if v.is_nan() => None,
            v if v == f64::INFINITY => Some(self.high),
            v if v == f64::NEG_INFINITY || (self.scale == Scale::Log && v <= 0.0) => Some(self.low),
            v => self.level(v),
        }
    }

    /// Whether a level lies on the axis.
    pub fn holds(&self, level: f64) -> bool {
        let slack = 1e-9 * (self.high - self.low);
        level >= self.low - slack && level <= self.high + slack
    }

    /// Share of the way from the lower to the upper end.
    pub fn share(&self, level: f64) -> f64 {
        (level - self.low) / (self.high - self.low)
    }
}

fn level(scale: Scale, value: f64) -> Option<f64> {
    match scale {
        // Spans of the largest numbers overflow; steps between the smallest vanish.
        Scale::Linear if value.abs() < SMALLEST => Some(0.0),
        Scale::Linear => (value.abs() <= LARGEST).then_some(value),
        Scale::Log => (value.is_finite() && value > 0.0).then(|| value.log10()),
    }
}

/// Collects the values that an axis must show.
#[derive(Clone, Debug)]
pub struct Extent {
    scale: Scale,
    low: f64,
    high: f64,
    /// The lowest interval end; kept apart because on a logarithmic axis it may be arbitrarily near to zero.
    lowest_end: f64,
}

impl Extent {
    pub fn new(scale: Scale) -> Self {
        Extent { scale, low: f64::INFINITY, high: f64::NEG_INFINITY, lowest_end: f64::INFINITY }
    }

    /// Takes in values of curves and points.
    pub fn values(&mut self, values: &[f64]) {
        for level in values.iter().filter_map(|v| level(self.scale, *v)) {
            self.low = self.low.min(level);
            self.high = self.high.max(level);
        }
    }

    /// Takes in lower and upper ends of bands and error bars.
    pub fn ends(&mut self, low: &[f64], high: &[f64]) {
        self.lowest_end = low.iter().filter_map(|v| level(self.scale, *v)).fold(self.lowest_end, f64::min);
        self.high = high.iter().filter_map(|v| level(self.scale, *v)).fold(self.high, f64::max);
    }

    /// The axis that shows all of it, with `padding` (a share of its length) at ends that are not fixed.
    pub fn ruler(&self, axis: &Axis, padding: f64) -> Result<Option<Ruler>, FigureError> {
        let refuse = || FigureError::FixedRange { label: axis.label.clone(), ends: ends(axis) };
        let fixed = |end: Option<f64>| match end {
            None => Ok(None),
            Some(value) => level(axis.scale, value).map(Some).ok_or_else(refuse),
        };
        let (fixed_low, fixed_high) = (fixed(axis.low)?, fixed(axis.high)?);
        let (low, high) = self.covered();
        let (low, high) = match (fixed_low, fixed_high) {
            (Some(low), Some(high)) => (low, high),
            _ if !low.is_finite() => return Ok(None),
            (None, None) => pad(self.scale, low, high, padding, padding),
            (Some(fixed), None) => (fixed, pad(self.scale, fixed.min(high), high.max(fixed), 0.0, padding).1),
            (None, Some(fixed)) => (pad(self.scale, low.min(fixed), fixed.max(low), padding, 0.0).0, fixed),
        };
        if low < high { Ok(Some(Ruler { scale: axis.scale, low, high })) } else { Err(refuse()) }
    }

    /// On a logarithmic axis interval ends may stretch the axis by one decade below the lowest value, not
    /// more: an interval that reaches zero would otherwise take all the room.
    fn covered(&self) -> (f64, f64) {
        let low = match self.scale {
            Scale::Log if self.low.is_finite() => self.lowest_end.max(self.low - 1.0),
            Scale::Log if self.high.is_finite() => self.lowest_end.max(self.high - 6.0),
            _ => self.lowest_end,
        };
        let low = self.low.min(low);
        match (low.is_finite(), self.high.is_finite()) {
            (true, false) => (low, low),
            // only upper ends can be drawn: show the decade below them
            (false, true) if self.scale == Scale::Log => (self.high - 1.0, self.high),
            (false, true) => (self.high, self.high),
            _ => (low, self.high),
        }
    }
}

/// The fixed ends in words.
fn ends(axis: &Axis) -> String {
    let word = |end: Option<f64>| end.map_or("data".to_string(), |value| value.to_string());
    format!("[{}, {}]", word(axis.low), word(axis.high))
}

fn pad(scale: Scale, low: f64, high: f64, below: f64, above: f64) -> (f64, f64) {
    let span = high - low;
    if span > 1e-12 * low.abs().max(high.abs()) {
        return (low - below * span, high + above * span);
    }
    // all values equal: open the axis so that the line lies in its middle
    let half = match scale {
        Scale::Log => 0.3,
        Scale::Linear if low == 0.0 => 1.0,
        Scale::Linear => 0.1 * low.abs(),
    };
    (low - half, high + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_cannot_be_drawn_have_no_level() {
        let log = Ruler { scale: Scale::Log, low: -3.0, high: 0.0 };
        for value in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert_eq!(log.level(value), None);
        }
        assert_eq!(log.end_level(-1.0), Some(-3.0));
        assert_eq!(log.end_level(f64::NAN), None);
    }

    #[test]
    fn interval_ends_near_zero_do_not_stretch_a_logarithmic_axis() {
        let mut extent = Extent::new(Scale::Log);
        extent.values(&[1e-2, 1.0]);
        extent.ends(&[1e-300, -1.0], &[2.0, 1e-1]);
        let ruler = extent.ruler(&Axis::log("y"), 0.0).unwrap().unwrap();
        assert!((ruler.low + 3.0).abs() < 1e-12 && (ruler.high - 2f64.log10()).abs() < 1e-12);
    }

    #[test]
    fn fixed_ends_must_make_sense() {
        let extent = Extent::new(Scale::Log);
        for (low, high) in [(Some(0.0), Some(1.0)), (Some(2.0), Some(1.0)), (Some(1.0), Some(f64::NAN))] {
            let axis = Axis { low, high, ..Axis::log("y") };
            assert!(matches!(extent.ruler(&axis, 0.0), Err(FigureError::FixedRange { .. })));
        }
    }

    #[test]
    fn equal_values_get_an_axis_around_them() {
        let mut extent = Extent::new(Scale::Linear);
        extent.values(&[2.0, 2.0]);
        let ruler = extent.ruler(&Axis::linear("y"), 0.05).unwrap().unwrap();
        assert!(ruler.low < 2.0 && ruler.high > 2.0);
    }
}
