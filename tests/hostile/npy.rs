//! Start points from `.npy` files.

use crate::attack::Attack;
use crate::dice::Dice;
use sgd_sde::numerics::Backend;
use sgd_sde::study::{Plan, Source};
use std::path::Path;
use std::time::Duration;

/// A file of this header and these numbers.
fn npy(version: u8, header: &str, numbers: usize) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY".to_vec();
    bytes.extend([version, 0]);
    let text = format!("{header}\n");
    match version {
        1 => bytes.extend((text.len() as u16).to_le_bytes()),
        _ => bytes.extend((text.len() as u32).to_le_bytes()),
    }
    bytes.extend(text.bytes());
    bytes.extend((0..numbers).flat_map(|i| (i as f64 / 8.0).to_le_bytes()));
    bytes
}

fn file(dice: &mut Dice) -> Vec<u8> {
    let points = 1 + dice.below(4);
    let mut header = match dice.below(3) {
        0 => format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({points}, 1, 2), }}"),
        1 => format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({points}, 2), }}"),
        _ => format!("{{ \"shape\" : ({points},2),'fortran_order':False, 'descr' :\"<f8\"}}   "),
    };
    if dice.once_in(2) {
        header = match dice.below(8) {
            0 => header.replace("False", dice.one_of(&["True", "false", "0", "None", "()"])),
            1 => {
                header.replace("<f8", dice.one_of(&[">f8", "|O", "<f4", "<i8", "", "<f8<f8", "U10000000000"]))
            }
            2 => header.replace("2)", &format!("{})", dice.number())),
            3 => header.replace("(", &format!("({}, ", dice.number())),
            4 => header.replace("(", &"(".repeat(1 << dice.below(16))),
            5 => header.replace("'descr'", &format!("'x': {}, 'descr'", "[".repeat(1 << dice.below(16)))),
            6 => header.replace("2)", &"1, ".repeat(1 << dice.below(9)).replacen("1, ", "2, ", 1)) + ")",
            _ => {
                let mut bytes = header.into_bytes();
                dice.mangle(&mut bytes, b"{'descr': '<f8', 'shape': (1, 2, 3), \\x00\\u0000 1e9j");
                String::from_utf8_lossy(&bytes).into_owned()
            }
        };
    }
    let numbers = if dice.once_in(8) { dice.below(40) } else { 2 * points };
    let mut bytes = npy(*dice.pick(&[1, 1, 1, 2, 3, 4]), &header, numbers);
    if dice.once_in(4) {
        dice.mangle(&mut bytes, b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'");
    }
    bytes
}

const STUDY: &str = "[problem]\nkind = 'quadratic'\neigenvalues = [1.0, 2.0]\n[start]\nlaw = 'file'\npath = 'start.npy'\n\
                     [[process]]\nkind = 'sgd-sde'\ns = 0.1\ndt = 0.1\nparticles = 2\n[time]\nhorizon = 1.0\npoints = 2\n";

#[test]
fn npy_files() {
    let folder = tempfile::tempdir().unwrap();
    let source = Source::parse(&folder.path().join("study.toml"), STUDY).unwrap();
    let attack =
        Attack { name: "npy_files", inputs: 20_000, patience: Duration::from_secs(2), memory: 64 << 20 };
    attack.run(
        file,
        |bytes| {
            std::fs::write(folder.path().join("start.npy"), bytes).unwrap();
            read(&source, folder.path())
        },
        Vec::clone,
    );
}

fn read(source: &Source, folder: &Path) -> Result<(), String> {
    let plan = Plan::new(source, Backend::Portable).map_err(|error| error.to_string());
    if let Err(message) = &plan {
        let place = format!("{}:6: start.path", folder.join("study.toml").display());
        assert!(message.starts_with(&place) && message.contains("start.npy"), "no place in: {message}");
    }
    plan.map(|plan| {
        let mut w = [f64::NAN; 2];
        plan.start.draw(0, 1, &mut w);
        assert!(w.iter().all(|x| x.is_finite()));
    })
}
