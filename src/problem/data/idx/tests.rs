use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn file(name: &str, bytes: &[u8]) -> Source {
    Source { path: name.into(), bytes: bytes.to_vec() }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Five images of 2×3 pixels: image i holds 10i, 10i + 1, …, 10i + 5.
fn images() -> Vec<u8> {
    let pixels = (0..5u8).flat_map(|i| (0..6).map(move |j| 10 * i + j));
    words(&[IMAGES_MAGIC, 5, 2, 3]).into_iter().chain(pixels).collect()
}

const CLASSES: [u8; 5] = [7, 2, 9, 2, 7];

fn labels() -> Vec<u8> {
    [words(&[LABELS_MAGIC, 5]), CLASSES.to_vec()].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(images: &[u8], labels: &[u8], classes: [u8; 2]) -> Result<Dataset, DataError> {
    decode(&file("images.idx", images), &file("labels.idx", labels), classes, MAX_NUMBERS)
}

fn refusal(images: &[u8], labels: &[u8]) -> String {
    read(images, labels, [2, 7]).unwrap_err().to_string()
}

#[test]
fn two_classes_become_signs_and_pixels_fractions() {
    let data = read(&images(), &labels(), [2, 7]).unwrap();
    assert_eq!((data.dim, data.label_kind), (6, LabelKind::Signs));
    assert_eq!(data.labels, [-1.0, 1.0, 1.0, -1.0]);
    let expected: Vec<f64> =
        [0, 1, 3, 4].iter().flat_map(|i| (0..6).map(move |j| f64::from(10 * i + j) / 255.0)).collect();
    assert_eq!(data.inputs, expected);
    assert_eq!(
        data.notes,
        [
            "class 2 is the label 1, class 7 the label -1",
            "4 of 5 images of 2×3 pixels kept",
            "pixels divided by 255"
        ]
    );
    let other_way: Vec<f64> = data.labels.iter().map(|label| -label).collect();
    assert_eq!(read(&images(), &labels(), [7, 2]).unwrap().labels, other_way);
}

/// gzip is told by its first bytes; several members in a row are one file (RFC 1952, §2.2).
#[test]
fn plain_and_gzip_files_are_the_same_data_whatever_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let packed = gzip(&labels());
    std::fs::write(dir.path().join("plain.gz"), images()).unwrap();
    std::fs::write(dir.path().join("packed"), &packed).unwrap();
    let spec = Idx { images: "plain.gz".into(), labels: "packed".into(), classes: [2, 7] };
    let data = spec.load(dir.path()).unwrap();
    let plain = read(&images(), &labels(), [2, 7]).unwrap();
    assert_eq!(data.sources.len(), 2);
    assert_eq!(
        (data.sources[1].path.as_path(), data.sources[1].bytes),
        (Path::new("packed"), packed.len() as u64)
    );
    assert_eq!(Dataset { sources: vec![], ..data }, plain);

    let whole = images();
    let (head, tail) = whole.split_at(20);
    let members = [gzip(head), gzip(tail)].concat();
    assert_eq!(read(&members, &labels(), [2, 7]).unwrap(), plain);
}

#[test]
fn a_missing_file_says_where_such_files_come_from() {
    let dir = tempfile::tempdir().unwrap();
    let spec = Idx { images: "no-images".into(), labels: "no-labels".into(), classes: [2, 7] };
    assert_eq!(
        spec.load(dir.path()).unwrap_err().to_string(),
        format!(
            "{}/no-images: no such file (problem.data.images); data of this kind are the four IDX files of the MNIST \
             database; name them with problem.data.images and problem.data.labels; a path in a study is relative to the \
             study file",
            dir.path().display()
        )
    );
}

#[test]
fn a_wrong_magic_number_is_shown_with_the_right_one() {
    let swapped = "images start with 0x00000803 and labels with 0x00000801, so check that problem.data.images and \
                   problem.data.labels are not swapped and that the file is plain IDX or gzip";
    assert_eq!(
        refusal(&labels(), &images()),
        format!("images.idx: byte 0: magic number 0x00000801; must be 0x00000803 (IDX images); {swapped}")
    );
    assert_eq!(
        refusal(&images(), b"PK\x03\x04"),
        format!("labels.idx: byte 0: magic number 0x504b0304; must be 0x00000801 (IDX labels); {swapped}")
    );
}

#[test]
fn a_file_that_ends_early_is_refused_at_its_end() {
    let header = |present| {
        format!(
            "images.idx: ends at byte {present}, inside the header of 16 bytes; fetch the file again or name the right one"
        )
    };
    for present in [0, 3, 4, 15] {
        assert_eq!(refusal(&images()[..present], &labels()), header(present));
    }
    // As gzip too: the bytes counted are those inside.
    assert_eq!(refusal(&gzip(&images()[..15]), &labels()), header(15));
    for present in [16, 45] {
        let message = format!(
            "images.idx: ends at byte {present}; its header declares 46 bytes; the file is cut short: fetch it again"
        );
        assert_eq!(refusal(&images()[..present], &labels()), message);
        assert_eq!(refusal(&gzip(&images()[..present]), &labels()), message);
    }
    assert_eq!(
        refusal(&images(), &labels()[..12]),
        "labels.idx: ends at byte 12; its header declares 13 bytes; the file is cut short: fetch it again"
    );
}

#[test]
fn a_file_that_goes_on_is_refused() {
    let long = [images(), vec![0]].concat();
    let message = "images.idx: goes on after byte 46, where its header says that it ends; the header and the data do not \
                   belong together: fetch the file again";
    assert_eq!(refusal(&long, &labels()), message);
    assert_eq!(refusal(&gzip(&long), &labels()), message);
}

/// Some 300 kB of gzip that unpack to 64 MiB: refused after the bytes that the header declares and one more.
#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&images()).unwrap();
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = file("images.idx", &encoder.finish().unwrap());
    let mut content = Content::of(&bomb);
    let [count, height, width] = content.header(IMAGES_MAGIC, "images").unwrap();
    assert!(matches!(
        content.payload(16, u64::from(count * height * width)),
        Err(DataError::IdxTooLong { .. })
    ));
    let Reader::Gzip(decoder) = &mut content.reader else { panic!("not read as gzip") };
    // The decoder has unpacked 47 bytes of 64 MiB and stands where they ended.
    let mut rest = Vec::new();
    decoder.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.len(), (64 << 20) - 1);
}

