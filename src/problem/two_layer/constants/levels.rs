//! One constant at the four levels at which it can be stated.

/// A constant as its source prints it, as the source's proof gives it, sharp, and for the data at hand; `None` where a level
/// has no finite value.
///
/// `proof`, `sharp` and `data` are bounds that hold. `printed` need not be one: it is kept to show what a source states.
/// Where they exist, `data` ≤ `sharp` for a bound from above.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Levels {
    /// The formula as printed in the source.
    pub printed: Option<f64>,
    /// What the source's own proof establishes.
    pub proof: Option<f64>,
    /// The best bound known here over all inputs of norm up to B_x, with labels as large as those of the data.
    pub sharp: Option<f64>,
    /// The same argument with the second moments of the inputs at hand, μ_x for B_x².
    pub data: Option<f64>,
}

impl Levels {
    /// The levels with their names, from printed to data.
    pub fn named(&self) -> [(&'static str, Option<f64>); 4] {
        [("printed", self.printed), ("proof", self.proof), ("sharp", self.sharp), ("data", self.data)]
    }

    /// Two levels that no source has.
    pub(super) fn own(sharp: Option<f64>, data: Option<f64>) -> Self {
        Self { sharp, data, ..Self::default() }
    }
}
