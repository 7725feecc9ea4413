//! One clock for all processes: observation times that every process reaches after a whole number of steps.

use serde::{Deserialize, Serialize};

/// How observation times are spread over [0, horizon].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// Equal distances.
    #[default]
    Linear,
    /// Equal ratios, after 0.
    Log,
}

/// One observation time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// t.
    pub time: f64,
    /// How many steps each process has made by then.
    pub steps: Vec<u64>,
}

/// The observation times of a study.
///
/// Step lengths are taken as the decimal numbers they were written as (0.1 is one tenth), so that common multiples exist
/// exactly. Every time is moved to the next common multiple of all steps; times that fall together are kept once.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// The least common multiple of all step lengths.
    pub beat: f64,
    /// In the order of time, the first at 0.
    pub observations: Vec<Observation>,
}

/// Why there is no clock.
#[derive(Debug, Clone, PartialEq)]
pub enum ClockError {
    /// A number needs more decimals than can be counted.
    TooFine(f64),
    /// The first common multiple of the steps lies beyond the horizon.
    NoCommonMultiple(f64),
    /// More steps than can be counted exactly.
    TooManySteps(f64),
}

/// Decimals that a step length or a horizon may have.
const DECIMALS: u32 = 18;
/// Step numbers stay exact in f64.
const STEPS: u128 = 1 << 53;

impl Clock {
    /// The clock of processes with the given step lengths (each > 0), `points` ≥ 2 observations up to `horizon` > 0.
    ///
    /// # Errors
    /// [`ClockError`] when the steps have no common multiple up to the horizon, or the numbers are out of range.
    pub fn new(
        step_lengths: &[f64],
        horizon: f64,
        points: usize,
        spacing: Spacing,
    ) -> Result<Self, ClockError> {
        let numbers: Vec<f64> = step_lengths.iter().copied().chain([horizon]).collect();
        let decimals = numbers.iter().map(|&x| decimals_of(x)).max().unwrap_or(0);
        let scale = 10_u128.pow(decimals.min(DECIMALS));
        // A step that is rounded to 0 never comes anywhere.
        let ticks = |x: f64| ticks_of(x, decimals).filter(|&t| t > 0).ok_or(ClockError::TooFine(x));
        let steps = step_lengths.iter().map(|&x| ticks(x)).collect::<Result<Vec<u128>, _>>()?;
        let end = ticks(horizon)?;
        let beat = steps.iter().try_fold(1, |a, &b| lcm(a, b)).unwrap_or(u128::MAX);
        let time = |t: u128| t as f64 / scale as f64;
        if beat > end {
            return Err(ClockError::NoCommonMultiple(time(beat)));
        }
        let last = end.div_ceil(beat);
        for &step in &steps {
            if last * beat / step > STEPS {
                return Err(ClockError::TooManySteps(time(step)));
            }
        }
        let observations = beats(last, points, spacing)
            .into_iter()
            .map(|k| Observation {
                time: time(k * beat),
                steps: steps.iter().map(|s| (k * beat / s) as u64).collect(),
            })
            .collect();
        Ok(Self { beat: time(beat), observations })
    }

    /// The same with observations also at those of `times` within (0, end] that are multiples of its beat; `step_lengths` as it was
    /// made from.
    pub fn also_at(mut self, times: &[f64], step_lengths: &[f64]) -> Self {
        for &time in times {
            let beats = (time / self.beat).round();
            let near = |t: f64| (t - time).abs() <= 1e-9 * time;
            let new = near(beats * self.beat) && !self.observations.iter().any(|o| near(o.time));
            if new && time > 0.0 && time < self.end() {
                let steps = step_lengths.iter().map(|length| (time / length).round() as u64).collect();
                let place = self.observations.partition_point(|o| o.time < time);
                self.observations.insert(place, Observation { time, steps });
            }
        }
        self
    }

    /// The observation times.
    pub fn times(&self) -> Vec<f64> {
        self.observations.iter().map(|o| o.time).collect()
    }

    /// The time of the last observation.
    pub fn end(&self) -> f64 {
        self.observations.last().map_or(0.0, |o| o.time)
    }
}

