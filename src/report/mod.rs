//! What a run leaves behind: tables, record, particles, figures, and a summary for the terminal.

mod contents;
pub mod figure;
mod figures;
mod folder;
mod gibbs_figures;
mod maps;
mod record;
mod summary;
mod tables;

pub use figures::draw;
pub use folder::Folder;
pub use record::{Record, RunFacts};
pub use summary::{outlook_text, summary_text};
