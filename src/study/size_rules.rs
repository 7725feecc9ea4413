//! How much a study may list, so that what follows from it stays within bounds.

use super::rules::Rules;
use super::spec::*;
use crate::error::Result;

/// The most characters of a title: it is a line.
const LONGEST_TITLE: usize = 1000;
/// The most processes: each has its curves, and each pair its difference.
const MOST_PROCESSES: usize = 256;
/// The most observation times of all processes together.
const MOST_OBSERVATIONS: usize = 10_000_000;
/// The most entries of a list of times, widths or horizons.
const MOST_LISTED: usize = 256;

impl Rules<'_> {
    /// Lengths of lists, and what they multiply to.
    pub(super) fn sizes(&self, study: &Study) -> Result<()> {
        let (characters, rule) = (study.title.chars().count(), "a line of at most 1000 characters");
        let fits = characters <= LONGEST_TITLE;
        self.require(fits, "title", format!("{characters} characters"), rule, "say the rest in comments")?;
        let (count, rule) = (study.process.len(), format!("at most {MOST_PROCESSES} processes"));
        let value = format!("{count} processes");
        self.require(count <= MOST_PROCESSES, "process", value, rule, "sweep a key of one instead")?;
        let (points, most) = (study.time.points, MOST_OBSERVATIONS / count.max(1));
        let rule = format!("at most {most} for {count} processes (10^7 observations of a process in all)");
        self.require(points <= most, "time.points", points, rule, "observe at fewer times")?;
        if let Some(agreement) = &study.analysis.agreement {
            self.listed(agreement.at.len(), "analysis.agreement.at")?;
        }
        if let Some(ntk) = &study.analysis.ntk {
            self.listed(ntk.widths.len(), "analysis.ntk.widths")?;
            self.listed(ntk.horizons.len(), "analysis.ntk.horizons")?;
        }
        Ok(())
    }

    fn listed(&self, count: usize, path: &str) -> Result<()> {
        let (value, rule) = (format!("{count} entries"), format!("a list of at most {MOST_LISTED}"));
        self.require(count <= MOST_LISTED, path, value, rule, "list fewer")
    }
}

/// Whether `name` can name files and be told on every terminal: up to 64 letters, digits and the signs - _ . +, not starting
/// with a dot.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    !name.is_empty() && name.len() <= 64 && name.chars().all(plain) && !name.starts_with('.')
}
