//! A file read at once, no longer than it may be.

use std::fs::File;
use std::io::{Error, Read, Result};
use std::path::Path;

/// The bytes of the regular file `path`, at most `most`.
///
/// # Errors
/// What the system says; a folder, a pipe or a device instead of a file; more bytes than `most`.
pub fn whole_file(path: &Path, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The file may grow while it is read.
    regular_file(path, most)?.take(most + 1).read_to_end(&mut bytes)?;
    check_length(bytes.len() as u64, most)?;
    Ok(bytes)
}

/// Opens the regular file `path`, which has at most `most` bytes.
///
/// # Errors
/// As [`whole_file`].
pub fn regular_file(path: &Path, most: u64) -> Result<File> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::other("a folder, a pipe or a device, not a file"));
    }
    check_length(metadata.len(), most)?;
    File::open(path)
}

fn check_length(bytes: u64, most: u64) -> Result<()> {
    if bytes <= most {
        Ok(())
    } else {
        Err(Error::other(format!("{bytes} bytes, more than the {most} that are read")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_up_to_their_limit_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(whole_file(&path, 5).unwrap(), b"12345");
        assert_eq!(whole_file(&path, 4).unwrap_err().to_string(), "5 bytes, more than the 4 that are read");
        let message = whole_file(folder.path(), 5).unwrap_err().to_string();
        assert_eq!(message, "a folder, a pipe or a device, not a file");
        #[cfg(unix)]
        assert!(whole_file(Path::new("/dev/zero"), 5).is_err());
    }
}
