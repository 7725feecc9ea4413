//! The i-th of N shares of the particles of a study.

use super::plan::Plan;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Share `number` + 1 of `of`. The particles stand in blocks of a fixed length; a share is a range of blocks, the same for every
/// process, so that particles that are compared in pairs stand in one share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Numbers")]
pub struct Share {
    number: usize,
    of: usize,
}

/// A share as a file has it.
#[derive(Deserialize)]
struct Numbers {
    number: usize,
    of: usize,
}

impl TryFrom<Numbers> for Share {
    type Error = String;

    fn try_from(Numbers { number, of }: Numbers) -> std::result::Result<Self, String> {
        if number < of && of <= MOST {
            Ok(Self { number, of })
        } else {
            Err(format!("no share {number} of {of}"))
        }
    }
}

/// The most shares a study may be cut into.
const MOST: usize = 100_000;

impl Share {
    /// All particles.
    pub const WHOLE: Self = Self { number: 0, of: 1 };

    /// Whether it is all particles.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Its number, from 1.
    pub fn number(self) -> usize {
        self.number + 1
    }

    /// How many shares there are.
    pub fn of(self) -> usize {
        self.of
    }

    /// The particles of each process that it has; none where there are fewer blocks than shares.
    pub fn ranges(self, plan: &Plan) -> Vec<Range<u64>> {
        let len = plan.potential().block_len() as u64;
        let particles = || plan.study.process.iter().map(|process| process.particles);
        let blocks = u128::from(particles().max().unwrap_or(0).div_ceil(len));
        let edge = |number: usize| (blocks * number as u128 / self.of as u128) as u64 * len;
        let (first, end) = (edge(self.number), edge(self.number + 1));
        particles().map(|all| first.min(all)..end.min(all)).collect()
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number(), self.of)
    }
}

impl FromStr for Share {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match numbers {
            Some((i, of)) if (1..=of).contains(&i) && of <= MOST => Ok(Self { number: i - 1, of }),
            _ => Err(Error::Invalid {
                place: "--part".into(),
                field: "part".into(),
                value: text.into(),
                rule: format!("i/N with 1 <= i <= N <= {MOST}"),
                remedy: "write for example --part 1/4, --part 2/4, --part 3/4 and --part 4/4 for four shares"
                    .into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_as_it_is_read() {
        let share: Share = "2/3".parse().unwrap();
        assert_eq!((share.number(), share.of(), share.to_string().as_str()), (2, 3, "2/3"));
        assert!(!share.is_whole() && Share::WHOLE.is_whole());
        for text in ["0/3", "4/3", "3", "a/b", "1/0", "-1/2", "1/1000000", "1/2/3", ""] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }
}
