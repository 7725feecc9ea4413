//! From the problem section of a study file to its types.

use super::parse::{Empty, Reader};
use super::spec::*;
use crate::error::Result;
use crate::problem::data::DataSpec;
use serde::Deserialize;
use toml::{Table, Value};

/// The keys of a net besides `kind`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetSections {
    activation: crate::numerics::Activation,
    #[serde(default = "one")]
    beta: f64,
    #[serde(default = "logistic")]
    loss: crate::numerics::Loss,
    width: usize,
    lambda: Value,
    #[serde(default)]
    outer: Option<Table>,
    data: Table,
}

/// The keys of least squares besides `kind`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeastSquaresSections {
    #[serde(default)]
    lambda: f64,
    data: Table,
}

/// The keys of a deep net besides `kind`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeepNetSections {
    activation: crate::numerics::Activation,
    #[serde(default = "one")]
    beta: f64,
    depth: usize,
    width: usize,
    data: Table,
}

fn one() -> f64 {
    1.0
}

fn logistic() -> crate::numerics::Loss {
    crate::numerics::Loss::Logistic
}

/// Every kind of problem.
const KINDS: &[&str] = &[
    "two-layer",
    "least-squares",
    "quadratic",
    "double-well",
    "relu-gate",
    "deep-net",
    "kernel-regression",
    "ntk-net",
];

impl Reader<'_> {
    /// `[problem]`.
    pub(super) fn problem(&self, mut table: Table) -> Result<ProblemSpec> {
        let at = "problem";
        match self.kind(&mut table, at, "kind", None, KINDS)?.as_str() {
            "two-layer" => Ok(ProblemSpec::TwoLayer(self.net(table)?)),
            "least-squares" => Ok(ProblemSpec::LeastSquares(self.least_squares(table)?)),
            "quadratic" => Ok(ProblemSpec::Quadratic(self.section(Value::Table(table), at)?)),
            "double-well" => {
                self.section::<Empty>(Value::Table(table), at)?;
                Ok(ProblemSpec::DoubleWell {})
            }
            "relu-gate" => Ok(ProblemSpec::ReluGate(self.section(Value::Table(table), at)?)),
            "deep-net" => {
                let net: DeepNetSections = self.section(Value::Table(table), at)?;
                let DeepNetSections { activation, beta, depth, width, data } = net;
                let data = self.data_section(data)?;
                Ok(ProblemSpec::DeepNet(DeepNetSpec { activation, beta, depth, width, data }))
            }
            "kernel-regression" => Ok(ProblemSpec::KernelRegression(self.section(Value::Table(table), at)?)),
            "ntk-net" => Ok(ProblemSpec::NtkNet(self.section(Value::Table(table), at)?)),
            other => unreachable!("kind() lets no other kind pass: {other}"),
        }
    }

    fn net(&self, table: Table) -> Result<TwoLayerSpec> {
        let net: NetSections = self.section(Value::Table(table), "problem")?;
        let NetSections { activation, beta, loss, width, lambda, outer, data } = net;
        let lambda = match lambda {
            Value::Table(table) => LambdaSpec::Critical(self.section(Value::Table(table), "problem.lambda")?),
            number => LambdaSpec::Number(self.section(number, "problem.lambda")?),
        };
        let outer = match outer {
            None => OuterSpec::Drawn(OuterDraw { law: OuterLaw::Gaussian, draw: 0 }),
            Some(table) if table.contains_key("values") => {
                OuterSpec::Given(self.section(Value::Table(table), "problem.outer")?)
            }
            Some(table) => OuterSpec::Drawn(self.section(Value::Table(table), "problem.outer")?),
        };
        let data = self.data_section(data)?;
        Ok(TwoLayerSpec { activation, beta, loss, width, lambda, outer, data })
    }

    fn least_squares(&self, table: Table) -> Result<LeastSquaresSpec> {
        let LeastSquaresSections { lambda, data } = self.section(Value::Table(table), "problem")?;
        Ok(LeastSquaresSpec { lambda, data: self.data_section(data)? })
    }

    fn data_section(&self, mut data: Table) -> Result<DataSection> {
        let test_fraction = match data.remove("test_fraction") {
            Some(value) => self.section(value, "problem.data.test_fraction")?,
            None => 0.0,
        };
        let split_draw = match data.remove("split_draw") {
            Some(value) => self.section(value, "problem.data.split_draw")?,
            None => 0,
        };
        Ok(DataSection { rows: self.data(data)?, test_fraction, split_draw })
    }

    fn data(&self, mut table: Table) -> Result<DataSpec> {
        let at = "problem.data";
        let kind = self.kind(&mut table, at, "kind", None, DataSpec::KINDS)?;
        let value = Value::Table(table);
        Ok(match kind.as_str() {
            "margin" => DataSpec::Margin(self.section(value, at)?),
            "idx" => DataSpec::Idx(self.section(value, at)?),
            "csv" => DataSpec::Csv(self.section(value, at)?),
            "sine" => DataSpec::Sine(self.section(value, at)?),
            "teacher" => DataSpec::Teacher(self.section(value, at)?),
            "linear" => DataSpec::Linear(self.section(value, at)?),
            "independent-inputs" => DataSpec::IndependentInputs(self.section(value, at)?),
            other => unreachable!("kind() lets no other kind pass: {other}"),
        })
    }
}
