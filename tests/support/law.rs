//! Checks of a law at a stated error rate. They return what is wrong, so that the negative controls can demand that they do.

/// What a check found: nothing, or a sentence.
pub type Check = Result<(), String>;

/// Within five standard errors, and five standard errors are below `detect`, the error that the check is there to find.
/// A correct program fails one such check in about 1.7 million. NaN fails both halves.
pub fn law(what: &str, got: f64, want: f64, std_err: f64, detect: f64) -> Check {
    let powerful = 5.0 * std_err < detect;
    let close = (got - want).abs() < 5.0 * std_err;
    match (powerful, close) {
        (true, true) => Ok(()),
        (true, false) => Err(format!("{what}: {got}, expected {want} ± {std_err}")),
        (false, _) => panic!("{what}: no power: 5 s.e. = {} >= {detect}", 5.0 * std_err),
    }
}

/// [`law`] as an assertion.
#[track_caller]
pub fn assert_law(what: &str, got: f64, want: f64, std_err: f64, detect: f64) {
    passes(law(what, got, want, std_err, detect));
}

/// The check holds.
#[track_caller]
pub fn passes(check: Check) {
    if let Err(complaint) = check {
        panic!("{complaint}");
    }
}

/// The check complains, as it must about something that is wrong.
#[track_caller]
pub fn fires(check: Check) {
    assert!(check.is_err(), "the check did not notice what is wrong");
}

/// Equal up to `tolerance` times the larger of 1 and the size of `want`.
pub fn near(what: &str, got: f64, want: f64, tolerance: f64) -> Check {
    if (got - want).abs() <= tolerance * want.abs().max(1.0) {
        Ok(())
    } else {
        Err(format!("{what}: {got:?}, expected {want:?} to {tolerance:e}"))
    }
}

/// [`near`] for every pair of numbers.
pub fn all_near(what: &str, got: &[f64], want: &[f64], tolerance: f64) -> Check {
    if got.len() != want.len() {
        return Err(format!("{what}: {} numbers, expected {}", got.len(), want.len()));
    }
    got.iter()
        .zip(want)
        .enumerate()
        .try_for_each(|(i, (g, w))| near(&format!("{what}[{i}]"), *g, *w, tolerance))
}

/// Mean and unbiased variance.
pub fn mean_variance(numbers: &[f64]) -> (f64, f64) {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let squares = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    (mean, squares / (n - 1.0))
}
