use super::*;

fn source(bytes: impl AsRef<[u8]>) -> Source {
    Source { path: "rows.csv".into(), bytes: bytes.as_ref().to_vec() }
}

fn read(text: &str, header: Header) -> Dataset {
    let file = source(text);
    parse(&file, header, MAX_NUMBERS).unwrap().into_dataset(&file.path)
}

fn refusal(bytes: impl AsRef<[u8]>, header: Header) -> String {
    parse(&source(bytes), header, MAX_NUMBERS).unwrap_err().to_string()
}

#[test]
fn the_last_column_is_the_label_and_the_rest_are_inputs() {
    let data = read("1,2,-1\n3,4,1\n", Header::Auto);
    assert_eq!((data.dim, data.inputs, data.labels), (2, vec![1.0, 2.0, 3.0, 4.0], vec![-1.0, 1.0]));
    assert_eq!((data.label_kind, data.notes, data.first_non_sign_label), (LabelKind::Signs, vec![], None));
}

#[test]
fn a_header_is_taken_when_it_is_one() {
    let expected = (vec![1.0, 2.0], vec![0.5]);
    let note = vec!["first line of the file taken as a header".to_string()];
    for (text, header) in [
        ("a,b,y\n1,2,.5\n", Header::Auto),
        (",b,y\n1,2,.5\n", Header::Auto),
        ("7,8,9\n1,2,.5\n", Header::Present),
    ] {
        let data = read(text, header);
        assert_eq!(((data.inputs, data.labels), data.notes), (expected.clone(), note.clone()), "{text}");
    }
    assert_eq!(read("7,8,9\n1,2,.5\n", Header::Auto).len(), 2);
    assert_eq!(read("7,8,9\n1,2,.5\n", Header::Absent).len(), 2);
}

/// How files of other programs differ from the plainest ones.
#[test]
fn byte_order_mark_crlf_quotes_blanks_and_empty_lines_change_nothing() {
    let plain = read("x,y\n1.5,-1\n-3e2,1\n", Header::Auto);
    for text in [
        "\u{feff}x,y\n1.5,-1\n-3e2,1\n",
        "x,y\r\n1.5,-1\r\n-3e2,1\r\n",
        "x,y\r1.5,-1\r-3e2,1",
        "\"x\",\"y\"\n\"1.5\",\"-1\"\n-3e2,1",
        "x, y\n 1.5,\t-1 \n-3e2,1\n",
        "\n\nx,y\n\n1.5,-1\n\n\n-300,+1.\n\n",
    ] {
        assert_eq!(read(text, Header::Auto), plain, "{text:?}");
    }
    assert_eq!((plain.inputs, plain.labels), (vec![1.5, -300.0], vec![-1.0, 1.0]));
    let marked = read("\u{feff}1,2\n", Header::Auto);
    assert_eq!((marked.inputs, marked.labels), (vec![1.0], vec![2.0]));
}

#[test]
fn labels_are_signs_zeros_and_ones_or_real() {
    let mapped = read("5,0\n6,1\n7,0\n", Header::Auto);
    assert_eq!((mapped.label_kind, mapped.labels), (LabelKind::Signs, vec![-1.0, 1.0, -1.0]));
    assert_eq!(mapped.notes, ["labels 0 and 1 mapped to -1 and 1"]);
    // Ones alone fit both sets and stay what they are.
    let ones = read("5,1\n6,1\n", Header::Auto);
    assert_eq!((ones.label_kind, ones.labels, ones.notes.len()), (LabelKind::Signs, vec![1.0, 1.0], 0));
    assert_eq!(read("5,-1\n6,1\n", Header::Auto).label_kind, LabelKind::Signs);
    assert_eq!(read("5,0.5\n6,1\n", Header::Auto).label_kind, LabelKind::Real);
}