#[test]
fn sizes_that_no_file_has_are_refused_before_any_memory_is_taken() {
    assert_eq!(
        refusal(&words(&[IMAGES_MAGIC, u32::MAX, u32::MAX, u32::MAX]), &labels()),
        "images.idx: bytes 4 to 15: 4294967295 images of 4294967295×4294967295 pixels are 79228162458924105385300197375 \
         bytes; at most 4294967296 are read; check that the header is right, or keep fewer images in the file"
    );
    assert_eq!(
        refusal(&words(&[IMAGES_MAGIC, 1, 1 << 16, 1 << 16]), &labels()),
        "images.idx: ends at byte 16; its header declares 4294967312 bytes; the file is cut short: fetch it again"
    );
    assert_eq!(
        refusal(&words(&[IMAGES_MAGIC, 5, 0, 3]), &labels()),
        "images.idx: bytes 4 to 15: 5 images of 0×3 pixels; each of the three sizes must be at least 1; name a file that \
         holds images"
    );
    assert_eq!(
        decode(&file("images.idx", &images()), &file("labels.idx", &labels()), [2, 7], 23)
            .unwrap_err()
            .to_string(),
        "images.idx: 4 rows of 6 inputs are more than the 23 numbers a data set may hold; keep fewer rows in the file"
    );
}

