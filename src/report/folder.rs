//! A results folder. Every file appears whole: it is written aside and renamed.

use super::begun::Begun;
use super::checkpoint::Checkpoint;
use super::record::{Record, RunFacts};
use super::shares::Shares;
use super::sound::unsound;
use super::tables;
use super::whole::{make, make_in, remove, sweep_up, write_whole};
use crate::error::{Error, Result};
use crate::problem::data::MAX_FILE_BYTES;
use crate::study::{Outcome, Results, change, whole_file};
use ndarray::ArrayView3;
use ndarray_npy::WriteNpyExt;
use serde::{Serialize, de::DeserializeOwned};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of results.
pub struct Folder {
    path: PathBuf,
}

/// The folder of what a run keeps while it goes on.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// What a run writes; a folder with one of these holds results.
const HELD: [&str; 21] = [
    CHECKPOINT,
    "share",
    "record.json",
    "curves.csv",
    "estimates.csv",
    "points.csv",
    "distances.csv",
    "fits.csv",
    "lags.csv",
    "density.csv",
    "bounds.csv",
    "steps.csv",
    "checks.csv",
    "agreement.csv",
    "orders.csv",
    "rays.csv",
    "ntk.csv",
    "readings.csv",
    "draws.csv",
    "particles",
    "figures",
];

impl Folder {
    /// Makes sure that `path` may take new results, without touching it.
    ///
    /// # Errors
    /// [`Error::Occupied`] when it holds results (or is a file) and `force` is not given.
    pub fn free(path: &Path, force: bool) -> Result<Self> {
        if !force && Checkpoint::is_in(path) {
            return Err(Error::Unfinished { path: path.into() });
        }
        // An empty folder is no result: a run that was stopped as it began leaves some.
        let held = |name: &str| {
            let place = path.join(name);
            place.is_file() || fs::read_dir(place).is_ok_and(|mut inside| inside.next().is_some())
        };
        let occupied =
            path.is_file() || (!force && HELD.iter().any(|name| *name != CHECKPOINT && held(name)));
        if occupied {
            return Err(Error::Occupied { path: path.into() });
        }
        Ok(Self { path: path.into() })
    }

    /// Whether it holds the whole results of what `begun` says, whose first point is `first`.
    ///
    /// # Errors
    /// [`Error::Unfit`] when it holds other results, or not all.
    pub fn is_of(&self, begun: &Begun, first: &serde_json::Value) -> Result<()> {
        let unfit = |reason: String| Error::Unfit {
            path: self.path.clone(),
            verb: "resumed",
            reason,
            remedy: "choose another folder with --out, or begin anew with --force".into(),
        };
        if !begun.share.is_whole() {
            let known = Shares::begun_in(&self.path).map_err(unfit)?;
            let missing = self.whole_shares() < begun.points;
            let change = known.change(begun).map(|(reason, _)| reason);
            return change.or(missing.then(|| "it is not complete".into())).map_or(Ok(()), |r| Err(unfit(r)));
        }
        let text = whole_file(&self.path.join("record.json"), MAX_FILE_BYTES);
        let text = text.map_err(|error| unfit(format!("it holds results, but no record.json: {error}")))?;
        let record: Record<'_> =
            serde_json::from_slice(&text).map_err(|e| unfit(format!("record.json: {e}")))?;
        // Both by way of text, which may round a number once.
        let first =
            serde_json::to_vec(first).and_then(|text| serde_json::from_slice(&text)).unwrap_or_default();
        if let Some(what) = change("", &record.facts.study, &first) {
            return Err(unfit(format!("it holds results of another study: {what}")));
        }
        let (points, all) = (record.points.len(), begun.points);
        if points == all {
            Ok(())
        } else {
            Err(unfit(format!("it holds {points} of {all} points, and no checkpoint")))
        }
    }