/// The beats at which to observe: `points` numbers from 0 to `last`, rounded up, each once.
fn beats(last: u128, points: usize, spacing: Spacing) -> Vec<u128> {
    let gaps = (points - 1) as u128;
    let mut beats: Vec<u128> = match spacing {
        Spacing::Linear => (0..=gaps).map(|i| (i * last).div_ceil(gaps)).collect(),
        Spacing::Log => {
            let ratio = |i: u128| (last as f64).powf((i - 1) as f64 / (gaps - 1).max(1) as f64);
            let inner = (1..gaps).map(|i| (ratio(i) - 1e-9).ceil() as u128);
            [0].into_iter().chain(inner).chain([last]).collect()
        }
    };
    beats.dedup();
    beats
}

/// The decimals of the shortest text that reads back as `x`.
fn decimals_of(x: f64) -> u32 {
    format!("{x}").split_once('.').map_or(0, |(_, decimals)| decimals.len() as u32)
}

/// x·10^decimals as a whole number, exactly.
fn ticks_of(x: f64, decimals: u32) -> Option<u128> {
    let text = format!("{x}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if decimals > DECIMALS || whole.len() > 18 {
        return None;
    }
    format!("{whole}{fraction:0<width$}", width = decimals as usize).parse().ok()
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The least common multiple, `None` beyond u128.
fn lcm(a: u128, b: u128) -> Option<u128> {
    (a / gcd(a, b)).checked_mul(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_common_multiples_and_reach_the_horizon() {
        let clock = Clock::new(&[0.05, 0.001], 13.0, 120, Spacing::Linear).unwrap();
        assert_eq!(clock.beat, 0.05);
        assert_eq!(clock.observations[0], Observation { time: 0.0, steps: vec![0, 0] });
        let last = clock.observations.last().unwrap();
        assert_eq!((last.time, last.steps.clone()), (13.0, vec![260, 13_000]));
        assert_eq!(clock.observations.len(), 120);
        for o in &clock.observations {
            assert_eq!(o.steps[0] * 50, o.steps[1]);
            assert!((o.time - o.steps[0] as f64 * 0.05).abs() < 1e-12);
        }
    }

    #[test]
    fn a_horizon_between_two_multiples_moves_up() {
        let clock = Clock::new(&[0.3], 1.0, 3, Spacing::Linear).unwrap();
        let times: Vec<f64> = clock.observations.iter().map(|o| o.time).collect();
        assert_eq!(times, [0.0, 0.6, 1.2]);
    }

    #[test]
    fn further_times_are_taken_where_the_steps_meet() {
        let lengths = [0.05, 0.001];
        let clock = Clock::new(&lengths, 13.0, 120, Spacing::Linear).unwrap();
        let more = clock.clone().also_at(&[5.0, 0.07, 13.0, 14.0, 0.1], &lengths);
        let found = more.observations.iter().find(|o| o.time == 5.0).unwrap();
        assert_eq!(found.steps, [100, 5000]);
        assert!(more.observations.windows(2).all(|pair| pair[0].time < pair[1].time));
        // 0.07 is no multiple of 0.05, 14 is beyond the end, and the others may be there already.
        assert!(more.observations.iter().all(|o| o.time != 0.07 && o.time <= 13.0));
        assert!(more.observations.len() <= clock.observations.len() + 2);
    }

    #[test]
    fn logarithmic_times_grow_by_equal_ratios() {
        let clock = Clock::new(&[0.01], 10.0, 5, Spacing::Log).unwrap();
        let times: Vec<f64> = clock.observations.iter().map(|o| o.time).collect();
        assert_eq!(times, [0.0, 0.01, 0.1, 1.0, 10.0]);
    }

    #[test]
    fn what_has_no_clock_is_said() {
        let wrong = |steps: &[f64], horizon| Clock::new(steps, horizon, 11, Spacing::Linear).unwrap_err();
        assert_eq!(wrong(&[0.333, 0.01], 3.0), ClockError::NoCommonMultiple(3.33));
        assert_eq!(wrong(&[1e-30], 1.0), ClockError::TooFine(1e-30));
        assert_eq!(wrong(&[0.5, 0.0], 1.0), ClockError::TooFine(0.0));
        assert_eq!(wrong(&[0.5], f64::INFINITY), ClockError::TooFine(f64::INFINITY));
        assert_eq!(wrong(&[1e-10], 1e7), ClockError::TooManySteps(1e-10));
    }
}
