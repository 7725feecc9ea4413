//! Numbers as people read them: as many digits as the error supports.

/// `value ± std_err` with two significant digits of the error, such as `0.69520 ± 0.00012`, never more than seven decimals;
/// without an error the value
/// with six significant digits; `–` where there is no value.
pub fn rounded(value: Option<f64>, std_err: Option<f64>) -> String {
    match (value, std_err) {
        (None, _) => "–".into(),
        (Some(value), Some(error)) if error > 0.0 && error.is_finite() => {
            let decimals = 1 - exponent(error);
            if (0..=7).contains(&decimals) {
                let places = decimals as usize;
                format!("{value:.places$} ± {error:.places$}")
            } else if exponent(value) >= -4 && decimals > 7 {
                format!("{value:.7} ± {error:.1e}")
            } else {
                // Two digits of the error, and as many of the value as reach the same place.
                let digits = (exponent(value) - exponent(error) + 1).clamp(1, 15) as usize;
                format!("{value:.digits$e} ± {error:.1e}")
            }
        }
        (Some(value), _) => significant(value),
    }
}

/// A value and the ends of its interval, all three to the place of the second digit of its half width, such as
/// `["0.045239", "0.045230", "0.045249"]`; six significant digits where the interval has no width.
pub fn rounded_within(value: f64, (low, high): (f64, f64)) -> [String; 3] {
    let half_width = 0.5 * (high - low);
    let all = [value, low, high];
    if !(half_width > 0.0 && half_width.is_finite()) {
        return all.map(significant);
    }
    let largest = all.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    let decimals = 1 - exponent(half_width);
    if decimals <= 7 && exponent(largest) < 6 {
        let places = decimals.max(0) as usize;
        all.map(|x| format!("{x:.places$}"))
    } else {
        all.map(|x| {
            let digits = (exponent(x) - exponent(half_width) + 1).clamp(1, 15) as usize;
            format!("{x:.digits$e}")
        })
    }
}

/// `x` to `digits` significant digits, never above it: for bounds from below (and, with both signs turned, from above).
pub fn rounded_down(x: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits - 1 - exponent(x));
    let found = (x * scale).floor() / scale;
    if !found.is_finite() || x == 0.0 {
        x
    } else if found <= x {
        found
    } else {
        ((x * scale).floor() - 1.0) / scale
    }
}

/// Rounded to one significant digit; 0 for what is not positive.
pub fn one_digit(x: f64) -> f64 {
    if x.is_finite() && x > 0.0 { format!("{x:.0e}").parse().unwrap_or(0.0) } else { 0.0 }
}

/// Six significant digits, with a power of ten outside 1e-4 … 1e6.
pub fn significant(value: f64) -> String {
    let power = exponent(value);
    if value == 0.0 || (-4..6).contains(&power) {
        let places = (5 - power.min(5)) as usize;
        let text = format!("{value:.places$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
    } else {
        format!("{value:.5e}")
    }
}

/// The power of ten of the first digit; 0 for 0.
fn exponent(x: f64) -> i32 {
    if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_gives_the_digits() {
        for (value, ends, want) in [
            (0.045_239_4, (0.045_229_7, 0.045_249_1), ["0.0452394", "0.0452297", "0.0452491"]),
            (0.029_264_9, (0.010_6, 0.075), ["0.029", "0.011", "0.075"]),
            (40.02, (39.9, 40.1), ["40.02", "39.90", "40.10"]),
            (1234.5, (1100.0, 1400.0), ["1234", "1100", "1400"]),
            (2.0, (2.0, 2.0), ["2", "2", "2"]),
            (3.25e-14, (3.1e-14, 3.4e-14), ["3.25e-14", "3.10e-14", "3.40e-14"]),
        ] {
            assert_eq!(rounded_within(value, ends), want);
        }
    }

    #[test]
    fn bounds_are_rounded_to_the_safe_side() {
        for (x, want) in [
            (0.666_666, 0.6666),
            (12_345.6, 12_340.0),
            (-0.123_45, -0.1235),
            (0.5, 0.5),
            (0.0, 0.0),
            (3.2e-300, 3.2e-300),
        ] {
            let found = rounded_down(x, 4);
            assert!(found <= x && (found - want).abs() <= 1e-12 * want.abs(), "{x}: {found}");
        }
    }

    #[test]
    fn digits_end_where_the_error_does() {
        assert_eq!(rounded(Some(0.695_203_4), Some(0.000_123)), "0.69520 ± 0.00012");
        assert_eq!(rounded(Some(1234.567), Some(12.0)), "1235 ± 12");
        assert_eq!(rounded(Some(3.25e-14), Some(1.2e-15)), "3.25e-14 ± 1.2e-15");
        assert_eq!(rounded(Some(0.736_554_693), Some(3.04e-8)), "0.7365547 ± 3.0e-8");
        assert_eq!(rounded(Some(1.0), None), "1");
        assert_eq!(rounded(None, None), "–");
        assert_eq!(significant(0.000_012_345_67), "1.23457e-5");
        assert_eq!(significant(123_456.0), "123456");
    }
}
