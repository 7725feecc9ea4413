//! Random choices, and the changes to bytes that every attack uses.

/// A stream of random words, a pure function of its seed (splitmix64).
pub struct Dice(u64);

/// Numbers at which arithmetic goes wrong, as text.
pub const NUMBERS: [&str; 40] = [
    "0",
    "-1",
    "-0.0",
    "0.0",
    "1",
    "2",
    "3",
    "0.5",
    "1e308",
    "-1e308",
    "1e400",
    "1e-400",
    "5e-324",
    "1e-308",
    "1e-17",
    "1e17",
    "1e100",
    "1e-100",
    "nan",
    "inf",
    "-inf",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "4294967295",
    "4294967296",
    "2147483647",
    "1000000000000000000",
    "1000000000",
    "100000",
    "65536",
    "1024",
    "255",
    "256",
    "0.1",
    "0.333",
    "1.7976931348623157e308",
    "00",
];

/// Texts at which names, paths and terminals go wrong.
pub const TEXTS: [&str; 24] = [
    "",
    ".",
    "..",
    "../x",
    "../../../../var/x",
    "/etc/passwd",
    "/dev/zero",
    "/dev/null",
    "a/b",
    "a\\b",
    "a|b",
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{0}",
    "line\nline",
    "\u{202e}txt",
    "日本",
    "é",
    "$x$",
    "{}",
    "CON",
    "-rf",
    "~",
    "a b",
];

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n` ≥ 1.
    pub fn below(&mut self, n: usize) -> usize {
        (self.word() % n as u64) as usize
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of some words.
    pub fn one_of<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    /// A place and a length within `len` bytes: mostly short, sometimes any.
    fn stretch(&mut self, len: usize) -> std::ops::Range<usize> {
        let from = self.below(len + 1);
        let most = len - from;
        let length = if self.once_in(4) { self.below(most + 1) } else { self.below(9).min(most) };
        from..from + length
    }

    /// Changes some bytes: flips, deletes, doubles, overwrites with extremes, cuts, or takes a piece of `other`.
    pub fn mangle(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.stretch(bytes.len());
        match self.below(10) {
            0 => bytes.truncate(at.start),
            1 => drop(bytes.drain(at)),
            2 => {
                let copy = bytes[at.clone()].to_vec();
                bytes.splice(at.start..at.start, copy);
            }
            3 => {
                let piece = self.stretch(other.len());
                bytes.splice(at, other[piece].iter().copied());
            }
            4 => {
                let extreme = *self.pick(&[0_u8, 1, 0x7f, 0x80, 0xff, b'\n', b'\r', b'"', b',', 0x1b]);
                bytes[at].fill(extreme);
            }
            5 => {
                let size = [1, 2, 4, 8][self.below(4)];
                let number =
                    *self.pick(&[0_u64, 1, u64::MAX, 1 << 31, 1 << 63, u64::from(u32::MAX), 1 << 40]);
                for (byte, new) in bytes.iter_mut().skip(at.start).take(size).zip(number.to_le_bytes()) {
                    *byte = new;
                }
            }
            6 => bytes.extend_from_slice(&other[self.stretch(other.len())]),
            _ => {
                for _ in 0..=self.below(4) {
                    if !bytes.is_empty() {
                        let place = self.below(bytes.len());
                        bytes[place] ^= 1 << self.below(8);
                    }
                }
            }
        }
    }

    /// Replaces one number in the text of `bytes` by an extreme one; nothing where there is none.
    pub fn replace_number(&mut self, bytes: &mut Vec<u8>) {
        self.replace(bytes, |dice, _| dice.number());
    }

    /// Replaces one number in the text of `bytes` by another of its kind, whole or not, of a usual size or an extreme one.
    pub fn vary_number(&mut self, bytes: &mut Vec<u8>) {
        const WIDE: [&str; 12] = [
            "1e-300",
            "1e-17",
            "1e-9",
            "0.0",
            "1e9",
            "1e17",
            "1e100",
            "1e300",
            "-1.0",
            "1.7976931348623157e308",
            "5e-324",
            "0.3333333333333333",
        ];
        self.replace(bytes, |dice, old| match (old.contains(&b'.') || old.contains(&b'e'), dice.below(4)) {
            (true, 0) => dice.one_of(&WIDE).to_owned(),
            (true, _) => format!("{}.{}", dice.below(3), dice.below(100)),
            (false, 0) => dice.number(),
            (false, _) => format!("{}", 1 + dice.below(12)),
        });
    }

    fn replace(&mut self, bytes: &mut Vec<u8>, new: impl Fn(&mut Self, &[u8]) -> String) {
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let start =
            |at: &usize| digit(*at) && (*at == 0 || !(digit(at - 1) || b".e-+".contains(&bytes[at - 1])));
        let starts: Vec<usize> = (0..bytes.len()).filter(start).collect();
        if starts.is_empty() {
            return;
        }
        let from = *self.pick(&starts);
        let part = |byte: &u8| byte.is_ascii_digit() || b".e-+_".contains(byte);
        let length = bytes[from..].iter().take_while(|byte| part(byte)).count();
        let new = new(self, &bytes[from..from + length]);
        bytes.splice(from..from + length, new.into_bytes());
    }

    /// A number as text: an extreme one, or a short random one.
    pub fn number(&mut self) -> String {
        match self.below(4) {
            0 => format!("{}", self.below(20)),
            1 => format!("{}e{}", self.below(100), self.below(40) as i64 - 20),
            _ => self.one_of(&NUMBERS).to_owned(),
        }
    }

    /// A text that goes wrong somewhere; rarely a very long one.
    pub fn text(&mut self) -> String {
        match self.below(40) {
            0 => "x".repeat(1 << self.below(15)),
            1 => "../".repeat(1 << self.below(10)),
            _ => self.one_of(&TEXTS).to_owned(),
        }
    }
}