#[test]
fn a_classification_refuses_labels_that_are_no_signs_at_the_first_that_is_none() {
    for (text, line, value) in [
        ("x,y\n5,0\n5,1\n\n5,2\n", 5, "2"),
        ("5,-1\r\n5,0\r\n5,7\r\n", 2, "0"),
        ("5,0\n5,-1\n", 2, "-1"),
        ("5,0.5\n5,1\n", 1, "0.5"),
    ] {
        let data = read(text, Header::Auto);
        assert_eq!(data.label_kind, LabelKind::Real);
        assert_eq!(
            data.check_classification().unwrap_err().to_string(),
            format!(
                "rows.csv: line {line}: label {value}; the labels of a classification must all be -1 or 1, or all 0 or 1; \
                 correct the file or set problem.loss = \"square\""
            )
        );
    }
    assert!(read("5,0\n6,1\n", Header::Auto).check_classification().is_ok());
}

#[test]
fn a_classification_refuses_a_single_class() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("one.csv"), "5,0\n6,0\n").unwrap();
    let data = Csv { path: "one.csv".into(), header: Header::Auto }.load(dir.path()).unwrap();
    assert_eq!(
        data.check_classification().unwrap_err().to_string(),
        "one.csv: all 2 labels are -1; a classification needs rows of both classes; add rows of the other class"
    );
    assert_eq!((data.sources[0].path.as_path(), data.sources[0].bytes), (Path::new("one.csv"), 8));
}

#[test]
fn every_refusal_names_the_place_the_value_the_rule_and_the_remedy() {
    let auto = Header::Auto;
    let empty = "rows.csv: empty; a CSV file must hold at least one row of inputs and a label";
    for text in ["", "\n\r\n\n", "\u{feff}"] {
        assert_eq!(refusal(text, auto), empty, "{text:?}");
    }
    assert_eq!(
        refusal("\na,b\n", auto),
        "rows.csv: line 2: nothing follows the header; a CSV file must hold at least one row of numbers \
         (problem.data.header = false reads the first line as one)"
    );
    assert_eq!(
        refusal(b"\x1f\x8b\x08\x00", auto),
        "rows.csv: byte 0: gzip data; a CSV file must be plain text: unpack it first"
    );
    assert_eq!(
        refusal("y\n1;2\n", Header::Present),
        "rows.csv: line 2: one column; a row must hold at least one input and, last, the label; separate the columns by \
         commas"
    );
    assert_eq!(
        refusal("1,2,3\r\n\r\n4,5\r\n", auto),
        "rows.csv: line 3: columns: 2; must be 3, as in line 1; complete the row or remove it"
    );
    assert_eq!(
        refusal("1,2,3\n4,five,6\n", auto),
        "rows.csv: line 2, column 2: \"five\"; must be a number; correct it or remove the row"
    );
    assert_eq!(
        refusal("x1,2,3\n4,5,6\n", auto),
        "rows.csv: line 1, column 1: \"x1\"; must be a number; problem.data.header = true takes the first line as a header"
    );
    assert_eq!(
        refusal("1,2\n3,\n", auto),
        "rows.csv: line 2, column 2: \"\"; must be a number; correct it or remove the row"
    );
}

/// Lines are those an editor shows, whatever ends them and whatever was skipped.
#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    for (text, line) in [
        ("1,2\r3,x\r", 2),
        ("\r\n\r\n1,2\r\n\r\n3,x\r\n", 5),
        ("\u{feff}\n1,2\n3,x", 3),
        ("1,2\n\"3\n\",4\n5,x\n", 4),
    ] {
        assert_eq!(
            refusal(text, Header::Auto),
            format!("rows.csv: line {line}, column 2: \"x\"; must be a number; correct it or remove the row"),
            "{text:?}"
        );
    }
}

