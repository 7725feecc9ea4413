//! Where ticks go and what they say.

use super::model::Scale;
use super::numbers::number;
use super::scale::Ruler;

/// The ticks of one axis. Places are levels in the sense of [`Ruler`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ticks {
    /// Labelled ticks: level and markup.
    pub major: Vec<(f64, String)>,
    /// Levels of unlabelled, shorter ticks.
    pub minor: Vec<f64>,
    /// Markup of a power of ten that multiplies all labels of the axis.
    pub factor: Option<String>,
}

/// At most about `most` labelled ticks (never fewer than two where the axis allows).
pub fn ticks(ruler: &Ruler, most: usize) -> Ticks {
    let most = most.max(2);
    match ruler.scale {
        Scale::Linear => linear(ruler, most),
        Scale::Log => log(ruler, most),
    }
}

/// Multiples of 1, 2 or 5 times a power of ten within [low, high]: the step and the first and last multiple.
fn multiples(low: f64, high: f64, most: usize) -> (f64, i64, i64) {
    let span = high - low;
    let exponent = (span / most as f64).log10().floor() as i32;
    let steps =
        (exponent..exponent + 3).flat_map(|e| [1.0, 2.0, 5.0].map(|mantissa| mantissa * 10f64.powi(e)));
    let mut best = (span, 0, 0);
    for step in steps {
        let slack = 1e-9 * span / step;
        let (first, last) = ((low / step - slack).ceil() as i64, (high / step + slack).floor() as i64);
        // steps grow: the last that still has two ticks is the coarsest allowed
        if last > first {
            best = (step, first, last);
        }
        if last - first < most as i64 {
            break;
        }
    }
    best
}

fn linear(ruler: &Ruler, most: usize) -> Ticks {
    let (step, first, last) = multiples(ruler.low, ruler.high, most);
    let largest = first.unsigned_abs().max(last.unsigned_abs()) as f64 * step;
    let magnitude = largest.log10().floor() as i32;
    let exponent = if largest > 0.0 && !(-2..5).contains(&magnitude) { magnitude } else { 0 };
    let decimals = (exponent as f64 - step.log10()).max(0.0);
    let decimals = (decimals - 1e-9).ceil().max(0.0) as usize;
    let label = |k: i64| match k {
        0 => "0".to_string(),
        _ => format!("${:.*}$", decimals, k as f64 * step / 10f64.powi(exponent)),
    };
    let major = (first..=last).map(|k| (k as f64 * step, label(k))).collect();
    let factor = (exponent != 0).then(|| format!("$×10^{{{exponent}}}$"));
    Ticks { major, minor: Vec::new(), factor }
}

fn log(ruler: &Ruler, most: usize) -> Ticks {
    let slack = 1e-9 * (ruler.high - ruler.low);
    let (first, last) = ((ruler.low - slack).ceil() as i64, (ruler.high + slack).floor() as i64);
    if last - first < 1 {
        return within_decade(ruler, most);
    }
    let count = (last - first + 1) as usize;
    let stride = count.div_ceil(most) as i64;
    let (mut ticks, mut decades) = (Ticks::default(), first - 1..=last);
    for k in decades.by_ref() {
        let labelled = k.rem_euclid(stride) == 0;
        if k >= first && labelled {
            ticks.major.push((k as f64, format!("$10^{{{k}}}$")));
        } else if k >= first {
            ticks.minor.push(k as f64);
        }
        if stride == 1 {
            ticks.minor.extend((2..10).map(|m| k as f64 + f64::from(m).log10()).filter(|l| ruler.holds(*l)));
        }
    }
    ticks
}

/// Too few decades to label: 1-2-5, then all digits, then evenly spaced numbers.
fn within_decade(ruler: &Ruler, most: usize) -> Ticks {
    let digits: Vec<(i32, i32)> = (ruler.low.floor() as i32..=ruler.high.floor() as i32)
        .flat_map(|k| (1..10).map(move |digit| (digit, k)))
        .filter(|(digit, k)| ruler.holds(f64::from(*k) + f64::from(*digit).log10()))
        .collect();
    let level = |(digit, k): (i32, i32)| f64::from(k) + f64::from(digit).log10();
    let tick = |at: (i32, i32)| (level(at), number(f64::from(at.0) * 10f64.powi(at.1)));
    let round: Vec<_> = digits.iter().copied().filter(|(digit, _)| matches!(digit, 1 | 2 | 5)).collect();
    let minor = |labelled: &[(i32, i32)]| {
        digits.iter().copied().filter(|at| !labelled.contains(at)).map(level).collect::<Vec<_>>()
    };
    if round.len() >= 2 {
        return Ticks {
            major: round.iter().copied().map(tick).collect(),
            minor: minor(&round),
            factor: None,
        };
    }
    if digits.len() >= 2 && digits.len() <= most.max(4) {
        return Ticks { major: digits.iter().copied().map(tick).collect(), ..Ticks::default() };
    }
    let (step, first, last) = multiples(10f64.powf(ruler.low), 10f64.powf(ruler.high), most);
    let values = (first..=last).map(|k| k as f64 * step).filter(|v| *v > 0.0);
    Ticks { major: values.map(|v| (v.log10(), number(v))).collect(), ..Ticks::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, low: f64, high: f64, most: usize) -> Vec<String> {
        ticks(&Ruler { scale, low, high }, most).major.into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn linear_ticks_are_multiples_of_1_2_5() {
        assert_eq!(labels(Scale::Linear, 0.0, 50.0, 6), ["0", "$10$", "$20$", "$30$", "$40$", "$50$"]);
        assert_eq!(labels(Scale::Linear, -0.3, 0.31, 5), ["$-0.2$", "0", "$0.2$"]);
        assert_eq!(labels(Scale::Linear, 0.7131, 0.7136, 4), ["$0.7132$", "$0.7134$", "$0.7136$"]);
    }

    #[test]
    fn small_and_large_numbers_share_a_factor() {
        let small = ticks(&Ruler { scale: Scale::Linear, low: 0.0, high: 3.1e-4 }, 4);
        assert_eq!(small.factor.as_deref(), Some("$×10^{-4}$"));
        assert_eq!(small.major.last().unwrap().1, "$3$");
    }

    #[test]
    fn decades_are_labelled_with_minor_ticks_between() {
        let decades = ticks(&Ruler { scale: Scale::Log, low: -3.1, high: 0.2 }, 5);
        let labels: Vec<_> = decades.major.iter().map(|t| t.1.as_str()).collect();
        assert_eq!(labels, ["$10^{-3}$", "$10^{-2}$", "$10^{-1}$", "$10^{0}$"]);
        assert!(decades.minor.len() > 24);
    }

    #[test]
    fn every_axis_has_two_labels() {
        for low in [-7.03, -3.2, -0.01, 0.0, 0.31, 2.7] {
            for span in [1e-3, 0.01, 0.05, 0.12, 0.3, 0.7, 0.99, 1.2, 1.9, 4.0, 30.0] {
                for scale in [Scale::Log, Scale::Linear] {
                    for most in [2, 4, 7] {
                        let got = labels(scale, low, low + span, most);
                        assert!(got.len() >= 2 && got.len() <= 9, "{scale:?} {low} {span} {most}: {got:?}");
                    }
                }
            }
        }
    }
}
