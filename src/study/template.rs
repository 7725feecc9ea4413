//! The study that `sgd-sde new` writes.

/// A commented study file with every key and its default.
pub const TEMPLATE: &str = include_str!("template.toml");
