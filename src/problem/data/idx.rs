//! A pair of classes of images in IDX files, the format of the MNIST database.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use super::source::{GZIP_MAGIC, Source};
use super::spec::check_path;
use super::{DataError, Dataset, FieldError, LabelKind, MAX_FILE_BYTES, MAX_NUMBERS};

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;
const REMEDY: &str = "data of this kind are the four IDX files of the MNIST database; name them with problem.data.images \
                      and problem.data.labels";

/// Images of two classes: inputs are pixels/255 in [0, 1], row by row; labels are 1 for the first class, −1 for the second.
///
/// Both files are IDX (big-endian magic number 0x00000803 or 0x00000801, sizes, unsigned bytes), each plain or gzip, told
/// apart by its first bytes. Rows keep the order of the files. Cost: both files in memory, then the kept pixels as float64.
/// Source of the format: LeCun, Cortes, Burges, the MNIST database of handwritten digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Idx {
    /// The file of images.
    pub images: PathBuf,
    /// The file of their labels.
    pub labels: PathBuf,
    /// The class that becomes 1 and the one that becomes −1; they differ, and both must occur.
    pub classes: [u8; 2],
}

impl Idx {
    pub(super) fn validate(&self) -> Result<(), FieldError> {
        check_path("images", &self.images)?;
        check_path("labels", &self.labels)?;
        let [plus, minus] = self.classes;
        if plus == minus {
            return Err(FieldError::new(
                "classes",
                format!("[{plus}, {minus}]"),
                "two different classes",
                "the first becomes the label 1, the second -1",
            ));
        }
        Ok(())
    }

    pub(super) fn load(&self, base: &Path) -> Result<Dataset, DataError> {
        let images = Source::read(base, &self.images, "images", REMEDY)?;
        let labels = Source::read(base, &self.labels, "labels", REMEDY)?;
        let mut dataset = decode(&images, &labels, self.classes, MAX_NUMBERS)?;
        dataset.sources = vec![images.describe(&self.images), labels.describe(&self.labels)];
        Ok(dataset)
    }
}

/// What an images file holds.
struct Images {
    count: u32,
    height: u32,
    width: u32,
    /// count × height × width
    pixels: Vec<u8>,
}

/// The rows of the two classes; at most `limit` numbers.
fn decode(
    images_file: &Source,
    labels_file: &Source,
    classes: [u8; 2],
    limit: u64,
) -> Result<Dataset, DataError> {
    let images = read_images(images_file)?;
    let labels = read_labels(labels_file)?;
    if images.count as usize != labels.len() {
        return Err(DataError::IdxCountsDiffer {
            images: images_file.path.clone(),
            image_count: images.count,
            labels: labels_file.path.clone(),
            label_count: labels.len() as u32,
        });
    }
    check_present(labels_file, &labels, classes)?;
    let dim = images.height as usize * images.width as usize;
    let kept = labels.iter().filter(|label| classes.contains(label)).count();
    if kept as u128 * dim as u128 > u128::from(limit) {
        let path = images_file.path.clone();
        return Err(DataError::TooManyNumbers { path, rows: kept as u64, dim: dim as u64, limit });
    }
    let mut dataset = Dataset {
        inputs: Vec::with_capacity(kept * dim),
        labels: Vec::with_capacity(kept),
        dim,
        label_kind: LabelKind::Signs,
        kind: "idx",
        sources: Vec::new(),
        notes: vec![
            format!("class {} is the label 1, class {} the label -1", classes[0], classes[1]),
            format!("{kept} of {} images of {}×{} pixels kept", images.count, images.height, images.width),
            "pixels divided by 255".into(),
        ],
        first_non_sign_label: None,
    };
    for (image, label) in images.pixels.chunks_exact(dim).zip(&labels) {
        if classes.contains(label) {
            dataset.inputs.extend(image.iter().map(|&pixel| f64::from(pixel) / 255.0));
            dataset.labels.push(if *label == classes[0] { 1.0 } else { -1.0 });
        }
    }
    Ok(dataset)
}

fn check_present(file: &Source, labels: &[u8], classes: [u8; 2]) -> Result<(), DataError> {
    let mut occurs = [false; 256];
    labels.iter().for_each(|&label| occurs[usize::from(label)] = true);
    for class in classes {
        if !occurs[usize::from(class)] {
            let present = (0..=u8::MAX).filter(|&label| occurs[usize::from(label)]).collect();
            let count = labels.len() as u32;
            return Err(DataError::IdxClassAbsent { path: file.path.clone(), class, count, present });
        }
    }
    Ok(())
}

