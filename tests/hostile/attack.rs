//! The loop of an attack, and what it holds a reader to: no panic, no hang, bounded memory, a sentence with a remedy.

#![allow(unsafe_code, reason = "an allocator that weighs")]

use crate::dice::Dice;
use crate::scales::weighed;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What a reader is held to.
pub struct Attack {
    /// Its name in reports.
    pub name: &'static str,
    /// How many inputs a usual run of the tests tries.
    pub inputs: u64,
    /// The longest that one input may take.
    pub patience: Duration,
    /// The most bytes that reading one input may hold at a time on its own thread.
    pub memory: i64,
}

/// What a reader made of an input: taken, or refused with a message.
pub type Answer = Result<(), String>;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

impl Attack {
    /// Tries input after input: `make` makes one from its dice, `read` reads it.
    pub fn run<I>(
        &self,
        mut make: impl FnMut(&mut Dice) -> I,
        mut read: impl FnMut(&I) -> Answer,
        show: impl Fn(&I) -> Vec<u8>,
    ) {
        let first = setting("SGD_SDE_HOSTILE_FIRST").unwrap_or(0);
        let inputs = setting("SGD_SDE_HOSTILE_INPUTS").unwrap_or(self.inputs);
        let watch = Watch::start(self.name);
        remember_panics();
        let mut failures = BTreeMap::new();
        let (mut taken, mut slowest, mut heaviest) = (0_u64, (Duration::ZERO, 0), (0, 0));
        let started = Instant::now();
        for number in first..first + inputs {
            watch.at.store(number, Ordering::Relaxed);
            let input = make(&mut Dice::new(number));
            let begun = Instant::now();
            let (answer, weight) = weighed(|| guarded(|| read(&input)));
            let mut took = begun.elapsed();
            if took > self.patience {
                // Once more: another program may have had the processor.
                let begun = Instant::now();
                let _ = guarded(|| read(&input));
                took = took.min(begun.elapsed());
            }
            let wrong = match &answer {
                Err(_) => Some(PANIC.take()),
                Ok(_) if took > self.patience => Some(format!("it took {took:?}")),
                Ok(_) if weight > self.memory => Some(format!("it held {weight} bytes")),
                Ok(Ok(())) => None,
                Ok(Err(message)) => unclear(message),
            };
            if let Some(wrong) = wrong {
                self.report(number, &wrong, &show(&input), &mut failures);
            }
            taken += u64::from(matches!(answer, Ok(Ok(()))));
            slowest = slowest.max((took, number));
            heaviest = heaviest.max((weight, number));
        }
        eprintln!(
            "{}: {inputs} inputs from {first} in {:.0?}, {taken} taken; slowest {:.1?} (number {}), heaviest {} KiB (number {})",
            self.name,
            started.elapsed(),
            slowest.0,
            slowest.1,
            heaviest.0 / 1024,
            heaviest.1
        );
        assert!(
            failures.is_empty(),
            "{}: not all {inputs} inputs are answered as they should be; failures: {failures:#?}",
            self.name
        );
        // An attack of refusals alone, or of none, would not reach the code behind the first gate.
        assert!(inputs < 500 || (taken > 0 && taken < inputs), "{}: {taken} of {inputs} taken", self.name);
    }

    /// Prints the first input of each kind of failure: a kind is what was wrong up to its first digit or quote.
    fn report(&self, number: u64, wrong: &str, input: &[u8], failures: &mut BTreeMap<String, u64>) {
        let kind: String = wrong.chars().take_while(|c| !c.is_ascii_digit() && *c != '"').take(200).collect();
        let count = failures.entry(kind).or_insert(0);
        *count += 1;
        if *count > 1 {
            return;
        }
        let shown = &input[..input.len().min(6000)];
        eprintln!(
            "{}: input number {number} ({} bytes): {wrong}\n  again: SGD_SDE_HOSTILE_FIRST={number} SGD_SDE_HOSTILE_INPUTS=1\n{}",
            self.name,
            input.len(),
            shown.escape_ascii().to_string().replace("\\n", "\n    ")
        );
    }
}

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// What `read` answers; its panic is caught and remembered.
fn guarded(read: impl FnOnce() -> Answer) -> std::thread::Result<Answer> {
    READING.set(true);
    let answer = catch_unwind(AssertUnwindSafe(read));
    READING.set(false);
    answer
}

/// From now on a panic while a reader reads is kept with its place instead of printed.
fn remember_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !READING.get() {
                return usual(info);
            }
            let place = info.location().map_or(String::new(), ToString::to_string);
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or(payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
            PANIC.set(format!("panicked at {place}: {text}"));
        }));
    });
}

/// What is wrong with a message: too long, or without a remedy behind a semicolon.
fn unclear(message: &str) -> Option<String> {
    if message.len() > 4000 {
        let start: String = message.chars().take(300).collect();
        return Some(format!("a message of {} bytes: {start}", message.len()));
    }
    (!message.contains(';')).then(|| format!("a message without a remedy: {message}"))
}

/// Ends the program where an input hangs: nothing else could.
struct Watch {
    at: Arc<AtomicU64>,
    alive: Arc<()>,
}

/// How long an input may take before it counts as never ending.
const NEVER: u32 = 300;

impl Watch {
    fn start(name: &'static str) -> Self {
        let watch = Self { at: Arc::new(AtomicU64::new(0)), alive: Arc::new(()) };
        let (at, alive) = (watch.at.clone(), Arc::downgrade(&watch.alive));
        std::thread::spawn(move || {
            let (mut last, mut seconds) = (u64::MAX, 0);
            while alive.upgrade().is_some() {
                std::thread::sleep(Duration::from_secs(1));
                let now = at.load(Ordering::Relaxed);
                seconds = if now == last { seconds + 1 } else { 0 };
                last = now;
                if seconds > NEVER && alive.upgrade().is_some() {
                    eprintln!("{name}: input number {now} does not end");
                    std::process::abort();
                }
            }
        });
        watch
    }
}
