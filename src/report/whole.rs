//! Files that are never seen half-written: written beside their place, then renamed.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Makes a folder and those above it. A link in its own place is taken away, so that nothing is written where it points to.
pub fn make(folder: &Path) -> Result<()> {
    unlink(folder)?;
    fs::create_dir_all(folder).map_err(|source| Error::Write { path: folder.into(), source })
}

/// Makes a folder in one that is there: should that one be gone, so are the results of a run.
pub fn make_in(folder: &Path, name: &str) -> Result<()> {
    let path = folder.join(name);
    unlink(&path)?;
    match fs::create_dir(&path) {
        Err(source) if source.kind() != ErrorKind::AlreadyExists => Err(Error::Write { path, source }),
        _ => Ok(()),
    }
}

/// Whether a link stands at `path`, wherever it points to.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// Takes a link at `path` away; what else stands there stays.
///
/// # Errors
/// [`Error::Write`] when it cannot be taken away.
pub fn unlink(path: &Path) -> Result<()> {
    if is_link(path) { remove(path) } else { Ok(()) }
}

/// Takes away what stands at `path`, if anything does: a folder with all that is in it, a file, or a link itself. What a
/// link points to is never touched.
///
/// # Errors
/// [`Error::Write`] when it cannot be taken away.
pub fn remove(path: &Path) -> Result<()> {
    let removed = fs::symlink_metadata(path).and_then(|found| {
        // Links within a folder go with it as links.
        if found.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    });
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(Error::Write { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

/// A new file in the place of whatever file or link stood there; a link is not followed.
pub fn new_file(path: &Path) -> std::io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => File::create_new(path),
    }
}

/// Writes `bytes` beside `path`, then renames, so that `path` is never seen half-written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// The same for what `write` writes.
pub fn write_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<()> {
    let aside = aside(path);
    let written = new_file(&aside).and_then(|file| {
        let mut file = BufWriter::with_capacity(1 << 16, file);
        write(&mut file)?;
        file.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&aside, path)
    });
    written.map_err(|source| {
        // A failure leaves no half file behind; that this clean-up may fail too adds nothing to the message.
        let _ = fs::remove_file(&aside);
        Error::Write { path: path.into(), source }
    })
}

/// The ending of files that are being written.
const ASIDE: &str = "part";

fn aside(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.{ASIDE}", path.extension().unwrap_or_default().to_string_lossy()))
}

/// Removes what a run that was killed was writing in `folder`.
pub fn sweep_up(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|ending| ending == ASIDE) {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_file(entry.path());
        }
    }
}
