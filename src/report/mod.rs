//! What a run leaves behind: tables, record, particles, figures, and a summary for the terminal.

mod agreement_figures;
mod bracket_figure;
mod certificate_figures;
mod certificate_text;
mod contents;
mod draws_figures;
mod draws_maps;
mod draws_summary;
pub mod figure;
mod figures;
mod folder;
mod gibbs_figures;
mod lines;
mod lojasiewicz_figures;
mod maps;
mod ntk_figures;
mod record;
mod sound;
mod summary;
mod tables;

pub use certificate_text::certificate_text;
pub use figures::{draw, sketch};
pub use folder::Folder;
pub use record::{Record, RunFacts};
pub use summary::{outlook_text, summary_text};
