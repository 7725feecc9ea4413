//! Whether a folder can be where results are asked for.

use crate::error::{Error, Result};
use std::path::Path;

/// Refuses a path that is a file, or leads through one, without touching anything.
///
/// # Errors
/// [`Error::NotAFolder`] with the file.
pub fn require_folder(path: &Path) -> Result<()> {
    let existing = path.ancestors().find(|place| place.exists());
    match existing.filter(|place| !place.is_dir()) {
        Some(file) => Err(Error::NotAFolder { path: file.into() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_no_folder_and_holds_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "").unwrap();
        for (path, good) in
            [("", true), ("b", true), ("b/c/d", true), ("a", false), ("a/b", false), ("a/b/c", false)]
        {
            let judged = require_folder(&folder.path().join(path));
            assert_eq!(judged.is_ok(), good, "{path}");
            if let Err(error) = judged {
                assert!(matches!(&error, Error::NotAFolder { path } if *path == file), "{error}");
            }
        }
        require_folder(Path::new("results")).unwrap();
    }
}
