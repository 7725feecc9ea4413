//! Arrays of float64 from `.npy` files (version 1 to 3 of the format of NumPy), judged before anything is allocated.

use crate::problem::data::MAX_FILE_BYTES;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// An array in C order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its lengths along each axis; their product is the count of `numbers`.
    pub shape: Vec<usize>,
    /// Its entries, the last axis fastest.
    pub numbers: Vec<f64>,
}

/// Why a file is no such array.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    #[error("not a regular file")]
    NotAFile,
    #[error("{0} bytes, more than the 2^32 that are read")]
    TooLarge(u64),
    #[error("it does not start with the six bytes of a .npy file")]
    Magic,
    #[error("version {0}.{1} of the format, where 1.0, 2.0 and 3.0 are known")]
    Version(u8, u8),
    #[error("a header of {0} bytes, where at most {LONGEST_HEADER} are read")]
    LongHeader(u64),
    #[error("it ends inside its header")]
    CutHeader,
    #[error("its header is no table of descr, fortran_order and shape at character {0}")]
    Header(usize),
    #[error("numbers of another kind than float64, \"<f8\" or \">f8\"")]
    Kind,
    #[error("Fortran order; save it with numpy.ascontiguousarray")]
    Fortran,
    #[error("a shape of {0} numbers, where {1} bytes follow the header")]
    Length(u128, u64),
}

/// Longer headers describe other things than arrays of numbers.
const LONGEST_HEADER: u64 = 65_535;
/// Axes of an array.
const MOST_AXES: usize = 8;
const MAGIC: &[u8] = b"\x93NUMPY";

/// Reads an array. Memory: eight bytes for each eight of the file, whatever its header says.
///
/// # Errors
/// What [`NpyError`] names; the count of numbers is compared with the length of the file before they are read.
pub fn read(path: &Path) -> Result<Array, NpyError> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(NpyError::NotAFile);
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(NpyError::TooLarge(metadata.len()));
    }
    let mut file = BufReader::new(File::open(path)?);
    let (header, start) = read_header(&mut file)?;
    let Header { big_endian, shape } = header;
    let count = shape.iter().try_fold(1_u128, |count, &n| count.checked_mul(n as u128)).unwrap_or(u128::MAX);
    let left = metadata.len().saturating_sub(start);
    if count.checked_mul(8) != Some(u128::from(left)) {
        return Err(NpyError::Length(count, left));
    }
    let mut numbers = Vec::with_capacity(count as usize);
    let mut bytes = [0; 8];
    for _ in 0..count {
        file.read_exact(&mut bytes)?;
        numbers.push(if big_endian { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) });
    }
    Ok(Array { shape, numbers })
}

/// What a header says.
struct Header {
    big_endian: bool,
    shape: Vec<usize>,
}

/// The header, and how many bytes it takes with all before it.
fn read_header(file: &mut impl Read) -> Result<(Header, u64), NpyError> {
    let mut take = |bytes: &mut [u8]| file.read_exact(bytes).map_err(|_| NpyError::CutHeader);
    let mut start = [0; 8];
    // A short file of another kind is no cut header.
    take(&mut start).map_err(|_| NpyError::Magic)?;
    if !start.starts_with(MAGIC) {
        return Err(NpyError::Magic);
    }
    let (length, before) = match (start[6], start[7]) {
        (1, 0) => {
            let mut length = [0; 2];
            take(&mut length)?;
            (u64::from(u16::from_le_bytes(length)), 10)
        }
        (2 | 3, 0) => {
            let mut length = [0; 4];
            take(&mut length)?;
            (u64::from(u32::from_le_bytes(length)), 12)
        }
        (major, minor) => return Err(NpyError::Version(major, minor)),
    };
    if length > LONGEST_HEADER {
        return Err(NpyError::LongHeader(length));
    }
    let mut text = vec![0; length as usize];
    take(&mut text)?;
    Ok((parse(&text)?, before + length))
}

/// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }` in any order; each key stands once.
fn parse(text: &[u8]) -> Result<Header, NpyError> {
    let mut cursor = Cursor { text, at: 0 };
    let (mut kind, mut fortran, mut shape) = (None, None, None);
    cursor.expect(b"{")?;
    while cursor.expect(b"}").is_err() {
        let key = cursor.quoted()?;
        cursor.expect(b":")?;
        let first = match key {
            b"descr" => kind.replace(cursor.quoted()?).is_none(),
            b"fortran_order" => fortran.replace(cursor.truth()?).is_none(),
            b"shape" => shape.replace(cursor.tuple()?).is_none(),
            _ => false,
        };
        // A comma parts entries, and may follow the last.
        if !first || (cursor.expect(b",").is_err() && cursor.peek() != Some(b'}')) {
            return Err(NpyError::Header(cursor.at));
        }
    }
    if cursor.peek().is_some() {
        return Err(NpyError::Header(cursor.at));
    }
    let (Some(kind), Some(fortran), Some(shape)) = (kind, fortran, shape) else {
        return Err(NpyError::Header(cursor.at));
    };
    match (kind, fortran) {
        (b"<f8", false) => Ok(Header { big_endian: false, shape }),
        (b">f8", false) => Ok(Header { big_endian: true, shape }),
        (_, true) => Err(NpyError::Fortran),
        _ => Err(NpyError::Kind),
    }
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, word: &[u8]) -> Result<(), NpyError> {
        self.peek();
        if !self.text[self.at..].starts_with(word) {
            return Err(NpyError::Header(self.at));
        }
        self.at += word.len();
        Ok(())
    }

    fn quoted(&mut self) -> Result<&'a [u8], NpyError> {
        let quote =
            self.peek().filter(|byte| matches!(byte, b'\'' | b'"')).ok_or(NpyError::Header(self.at))?;
        let rest = &self.text[self.at + 1..];
        let length = rest.iter().position(|&byte| byte == quote).ok_or(NpyError::Header(self.at))?;
        self.at += length + 2;
        Ok(&rest[..length])
    }

    fn truth(&mut self) -> Result<bool, NpyError> {
        if self.expect(b"True").is_ok() { Ok(true) } else { self.expect(b"False").map(|()| false) }
    }

    fn tuple(&mut self) -> Result<Vec<usize>, NpyError> {
        let mut lengths = Vec::new();
        self.expect(b"(")?;
        while self.expect(b")").is_err() {
            self.peek();
            let digits = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            let number = std::str::from_utf8(&self.text[self.at..self.at + digits]).unwrap_or_default();
            let length = number.parse().map_err(|_| NpyError::Header(self.at))?;
            self.at += digits;
            lengths.push(length);
            let more = self.expect(b",").is_ok();
            if lengths.len() > MOST_AXES || (!more && self.peek() != Some(b')')) {
                return Err(NpyError::Header(self.at));
            }
        }
        Ok(lengths)
    }
}

#[cfg(test)]
mod tests;