    /// An existing results folder.
    pub fn open(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Makes the folder, and removes what an earlier run left in it; of `checkpoint`, which this run has made, all but the lock.
    pub fn create(&self) -> Result<()> {
        make(&self.path)?;
        let checkpoint = self.path.join(CHECKPOINT);
        let kept = fs::read_dir(&checkpoint).into_iter().flatten().flatten().map(|entry| entry.path());
        let results = HELD.iter().map(|name| self.path.join(name)).filter(|path| *path != checkpoint);
        for old in kept.filter(|path| !path.ends_with("lock")).chain(results).collect::<Vec<_>>() {
            remove(&old)?;
        }
        Ok(())
    }

    /// Removes what a run that was killed was writing.
    pub(super) fn sweep_up(&self) {
        for folder in
            [self.path.clone(), self.path.join("particles"), self.path.join("share"), self.figures()]
        {
            sweep_up(&folder);
        }
    }

    /// Whether the final particles of these results are here.
    pub(super) fn holds_particles(&self, results: &Results) -> bool {
        results.processes.iter().all(|row| self.particles(row.point, &row.name).is_file())
    }

    fn particles(&self, point: usize, process: &str) -> PathBuf {
        self.path.join("particles").join(format!("{point}-{process}.npy"))
    }

    /// Writes the final particles of one point.
    pub fn write_particles(&self, outcome: &Outcome, point: usize) -> Result<()> {
        for folder in ["particles", "figures"] {
            make_in(&self.path, folder)?;
        }
        let (width, inputs) = outcome.shape;
        for (name, weights) in &outcome.particles {
            let path = self.particles(point, name);
            let count = weights.len() / (width * inputs);
            let mut bytes = Vec::with_capacity(weights.len() * 8 + 128);
            let broken =
                |error: String| Error::Write { path: path.clone(), source: std::io::Error::other(error) };
            let view =
                ArrayView3::from_shape((count, width, inputs), weights).map_err(|e| broken(e.to_string()))?;
            view.write_npy(&mut bytes).map_err(|e| broken(e.to_string()))?;
            write_whole(&path, &bytes)?;
        }
        Ok(())
    }

    /// Writes all tables and the record.
    pub fn write_tables(&self, facts: RunFacts, results: &Results) -> Result<()> {
        write_whole(&self.path.join("curves.csv"), &tables::table(&results.curves)?)?;
        write_whole(&self.path.join("estimates.csv"), &tables::table(&results.estimates)?)?;
        self.write_optional("distances.csv", &results.distances)?;
        self.write_optional("fits.csv", &results.fits)?;
        self.write_optional("lags.csv", &results.lags)?;
        self.write_optional("density.csv", &results.densities)?;
        self.write_optional("bounds.csv", &results.bounds)?;
        self.write_optional("steps.csv", &results.steps)?;
        self.write_optional("checks.csv", &results.checks)?;
        self.write_optional("agreement.csv", &results.bands)?;
        self.write_optional("orders.csv", &results.orders)?;
        self.write_optional("rays.csv", &results.rays)?;
        self.write_optional("ntk.csv", &results.ntk)?;
        self.write_optional("readings.csv", &results.readings)?;
        self.write_optional("draws.csv", &results.draws)?;
        if results.points.iter().any(|point| !point.settings.is_empty() || !point.replicate.is_empty()) {
            write_whole(&self.path.join("points.csv"), &tables::points(&results.points)?)?;
        }
        let path = self.path.join("record.json");
        let mut json = serde_json::to_vec_pretty(&Record::new(facts, results))
            .map_err(|error| Error::Write { path: path.clone(), source: error.into() })?;
        json.push(b'\n');
        write_whole(&path, &json)
    }

    fn write_optional<T: Serialize>(&self, name: &str, rows: &[T]) -> Result<()> {
        if rows.is_empty() { Ok(()) } else { write_whole(&self.path.join(name), &tables::table(rows)?) }
    }

    fn read_optional<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>> {
        let file = self.path.join(name);
        if fs::symlink_metadata(&file).is_ok() { tables::read(&file) } else { Ok(Vec::new()) }
    }

    /// Reads back what [`write_tables`](Self::write_tables) wrote.
    ///
    /// # Errors
    /// [`Error::NoResults`] when something is missing or unreadable.
    pub fn read(&self) -> Result<Results> {
        let wrong = |reason: String| Error::NoResults { path: self.path.clone(), reason };
        let text = whole_file(&self.path.join("record.json"), MAX_FILE_BYTES);
        let text = text.map_err(|error| wrong(format!("record.json: {error}")))?;
        let record: Record<'_> =
            serde_json::from_slice(&text).map_err(|error| wrong(format!("record.json: {error}")))?;
        let title = record.facts.study.get("title").and_then(|t| t.as_str()).unwrap_or_default().to_owned();
        let Record { processes, points, estimates, .. } = record;
        let results = Results {
            title,
            points: points.into_owned(),
            processes: processes.into_owned(),
            curves: tables::read(&self.path.join("curves.csv"))?,
            estimates: estimates.into_owned(),
            distances: self.read_optional("distances.csv")?,
            fits: self.read_optional("fits.csv")?,
            lags: self.read_optional("lags.csv")?,
            densities: self.read_optional("density.csv")?,
            bounds: self.read_optional("bounds.csv")?,
            steps: self.read_optional("steps.csv")?,
            checks: self.read_optional("checks.csv")?,
            bands: self.read_optional("agreement.csv")?,
            orders: self.read_optional("orders.csv")?,
            rays: self.read_optional("rays.csv")?,
            ntk: self.read_optional("ntk.csv")?,
            readings: self.read_optional("readings.csv")?,
            draws: self.read_optional("draws.csv")?,
        };
        unsound(&results).map_or(Ok(results), |reason| Err(wrong(reason)))
    }

    /// Where figures go, made sure of: a link in their place is taken away.
    ///
    /// # Errors
    /// [`Error::Write`] when the folder cannot be made.
    pub fn own_figures(&self) -> Result<PathBuf> {
        make(&self.figures())?;
        Ok(self.figures())
    }

    /// Where figures go.
    pub fn figures(&self) -> PathBuf {
        self.path.join("figures")
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
