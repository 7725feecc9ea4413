//! What a run leaves behind: tables, record, particles, figures, and a summary for the terminal.

#![forbid(unsafe_code)]

mod agreement_figures;
mod begun;
mod bracket_figure;
mod certificate_figures;
mod certificate_text;
mod checkpoint;
mod container;
mod contents;
mod draws_figures;
mod draws_maps;
mod draws_summary;
pub mod figure;
mod figures;
mod findings_text;
mod folder;
mod gibbs_figures;
mod lines;
mod lojasiewicz_figures;
mod maps;
mod names;
mod ntk_figures;
mod outlook;
mod place;
mod record;
mod shares;
mod sound;
mod summary;
mod tables;
mod whole;

pub use begun::Begun;
pub use certificate_text::certificate_text;
pub use checkpoint::{Checkpoint, Resumed};
pub use figures::{draw, sketch};
pub use folder::Folder;
pub use outlook::outlook_text;
pub use place::require_folder;
pub use record::{Record, RunFacts};
pub use shares::Shares;
pub use summary::summary_text;