#[test]
fn damaged_gzip_is_refused_at_the_byte_where_it_shows() {
    let packed = gzip(&images());
    let length = packed.len();
    assert_eq!(
        refusal(&packed[..length - 9], &labels()),
        format!(
            "images.idx: ends at byte {}, before its gzip data does; the file is cut short: fetch it again",
            length - 9
        )
    );
    let mut wrong_sum = packed.clone();
    wrong_sum[length - 8] ^= 1;
    assert_eq!(
        refusal(&wrong_sum, &labels()),
        format!(
            "images.idx: byte {length} of the file: the gzip data is damaged (corrupt gzip stream does not have a matching \
             checksum); fetch the file again"
        )
    );
    // Byte 10 starts the first block: its type 3 is reserved (RFC 1951, §3.2.3).
    let mut wrong_block = packed.clone();
    wrong_block[10] = 0xff;
    assert_eq!(
        refusal(&wrong_block, &labels()),
        "images.idx: byte 11 of the file: the gzip data is damaged (corrupt deflate stream); fetch the file again"
    );
    let trailing = [packed, vec![b'x'; 20]].concat();
    assert_eq!(
        refusal(&trailing, &labels()),
        format!(
            "images.idx: byte {} of the file: the gzip data is damaged (invalid gzip header); fetch the file again",
            length + 10
        )
    );
}

#[test]
fn labels_must_fit_the_images_and_hold_both_classes() {
    let four = [words(&[LABELS_MAGIC, 4]), vec![7, 2, 9, 2]].concat();
    assert_eq!(
        refusal(&images(), &four),
        "images.idx: 5 images, but labels.idx: 4 labels; the counts must be equal: name the two files of one set"
    );
    assert_eq!(
        read(&images(), &labels(), [2, 3]).unwrap_err().to_string(),
        "labels.idx: none of its 5 labels is 3; both of problem.data.classes must occur: it holds the classes 2, 7, 9"
    );
    let spec = Idx { images: "a".into(), labels: "b".into(), classes: [4, 4] };
    assert_eq!(
        spec.validate().unwrap_err().to_string(),
        "problem.data.classes = [4, 4]: must be two different classes; the first becomes the label 1, the second -1"
    );
    let spec = Idx { images: "a".into(), labels: "".into(), classes: [4, 5] };
    assert_eq!(
        spec.validate().unwrap_err().to_string(),
        "problem.data.labels = \"\": must be a path; name a file, relative to the study file"
    );
}

/// Mutated headers, pixels and gzip data: an answer or an error, never a panic and never much memory.
#[test]
fn no_bytes_make_the_reader_panic() {
    use crate::random::{Key, Purpose};
    use rand::RngExt;

    let mut stream = Key::new(12, Purpose::Data).stream(0, 0);
    let valid = [images(), gzip(&images()), labels(), gzip(&labels())];
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..40_000 {
        let mut files = valid.clone();
        let mutated = &mut files[round % 4];
        for _ in 0..stream.random_range(1..4) {
            let at = stream.random_range(0..mutated.len());
            match stream.random_range(0..4) {
                0 => mutated[at] = stream.random(),
                1 => mutated[at] ^= 1 << stream.random_range(0..8),
                2 => mutated.truncate(at.max(1)),
                _ => mutated.push(stream.random()),
            }
        }
        let (images, labels) = (&files[round % 2], &files[2 + (round / 2) % 2]);
        match read(images, labels, [2, 7]) {
            Ok(data) => {
                assert_eq!(data.inputs.len(), data.len() * data.dim);
                assert!(data.inputs.iter().all(|x| (0.0..=1.0).contains(x)));
                assert!(data.check_classification().is_ok());
                accepted += 1;
            }
            Err(error) => {
                assert!(error.to_string().contains(".idx: "));
                refused += 1;
            }
        }
    }
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}

/// The published counts of digits of the test set: 980 zeros, 1135 ones, 1032 twos, 1028 sevens.
#[test]
fn the_files_of_mnist_hold_their_published_counts() {
    let Some(folder) = std::env::var_os("SGD_SDE_MNIST") else {
        println!(
            "SGD_SDE_MNIST is not set: no MNIST here; the other tests of this file use files of their own"
        );
        return;
    };
    for (classes, counts) in [([2, 7], [1032, 1028]), ([0, 1], [980, 1135])] {
        let spec = Idx {
            images: "t10k-images-idx3-ubyte.gz".into(),
            labels: "t10k-labels-idx1-ubyte.gz".into(),
            classes,
        };
        let data = spec.load(Path::new(&folder)).unwrap();
        assert_eq!(data.dim, 784);
        for (sign, count) in [1.0, -1.0].into_iter().zip(counts) {
            assert_eq!(data.labels.iter().filter(|&&label| label == sign).count(), count);
        }
        assert!(data.inputs.contains(&1.0));
    }
}
