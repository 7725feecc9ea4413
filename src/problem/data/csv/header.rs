//! The key `header` of a CSV file: a word or a truth value.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Whether the first line names the columns. In a study: `"auto"`, `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// It does if it has some text and no number.
    #[default]
    Auto,
    /// It does.
    Present,
    /// It holds numbers.
    Absent,
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Present => serializer.serialize_bool(true),
            Self::Absent => serializer.serialize_bool(false),
        }
    }
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl de::Visitor<'_> for Word {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("\"auto\", true or false")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Header, E> {
                Ok(if value { Header::Present } else { Header::Absent })
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Header, E> {
                match value {
                    "auto" => Ok(Header::Auto),
                    _ => Err(E::invalid_value(de::Unexpected::Str(value), &self)),
                }
            }
        }
        deserializer.deserialize_any(Word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::data::csv::Csv;

    #[test]
    fn header_is_a_word_or_a_truth_value_in_a_study() {
        let header = |value: &str| toml::from_str::<Csv>(&format!("path = \"a\"\nheader = {value}"));
        for (value, expected) in
            [("\"auto\"", Header::Auto), ("true", Header::Present), ("false", Header::Absent)]
        {
            let spec = header(value).unwrap();
            assert_eq!(spec.header, expected);
            assert_eq!(toml::from_str::<Csv>(&toml::to_string(&spec).unwrap()).unwrap(), spec);
        }
        assert_eq!(toml::from_str::<Csv>("path = \"a\"").unwrap().header, Header::Auto);
        let message = header("\"maybe\"").unwrap_err().message().to_string();
        assert_eq!(message, "invalid value: string \"maybe\", expected \"auto\", true or false");
        assert!(header("3").is_err());
    }
}
