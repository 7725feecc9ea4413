//! Colours that stand for numbers, mixed in Oklab (B. Ottosson, 2020), where equal steps look equal.

use plotters::style::RGBColor;

/// Oklab lightness, chroma and hue in degrees.
type Polar = (f64, f64, f64);

/// Pale to dark in even steps of lightness, so that the order survives grey print.
const SEQUENTIAL: [Polar; 4] =
    [(0.97, 0.05, 105.0), (0.75, 0.105, 165.0), (0.53, 0.105, 235.0), (0.31, 0.10, 275.0)];
/// Blue below, white in the middle, red above; both ends are equally dark.
const DIVERGING: [Polar; 5] =
    [(0.40, 0.12, 255.0), (0.70, 0.09, 250.0), (0.98, 0.0, 0.0), (0.70, 0.12, 40.0), (0.40, 0.13, 30.0)];

/// Colour of `share` ∈ [0, 1] of the way along the colour bar.
pub fn colour(diverging: bool, share: f64) -> RGBColor {
    let [red, green, blue] = srgb(mixed(diverging, share)).map(|v| (v * 255.0).round() as u8);
    RGBColor(red, green, blue)
}

/// Whether white text reads better on this colour than black.
pub fn is_dark(diverging: bool, share: f64) -> bool {
    mixed(diverging, share)[0] < 0.62
}

fn mixed(diverging: bool, share: f64) -> [f64; 3] {
    let stops: &[Polar] = if diverging { &DIVERGING } else { &SEQUENTIAL };
    let place = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let index = (place as usize).min(stops.len() - 2);
    let (from, to, part) = (oklab(stops[index]), oklab(stops[index + 1]), place - index as f64);
    [0, 1, 2].map(|i| from[i] + part * (to[i] - from[i]))
}

fn oklab((lightness, chroma, hue): Polar) -> [f64; 3] {
    let (sin, cos) = hue.to_radians().sin_cos();
    [lightness, chroma * cos, chroma * sin]
}

fn srgb([lightness, a, b]: [f64; 3]) -> [f64; 3] {
    let long = (lightness + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let middle = (lightness - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let short = (lightness - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    let linear = [
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    ];
    linear.map(|v| {
        let v = v.clamp(0.0, 1.0);
        if v <= 0.0031308 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rec. 709 luma of the bytes: what a grey printer makes of a colour.
    fn grey(RGBColor(r, g, b): RGBColor) -> f64 {
        0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b)
    }

    #[test]
    fn larger_values_are_darker_in_grey_print() {
        let greys: Vec<f64> = (0..=50).map(|i| grey(colour(false, f64::from(i) / 50.0))).collect();
        assert!(greys.windows(2).all(|pair| pair[1] < pair[0]), "{greys:?}");
        assert!(greys[0] - greys[50] > 150.0);
    }

    #[test]
    fn known_colours_come_out_right() {
        assert_eq!(srgb([1.0, 0.0, 0.0]).map(|v| (v * 255.0).round() as u8), [255; 3]);
        let red = srgb([0.62796, 0.22486, 0.12585]).map(|v| (v * 255.0).round() as u8);
        assert_eq!(red, [255, 0, 0]);
    }
}