#[test]
fn a_number_that_is_not_finite_or_absurd_is_refused() {
    for value in ["NaN", "inf", "-Infinity", "1e999", "-2e100"] {
        assert_eq!(
            refusal(format!("1,2\n{value},1\n"), Header::Auto),
            format!(
                "rows.csv: line 2, column 1: {value}; must be a finite number of size at most 1e100; replace it or remove \
                 the row"
            )
        );
    }
}

#[test]
fn a_strange_field_is_shown_short_and_printable() {
    let long = "é".repeat(1000);
    let message = refusal(format!("1,2\n{long},1\n"), Header::Auto);
    assert_eq!(
        message,
        format!(
            "rows.csv: line 2, column 1: \"{}…\"; must be a number; correct it or remove the row",
            "é".repeat(40)
        )
    );
    let message = refusal(b"1,2\n\xff\x00\x1b[2J,1\n", Header::Auto);
    assert_eq!(
        message,
        "rows.csv: line 2, column 1: \"\u{fffd}\\0\\u{1b}[2J\"; must be a number; correct it or remove the row"
    );
    // A quote that is never closed swallows the rest of the file.
    assert_eq!(
        refusal("1,2\n\"3,4\n5,6\n", Header::Auto),
        "rows.csv: line 2: columns: 1; must be 2, as in line 1; complete the row or remove it"
    );
}

#[test]
fn more_numbers_than_allowed_are_refused() {
    assert_eq!(
        parse(&source("1,2,0\n3,4,1\n5,6,1\n"), Header::Auto, 4).unwrap_err().to_string(),
        "rows.csv: 3 rows of 2 inputs are more than the 4 numbers a data set may hold; keep fewer rows in the file"
    );
    assert!(parse(&source("1,2,0\n3,4,1\n"), Header::Auto, 4).is_ok());
}

/// Whatever the bytes, the answer is a data set that keeps its promises or an error with a message.
#[test]
fn no_bytes_make_the_reader_panic() {
    use crate::random::{Key, Purpose};
    use rand::RngExt;

    let mut stream = Key::new(11, Purpose::Data).stream(0, 0);
    let alphabet = b"0123456789.,,,\n\n\r\"-+eE nai\t;\xef\xbb\xbf\x00\xff";
    let valid = b"\xef\xbb\xbfa,b,y\r\n1,2.5,0\r\n\"3\",-4e2,1\n5,6,0\n";
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..40_000 {
        let bytes: Vec<u8> = if round % 2 == 0 {
            let length = stream.random_range(0..40);
            (0..length).map(|_| alphabet[stream.random_range(0..alphabet.len())]).collect()
        } else {
            let mut bytes = valid.to_vec();
            for _ in 0..stream.random_range(1..4) {
                let at = stream.random_range(0..bytes.len());
                match stream.random_range(0..3) {
                    0 => bytes[at] = stream.random(),
                    1 => bytes[at] = alphabet[stream.random_range(0..alphabet.len())],
                    _ => bytes.truncate(at.max(1)),
                }
            }
            bytes
        };
        let header = [Header::Auto, Header::Present, Header::Absent][round % 3];
        match parse(&source(&bytes), header, MAX_NUMBERS) {
            Ok(table) => {
                let data = table.into_dataset(Path::new("rows.csv"));
                assert!(data.dim >= 1 && !data.is_empty());
                assert_eq!(data.inputs.len(), data.len() * data.dim);
                assert!(data.inputs.iter().chain(&data.labels).all(|x| x.abs() <= MAX_SIZE));
                assert_eq!(data.first_non_sign_label.is_some(), data.label_kind == LabelKind::Real);
                let signs = data.labels.iter().all(|label| label.abs() == 1.0);
                assert!(signs || data.label_kind == LabelKind::Real);
                accepted += 1;
            }
            Err(error) => {
                assert!(error.to_string().starts_with("rows.csv: "));
                refused += 1;
            }
        }
    }
    // Both answers are exercised, or the inputs were badly chosen.
    assert!(accepted > 1000 && refused > 1000, "{accepted} accepted, {refused} refused");
}
