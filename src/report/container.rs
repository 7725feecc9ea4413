//! The files that a run goes on from: sixteen bytes that name the format, a value in MessagePack, and the sha256 of both.
//! A file that is torn, or that somebody changed, is found out before a byte of it is believed.

use super::whole::write_with;
use crate::error::Result;
use crate::study::regular_file;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Names the format; its number changes with the format.
const MAGIC: [u8; 16] = *b"sgd-sde state 1\n";
const HASH: u64 = 32;

/// Passes bytes on and hashes them.
struct Hashing<'w, W> {
    to: &'w mut W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes `value` to `path`, whole or not at all.
///
/// # Errors
/// [`crate::error::Error::Write`].
pub fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    write_around(path, |to| {
        rmp_serde::encode::write_named(to, value).map_err(|error| match error {
            // The system's own words, such as "No space left on device".
            rmp_serde::encode::Error::InvalidValueWrite(write) => write.into(),
            other => io::Error::other(other),
        })
    })
}

/// The same for a value that is in MessagePack already.
///
/// # Errors
/// As [`write`].
pub fn write_encoded(path: &Path, value: &[u8]) -> Result<()> {
    write_around(path, |to| to.write_all(value))
}

/// Writes what names the format, what `write_value` writes, and the hash of both.
fn write_around(path: &Path, write_value: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    write_with(path, |file| {
        let mut hashing = Hashing { to: file, hash: Sha256::new() };
        hashing.write_all(&MAGIC)?;
        write_value(&mut hashing)?;
        let hash = hashing.hash.finalize();
        file.write_all(&hash)
    })
}

/// Reads what [`write`] wrote.
///
/// Time and memory are those of a file of this length, whatever stands in it.
///
/// # Errors
/// The reason in words: no such file, another format, torn or changed.
pub fn read<T: DeserializeOwned>(path: &Path) -> std::result::Result<T, String> {
    let (file, length) = checked(path)?;
    rmp_serde::from_read(BufReader::new(file.take(length)))
        .map_err(|error| format!("its content is not that of this program ({error})"))
}

/// The value in `path` as it stands there, in MessagePack.
///
/// # Errors
/// As [`read`].
pub fn read_encoded(path: &Path) -> std::result::Result<Vec<u8>, String> {
    let (file, length) = checked(path)?;
    let mut value = Vec::new();
    file.take(length).read_to_end(&mut value).map_err(|error| error.to_string())?;
    Ok(value)
}

/// Whether `path` is whole.
///
/// # Errors
/// As [`read`].
pub fn check(path: &Path) -> std::result::Result<(), String> {
    checked(path).map(|_| ())
}

/// The file, set to its value, and how long that is.
fn checked(path: &Path) -> std::result::Result<(File, u64), String> {
    let said = |error: io::Error| error.to_string();
    let mut file = regular_file(path, u64::MAX).map_err(said)?;
    let length = file.metadata().map_err(said)?.len();
    let mut magic = [0; MAGIC.len()];
    let start = MAGIC.len() as u64;
    if length < start + HASH || file.read_exact(&mut magic).is_err() {
        return Err("it is cut short".into());
    }
    if magic != MAGIC {
        return Err("it is not of this version's format".into());
    }
    let mut hash = Sha256::new();
    hash.update(magic);
    let mut rest = length - start - HASH;
    let mut buffer = vec![0; 1 << 16];
    while rest > 0 {
        let piece = rest.min(buffer.len() as u64) as usize;
        file.read_exact(&mut buffer[..piece]).map_err(said)?;
        hash.update(&buffer[..piece]);
        rest -= piece as u64;
    }
    let mut expected = [0; HASH as usize];
    file.read_exact(&mut expected).map_err(said)?;
    if hash.finalize()[..] != expected {
        return Err("it is torn or was changed: its checksum is wrong".into());
    }
    file.seek(SeekFrom::Start(start)).map_err(said)?;
    Ok((file, length - start - HASH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_and_a_cut_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.state");
        let value = (vec![1.5, f64::INFINITY], "text".to_owned(), Some(7_u64));
        write(&path, &value).unwrap();
        assert_eq!(read::<(Vec<f64>, String, Option<u64>)>(&path).unwrap(), value);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let whole = std::fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            assert!(check(&path).is_err(), "byte {place}");
            std::fs::write(&path, &whole[..place]).unwrap();
            assert!(check(&path).is_err(), "cut at {place}");
        }
        assert!(read::<Vec<f64>>(&folder.path().join("b")).unwrap_err().contains("No such file"));
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.state");
        write(&path, &"text").unwrap();
        assert!(read::<Vec<f64>>(&path).unwrap_err().starts_with("its content"));
    }
}
