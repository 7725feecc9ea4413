//! CSV data.

use crate::attack::{Answer, Attack};
use crate::dice::Dice;
use sgd_sde::problem::data::csv::{Csv, Header};
use sgd_sde::problem::data::{DataSpec, Dataset};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files to start from.
const SEEDS: [&[u8]; 8] = [
    b"x1,x2,label\n0.5,1.25,0\n-1,2e-1,1\n\"3\",.5,1\n1,1,0\n",
    b"1,2,1\r\n3,4,-1\r\n\r\n5,6,1\r\n",
    b"\xef\xbb\xbf0.1;0.2\n1,2\n",
    b"1.5,0.25\n2.5,1e300\n",
    b"\"a,b\",\"c\"\"d\"\n1,2\n",
    b"1,2,3,4,5,6,7,8,9,10\n",
    b"1,1\r2,0\r",
    b"",
];

/// A row of numbers that the reader may take.
fn row(dice: &mut Dice, columns: usize) -> Vec<u8> {
    let field = |dice: &mut Dice| match dice.below(12) {
        0 => dice.number(),
        1 => format!("\"{}\"", dice.number()),
        2 => dice.text(),
        _ => format!("{}", dice.below(2)),
    };
    let fields: Vec<String> = (0..columns).map(|_| field(dice)).collect();
    (fields.join(",") + dice.one_of(&["\n", "\r\n", "\r", "\n\n", ""])).into_bytes()
}

fn file(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = match dice.below(4) {
        0 => {
            let (rows, columns) = (dice.below(30), dice.below(6));
            (0..rows).flat_map(|_| row(dice, columns)).collect()
        }
        _ => dice.pick(&SEEDS).to_vec(),
    };
    for _ in 0..dice.below(4) {
        match dice.below(3) {
            0 => dice.replace_number(&mut bytes),
            _ => {
                let other = *dice.pick(&SEEDS);
                dice.mangle(&mut bytes, other);
            }
        }
    }
    // Rarely a wide file or a long one, so that costs that grow with the square of something show.
    if dice.once_in(2000) {
        bytes = bytes.repeat(1 << dice.below(12));
    }
    if dice.once_in(2000) {
        bytes.extend(",".repeat(1 << dice.below(16)).into_bytes());
    }
    bytes
}

/// What holds of every data set: whole rows of finite numbers.
pub fn sound(data: &Dataset) {
    assert!(data.dim >= 1 && !data.is_empty() && data.inputs.len() == data.len() * data.dim);
    assert!(data.inputs.iter().chain(&data.labels).all(|x| x.is_finite()));
}

/// Loads a data set, whose refusal must name one of its files.
pub fn load(spec: &DataSpec, folder: &Path) -> Answer {
    match spec.load(folder, 1) {
        Ok(data) => {
            sound(&data);
            Ok(())
        }
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains(".file"), "no file in: {message}");
            Err(message)
        }
    }
}

#[test]
fn csv_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.file");
    let spec = |header| DataSpec::Csv(Csv { path: PathBuf::from("rows.file"), header });
    let attack =
        Attack { name: "csv_files", inputs: 30_000, patience: Duration::from_secs(2), memory: 64 << 20 };
    attack.run(
        |dice| (file(dice), *dice.pick(&[Header::Auto, Header::Auto, Header::Present, Header::Absent])),
        |(bytes, header)| {
            std::fs::write(&path, bytes).unwrap();
            load(&spec(*header), folder.path())
        },
        |(bytes, _)| bytes.clone(),
    );
}
