//! What a run was begun with, and whether it can go on as something else.

use crate::study::{Share, change};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What was begun: all that the results follow from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// Version and commit of the program.
    pub program: String,
    /// The vector instructions.
    pub backend: String,
    /// Which particles.
    pub share: Share,
    /// How many points the study has.
    pub points: usize,
    /// The study file, as named on the command line.
    pub file: PathBuf,
    /// `--set` options in order.
    pub set: Vec<String>,
    /// The study with these options, as TOML.
    pub study: String,
    /// The files that the study reads, each with its sha256.
    pub inputs: Vec<(String, String)>,
}

impl Begun {
    /// Version and commit of this program.
    pub fn this_program() -> String {
        format!("version {} (commit {})", env!("CARGO_PKG_VERSION"), env!("SGD_SDE_COMMIT"))
    }

    /// Why what was begun here cannot go on as `now`, and the remedy; `None` when it can.
    pub fn change(&self, now: &Self) -> Option<(String, String)> {
        let anew = "or begin anew with --force";
        let table = |begun: &Self| toml::from_str::<serde_json::Value>(&begun.study).unwrap_or_default();
        if self.program != now.program {
            let reason = format!("it was begun by {}, and this is {}", self.program, now.program);
            return Some((reason, format!("go on with the program that began it, {anew}")));
        }
        if self.backend != now.backend {
            let reason = format!(
                "it was begun with the vector instructions {}, now they are {}",
                self.backend, now.backend
            );
            return Some((reason, format!("add --backend {}, {anew}", self.backend)));
        }
        if self.share != now.share {
            let reason = format!("it is share {}, and share {} is asked for", self.share, now.share);
            return Some((reason, "give each share its own --out".into()));
        }
        if let Some(what) = change("", &table(self), &table(now)) {
            return Some((
                format!("the study has changed: {what}"),
                format!("give the study back its values, {anew}"),
            ));
        }
        let without = |inputs: &[(String, String)], others: &[(String, String)]| {
            inputs.iter().find(|input| !others.contains(input)).map(|(file, _)| file.clone())
        };
        let file = without(&self.inputs, &now.inputs).or_else(|| without(&now.inputs, &self.inputs))?;
        Some((
            format!("{file} has other content than when it was begun"),
            format!("give the file back its content, {anew}"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun() -> Begun {
        Begun {
            program: Begun::this_program(),
            backend: "avx2".into(),
            share: Share::WHOLE,
            points: 1,
            file: "a.toml".into(),
            set: Vec::new(),
            study: "seed = 1\n[problem]\nwidth = 4\n".into(),
            inputs: vec![("rows.csv".into(), "00".into())],
        }
    }

    #[test]
    fn another_program_is_refused() {
        let now = begun();
        assert_eq!(now.change(&now), None);
        let before = Begun { program: "version 0.0.9 (commit abc)".into(), ..begun() };
        let (reason, remedy) = before.change(&now).unwrap();
        assert!(
            reason.starts_with("it was begun by version 0.0.9 (commit abc), and this is version "),
            "{reason}"
        );
        assert!(remedy.starts_with("go on with the program that began it"), "{remedy}");
    }

    #[test]
    fn what_the_results_follow_from_may_not_change() {
        let before = begun();
        for (now, words) in [
            (Begun { backend: "avx512".into(), ..begun() }, "now they are avx512"),
            (Begun { share: "1/2".parse().unwrap(), ..begun() }, "share 1/2 is asked for"),
            (
                Begun { study: "seed = 1\n[problem]\nwidth = 5\n".into(), ..begun() },
                "problem.width was 4, is 5",
            ),
            (
                Begun { inputs: vec![("rows.csv".into(), "01".into())], ..begun() },
                "rows.csv has other content",
            ),
            (Begun { inputs: Vec::new(), ..begun() }, "rows.csv has other content"),
        ] {
            assert!(before.change(&now).unwrap().0.contains(words), "{words}");
        }
        // Where the study file lies, and which options were given, is not what the results follow from.
        assert_eq!(before.change(&Begun { file: "b.toml".into(), ..begun() }), None);
    }
}
