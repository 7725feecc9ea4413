use super::*;
use ndarray::Array3;
use ndarray_npy::WriteNpyExt;
use std::time::{Duration, Instant};

fn header(text: &str) -> Result<Vec<usize>, String> {
    parse(text.as_bytes()).map(|header| header.shape).map_err(|error| error.to_string())
}

fn file(version: u8, header: &str, numbers: usize) -> Vec<u8> {
    let mut bytes = [MAGIC, &[version, 0]].concat();
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    bytes.extend(header.bytes());
    bytes.extend((0..numbers).flat_map(|i| (i as f64).to_le_bytes()));
    bytes
}

fn of_bytes(bytes: &[u8]) -> Result<Array, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    std::fs::write(&path, bytes).unwrap();
    read(&path).map_err(|error| error.to_string())
}

#[test]
fn what_another_writer_wrote_is_read_back() {
    let array = Array3::from_shape_fn((4, 3, 2), |(i, j, k)| i as f64 - 0.1 * j as f64 + 1e-300 * k as f64);
    let mut bytes = Vec::new();
    array.write_npy(&mut bytes).unwrap();
    let read = of_bytes(&bytes).unwrap();
    assert_eq!((read.shape, read.numbers), (vec![4, 3, 2], array.into_raw_vec_and_offset().0));
}

#[test]
fn every_version_and_either_order_of_bytes_are_read() {
    for version in [1, 2, 3] {
        let little = "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n";
        assert_eq!(of_bytes(&file(version, little, 3)).unwrap().numbers, [0.0, 1.0, 2.0]);
    }
    let mut big = file(1, "{'shape':(1 , 2),'descr':\">f8\",'fortran_order':False}", 0);
    big.extend([1.5_f64, -2.0].into_iter().flat_map(f64::to_be_bytes));
    assert_eq!(of_bytes(&big).unwrap(), Array { shape: vec![1, 2], numbers: vec![1.5, -2.0] });
}

#[test]
fn headers_are_tables_of_three_keys() {
    let good = "{'descr': '<f8', 'fortran_order': False, 'shape': (), }";
    assert_eq!(header(good), Ok(vec![]));
    for (from, to) in [
        ("<f8", "<f4"),
        ("False", "True"),
        ("False", "0"),
        ("()", "(1, -1)"),
        ("()", "(1.5,)"),
        ("()", "(99999999999999999999,)"),
        ("()", "(1 2)"),
        ("()", "((1,),)"),
        ("()", "(1,2,3,4,5,6,7,8,9)"),
        ("'shape'", "'form'"),
        ("'descr': '<f8', ", ""),
        ("'shape': ()", "'shape': (), 'shape': ()"),
        ("}", "} {"),
        ("}", ""),
        ("{", ""),
    ] {
        assert!(header(&good.replace(from, to)).is_err(), "{from} → {to}");
    }
}

/// A header may claim anything; what is held follows from the file.
#[test]
fn a_shape_beyond_the_file_is_refused_before_anything_is_held() {
    for shape in
        ["(1000000000000000000,)", "(4294967296, 4294967296)", "(18446744073709551615, 18446744073709551615)"]
    {
        let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
        let message = of_bytes(&file(1, &text, 2)).unwrap_err();
        assert!(message.ends_with("where 16 bytes follow the header"), "{message}");
    }
    let long = of_bytes(&[MAGIC, &[2, 0], &u32::MAX.to_le_bytes()].concat()).unwrap_err();
    assert_eq!(long, "a header of 4294967295 bytes, where at most 65535 are read");
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }\n";
    assert!(of_bytes(&file(1, text, 3)).is_err(), "bytes behind the last number");
    assert!(of_bytes(&file(1, text, 2)[..70]).is_err(), "cut");
}

/// A parser that goes back where a bracket does not close takes 2^n steps for n brackets.
#[test]
fn nested_brackets_are_refused_at_once() {
    let begun = Instant::now();
    for bracket in ["(", "[", "{", "'"] {
        let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {}", bracket.repeat(60_000));
        assert!(header(&text).is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn what_is_no_file_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(folder.path()).unwrap_err().to_string(), "not a regular file");
    #[cfg(unix)]
    assert_eq!(read(Path::new("/dev/zero")).unwrap_err().to_string(), "not a regular file");
}
