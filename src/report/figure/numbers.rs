//! Numbers as markup.

/// Markup of a number: at most six significant digits, a power of ten where zeros would pile up, a true minus
/// sign.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value);
    }
    let (mantissa, exponent) = scientific(value, 5);
    match (mantissa.as_str(), exponent) {
        ("0" | "-0", _) => "0".into(),
        (_, -3..=4) => format!("${}$", trim_zeros(&format!("{value:.*}", (5 - exponent) as usize))),
        ("1", _) => format!("$10^{{{exponent}}}$"),
        ("-1", _) => format!("$-10^{{{exponent}}}$"),
        (digits, _) => format!("${digits}×10^{{{exponent}}}$"),
    }
}

/// Markup of a value with its standard error in brackets, rounded to it: 0.634 ± 0.021 is `0.634(21)`, 0.634
/// ± 0.05 is `0.63(5)`. The error keeps two digits if it starts with 1 or 2, else one. Without a positive
/// finite error this is [`number`].
pub fn with_error(value: f64, std_err: f64) -> String {
    if !(value.is_finite() && std_err.is_finite() && std_err > 0.0) {
        return number(value);
    }
    let (_, error_exponent) = scientific(std_err, 1);
    let leading = std_err / 10f64.powi(error_exponent);
    // the exponent of the last digit that is printed; 2.95 rounds to 3 and then needs one digit only
    let last = if (leading * 10.0).round() < 30.0 { error_exponent - 1 } else { error_exponent };
    let (_, value_exponent) = scientific(value, 5);
    let top = value_exponent.max(error_exponent);
    let shift = if (-3..=4).contains(&top) && last <= 0 { 0 } else { top };
    let decimals = (shift - last).max(0) as usize;
    let digits = (std_err / 10f64.powi(last)).round();
    let mantissa = format!("{:.decimals$}", value / 10f64.powi(shift));
    let mantissa =
        if mantissa.trim_matches(['-', '0', '.']).is_empty() { mantissa.replace('-', "") } else { mantissa };
    match shift {
        0 => format!("${mantissa}({digits})$"),
        _ => format!("${mantissa}({digits})×10^{{{shift}}}$"),
    }
}

fn not_finite(value: f64) -> String {
    match value {
        v if v.is_nan() => "–".into(),
        v if v > 0.0 => "$∞$".into(),
        _ => "$-∞$".into(),
    }
}

/// Rounded mantissa without needless zeros, and exponent.
fn scientific(value: f64, decimals: usize) -> (String, i32) {
    let text = format!("{value:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').expect("`e` notation has an e");
    (trim_zeros(mantissa).to_string(), exponent.parse().expect("the exponent of `e` notation is an integer"))
}

fn trim_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_in_print() {
        let pairs =
            [(0.25, "$0.25$"), (1e-3, "$0.001$"), (1e-5, "$10^{-5}$"), (-2.5e7, "$-2.5×10^{7}$"), (0.0, "0")];
        for (value, text) in pairs {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn values_are_rounded_to_their_error() {
        let cases = [
            (0.634, 0.0214, "$0.634(21)$"),
            (0.634, 0.05, "$0.63(5)$"),
            (0.634, 0.0299, "$0.63(3)$"),
            (12.0, 3.4, "$12(3)$"),
            (1234.0, 56.0, "$1.23(6)×10^{3}$"),
            (-1.234e-6, 3.0e-8, "$-1.23(3)×10^{-6}$"),
            (0.002, 0.03, "$0.00(3)$"),
            (-0.002, 0.03, "$0.00(3)$"),
            (1.5, 0.0, "$1.5$"),
        ];
        for (value, std_err, text) in cases {
            assert_eq!(with_error(value, std_err), text);
        }
    }
}
