//! Says in every row of estimates how many of its particles diverged.

use super::results::{EstimateRow, ProcessRow};
use crate::estimates::significant;

/// Adds to the note of every estimate of a process, or of a pair with it, how many of its particles have left the finite numbers. Rows of
/// processes that kept all of theirs, and of the problem alone, stay as they are.
pub fn note_divergences(estimates: &mut [EstimateRow], processes: &[ProcessRow]) {
    for row in estimates {
        let own = |process: &&ProcessRow| {
            process.divergences > 0
                && process.point == row.point
                && row.process.split('|').any(|name| name == process.name)
        };
        // A row that is empty because all diverged says so already.
        if row.note.contains("diverged") {
            continue;
        }
        let lost: Vec<String> = processes.iter().filter(own).map(ProcessRow::divergences_in_words).collect();
        if !lost.is_empty() {
            let before = if row.note.is_empty() { String::new() } else { format!("{}; ", row.note) };
            row.note = format!("{before}{}", lost.join("; "));
        }
    }
}

impl ProcessRow {
    /// `sde: 3 of 100 particles diverged, the first (particle 7) at t = 0.3 (step 2)`, and whether they are left out from there; empty where
    /// none did.
    pub fn divergences_in_words(&self) -> String {
        let Self { name, particles, divergences, .. } = self;
        self.first_divergences.first().map_or(String::new(), |first| {
            format!(
                "{name}: {divergences} of {particles} particles diverged, the first (particle {}) at t = {} (step {}); each is left out from \
                 there on",
                first.particle, significant(first.time), first.step
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ensemble::Divergence;

    fn process(name: &str, divergences: u64) -> ProcessRow {
        let first = Divergence { particle: 7, step: 2, time: 0.5 };
        ProcessRow {
            point: 1,
            name: name.into(),
            kind: "sgd".into(),
            particles: 100,
            dim: 1,
            steps: 9,
            step_length: 0.25,
            noise_scale: 0.25,
            temperature: 0.125,
            noise_level: 0.0625,
            rule: String::new(),
            seconds_in_steps: 0.0,
            particle_steps_per_second: 0.0,
            divergences,
            first_divergences: (0..divergences.min(1)).map(|_| first).collect(),
        }
    }

    #[test]
    fn rows_of_a_process_that_lost_particles_say_so() {
        let row = |point, process: &str, note: &str| EstimateRow {
            point,
            process: process.into(),
            note: note.into(),
            ..EstimateRow::default()
        };
        let mut rows =
            [row(1, "a", ""), row(1, "b|a", "known"), row(1, "b", ""), row(0, "a", ""), row(1, "", "")];
        note_divergences(&mut rows, &[process("a", 3), process("b", 0)]);
        let words = "a: 3 of 100 particles diverged, the first (particle 7) at t = 0.5 (step 2); each is left out from there on";
        let notes = rows.map(|row| row.note);
        assert_eq!(
            notes,
            [words.into(), format!("known; {words}"), String::new(), String::new(), String::new()]
        );
    }
}
