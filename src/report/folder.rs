//! A results folder. Every file appears whole: it is written aside and renamed.

use super::record::{Record, RunFacts};
use super::sound::unsound;
use super::tables;
use crate::error::{Error, Result};
use crate::problem::data::MAX_FILE_BYTES;
use crate::study::{Outcome, Results, whole_file};
use ndarray::ArrayView3;
use ndarray_npy::WriteNpyExt;
use serde::{Serialize, de::DeserializeOwned};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder of results.
pub struct Folder {
    path: PathBuf,
}

/// What a run writes; a folder with one of these holds results.
const HELD: [&str; 19] = [
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
        let occupied = path.is_file()
            || (!force && HELD.iter().any(|name| fs::symlink_metadata(path.join(name)).is_ok()));
        if occupied {
            return Err(Error::Occupied { path: path.into() });
        }
        Ok(Self { path: path.into() })
    }

    /// An existing results folder.
    pub fn open(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Makes the folder, and removes what an earlier run left in it.
    pub fn create(&self) -> Result<()> {
        for name in HELD {
            remove(&self.path.join(name))?;
        }
        for folder in ["particles", "figures"] {
            make(&self.path.join(folder))?;
        }
        Ok(())
    }

    /// Writes the final particles of one point.
    pub fn write_particles(&self, outcome: &Outcome, point: usize) -> Result<()> {
        let (width, inputs) = outcome.shape;
        for (name, weights) in &outcome.particles {
            let path = self.path.join("particles").join(format!("{point}-{name}.npy"));
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
        let record: Record =
            serde_json::from_slice(&text).map_err(|error| wrong(format!("record.json: {error}")))?;
        let title = record.facts.study.get("title").and_then(|t| t.as_str()).unwrap_or_default().to_owned();
        let Record { processes, points, estimates, .. } = record;
        let results = Results {
            title,
            points,
            processes,
            curves: tables::read(&self.path.join("curves.csv"))?,
            estimates,
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

    /// Makes sure that figures go into a folder within this one: a link in its place is taken away, and what it points to
    /// stays as it is.
    ///
    /// # Errors
    /// [`Error::Write`] when the folder cannot be made.
    pub fn own_figures(&self) -> Result<PathBuf> {
        let figures = self.figures();
        if !fs::symlink_metadata(&figures).is_ok_and(|found| found.is_dir()) {
            remove(&figures)?;
            make(&figures)?;
        }
        Ok(figures)
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

/// Makes a folder and those above it.
pub fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.into(), source })
}

/// Takes away what stands at `path`, if anything does: a folder with all that is in it, a file, or a link itself. What a
/// link points to is never touched.
///
/// # Errors
/// [`Error::Write`] when it cannot be taken away.
pub fn remove(path: &Path) -> Result<()> {
    let removed = fs::symlink_metadata(path).and_then(|found| {
        // The deletion of a folder takes links in it away as links.
        if found.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    });
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::Write { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

/// Writes `bytes` to a new file: what stood there is replaced, and a link there is not followed.
pub fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes `bytes` beside `path`, then renames, so that `path` is never seen half-written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside =
        path.with_extension(format!("{}.part", path.extension().unwrap_or_default().to_string_lossy()));
    let written = write_new(&aside, bytes).and_then(|()| fs::rename(&aside, path));
    written.map_err(|source| {
        // A failure leaves no half file behind; that this clean-up may fail too adds nothing to the message.
        let _ = fs::remove_file(&aside);
        Error::Write { path: path.into(), source }
    })
}
