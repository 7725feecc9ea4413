//! IDX data, plain and gzip.

use crate::attack::Attack;
use crate::csv::load;
use crate::dice::Dice;
use flate2::Compression;
use flate2::write::GzEncoder;
use sgd_sde::problem::data::DataSpec;
use sgd_sde::problem::data::idx::Idx;
use std::io::Write;
use std::time::Duration;

/// Sizes that a header may claim.
const SIZES: [u32; 12] = [0, 1, 2, 3, 6, 28, 255, 65_536, 1 << 20, i32::MAX as u32, 1 << 31, u32::MAX];

/// Header and payload of `sizes` that belong together, before anything is changed.
fn whole(magic: u32, sizes: &[u32], payload: impl Iterator<Item = u8>) -> Vec<u8> {
    let header = std::iter::once(magic).chain(sizes.iter().copied()).flat_map(u32::to_be_bytes);
    header.chain(payload).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One of the two files, hurt before and after it is packed.
fn hurt(dice: &mut Dice, mut bytes: Vec<u8>, other: &[u8], sizes: usize) -> Vec<u8> {
    if dice.once_in(5) {
        let at = 4 + 4 * dice.below(sizes);
        let new = *dice.pick(&SIZES);
        bytes[at..at + 4].copy_from_slice(&new.to_be_bytes());
    }
    if dice.once_in(5) {
        dice.mangle(&mut bytes, other);
    }
    if dice.once_in(4000) {
        // Far more than the header says, and small where packed.
        bytes.resize(bytes.len() + (1 << dice.below(23)), 0);
    }
    if dice.once_in(3) {
        bytes = match dice.below(4) {
            // Members one behind the other, cut anywhere: the format allows it.
            0 => {
                let (one, two) = bytes.split_at(dice.below(bytes.len() + 1));
                [gzip(one), gzip(two)].concat()
            }
            1 => gzip(&gzip(&bytes)),
            _ => gzip(&bytes),
        };
        if dice.once_in(3) {
            dice.mangle(&mut bytes, other);
        }
    }
    bytes
}

fn pair(dice: &mut Dice) -> [Vec<u8>; 2] {
    let (count, height, width) =
        (1 + dice.below(6) as u32, 1 + dice.below(4) as u32, 1 + dice.below(4) as u32);
    let pixels = (0..count * height * width).map(|i| i as u8);
    let images = whole(0x803, &[count, height, width], pixels);
    let classes: Vec<u8> = (0..count).map(|_| *dice.pick(&[2, 7, 7, 9, 255])).collect();
    let labels = whole(0x801, &[count], classes.into_iter());
    [hurt(dice, images.clone(), &labels, 3), hurt(dice, labels, &images, 1)]
}

#[test]
fn idx_files() {
    let folder = tempfile::tempdir().unwrap();
    let spec =
        DataSpec::Idx(Idx { images: "images.file".into(), labels: "labels.file".into(), classes: [2, 7] });
    let attack =
        Attack { name: "idx_files", inputs: 20_000, patience: Duration::from_secs(2), memory: 64 << 20 };
    attack.run(
        pair,
        |[images, labels]| {
            std::fs::write(folder.path().join("images.file"), images).unwrap();
            std::fs::write(folder.path().join("labels.file"), labels).unwrap();
            load(&spec, folder.path())
        },
        |files| files.join(&b"\n--- labels ---\n"[..]),
    );
}
