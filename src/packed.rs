//! Long rows of numbers as bytes in files: eight bytes a number, least significant first, every bit as it is.
//!
//! For `#[serde(with = "crate::packed")]` on a `Vec<f64>`, and `crate::packed::rows` on a `Vec<Vec<f64>>`.

#![forbid(unsafe_code)]

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Writes `numbers` as one string of bytes.
pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    serializer.serialize_bytes(&bytes)
}

/// Reads what [`serialize`] wrote.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    deserializer.deserialize_bytes(Bytes)
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Vec<f64>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of bytes, eight a number")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<f64>, E> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        Ok(numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
    }
}

/// The same for several rows.
pub mod rows {
    use super::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize)]
    struct Row<'a>(#[serde(serialize_with = "super::serialize")] &'a [f64]);

    #[derive(Deserialize)]
    struct Owned(#[serde(with = "super")] Vec<f64>);

    /// Writes each row as one string of bytes.
    pub fn serialize<S: Serializer>(rows: &[Vec<f64>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows.iter().map(|row| Row(row)))
    }

    /// Reads what [`serialize`] wrote.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<f64>>, D::Error> {
        let rows = Vec::<Owned>::deserialize(deserializer)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Both {
        #[serde(with = "super")]
        one: Vec<f64>,
        #[serde(with = "super::rows")]
        several: Vec<Vec<f64>>,
    }

    #[test]
    fn every_bit_comes_back() {
        let odd = vec![-0.0, f64::NAN, f64::from_bits(0x7ff4_0000_0000_0001), f64::INFINITY, 5e-324, 0.1];
        let both = Both { one: odd.clone(), several: vec![odd.clone(), Vec::new(), vec![1.0]] };
        let bytes = rmp_serde::to_vec_named(&both).unwrap();
        let back: Both = rmp_serde::from_slice(&bytes).unwrap();
        let bits = |row: &[f64]| row.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&back.one), bits(&odd));
        assert_eq!(
            back.several.iter().map(|row| bits(row)).collect::<Vec<_>>(),
            [bits(&odd), vec![], bits(&[1.0])]
        );
    }

    #[test]
    fn a_string_of_another_length_is_refused() {
        #[derive(Serialize)]
        struct Raw {
            one: Text,
            several: Vec<u8>,
        }
        struct Text(&'static [u8]);
        impl Serialize for Text {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(self.0)
            }
        }
        let raw = Raw { one: Text(b"123456789"), several: Vec::new() };
        let bytes = rmp_serde::to_vec_named(&raw).unwrap();
        assert!(rmp_serde::from_slice::<Both>(&bytes).is_err());
    }
}
