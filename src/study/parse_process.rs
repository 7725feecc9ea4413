//! From a process section of a study file to its types.

use super::parse::Reader;
use super::spec::*;
use crate::error::Result;
use serde::Deserialize;
use toml::{Table, Value};

/// `batch = { fraction = 0.25 }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchFraction {
    fraction: f64,
}

/// Stands for the batch until the number of rows is known.
const UNKNOWN_BATCH: i64 = 1;

/// The keys of a process that all kinds share.
struct Common {
    name: String,
    particles: u64,
    stop_radius: Option<f64>,
}

impl Reader<'_> {
    /// Section number `number` of the processes.
    pub(super) fn process(&self, mut table: Table, number: usize) -> Result<ProcessSpec> {
        let at = format!("process.{number}");
        let kind = self.kind(&mut table, &at, "kind", None, DynamicsSpec::KINDS)?;
        let common = Common {
            name: match table.remove("name") {
                Some(value) => self.section(value, &format!("{at}.name"))?,
                None => kind.clone(),
            },
            particles: match table.remove("particles") {
                Some(value) => self.section(value, &format!("{at}.particles"))?,
                None => 1024,
            },
            stop_radius: match table.remove("stop_radius") {
                Some(value) => Some(self.section(value, &format!("{at}.stop_radius"))?),
                None => None,
            },
        };
        let batch_fraction = match table.get("batch") {
            Some(Value::Table(_)) => {
                let share = table.insert("batch".into(), Value::Integer(UNKNOWN_BATCH)).expect("it is there");
                Some(self.section::<BatchFraction>(share, &format!("{at}.batch"))?.fraction)
            }
            _ => None,
        };
        let value = Value::Table(table);
        let dynamics = match kind.as_str() {
            "sgd-sde" => DynamicsSpec::SgdSde(self.section(value, &at)?),
            "sgd" => DynamicsSpec::Sgd(self.section(value, &at)?),
            "gradient-flow" => DynamicsSpec::GradientFlow(self.section(value, &at)?),
            "covariance-sde" => DynamicsSpec::CovarianceSde(self.section(value, &at)?),
            "second-order-sde" => DynamicsSpec::SecondOrderSde(self.section(value, &at)?),
            "svag" => DynamicsSpec::Svag(self.section(value, &at)?),
            "momentum-sgd" => DynamicsSpec::MomentumSgd(self.section(value, &at)?),
            "underdamped-sde" => DynamicsSpec::UnderdampedSde(self.section(value, &at)?),
            "one-pass-sgd" => DynamicsSpec::OnePassSgd(self.section(value, &at)?),
            "scaled-noise-gd" => DynamicsSpec::ScaledNoiseGd(self.section(value, &at)?),
            "bounded-noise-gd" => DynamicsSpec::BoundedNoiseGd(self.section(value, &at)?),
            other => unreachable!("kind() lets no other kind pass: {other}"),
        };
        let Common { name, particles, stop_radius } = common;
        Ok(ProcessSpec { name, dynamics, particles, stop_radius, batch_fraction })
    }
}
