//! The progress bar.

use crate::study::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The progress bar: only on a terminal, and only for runs of more than two seconds.
pub struct Bar {
    bar: ProgressBar,
    points: usize,
    point: usize,
    started: Instant,
    wanted: bool,
}

/// Steps of the bar a sweep point.
const TICKS: u64 = 1000;

impl Bar {
    /// A bar for `points` sweep points; it stays hidden unless `wanted` and on a terminal.
    pub fn new(points: usize, wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(TICKS * points as u64), ProgressDrawTarget::hidden());
        let style =
            ProgressStyle::with_template("{bar:30} {percent:>3} %  {elapsed} gone, {eta} to go  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let started = if wanted && std::io::stderr().is_terminal() { Some(Instant::now()) } else { None };
        // Without a terminal the start lies so far ahead that the bar never shows.
        let started = started.unwrap_or_else(|| Instant::now() + Duration::from_secs(1 << 30));
        Self { bar, points, point: 0, started, wanted }
    }

    /// The bar while it is at `point`.
    pub fn for_point(&mut self, point: usize) -> &mut dyn Progress {
        self.point = point;
        self
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows `message` once two seconds have passed.
    fn say(&self, message: &str) {
        let past = Instant::now().checked_duration_since(self.started).unwrap_or_default();
        if self.bar.is_hidden() && past > Duration::from_secs(2) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let point = if self.points > 1 {
            format!("point {}/{}  ", self.point + 1, self.points)
        } else {
            String::new()
        };
        self.bar.set_message(format!("{point}{message}"));
    }
}

impl Progress for Bar {
    fn at(&mut self, fraction: f64, risk: Option<f64>) {
        self.say(&risk.map_or(String::new(), |risk| format!("E L = {risk:.5}")));
        self.bar.set_position((self.point as f64 * TICKS as f64 + fraction * TICKS as f64) as u64);
    }

    fn note(&mut self, text: &str) {
        // As the bar: on a terminal alone.
        if self.wanted && std::io::stderr().is_terminal() {
            // A line above the bar.
            self.bar.suspend(|| eprintln!("{text}"));
        }
    }

    fn analysing(&mut self, what: &str, fraction: f64) {
        self.say(&format!("{what}, {:.0} %", 100.0 * fraction));
        self.bar.tick();
    }
}
