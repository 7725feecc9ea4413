//! A file's bytes, with their count and hash for the record.

use std::fmt::Write;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{DataError, MAX_FILE_BYTES, SourceFile};

/// The first bytes of every gzip file (RFC 1952, §2.3.1).
pub(super) const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A file in memory.
pub(super) struct Source {
    /// Where it lies: what errors name.
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

impl Source {
    /// Reads the whole file `base.join(path)`, the value of `problem.data.{field}`.
    pub fn read(
        base: &Path,
        path: &Path,
        field: &'static str,
        remedy: &'static str,
    ) -> Result<Self, DataError> {
        let path = base.join(path);
        let unreadable = |source: std::io::Error, path: &Path| match source.kind() {
            ErrorKind::NotFound => DataError::Missing { path: path.to_path_buf(), field, remedy },
            _ => DataError::Unreadable { path: path.to_path_buf(), source },
        };
        // Looked at before it is opened: opening a pipe would wait for its writer.
        let metadata = std::fs::metadata(&path).map_err(|e| unreadable(e, &path))?;
        if !metadata.is_file() {
            return Err(DataError::NotAFile { path, field });
        }
        if metadata.len() > MAX_FILE_BYTES {
            return Err(DataError::FileTooLarge { path, bytes: metadata.len() });
        }
        let file = File::open(&path).map_err(|e| unreadable(e, &path))?;
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        // The file may grow while it is read.
        file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| unreadable(e, &path))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(DataError::FileTooLarge { path, bytes: bytes.len() as u64 });
        }
        Ok(Self { path, bytes })
    }

    /// The entry of the record; `named` is the path as the study gives it.
    pub fn describe(&self, named: &Path) -> SourceFile {
        let mut sha256 = String::with_capacity(64);
        for byte in Sha256::digest(&self.bytes) {
            write!(sha256, "{byte:02x}").expect("writing to a string cannot fail");
        }
        SourceFile { path: named.to_path_buf(), bytes: self.bytes.len() as u64, sha256 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(dir: &Path, name: &str) -> Result<Source, DataError> {
        Source::read(dir, Path::new(name), "path", "name a CSV file with problem.data.path")
    }

    /// FIPS 180-2, appendix B.1.
    #[test]
    fn the_record_holds_the_published_hash_of_abc() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("abc"), "abc").unwrap();
        let file = read(dir.path(), "abc").unwrap().describe(Path::new("abc"));
        assert_eq!(file.bytes, 3);
        assert_eq!(file.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(file.path, Path::new("abc"));
    }

    #[test]
    fn a_missing_file_and_a_folder_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().display();
        assert_eq!(
            read(dir.path(), "no.csv").err().unwrap().to_string(),
            format!(
                "{base}/no.csv: no such file (problem.data.path); name a CSV file with problem.data.path; a path in a study \
                 is relative to the study file"
            )
        );
        std::fs::create_dir(dir.path().join("folder")).unwrap();
        assert_eq!(
            read(dir.path(), "folder").err().unwrap().to_string(),
            format!(
                "{base}/folder: not a regular file; problem.data.path must name a file, not a folder or a device"
            )
        );
    }

    #[test]
    fn a_file_too_large_is_refused_before_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("huge");
        // Sparse: takes no room on the disk.
        File::create(&path).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        assert_eq!(
            read(dir.path(), "huge").err().unwrap().to_string(),
            format!(
                "{}: 4294967297 bytes; a data file may have at most 4294967296; keep fewer rows in the file",
                path.display()
            )
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_below_a_file_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("plain"), "1,2\n").unwrap();
        let message = read(dir.path(), "plain/below").err().unwrap().to_string();
        assert_eq!(
            message,
            format!(
                "{}/plain/below: cannot be read (Not a directory (os error 20)); check its permissions and the disk",
                dir.path().display()
            )
        );
    }
}
