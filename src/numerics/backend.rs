//! Which vector instructions the kernels use.

use std::fmt;
use std::str::FromStr;

/// Instruction set of the kernels. Floating-point results are reproducible bit for bit within one back end;
/// random words are the same on all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Backend {
    /// 512-bit vectors: AVX-512 F, DQ, BW and VL.
    Avx512,
    /// 256-bit vectors: AVX2 with FMA.
    Avx2,
    /// Plain Rust on short arrays; runs everywhere.
    Portable,
}

/// A name that is none of "avx512", "avx2", "portable".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown back end \"{0}\": must be avx512, avx2 or portable")]
pub struct UnknownBackend(pub String);

impl Backend {
    /// All back ends, widest vectors first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// The widest back end this processor has.
    pub fn detect() -> Self {
        Self::ALL.into_iter().find(|backend| backend.is_available()).unwrap_or(Self::Portable)
    }

    /// Whether this processor has the instructions.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("fma")
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx2 => false,
            Self::Portable => true,
        }
    }

    /// "avx512", "avx2" or "portable".
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = UnknownBackend;

    fn from_str(name: &str) -> Result<Self, UnknownBackend> {
        let found = Self::ALL.into_iter().find(|backend| backend.name() == name);
        found.ok_or_else(|| UnknownBackend(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_the_portable_one_is_always_there() {
        for backend in Backend::ALL {
            assert_eq!(backend.to_string().parse(), Ok(backend));
        }
        assert!("sse".parse::<Backend>().is_err());
        assert!(Backend::Portable.is_available() && Backend::detect().is_available());
    }
}