fn read_images(file: &Source) -> Result<Images, DataError> {
    let mut content = Content::of(file);
    let [count, height, width] = content.header(IMAGES_MAGIC, "images")?;
    let path = || file.path.clone();
    if count == 0 || height == 0 || width == 0 {
        return Err(DataError::IdxEmptyImages { path: path(), count, height, width });
    }
    // Three factors below 2^32 overflow u64.
    let declared = u128::from(count) * u128::from(height) * u128::from(width);
    if declared > u128::from(MAX_FILE_BYTES) {
        return Err(DataError::IdxTooLarge { path: path(), count, height, width, declared });
    }
    Ok(Images { count, height, width, pixels: content.payload(16, declared as u64)? })
}

fn read_labels(file: &Source) -> Result<Vec<u8>, DataError> {
    let mut content = Content::of(file);
    let [count] = content.header(LABELS_MAGIC, "labels")?;
    content.payload(8, u64::from(count))
}

/// The bytes of an IDX file, unpacked on the way if it is gzip.
struct Content<'a> {
    file: &'a Source,
    reader: Reader<'a>,
}

enum Reader<'a> {
    Plain(&'a [u8]),
    Gzip(Box<MultiGzDecoder<&'a [u8]>>),
}

impl<'a> Content<'a> {
    fn of(file: &'a Source) -> Self {
        let bytes = file.bytes.as_slice();
        let reader = if bytes.starts_with(&GZIP_MAGIC) {
            Reader::Gzip(Box::new(MultiGzDecoder::new(bytes)))
        } else {
            Reader::Plain(bytes)
        };
        Self { file, reader }
    }

    /// The next `limit` bytes, or fewer where the file ends. Nothing is allocated or unpacked beyond what is there.
    fn next(&mut self, limit: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = Vec::new();
        match &mut self.reader {
            Reader::Plain(rest) => rest.take(limit).read_to_end(&mut bytes),
            Reader::Gzip(decoder) => decoder.take(limit).read_to_end(&mut bytes),
        }
        .map_err(|error| self.gzip_error(&error))?;
        Ok(bytes)
    }

    fn gzip_error(&self, error: &io::Error) -> DataError {
        let path = self.file.path.clone();
        let bytes = self.file.bytes.len() as u64;
        let left = match &self.reader {
            Reader::Plain(rest) => rest.len(),
            Reader::Gzip(decoder) => decoder.get_ref().len(),
        };
        match error.kind() {
            ErrorKind::UnexpectedEof => DataError::GzipTruncated { path, bytes },
            _ => DataError::GzipCorrupt { path, byte: bytes - left as u64, reason: error.to_string() },
        }
    }

    /// The `N` sizes behind the magic number, which must be `expected`.
    fn header<const N: usize>(&mut self, expected: u32, holds: &'static str) -> Result<[u32; N], DataError> {
        let needed = 4 + 4 * N as u64;
        let bytes = self.next(needed)?;
        let path = || self.file.path.clone();
        let mut words =
            bytes.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]));
        // A wrong magic number explains a short file better than its length does.
        match words.next() {
            Some(found) if found != expected => {
                return Err(DataError::IdxMagic { path: path(), found, expected, holds });
            }
            _ if (bytes.len() as u64) < needed => {
                let present = bytes.len() as u64;
                return Err(DataError::IdxHeaderTruncated { path: path(), present, needed });
            }
            _ => {}
        }
        Ok(std::array::from_fn(|_| words.next().unwrap_or(0)))
    }

    /// Exactly `declared` bytes, up to the end of the file. `start` bytes came before.
    fn payload(&mut self, start: u64, declared: u64) -> Result<Vec<u8>, DataError> {
        let mut bytes = self.next(declared)?;
        let path = || self.file.path.clone();
        if (bytes.len() as u64) < declared {
            let present = start + bytes.len() as u64;
            return Err(DataError::IdxTooShort { path: path(), present, declared: start + declared });
        }
        // Looking for one byte more also makes the decoder check the sum at the end of gzip data.
        if !self.next(1)?.is_empty() {
            return Err(DataError::IdxTooLong { path: path(), declared: start + declared });
        }
        bytes.shrink_to_fit();
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
